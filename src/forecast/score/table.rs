//! The accuracy of each way of estimating, by stream and over all.

use std::collections::BTreeMap;
use std::fmt;

use crate::forecast::desk::LeftOut;
use crate::forecast::score::Words;

/// A way of estimating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Ours.
    Forecast,
    /// Mean of the waits that ended within the window.
    Rolling,
    /// Wait of the one started last (LES).
    LastEntered,
    /// Wait so far of the one who came first (HOL).
    HeadOfLine,
}

/// All ways, in the order they are said and shown.
pub const WAYS: [Way; 4] = [
    Way::Forecast,
    Way::Rolling,
    Way::LastEntered,
    Way::HeadOfLine,
];

impl Way {
    /// Its name in tables and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Forecast => "forecast",
            Self::Rolling => "rolling_mean",
            Self::LastEntered => "last_to_enter_service",
            Self::HeadOfLine => "head_of_line",
        }
    }
}

/// Sums over the visits of one way; seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Errors {
    /// Visits scored.
    pub count: u64,
    absolute: f64,
    squared: f64,
    signed: f64,
    truth: f64,
    under: u64,
    pinball: [f64; 3],
    inside: [u64; 2],
    width: [f64; 2],
}

const SHARES: [f64; 3] = [0.1, 0.5, 0.9];

impl Errors {
    fn add(&mut self, words: &[f64; 3], wide: Option<[f64; 2]>, truth: f64) {
        let error = words[1] - truth;
        self.count += 1;
        self.absolute += error.abs();
        self.squared += error * error;
        self.signed += error;
        self.truth += truth;
        self.under += u64::from(error < 0.0);
        for ((sum, share), said) in self.pinball.iter_mut().zip(SHARES).zip(words) {
            *sum += (share * (truth - said)).max((share - 1.0) * (truth - said));
        }
        let bands = [Some([words[0], words[2]]), wide];
        for (place, band) in bands.into_iter().enumerate() {
            if let Some([low, high]) = band {
                self.inside[place] += u64::from(truth >= low && truth <= high);
                self.width[place] += high - low;
            }
        }
    }

    fn mean(&self, sum: f64) -> f64 {
        if self.count == 0 {
            f64::NAN
        } else {
            sum / self.count as f64
        }
    }

    /// Mean absolute error, seconds.
    pub fn mae(&self) -> f64 {
        self.mean(self.absolute)
    }

    /// Root of the mean squared error, seconds.
    pub fn rmse(&self) -> f64 {
        self.mean(self.squared).sqrt()
    }

    /// Mean error, seconds; negative says too little.
    pub fn bias(&self) -> f64 {
        self.mean(self.signed)
    }

    /// Mean wait, seconds.
    pub fn mean_wait(&self) -> f64 {
        self.mean(self.truth)
    }

    /// Share of visits of which too little was said, per cent.
    pub fn under_percent(&self) -> f64 {
        100.0 * self.mean(self.under as f64)
    }

    /// Pinball loss at 10, 50 and 90, seconds.
    pub fn pinball(&self) -> [f64; 3] {
        self.pinball.map(|sum| self.mean(sum))
    }

    /// Share inside the 80% and the 90% range, per cent.
    pub fn coverage_percent(&self) -> [f64; 2] {
        self.inside.map(|count| 100.0 * self.mean(count as f64))
    }

    /// Mean width of the 80% and the 90% range, seconds.
    pub fn width(&self) -> [f64; 2] {
        self.width.map(|sum| self.mean(sum))
    }
}

/// Accuracy by stream and way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreTable {
    streams: BTreeMap<String, [Errors; 4]>,
    left_out: BTreeMap<LeftOut, u64>,
}

impl ScoreTable {
    /// Scores one visit, all ways on the same truth.
    pub(super) fn add(&mut self, stream: &str, words: &Words, truth: f64) {
        if !self.streams.contains_key(stream) {
            self.streams
                .insert(stream.to_owned(), <[Errors; 4]>::default());
        }
        if let Some(row) = self.streams.get_mut(stream) {
            for (way, (errors, said)) in WAYS.iter().zip(row.iter_mut().zip(&words.ways)) {
                let wide = (*way == Way::Forecast).then_some(words.wide);
                errors.add(said, wide, truth);
            }
        }
    }

    /// Counts something that cannot be used.
    pub(super) fn leave_out(&mut self, why: LeftOut) {
        *self.left_out.entry(why).or_default() += 1;
    }

    /// Each stream and its errors, in the order of [`WAYS`].
    pub fn streams(&self) -> impl Iterator<Item = (&str, &[Errors; 4])> {
        self.streams
            .iter()
            .map(|(name, errors)| (name.as_str(), errors))
    }

    /// All streams as one.
    pub fn overall(&self) -> [Errors; 4] {
        let mut overall = <[Errors; 4]>::default();
        for errors in self.streams.values() {
            for (sum, one) in overall.iter_mut().zip(errors) {
                sum.count += one.count;
                sum.absolute += one.absolute;
                sum.squared += one.squared;
                sum.signed += one.signed;
                sum.truth += one.truth;
                sum.under += one.under;
                for place in 0..3 {
                    sum.pinball[place] += one.pinball[place];
                }
                for place in 0..2 {
                    sum.inside[place] += one.inside[place];
                    sum.width[place] += one.width[place];
                }
            }
        }
        overall
    }

    /// What could not be used, and how often.
    pub fn left_out(&self) -> impl Iterator<Item = (LeftOut, u64)> + '_ {
        self.left_out.iter().map(|(why, count)| (*why, *count))
    }

    fn row(f: &mut fmt::Formatter<'_>, stream: &str, way: Way, errors: &Errors) -> fmt::Result {
        let minutes = |seconds: f64| seconds / 60.0;
        let [low, middle, high] = errors.pinball().map(minutes);
        write!(
            f,
            "{stream:<18} {:<22} {:>7} {:>7.2} {:>7.2} {:>7.2} {:>6.1} {low:>6.2} {middle:>6.2} {high:>6.2}",
            way.label(),
            errors.count,
            minutes(errors.mae()),
            minutes(errors.rmse()),
            minutes(errors.bias()),
            errors.under_percent(),
        )?;
        let [eighty, ninety] = errors.coverage_percent();
        let [width, wide] = errors.width().map(minutes);
        match way {
            Way::Forecast => writeln!(f, " {eighty:>5.1} {width:>6.1} {ninety:>5.1} {wide:>6.1}"),
            Way::Rolling => writeln!(f, " {eighty:>5.1} {width:>6.1}"),
            Way::LastEntered | Way::HeadOfLine => writeln!(f),
        }
    }
}

impl fmt::Display for ScoreTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "minutes            way                     visits     MAE    RMSE    bias under%   pin10  pin50  pin90  in80%  width in90%  width"
        )?;
        let overall = self.overall();
        let streams = self.streams().chain([("all", &overall)]);
        for (stream, rows) in streams {
            for (way, errors) in WAYS.into_iter().zip(rows) {
                Self::row(f, stream, way, errors)?;
            }
        }
        for (why, count) in self.left_out() {
            writeln!(f, "left out: {count} {}", why.label())?;
        }
        Ok(())
    }
}
