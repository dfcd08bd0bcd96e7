//! Bookable times by rule: so many places in each quarter of an hour, by day of the week.

use compact_str::CompactString;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::AmbiguousOffset;
use serde::{Deserialize, Serialize};

use super::capacity::Slot;
use super::ids::SlotId;
use super::opening::Hours;
use super::time::{At, DAY, MINUTE, Millis, london};

/// Length of a Slot made by rule.
pub const SLOT_MINUTES: i64 = 15;
/// Most places in one quarter of an hour.
pub const PLACES_MAX: u8 = 50;
/// Most periods of one rule.
pub const PERIODS_MAX: usize = 50;
/// Slots are worked out at most so far ahead.
pub const AHEAD_MAX: Millis = 31 * DAY;

/// Places in each quarter of an hour of some days.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotPeriod {
    /// Days of the week, 1 (Monday) to 7.
    pub days: Vec<i8>,
    /// First quarter of an hour, civil time in London, `09:00`.
    pub from: CompactString,
    /// Until, not included; `24:00` is midnight.
    pub until: CompactString,
    /// People in each quarter of an hour, 1 to [`PLACES_MAX`].
    pub places: u8,
    /// What it is for, in the service's words.
    #[serde(default)]
    pub kind: CompactString,
}

/// Which times of a Service can be booked, and when they are offered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlotRule {
    /// Times by rule; none for a Service that publishes its own.
    pub periods: Vec<SlotPeriod>,
    /// A time is offered only so long before it begins, minutes; always when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_minutes: Option<u32>,
    /// A time is offered no later than so long before it begins, minutes.
    pub notice_minutes: u32,
    /// Offer times though the Service says red.
    pub when_red: bool,
    /// Offer times though the Service is closed out of turn.
    pub when_closed: bool,
    /// A patient not here so long after the beginning did not attend, minutes; 60 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent_minutes: Option<u32>,
}

/// A patient who is not here so long after the beginning did not attend, unless the rule says otherwise.
pub const ABSENT_MINUTES: u32 = 60;

impl SlotRule {
    /// Everything that is wrong with it, in words.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.periods.len() > PERIODS_MAX {
            faults.push(format!("periods: at most {PERIODS_MAX}"));
        }
        for (index, period) in self.periods.iter().take(PERIODS_MAX).enumerate() {
            let mut fault = |words: &str| faults.push(format!("periods[{index}].{words}"));
            if period.days.is_empty() || !period.days.iter().all(|day| (1..=7).contains(day)) {
                fault("days: numbers from 1 (Monday) to 7 (Sunday)");
            }
            let (from, until) = (minutes(&period.from), minutes(&period.until));
            match (from, until) {
                (Some(from), Some(until)) if from < until => {}
                (Some(_), Some(_)) => fault("until: after from; a night is two periods"),
                _ => fault("from: and until are times like 09:15, in whole quarters of an hour"),
            }
            if !(1..=PLACES_MAX).contains(&period.places) {
                fault("places: from 1 to 50");
            }
            if period.kind.chars().count() > 100 {
                fault("kind: at most 100 characters");
            }
        }
        let week = 7 * 24 * 60;
        if self.release_minutes.is_some_and(|m| m > 4 * week) || self.notice_minutes > week {
            faults.push("release_minutes: at most 4 weeks, notice_minutes: 1 week".to_owned());
        }
        if self
            .absent_minutes
            .is_some_and(|m| !(5..=1_440).contains(&m))
        {
            faults.push("absent_minutes: from 5 to 1440".to_owned());
        }
        faults
    }

    /// The times that begin in `from..until`, in order, as far as the Service is open then.
    pub fn slots(&self, hours: &Hours, from: At, until: At) -> Vec<Slot> {
        let until = until.min(from.plus(AHEAD_MAX));
        let mut slots = Vec::new();
        if self.periods.is_empty() || until <= from {
            return slots;
        }
        let (mut date, last) = (from.london_date(), until.london_date());
        while date <= last {
            self.add_day(date, hours, (from, until), &mut slots);
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        slots.sort_by(|a, b| (a.start, &a.slot).cmp(&(b.start, &b.slot)));
        slots
    }

    fn add_day(&self, date: Date, hours: &Hours, (from, until): (At, At), into: &mut Vec<Slot>) {
        let day = date.weekday();
        let mut numbers = std::collections::BTreeMap::<i64, u8>::new();
        for period in self.periods.iter().filter(|period| is_on(period, day)) {
            let (Some(first), Some(end)) = (minutes(&period.from), minutes(&period.until)) else {
                continue;
            };
            let mut minute = first;
            while minute < end {
                // Two periods may overlap: their places are numbered on.
                let number = numbers.entry(minute).or_default();
                let start = instant(date, minute).filter(|at| *at >= from && *at < until);
                if let Some(start) = start.filter(|at| hours.at(*at).is_open()) {
                    for place in 1..=period.places {
                        into.extend(slot(date, minute, *number + place, start, &period.kind));
                    }
                }
                *number = number.saturating_add(period.places);
                minute += SLOT_MINUTES;
            }
        }
    }
}

fn slot(date: Date, minute: i64, number: u8, start: At, kind: &CompactString) -> Option<Slot> {
    let day = date.strftime("%Y%m%d");
    let name = format!("q-{day}T{:02}{:02}-{number}", minute / 60, minute % 60);
    Some(Slot {
        slot: SlotId::new(&name).ok()?,
        start,
        end: start.plus(SLOT_MINUTES * MINUTE),
        kind: kind.clone(),
    })
}

/// When a Slot made by rule begins, by its name.
pub fn start_of(slot: &SlotId) -> Option<At> {
    let (day, rest) = slot.as_str().strip_prefix("q-")?.split_once('T')?;
    let (time, _) = rest.split_once('-')?;
    let date = Date::strptime("%Y%m%d", day).ok()?;
    let number = |range: std::ops::Range<usize>| time.get(range)?.parse::<i64>().ok();
    instant(date, number(0..2)? * 60 + number(2..4)?)
}

fn is_on(period: &SlotPeriod, day: Weekday) -> bool {
    period.days.contains(&day.to_monday_one_offset())
}

/// `09:15` as minutes since midnight, in whole quarters of an hour.
fn minutes(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let minutes = hour.parse::<u8>().ok()? as i64 * 60 + minute.parse::<u8>().ok()? as i64;
    (minute < "60" && minutes <= 24 * 60 && minutes % SLOT_MINUTES == 0).then_some(minutes)
}

/// The moment of a civil time in London. A time that the clock leaps over in March is none; of a time that
/// comes twice in October, the first.
fn instant(date: Date, minute: i64) -> Option<At> {
    let time = Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).ok()?;
    let civil = date.to_datetime(time);
    let ambiguous = london().to_ambiguous_timestamp(civil);
    if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        return None;
    }
    let moment = ambiguous.compatible().ok()?;
    Some(At(moment.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(days: &[i8], from: &str, until: &str, places: u8) -> SlotRule {
        SlotRule {
            periods: vec![SlotPeriod {
                days: days.to_vec(),
                from: from.into(),
                until: until.into(),
                places,
                kind: "in person".into(),
            }],
            ..SlotRule::default()
        }
    }

    fn at(text: &str) -> At {
        At::parse(text).unwrap()
    }

    #[test]
    fn each_quarter_of_an_hour_of_the_days_named_has_its_places() {
        let rule = rule(&[1, 2], "09:00", "09:30", 2);
        let always = Hours::parse("24/7").unwrap();
        // 2026-11-30 is a Monday.
        let week = (at("2026-11-30T00:00:00Z"), at("2026-12-07T00:00:00Z"));
        let slots = rule.slots(&always, week.0, week.1);
        let names: Vec<&str> = slots.iter().map(|slot| slot.slot.as_str()).collect();
        assert_eq!(
            names,
            [
                "q-20261130T0900-1",
                "q-20261130T0900-2",
                "q-20261130T0915-1",
                "q-20261130T0915-2",
                "q-20261201T0900-1",
                "q-20261201T0900-2",
                "q-20261201T0915-1",
                "q-20261201T0915-2"
            ]
        );
        assert_eq!(slots[0].start, at("2026-11-30T09:00:00Z"));
        assert_eq!(slots[0].end, at("2026-11-30T09:15:00Z"));
        let mondays = Hours::parse("Mo 09:10-17:00").unwrap();
        let open = rule.slots(&mondays, week.0, week.1);
        assert_eq!(open.len(), 2, "only what begins while it is open: {open:?}");
    }

    #[test]
    fn the_hour_that_is_leapt_over_has_no_slots_and_the_hour_that_comes_twice_has_them_once() {
        let rule = rule(&[7], "00:00", "03:00", 1);
        let always = Hours::parse("24/7").unwrap();
        let of = |day: &str| {
            let from = at(&format!("{day}T00:00:00Z")).london_midnight();
            rule.slots(&always, from, from.plus(DAY))
        };
        assert_eq!(of("2026-03-29").len(), 8, "01:00 to 02:00 is not there");
        let autumn = of("2026-10-25");
        assert_eq!(autumn.len(), 12);
        let mut starts: Vec<At> = autumn.iter().map(|slot| slot.start).collect();
        starts.dedup();
        assert_eq!(starts.len(), 12, "no two at once");
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_named_by_field() {
        assert_eq!(
            rule(&[1], "09:00", "17:00", 1).faults(),
            Vec::<String>::new()
        );
        assert_eq!(
            rule(&[5], "22:00", "24:00", 1).faults(),
            Vec::<String>::new()
        );
        for (bad, word) in [
            (rule(&[0], "09:00", "17:00", 1), "days"),
            (rule(&[], "09:00", "17:00", 1), "days"),
            (rule(&[1], "09:07", "17:00", 1), "from"),
            (rule(&[1], "9:00", "17:00", 1), "from"),
            (rule(&[1], "22:00", "06:00", 1), "until"),
            (rule(&[1], "09:00", "17:00", 0), "places"),
        ] {
            let faults = bad.faults();
            assert!(faults.len() == 1 && faults[0].contains(word), "{faults:?}");
        }
    }
}
