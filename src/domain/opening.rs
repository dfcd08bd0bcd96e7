//! Opening hours in London time, by the OpenStreetMap `opening_hours` syntax.
//!
//! The syntax is evaluated by the `opening-hours` library; the bank holidays are ours, since the
//! library's list for the United Kingdom leaves out the days of England.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use compact_calendar::CompactCalendar;
use jiff::civil::{Date, Weekday};
use opening_hours::{Context, ContextHolidays, OpeningHours};
use serde::{Deserialize, Serialize};

use super::time::{At, HOUR, Millis, london};

/// Years for which bank holidays are known.
const HOLIDAY_YEARS: std::ops::RangeInclusive<i16> = 2020..=2040;
/// Spells between two changes that are remembered for one text.
const SPELLS_MAX: usize = 64;
/// The longest spell that is remembered. The clocks change twice a year, five months apart at least: a
/// spell no longer than this with the same offset at both ends has no change within.
const SPELL_MAX: Millis = 30 * 24 * HOUR;

/// Is it open?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Always.
    AllHours,
    /// Open, until then when a closing time is known.
    Open {
        /// The next closing.
        until: Option<At>,
    },
    /// Closed, until then when an opening is known.
    Closed {
        /// The next opening.
        opens: Option<At>,
    },
}

impl Opening {
    /// Open at all?
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Closed { .. })
    }
}

/// A parsed `opening_hours` text. A copy shares what was parsed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    inner: Arc<Parsed>,
}

#[derive(Debug)]
struct Parsed {
    text: String,
    hours: OpeningHours,
    /// Spells that were worked out, by their end, from when on each is known, and whether it is open. It
    /// holds nothing that could not be worked out again.
    spells: RwLock<BTreeMap<At, (At, bool)>>,
}

impl Parsed {
    /// The spell that a moment lies in, if it is remembered: whether open, and its end.
    fn spell(&self, at: At) -> Option<(bool, At)> {
        let spells = self.spells.read().unwrap_or_else(PoisonError::into_inner);
        let after = (std::ops::Bound::Excluded(at), std::ops::Bound::Unbounded);
        let (end, (from, is_open)) = spells.range(after).next()?;
        (*from <= at).then_some((*is_open, *end))
    }

    /// Remembers a spell, unless the clocks change within it: then a time of day comes twice or never.
    fn remember(&self, from: At, end: At, is_open: bool) {
        let is_plain = from < end
            && end.since(from) <= SPELL_MAX
            && from.london().offset() == end.london().offset();
        if !is_plain {
            return;
        }
        let mut spells = self.spells.write().unwrap_or_else(PoisonError::into_inner);
        if spells.len() >= SPELLS_MAX {
            spells.clear();
        }
        let known = spells.entry(end).or_insert((from, is_open));
        known.0 = known.0.min(from);
    }
}

impl PartialEq for Hours {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner) || self.inner.text == other.inner.text
    }
}

impl Eq for Hours {}

impl std::hash::Hash for Hours {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.inner.text.hash(state);
    }
}

impl TryFrom<String> for Hours {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.inner.text.clone()
    }
}

impl Hours {
    /// Reads the text; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed = text
            .parse::<OpeningHours>()
            .map_err(|why| format!("opening hours {text:?} cannot be read: {why}"))?
            .with_context(Context::default().with_holidays(holidays()));
        let text = text.to_owned();
        Ok(Self {
            inner: Arc::new(Parsed {
                text,
                hours: parsed,
                spells: RwLock::default(),
            }),
        })
    }

    /// As written in the Directory.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// Names what was parsed: two that share it open and close together.
    pub fn key(&self) -> usize {
        Arc::as_ptr(&self.inner).addr()
    }

    /// Whether it is ever open from a moment on.
    pub fn opens_after(&self, at: At) -> bool {
        !matches!(self.at(at), Opening::Closed { opens: None })
    }

    /// The state at a moment.
    pub fn at(&self, at: At) -> Opening {
        if self.text() == "24/7" {
            return Opening::AllHours;
        }
        let (is_open, next) = match self.inner.spell(at) {
            Some((is_open, end)) => (is_open, Some(end)),
            None => self.work_out(at),
        };
        if is_open {
            Opening::Open { until: next }
        } else {
            Opening::Closed { opens: next }
        }
    }

    /// Whether it is open at a moment, and when that changes next.
    fn work_out(&self, at: At) -> (bool, Option<At>) {
        let local = to_naive(at);
        let hours = &self.inner.hours;
        let next = hours
            .next_change(local)
            .and_then(|change| from_naive(change, at));
        let is_open = hours.is_open(local);
        if let Some(end) = next {
            self.inner.remember(at, end, is_open);
        }
        (is_open, next)
    }
}

fn to_naive(at: At) -> NaiveDateTime {
    let local = at.london().datetime();
    NaiveDate::from_ymd_opt(
        i32::from(local.year()),
        u32::try_from(local.month()).unwrap_or(1),
        u32::try_from(local.day()).unwrap_or(1),
    )
    .and_then(|date| {
        date.and_hms_opt(
            u32::try_from(local.hour()).unwrap_or(0),
            u32::try_from(local.minute()).unwrap_or(0),
            u32::try_from(local.second()).unwrap_or(0),
        )
    })
    .unwrap_or_default()
}

/// The moment of a civil time that comes after another moment: an hour that the clocks repeat is meant as
/// the one still ahead.
fn from_naive(local: NaiveDateTime, after: At) -> Option<At> {
    let date = Date::new(
        i16::try_from(local.year()).ok()?,
        i8::try_from(local.month()).ok()?,
        i8::try_from(local.day()).ok()?,
    )
    .ok()?;
    let time = date.at(
        i8::try_from(local.hour()).ok()?,
        i8::try_from(local.minute()).ok()?,
        i8::try_from(local.second()).ok()?,
        0,
    );
    let ambiguous = london().to_ambiguous_zoned(time);
    let first = ambiguous.clone().earlier().ok()?;
    let first = At(first.timestamp().as_millisecond());
    if first > after || !ambiguous.is_ambiguous() {
        return Some(first);
    }
    let second = ambiguous.later().ok()?;
    Some(At(second.timestamp().as_millisecond()))
}

fn holidays() -> ContextHolidays {
    static CALENDAR: OnceLock<Arc<CompactCalendar>> = OnceLock::new();
    let public = CALENDAR.get_or_init(|| {
        let mut calendar = CompactCalendar::default();
        for date in HOLIDAY_YEARS.flat_map(bank_holidays) {
            if let Some(date) = NaiveDate::from_ymd_opt(
                i32::from(date.year()),
                date.month().unsigned_abs().into(),
                date.day().unsigned_abs().into(),
            ) {
                calendar.insert(date);
            }
        }
        Arc::new(calendar)
    });
    ContextHolidays::new(Arc::clone(public), Arc::default())
}

/// The bank holidays of England and Wales that fall by rule: New Year, Good Friday, Easter Monday,
/// early May, spring, summer, Christmas and Boxing Day, each with its substitute day. Holidays
/// proclaimed for one year only (2020 VE Day, 2022 and 2023 royal days) are not in the rule.
pub fn bank_holidays(year: i16) -> Vec<Date> {
    let day = |month, day| Date::constant(year, month, day);
    let first_monday = |month| {
        let first = day(month, 1);
        first
            .nth_weekday_of_month(1, Weekday::Monday)
            .unwrap_or(first)
    };
    let last_monday = |month| {
        let first = day(month, 1);
        first
            .nth_weekday_of_month(-1, Weekday::Monday)
            .unwrap_or(first)
    };
    let add = |date: Date, days: i64| {
        date.checked_add(jiff::Span::new().days(days))
            .unwrap_or(date)
    };
    let new_year = match day(1, 1).weekday() {
        Weekday::Saturday => day(1, 3),
        Weekday::Sunday => day(1, 2),
        _ => day(1, 1),
    };
    let easter = easter_sunday(year);
    let (christmas, boxing) = match day(12, 25).weekday() {
        Weekday::Friday => (day(12, 25), day(12, 28)),
        Weekday::Saturday => (day(12, 27), day(12, 28)),
        Weekday::Sunday => (day(12, 27), day(12, 26)),
        _ => (day(12, 25), day(12, 26)),
    };
    vec![
        new_year,
        add(easter, -2),
        add(easter, 1),
        first_monday(5),
        last_monday(5),
        last_monday(8),
        christmas,
        boxing,
    ]
}

/// Easter Sunday of the Gregorian calendar, by the anonymous computus (Meeus, Astronomical
/// Algorithms, chapter 8).
#[expect(
    clippy::many_single_char_names,
    reason = "the names of the published rule"
)]
fn easter_sunday(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e, f) = (b / 4, b % 4, (b + 8) / 25);
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::constant(year, (n / 31) as i8, (n % 31 + 1) as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> At {
        At::parse(text).unwrap()
    }

    #[test]
    fn bank_holidays_are_those_announced_for_england() {
        let text = |year| {
            bank_holidays(year)
                .iter()
                .map(|d| d.strftime("%m-%d").to_string())
                .collect::<Vec<_>>()
        };
        let expected = [
            "01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28",
        ];
        assert_eq!(text(2026), expected);
        let expected = [
            "01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28",
        ];
        assert_eq!(text(2027), expected);
        let expected = [
            "01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26",
        ];
        assert_eq!(text(2025), expected);
    }

    #[test]
    fn a_weekday_evening_centre_opens_by_day_on_a_bank_holiday() {
        let hours = Hours::parse("Mo-Fr 18:30-21:00; Sa-Su,PH 09:00-19:00").unwrap();
        assert!(!hours.at(at("2026-11-23T10:00:00Z")).is_open());
        assert!(hours.at(at("2026-12-28T10:00:00Z")).is_open());
        assert_eq!(
            hours.at(at("2026-11-23T10:00:00Z")),
            Opening::Closed {
                opens: Some(at("2026-11-23T18:30:00Z"))
            }
        );
    }

    #[test]
    fn hours_follow_london_through_summer_time() {
        let hours = Hours::parse("Mo-Su 08:00-20:00").unwrap();
        assert_eq!(
            hours.at(at("2026-07-01T18:30:00Z")),
            Opening::Open {
                until: Some(at("2026-07-01T19:00:00Z"))
            }
        );
    }

    #[test]
    fn a_session_past_midnight_ends_on_the_day_after() {
        let hours = Hours::parse("Fr-Sa 18:00-02:00").unwrap();
        assert_eq!(
            hours.at(at("2026-11-28T01:30:00Z")),
            Opening::Open {
                until: Some(at("2026-11-28T02:00:00Z"))
            }
        );
        assert!(!hours.at(at("2026-11-28T02:30:00Z")).is_open());
    }

    #[test]
    fn the_hour_that_is_repeated_closes_at_its_second_end_and_the_lost_hour_is_skipped() {
        let hours = Hours::parse("Mo-Su 22:00-01:30").unwrap();
        // 25 October 2026: 01:15 comes twice, first in summer time.
        let until = |text| match hours.at(at(text)) {
            Opening::Open { until } => until,
            other => panic!("{other:?}"),
        };
        let first = Some(at("2026-10-25T00:30:00Z"));
        let second = Some(at("2026-10-25T01:30:00Z"));
        assert_eq!(until("2026-10-25T00:15:00Z"), first);
        assert_eq!(until("2026-10-25T01:15:00Z"), second);
        // 29 March 2026: 01:30 does not come; the session ends when the clocks leap over it.
        let night = until("2026-03-29T00:30:00Z").unwrap();
        assert!(night >= at("2026-03-29T00:30:00Z") && night <= at("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn what_is_remembered_is_what_would_be_worked_out_in_any_order_of_asking() {
        for text in ["Mo-Su 22:00-01:30", "Mo-Fr 08:00-13:00,14:00-18:00; PH off"] {
            let asked_before = Hours::parse(text).unwrap();
            for day in ["2026-03-28", "2026-05-24", "2026-10-24", "2026-12-24"] {
                let start = at(&format!("{day}T00:00:00Z"));
                for step in 0..1_500_i64 {
                    // Back and forth over three days.
                    let moment = start.plus(step * 7_919 % 4_320 * crate::time::MINUTE);
                    let afresh = Hours::parse(text).unwrap();
                    assert_eq!(
                        asked_before.at(moment),
                        afresh.at(moment),
                        "{text} {moment:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn round_the_clock_has_no_closing_time() {
        assert_eq!(Hours::parse("24/7").unwrap().at(At(0)), Opening::AllHours);
        assert!(Hours::parse("Mondays or so").is_err());
    }
}
