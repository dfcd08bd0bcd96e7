//! What came of advice, as figures; and how sure they are.

use super::asking::Group;
use super::crew::Crew;
use domain::At;
use domain::time::MINUTE;

/// How often the waiting rooms are looked at for their swing.
const LOOK: i64 = 30 * MINUTE;
/// A hand-over is long beyond this, minutes.
const LONG_MINUTES: f64 = 45.0;

/// A figure of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialFigure {
    /// Both groups together.
    BothMean,
    /// Mean time from setting off to seen, adults.
    MinorMean,
    /// Its 95th percentile.
    Minor95,
    /// Left unseen, adults.
    MinorLeft,
    /// As [`Self::MinorMean`], children.
    ChildMean,
    /// Its 95th percentile.
    Child95,
    /// Left unseen, children.
    ChildLeft,
    /// Crews that may choose: from setting off with the patient to being free.
    ChoiceMean,
    /// Its 95th percentile.
    Choice95,
    /// Their mean hand-over.
    ChoiceHandover,
    /// Their hand-overs beyond 45 minutes.
    ChoiceOver45,
    /// Of them, went elsewhere than they would have.
    ChoiceMoved,
    /// From the ambulance's arrival to the crew being free, all crews.
    Clear,
    /// Its 95th percentile.
    Clear95,
    /// Hand-overs beyond 45 minutes, all crews.
    Over45,
    /// Mean hand-over of the own ambulances of the hospitals around.
    AroundHandover,
    /// Of these, beyond 45 minutes.
    AroundOver45,
    /// Mean change of a waiting room from one half hour to the next.
    Swing,
    /// Mean change of the ambulances outside a department from one half hour to the next.
    DoorSwing,
    /// Of those seen, went elsewhere than they would have.
    Moved,
    /// Adults counted.
    MinorPeople,
    /// Children counted.
    ChildPeople,
    /// Crews counted that may choose.
    ChoicePeople,
}

impl TrialFigure {
    /// All of them, in the order to print.
    pub const ALL: [Self; 23] = [
        Self::BothMean,
        Self::MinorMean,
        Self::Minor95,
        Self::MinorLeft,
        Self::ChildMean,
        Self::Child95,
        Self::ChildLeft,
        Self::ChoiceMean,
        Self::Choice95,
        Self::ChoiceHandover,
        Self::ChoiceOver45,
        Self::ChoiceMoved,
        Self::Clear,
        Self::Clear95,
        Self::Over45,
        Self::AroundHandover,
        Self::AroundOver45,
        Self::Swing,
        Self::DoorSwing,
        Self::Moved,
        Self::MinorPeople,
        Self::ChildPeople,
        Self::ChoicePeople,
    ];

    /// As printed.
    pub fn words(self) -> &'static str {
        match self {
            Self::BothMean => "all who may choose: mean time to care, minutes",
            Self::MinorMean => "adults, minor: mean time to care, minutes",
            Self::Minor95 => "adults, minor: 95th percentile, minutes",
            Self::MinorLeft => "adults, minor: left unseen, %",
            Self::ChildMean => "children, minor: mean time to care, minutes",
            Self::Child95 => "children, minor: 95th percentile, minutes",
            Self::ChildLeft => "children, minor: left unseen, %",
            Self::ChoiceMean => "crews who may choose: mean from setting off to clear, minutes",
            Self::Choice95 => "crews who may choose: 95th percentile, minutes",
            Self::ChoiceHandover => "crews who may choose: mean hand-over, minutes",
            Self::ChoiceOver45 => "crews who may choose: hand-over over 45 minutes, %",
            Self::ChoiceMoved => "crews who may choose: went elsewhere than they would have, %",
            Self::Clear => "ambulances: mean time to clear, minutes",
            Self::Clear95 => "ambulances: 95th percentile of time to clear, minutes",
            Self::Over45 => "ambulances: hand-over over 45 minutes, %",
            Self::AroundHandover => "hospitals around, own ambulances: mean hand-over, minutes",
            Self::AroundOver45 => "hospitals around, own ambulances: over 45 minutes, %",
            Self::Swing => "swing: mean change of a waiting room in half an hour, people",
            Self::DoorSwing => "swing: mean change of the ambulances outside in half an hour",
            Self::Moved => "went elsewhere than they would have, %",
            Self::MinorPeople => "adults, minor: people seen",
            Self::ChildPeople => "children, minor: people seen",
            Self::ChoicePeople => "crews who may choose: crews",
        }
    }
}

/// What came of one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrialOutcome(Vec<Option<f64>>);

impl TrialOutcome {
    /// One figure; no number when nobody was counted.
    pub fn figure(&self, figure: TrialFigure) -> f64 {
        let place = TrialFigure::ALL.iter().position(|known| *known == figure);
        let value = place.and_then(|place| *self.0.get(place)?);
        value.unwrap_or(f64::NAN)
    }
}

/// How much what is counted in several places changes from one look to the next.
#[derive(Debug, Default)]
struct Changes {
    before: Vec<f64>,
    sum: f64,
    looks: f64,
}

impl Changes {
    fn look(&mut self, now: &[f64]) {
        let changes = self.before.iter().zip(now).map(|(a, b)| (a - b).abs());
        self.sum += changes.sum::<f64>();
        self.looks += self.before.len() as f64;
        self.before = now.to_vec();
    }

    fn mean(&self) -> Option<f64> {
        (self.looks > 0.0).then(|| self.sum / self.looks)
    }
}

/// Counts during a run.
#[derive(Debug)]
pub(crate) struct TrialCounts {
    span: (At, At),
    minutes: [Vec<f64>; 2],
    left: [f64; 2],
    moved: f64,
    /// Hand-overs of all crews, of those that may choose, and of the hospitals around.
    handovers: [Vec<f64>; 3],
    clear: Vec<f64>,
    free: Vec<f64>,
    crews_moved: f64,
    looked: At,
    rooms: Changes,
    doors: Changes,
}

impl TrialCounts {
    pub(super) fn new(span: (At, At)) -> Self {
        Self {
            span,
            minutes: Default::default(),
            left: [0.0; 2],
            moved: 0.0,
            handovers: Default::default(),
            clear: Vec::new(),
            free: Vec::new(),
            crews_moved: 0.0,
            looked: At(0),
            rooms: Changes::default(),
            doors: Changes::default(),
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

    pub(super) fn handed_over(&mut self, arrived: At, now: At, may_choose: bool) {
        if self.counts(arrived) {
            let minutes = minutes(arrived, now);
            self.handovers[0].push(minutes);
            if may_choose {
                self.handovers[1].push(minutes);
            }
        }
    }

    pub(super) fn neighbour_took(&mut self, arrived: At, now: At) {
        if self.counts(arrived) {
            self.handovers[2].push(minutes(arrived, now));
        }
    }

    pub(super) fn cleared(&mut self, crew: &Crew, now: At) {
        if let Some(arrived) = crew.arrived.filter(|at| self.counts(*at)) {
            self.clear.push(minutes(arrived, now));
        }
        if crew.may_choose && self.counts(crew.set_off) {
            self.free.push(minutes(crew.set_off, now));
            self.crews_moved += f64::from(u8::from(crew.moved));
        }
    }

    pub(super) fn waiting(&mut self, now: At, rooms: &[f64], doors: &[f64]) {
        if now.since(self.looked) < LOOK || !self.counts(now) {
            return;
        }
        self.looked = now;
        self.rooms.look(rooms);
        self.doors.look(doors);
    }

    pub(super) fn outcome(mut self) -> TrialOutcome {
        let sorted = self.minutes.iter_mut();
        for minutes in sorted.chain([&mut self.clear, &mut self.free]) {
            minutes.sort_by(f64::total_cmp);
        }
        let [minor, child] = &self.minutes;
        let [all, chosen, around] = &self.handovers;
        let both: Vec<f64> = minor.iter().chain(child).copied().collect();
        let count = |values: &[f64]| (!values.is_empty()).then_some(values.len() as f64);
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| 100.0 * part / whole);
        let left = |group: usize| {
            let left = self.left[group];
            share(left, self.minutes[group].len() as f64 + left)
        };
        let value = |figure: TrialFigure| match figure {
            TrialFigure::BothMean => mean(&both),
            TrialFigure::MinorMean => mean(minor),
            TrialFigure::Minor95 => high(minor),
            TrialFigure::MinorLeft => left(0),
            TrialFigure::ChildMean => mean(child),
            TrialFigure::Child95 => high(child),
            TrialFigure::ChildLeft => left(1),
            TrialFigure::ChoiceMean => mean(&self.free),
            TrialFigure::Choice95 => high(&self.free),
            TrialFigure::ChoiceHandover => mean(chosen),
            TrialFigure::ChoiceOver45 => over(chosen),
            TrialFigure::ChoiceMoved => share(self.crews_moved, self.free.len() as f64),
            TrialFigure::Clear => mean(&self.clear),
            TrialFigure::Clear95 => high(&self.clear),
            TrialFigure::Over45 => over(all),
            TrialFigure::AroundHandover => mean(around),
            TrialFigure::AroundOver45 => over(around),
            TrialFigure::Swing => self.rooms.mean(),
            TrialFigure::DoorSwing => self.doors.mean(),
            TrialFigure::Moved => share(self.moved, both.len() as f64),
            TrialFigure::MinorPeople => count(minor),
            TrialFigure::ChildPeople => count(child),
            TrialFigure::ChoicePeople => count(&self.free),
        };
        TrialOutcome(TrialFigure::ALL.map(value).into())
    }
}

fn minutes(from: At, to: At) -> f64 {
    to.since(from) as f64 / MINUTE as f64
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The 95th percentile of sorted values.
fn high(sorted: &[f64]) -> Option<f64> {
    let place = (sorted.len() * 95).div_ceil(100).checked_sub(1)?;
    sorted.get(place).copied()
}

/// The share of hand-overs that are long, percent.
fn over(handovers: &[f64]) -> Option<f64> {
    let long = handovers.iter().filter(|minutes| **minutes > LONG_MINUTES);
    let whole = handovers.len() as f64;
    (whole > 0.0).then(|| 100.0 * long.count() as f64 / whole)
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
pub fn paired(own: &[TrialOutcome], other: &[TrialOutcome], figure: TrialFigure) -> (f64, f64) {
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
