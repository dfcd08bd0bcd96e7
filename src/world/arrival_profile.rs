//! When people come: the share of a week's arrivals in each hour of it.

use domain::At;

/// England 2024-25, see `fixtures/world/README.md`.
const BY_HOUR: &str = include_str!("../../fixtures/world/attendances_by_hour_weekday.csv");
/// Hours in a day, days in a week.
pub(super) const HOURS: usize = 24;
const DAYS: usize = 7;

/// An hour of the week in London.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HourOfWeek {
    /// 0 is Monday.
    pub(super) weekday: usize,
    pub(super) hour: usize,
}

impl HourOfWeek {
    pub(super) fn of(at: At) -> Self {
        let local = at.london();
        Self {
            weekday: local.weekday().to_monday_zero_offset() as usize,
            hour: local.hour() as usize,
        }
    }
}

/// Shares of a week, by weekday and hour; together 1.
#[derive(Debug, Clone)]
pub(super) struct ArrivalProfile([[f64; HOURS]; DAYS]);

impl ArrivalProfile {
    fn normalised(mut counts: [[f64; HOURS]; DAYS]) -> Self {
        let total: f64 = counts.iter().flatten().sum();
        for share in counts.iter_mut().flatten() {
            *share /= total;
        }
        Self(counts)
    }

    /// Everybody, and those who come by ambulance.
    pub(super) fn published() -> (Self, Self) {
        let (mut all, mut ambulance) = ([[0.0; HOURS]; DAYS], [[0.0; HOURS]; DAYS]);
        // The rows are in order: Monday 0h first, 24 hours a day.
        for (row, line) in BY_HOUR.lines().skip(1).enumerate().take(HOURS * DAYS) {
            let mut fields = line.split(',').skip(2);
            let mut count = || fields.next().and_then(|f| f.parse().ok()).unwrap_or(0.0);
            all[row / HOURS][row % HOURS] = count();
            ambulance[row / HOURS][row % HOURS] = count();
        }
        (Self::normalised(all), Self::normalised(ambulance))
    }

    /// What is left of `a_per_day` people after taking out `b_per_day` others.
    pub(super) fn without(&self, a_per_day: f64, other: &Self, b_per_day: f64) -> Self {
        let mut left = self.0;
        for (day, hours) in left.iter_mut().enumerate() {
            for (hour, share) in hours.iter_mut().enumerate() {
                *share = (*share * a_per_day - other.0[day][hour] * b_per_day).max(0.0);
            }
        }
        Self::normalised(left)
    }

    /// The share of a week in this hour of it.
    pub(super) fn share(&self, when: HourOfWeek) -> f64 {
        self.0[when.weekday][when.hour]
    }

    /// The expected number in one hour, of so many a day on average.
    pub(super) fn expected(&self, when: HourOfWeek, per_day: f64) -> f64 {
        self.share(when) * per_day * DAYS as f64
    }

    /// The share of each hour of the day, over the whole week.
    pub(super) fn by_hour(&self) -> [f64; HOURS] {
        std::array::from_fn(|hour| self.0.iter().map(|day| day[hour]).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_week_has_its_monday_morning_and_its_shift_change() {
        let (all, ambulance) = ArrivalProfile::published();
        let by_hour = all.by_hour();
        assert!((by_hour.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((by_hour[11] - 0.0745).abs() < 0.0005, "{}", by_hour[11]);
        let by_ambulance = ambulance.by_hour();
        assert!(by_ambulance[6] < by_ambulance[5], "crews change at 06h");
        assert!(by_ambulance[18] < by_ambulance[17], "and at 18h");
    }

    #[test]
    fn walk_ins_and_ambulances_together_are_everybody() {
        let (all, ambulance) = ArrivalProfile::published();
        let walk_in = all.without(726.0, &ambulance, 209.6);
        let when = HourOfWeek {
            weekday: 2,
            hour: 3,
        };
        let together = walk_in.expected(when, 726.0 - 209.6) + ambulance.expected(when, 209.6);
        assert!((together - all.expected(when, 726.0)).abs() < 1e-6);
    }
}
