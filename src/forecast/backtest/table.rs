//! The accuracy of each way of estimating, by stream and over all.

use std::collections::BTreeMap;
use std::fmt;

use crate::accuracy::{Accuracy, ESTIMATORS, Estimator};
use crate::queues::LeftOut;

/// What was said at an arrival: the quantiles 10, 50 and 90 of each way, and our ranges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArrivalPredictions {
    /// Low, middle and high of each way, in the order of [`ESTIMATORS`].
    pub ways: [[f64; 3]; 4],
    /// Our ranges that should hold 80% and 90%.
    pub ranges: [[f64; 2]; 2],
}

/// Accuracy by stream and way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreTable {
    streams: BTreeMap<String, [Accuracy; 4]>,
    /// Ours, by stream and week since the first event.
    weeks: BTreeMap<(String, i64), Accuracy>,
    left_out: BTreeMap<LeftOut, u64>,
}

impl ScoreTable {
    /// Scores one visit, all ways on the same truth.
    pub(super) fn add(&mut self, stream: &str, week: i64, words: &ArrivalPredictions, truth: f64) {
        let weekly = self.weeks.entry((stream.to_owned(), week)).or_default();
        weekly.add(&words.ways[0], Some(words.ranges), truth);
        if !self.streams.contains_key(stream) {
            self.streams
                .insert(stream.to_owned(), <[Accuracy; 4]>::default());
        }
        if let Some(row) = self.streams.get_mut(stream) {
            for (way, (errors, said)) in ESTIMATORS.iter().zip(row.iter_mut().zip(&words.ways)) {
                let ranges = (*way == Estimator::Forecast).then_some(words.ranges);
                errors.add(said, ranges, truth);
            }
        }
    }

    /// Counts something that cannot be used.
    pub(super) fn leave_out(&mut self, why: LeftOut) {
        *self.left_out.entry(why).or_default() += 1;
    }

    /// Each stream and its errors, in the order of [`ESTIMATORS`].
    pub fn streams(&self) -> impl Iterator<Item = (&str, &[Accuracy; 4])> {
        self.streams
            .iter()
            .map(|(name, errors)| (name.as_str(), errors))
    }

    /// All streams as one.
    pub fn overall(&self) -> [Accuracy; 4] {
        let mut overall = <[Accuracy; 4]>::default();
        for errors in self.streams.values() {
            for (sum, one) in overall.iter_mut().zip(errors) {
                sum.merge(one);
            }
        }
        overall
    }

    /// Ours of a stream by week since the first event, 0 the first.
    pub fn weeks(&self, stream: &str) -> impl Iterator<Item = (i64, &Accuracy)> {
        let from = (stream.to_owned(), i64::MIN)..=(stream.to_owned(), i64::MAX);
        self.weeks
            .range(from)
            .map(|((_, week), errors)| (*week, errors))
    }

    /// What could not be used, and how often.
    pub fn left_out(&self) -> impl Iterator<Item = (LeftOut, u64)> + '_ {
        self.left_out.iter().map(|(why, count)| (*why, *count))
    }

    fn row(
        f: &mut fmt::Formatter<'_>,
        stream: &str,
        way: Estimator,
        errors: &Accuracy,
    ) -> fmt::Result {
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
            Estimator::Forecast => {
                writeln!(f, " {eighty:>5.1} {width:>6.1} {ninety:>5.1} {wide:>6.1}")
            }
            Estimator::Rolling => writeln!(f, " {eighty:>5.1} {width:>6.1}"),
            Estimator::LastEntered | Estimator::HeadOfLine => writeln!(f),
        }
    }
}

impl fmt::Display for ScoreTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let overall = self.overall();
        if overall[0].count == 0 {
            writeln!(
                f,
                "no visit could be scored: nobody arrived after someone else was seen"
            )?;
        } else {
            self.rows(f, &overall)?;
        }
        for (why, count) in self.left_out() {
            writeln!(f, "left out: {count} {}", why.label())?;
        }
        Ok(())
    }
}

impl ScoreTable {
    fn rows(&self, f: &mut fmt::Formatter<'_>, overall: &[Accuracy; 4]) -> fmt::Result {
        writeln!(
            f,
            "minutes            way                     visits     MAE    RMSE    bias under%   pin10  pin50  pin90  in80%  width in90%  width"
        )?;
        let streams = self.streams().chain([("all", overall)]);
        for (stream, rows) in streams {
            for (way, errors) in ESTIMATORS.into_iter().zip(rows) {
                Self::row(f, stream, way, errors)?;
            }
        }
        Ok(())
    }
}
