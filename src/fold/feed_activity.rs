//! When a feed has news, by the hour of the week: what a silence is judged by.

use serde::{Deserialize, Serialize};

use domain::At;
use domain::time::{HOUR, MINUTE};

/// Hours of a week.
const WEEK: usize = 168;
/// Parts that a minute is counted in, so that no fraction is lost.
const PARTS: i64 = 256;
/// Share by which an hour moves what is usual: one in so many.
const STEP: i64 = 4;
/// A gap of up to so many hours is quiet; a longer one is an outage and teaches nothing.
const QUIET_HOURS_MAX: i64 = 3;
/// A silence is looked at as far back as this.
const HOURS_BACK_MAX: i64 = 24;
/// However busy a feed is, a minute without news has at least this chance: people come in bunches.
const MINUTE_CHANCE_MIN: f64 = 0.2;

/// Minutes with news in each hour of the week, as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedActivity {
    /// By the hour of the week in London, Monday first; in parts of a minute.
    usual: Vec<Option<u16>>,
    /// The hour being counted, minutes with news in it, the last of them.
    present: Option<(i64, i64, i64)>,
}

impl FeedActivity {
    /// Something was heard: news, or only that the feed is there.
    pub fn hear(&mut self, at: At, is_news: bool) {
        let (hour, minute) = (at.0.div_euclid(HOUR), at.0.div_euclid(MINUTE));
        let (present, mut minutes, mut last) = self.present.unwrap_or((hour, 0, i64::MIN));
        if hour > present {
            self.settle(present, minutes, hour);
            (minutes, last) = (0, i64::MIN);
        }
        if is_news && minute > last {
            minutes += 1;
            last = minute;
        }
        self.present = Some((hour, minutes, last));
    }

    fn settle(&mut self, hour: i64, minutes: i64, now: i64) {
        self.usual.resize(WEEK, None);
        let quiet = now - hour - 1;
        let quiet = if quiet <= QUIET_HOURS_MAX { quiet } else { 0 };
        for passed in 0..=quiet {
            let counted = if passed == 0 { minutes * PARTS } else { 0 };
            let slot = &mut self.usual[hour_of_week(At((hour + passed) * HOUR))];
            let known = slot.map_or(counted, |known| {
                i64::from(known) + (counted - i64::from(known)) / STEP
            });
            *slot = u16::try_from(known).ok();
        }
    }

    /// How unlikely it is that nothing came between two moments, 0 to 1; `None` while it is not known
    /// what is usual at that hour.
    pub fn chance_of_silence(&self, from: At, to: At) -> Option<f64> {
        let from = from.max(to.plus(-HOURS_BACK_MAX * HOUR));
        let (first, last) = (from.0.div_euclid(MINUTE), to.0.div_euclid(MINUTE));
        let mut chance = 1.0;
        let mut minute = first;
        while minute < last {
            let next_hour = (minute * MINUTE).div_euclid(HOUR) + 1;
            let end = last.min(next_hour * HOUR / MINUTE);
            let quiet = (1.0 - self.share(At(minute * MINUTE))?).max(MINUTE_CHANCE_MIN);
            for _ in minute..end {
                chance *= quiet;
            }
            minute = end;
        }
        Some(chance)
    }

    /// Share of minutes with news that is usual then.
    fn share(&self, at: At) -> Option<f64> {
        let hour = hour_of_week(at);
        let same_day = self.usual.get(hour).copied().flatten();
        let usual = same_day.map(f64::from).or_else(|| {
            let days = (0..7).filter_map(|day| *self.usual.get(day * 24 + hour % 24)?);
            let known: Vec<f64> = days.map(f64::from).collect();
            let all: f64 = known.iter().sum();
            (!known.is_empty()).then(|| all / known.len() as f64)
        })?;
        Some(usual / (60 * PARTS) as f64)
    }
}

fn hour_of_week(at: At) -> usize {
    let local = at.london();
    let day = local.weekday().to_monday_zero_offset();
    (day.unsigned_abs() as usize * 24 + local.hour().unsigned_abs() as usize).min(WEEK - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::DAY;

    /// Two weeks with news every fifth minute by day and none by night, heard every minute.
    fn two_weeks() -> (FeedActivity, At) {
        let begin = At::parse("2026-11-02T00:00:00Z").unwrap();
        let mut rhythm = FeedActivity::default();
        for minute in 0..14 * 24 * 60 {
            let at = begin.plus(minute * MINUTE);
            let is_day = (8..20).contains(&(minute / 60 % 24));
            rhythm.hear(at, is_day && minute % 5 == 0);
        }
        (rhythm, begin.plus(14 * DAY))
    }

    #[test]
    fn the_same_silence_is_usual_by_night_and_alarming_by_day() {
        let (rhythm, monday) = two_weeks();
        let chance = |hour: i64| {
            let from = monday.plus(hour * HOUR);
            rhythm.chance_of_silence(from, from.plus(40 * MINUTE))
        };
        assert_eq!(chance(2), Some(1.0));
        let by_day = chance(12).unwrap();
        assert!((by_day - libm::pow(0.8, 40.0)).abs() < 1e-3, "{by_day}");
    }

    #[test]
    fn nothing_is_judged_before_anything_is_known() {
        let from = At::parse("2026-11-02T12:00:00Z").unwrap();
        let none = FeedActivity::default().chance_of_silence(from, from.plus(HOUR));
        assert_eq!(none, None);
    }

    #[test]
    fn an_outage_teaches_nothing() {
        let (mut rhythm, monday) = two_weeks();
        let noon = monday.plus(12 * HOUR);
        let before = rhythm.chance_of_silence(noon, noon.plus(HOUR));
        rhythm.hear(monday.plus(2 * DAY), true);
        assert_eq!(rhythm.chance_of_silence(noon, noon.plus(HOUR)), before);
    }
}
