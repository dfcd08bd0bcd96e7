//! The order of places for one patient: clinically first, then by minutes; what is a tie, and the chance that the
//! first is still the first on arrival.

use std::cmp::Ordering;

use domain::travel::ERROR_MINUTES_RMSE;

/// Between one in ten and nine in ten of a normal spread lie so many standard deviations.
const TENTHS_WIDE: f64 = 2.563;
/// Two places are a tie while the worse one is the better with a chance over one third: their difference is less
/// than so many standard deviations of it (the normal quantile of two thirds).
const TIE_DEVIATIONS: f64 = 0.4307;
/// Points at which the first place's time is looked at for the chance that it stays the first.
const POINTS: u32 = 40;

/// Minutes with a range: one in ten takes less than `low`, nine in ten less than `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Half take less.
    pub median: i64,
    /// Lower end.
    pub low: i64,
    /// Upper end.
    pub high: i64,
}

impl Range {
    /// So many minutes later, all of it.
    #[must_use]
    pub fn later(self, minutes: i64) -> Self {
        Self {
            median: self.median + minutes,
            low: self.low + minutes,
            high: self.high + minutes,
        }
    }

    /// Its standard deviation if it were normal, minutes.
    fn deviation(self) -> f64 {
        ((self.high - self.low) as f64 / TENTHS_WIDE).max(1.0)
    }
}

/// A place as far as its order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prospect {
    /// Clinical step, 0 first.
    pub step: usize,
    /// Minutes by car.
    pub drive: i64,
    /// Hand-over or wait on arrival; `None` when it is not known.
    pub then: Option<Range>,
}

impl Prospect {
    /// Drive and what is waited for there, minutes.
    pub fn minutes(&self) -> Option<i64> {
        Some(self.drive + self.then?.median)
    }

    /// The order: clinically first; then what is known; then the minutes; then the drive.
    pub fn compare(&self, other: &Self) -> Ordering {
        let key = |p: &Self| (p.step, p.then.is_none(), p.minutes(), p.drive);
        key(self).cmp(&key(other))
    }

    /// Whether the difference is smaller than the doubt about it.
    pub fn is_tie(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (self.minutes(), other.minutes()) else {
            return false;
        };
        let doubt = libm::hypot(self.deviation(), other.deviation());
        self.step == other.step && ((a - b).abs() as f64) < TIE_DEVIATIONS * doubt
    }

    /// Of drive and wait together, minutes.
    fn deviation(&self) -> f64 {
        let then = self.then.map_or(0.0, Range::deviation);
        libm::hypot(then, ERROR_MINUTES_RMSE)
    }
}

/// The tie group of each place in order, from 0: a place is in the group of the first it is a tie with.
pub fn tie_groups(ordered: &[Prospect]) -> Vec<usize> {
    let mut groups = Vec::with_capacity(ordered.len());
    let mut head: Option<&Prospect> = None;
    let mut group = 0;
    for prospect in ordered {
        match head {
            Some(first) if first.is_tie(prospect) => {}
            Some(_) => {
                group += 1;
                head = Some(prospect);
            }
            None => head = Some(prospect),
        }
        groups.push(group);
    }
    groups
}

/// The chance that the first of its step is the soonest once the patient is there, 0 to 1.
///
/// Each place's minutes are taken as normal around the median, with the spread of its range and of the drive, and
/// as independent of one another: the mean, over 40 equally likely times of the first, of the product over the
/// others of the chance that they take longer. `None` when the first is not known.
pub fn chance_of_order(ordered: &[Prospect]) -> Option<f64> {
    let first = ordered.first()?;
    let mean = first.minutes()? as f64;
    let deviation = first.deviation();
    let others: Vec<(f64, f64)> = ordered
        .iter()
        .skip(1)
        .filter(|other| other.step == first.step)
        .filter_map(|other| Some((other.minutes()? as f64, other.deviation())))
        .collect();
    let at = |point: u32| {
        let share = (f64::from(point) + 0.5) / f64::from(POINTS);
        let minutes = mean + deviation * quantile(share);
        let longer = |(median, spread): &(f64, f64)| 1.0 - below((minutes - median) / spread);
        others.iter().map(longer).product::<f64>()
    };
    Some((0..POINTS).map(at).sum::<f64>() / f64::from(POINTS))
}

/// The share of a standard normal below a value.
fn below(value: f64) -> f64 {
    0.5 * libm::erfc(-value / std::f64::consts::SQRT_2)
}

/// The value below which so large a share of a standard normal lies, by halving.
fn quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-6.0, 6.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if below(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_prospect() -> impl Strategy<Value = Prospect> {
        let range = (0..300_i64, 0..60_i64, 0..200_i64).prop_map(|(low, more, most)| Range {
            low,
            median: low + more,
            high: low + more + most,
        });
        (0..3_usize, 1..90_i64, prop::option::weighted(0.9, range))
            .prop_map(|(step, drive, then)| Prospect { step, drive, then })
    }

    proptest! {
        #[test]
        fn what_is_eligible_first_comes_first(mut all in prop::collection::vec(any_prospect(), 0..12)) {
            all.sort_by(Prospect::compare);
            prop_assert!(all.is_sorted_by_key(|prospect| prospect.step));
        }

        #[test]
        fn a_longer_drive_never_improves_a_place(
            all in prop::collection::vec(any_prospect(), 1..12), more in 1..60_i64
        ) {
            let rank = |own: &Prospect| {
                all[1..].iter().filter(|other| other.compare(own) == Ordering::Less).count()
            };
            let further = Prospect { drive: all[0].drive + more, ..all[0] };
            prop_assert!(rank(&further) >= rank(&all[0]));
        }

        #[test]
        fn a_tie_is_a_tie_from_both_sides(a in any_prospect(), b in any_prospect()) {
            prop_assert_eq!(a.is_tie(&b), b.is_tie(&a));
        }

        #[test]
        fn a_chance_is_a_chance(mut all in prop::collection::vec(any_prospect(), 0..8)) {
            all.sort_by(Prospect::compare);
            if let Some(chance) = chance_of_order(&all) {
                prop_assert!((0.0..=1.0).contains(&chance));
            }
        }
    }

    fn sure(drive: i64, median: i64, half: i64) -> Prospect {
        let then = Some(Range {
            median,
            low: median - half,
            high: median + half,
        });
        Prospect {
            step: 0,
            drive,
            then,
        }
    }

    #[test]
    fn two_equal_places_are_even_and_a_far_better_one_is_sure() {
        let even = chance_of_order(&[sure(10, 60, 20), sure(10, 60, 20)]).unwrap();
        assert!((even - 0.5).abs() < 0.01, "{even}");
        let ahead = chance_of_order(&[sure(10, 30, 10), sure(10, 200, 10)]).unwrap();
        assert!(ahead > 0.999, "{ahead}");
        assert_eq!(
            tie_groups(&[sure(10, 60, 20), sure(10, 62, 20), sure(10, 200, 20)]),
            [0, 0, 1]
        );
    }
}
