//! What came of advice, as figures; and how sure they are.

use super::Group;
use crate::domain::At;
use crate::domain::time::MINUTE;

/// How often the waiting rooms are looked at for their swing.
const LOOK: i64 = 30 * MINUTE;
/// A hand-over is long beyond this, minutes.
const LONG_MINUTES: f64 = 45.0;

/// A figure of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Mean time from setting off to seen, adults.
    MinorMean,
    /// Its 95th percentile.
    Minor95,
    /// Adults counted.
    MinorPeople,
    /// Left unseen, adults.
    MinorLeft,
    /// As [`Self::MinorMean`], children.
    ChildMean,
    /// Its 95th percentile.
    Child95,
    /// Children counted.
    ChildPeople,
    /// Left unseen, children.
    ChildLeft,
    /// Both groups together.
    BothMean,
    /// From the ambulance's arrival to the crew being free.
    Clear,
    /// Hand-overs beyond 45 minutes.
    Over45,
    /// Mean change of a waiting room from one half hour to the next.
    Swing,
    /// Of those seen, went elsewhere than they would have.
    Moved,
}

impl Figure {
    /// All of them, in the order to print.
    pub const ALL: [Self; 13] = [
        Self::BothMean,
        Self::MinorMean,
        Self::Minor95,
        Self::MinorLeft,
        Self::ChildMean,
        Self::Child95,
        Self::ChildLeft,
        Self::Clear,
        Self::Over45,
        Self::Swing,
        Self::Moved,
        Self::MinorPeople,
        Self::ChildPeople,
    ];

    /// As printed.
    pub fn words(self) -> &'static str {
        match self {
            Self::MinorMean => "adults, minor: mean time to care, minutes",
            Self::Minor95 => "adults, minor: 95th percentile, minutes",
            Self::MinorPeople => "adults, minor: people seen",
            Self::MinorLeft => "adults, minor: left unseen, %",
            Self::ChildMean => "children, minor: mean time to care, minutes",
            Self::Child95 => "children, minor: 95th percentile, minutes",
            Self::ChildPeople => "children, minor: people seen",
            Self::ChildLeft => "children, minor: left unseen, %",
            Self::BothMean => "all who may choose: mean time to care, minutes",
            Self::Clear => "ambulances: mean time to clear, minutes",
            Self::Over45 => "ambulances: hand-over over 45 minutes, %",
            Self::Swing => "swing: mean change of a waiting room in half an hour, people",
            Self::Moved => "went elsewhere than they would have, %",
        }
    }
}

/// What came of one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome([f64; 13]);

impl Outcome {
    /// One figure.
    pub fn figure(&self, figure: Figure) -> f64 {
        let place = Figure::ALL.iter().position(|known| *known == figure);
        place.map_or(f64::NAN, |place| self.0[place])
    }
}

/// Counts during a run.
#[derive(Debug)]
pub(super) struct Counted {
    span: (At, At),
    minutes: [Vec<f64>; 2],
    left: [f64; 2],
    moved: f64,
    handovers: f64,
    over: f64,
    clear: Vec<f64>,
    looked: At,
    before: Vec<f64>,
    changes: (f64, f64),
}

impl Counted {
    pub(super) fn new(span: (At, At)) -> Self {
        Self {
            span,
            minutes: [Vec::new(), Vec::new()],
            left: [0.0; 2],
            moved: 0.0,
            handovers: 0.0,
            over: 0.0,
            clear: Vec::new(),
            looked: At(0),
            before: Vec::new(),
            changes: (0.0, 0.0),
        }
    }

    fn counts(&self, at: At) -> bool {
        at >= self.span.0 && at < self.span.1
    }

    pub(super) fn seen(&mut self, from: At, group: Group, minutes: f64, moved: bool) {
        if self.counts(from) {
            self.minutes[group as usize].push(minutes);
            self.moved += f64::from(u8::from(moved));
        }
    }

    pub(super) fn left(&mut self, from: At, group: Group) {
        if self.counts(from) {
            self.left[group as usize] += 1.0;
        }
    }

    pub(super) fn handed_over(&mut self, arrived: At, now: At) {
        if self.counts(arrived) {
            self.handovers += 1.0;
            let minutes = now.since(arrived) as f64 / MINUTE as f64;
            self.over += f64::from(u8::from(minutes > LONG_MINUTES));
        }
    }

    pub(super) fn cleared(&mut self, arrived: At, now: At) {
        if self.counts(arrived) {
            self.clear.push(now.since(arrived) as f64 / MINUTE as f64);
        }
    }

    pub(super) fn waiting(&mut self, now: At, waiting: &[f64]) {
        if now.since(self.looked) < LOOK || !self.counts(now) {
            return;
        }
        self.looked = now;
        let changes = self.before.iter().zip(waiting).map(|(a, b)| (a - b).abs());
        self.changes.0 += changes.sum::<f64>();
        self.changes.1 += self.before.len() as f64;
        self.before = waiting.to_vec();
    }

    pub(super) fn outcome(mut self) -> Outcome {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        for minutes in &mut self.minutes {
            minutes.sort_by(f64::total_cmp);
        }
        let [minor, child] = &self.minutes;
        let high = |values: &[f64]| {
            let place = (values.len() * 95).div_ceil(100).saturating_sub(1);
            values.get(place).copied().unwrap_or_default()
        };
        let share = |part: f64, whole: f64| 100.0 * part / whole.max(1.0);
        let both = (minor.len() + child.len()) as f64;
        let value = |figure: Figure| match figure {
            Figure::MinorMean => mean(minor),
            Figure::Minor95 => high(minor),
            Figure::MinorPeople => minor.len() as f64,
            Figure::MinorLeft => share(self.left[0], minor.len() as f64 + self.left[0]),
            Figure::ChildMean => mean(child),
            Figure::Child95 => high(child),
            Figure::ChildPeople => child.len() as f64,
            Figure::ChildLeft => share(self.left[1], child.len() as f64 + self.left[1]),
            Figure::BothMean => {
                (minor.iter().sum::<f64>() + child.iter().sum::<f64>()) / both.max(1.0)
            }
            Figure::Clear => mean(&self.clear),
            Figure::Over45 => share(self.over, self.handovers),
            Figure::Swing => self.changes.0 / self.changes.1.max(1.0),
            Figure::Moved => share(self.moved, both),
        };
        Outcome(Figure::ALL.map(value))
    }
}

/// Two-sided 95% points of Student's distribution by degrees of freedom, from 1; then the normal one.
const STUDENT: [f64; 15] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131,
];

/// Mean and half the width of its 95% confidence interval; without end for a single value.
pub(super) fn interval(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let Some(freedom) = values.len().checked_sub(2) else {
        return (mean, f64::INFINITY);
    };
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    let deviation = libm::sqrt(squares / (n - 1.0));
    let point = STUDENT.get(freedom).copied().unwrap_or(2.042);
    (mean, point * deviation / libm::sqrt(n))
}

/// The same of the differences seed by seed.
pub fn paired(own: &[Outcome], other: &[Outcome], figure: Figure) -> (f64, f64) {
    let pairs = own.iter().zip(other);
    let differences: Vec<f64> = pairs
        .map(|(own, other)| own.figure(figure) - other.figure(figure))
        .collect();
    interval(&differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_the_textbook_one() {
        let (mean, half) = interval(&[1.0, 2.0, 3.0]);
        assert!((mean - 2.0).abs() < 1e-9);
        assert!((half - 4.303 / libm::sqrt(3.0)).abs() < 1e-9);
        assert!(interval(&[1.0]).1.is_infinite());
    }
}
