//! Time as data: a moment is a number of milliseconds, and nobody here asks what time it is.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A length of time in milliseconds.
pub type Millis = i64;

/// One second in milliseconds.
pub const SECOND: Millis = 1_000;
/// One minute in milliseconds.
pub const MINUTE: Millis = 60 * SECOND;
/// One hour in milliseconds.
pub const HOUR: Millis = 60 * MINUTE;
/// Twenty-four hours in milliseconds (a civil day in London may be 23 or 25).
pub const DAY: Millis = 24 * HOUR;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct At(pub i64);

impl At {
    /// Reads RFC 3339 with an offset; a time without one is an error, not a guess.
    pub fn parse(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<Timestamp>().map(|t| Self(t.as_millisecond()))
    }

    /// The moment `length` later (earlier when negative).
    pub fn plus(self, length: Millis) -> Self {
        Self(self.0.saturating_add(length))
    }

    /// How long after `earlier` this is; negative when before it.
    pub fn since(self, earlier: Self) -> Millis {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole minutes after `earlier`, never below zero.
    pub fn minutes_since(self, earlier: Self) -> i64 {
        self.since(earlier).max(0) / MINUTE
    }

    /// As a `jiff` timestamp, for calendars and printing.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    /// As civil time in London.
    pub fn london(self) -> jiff::Zoned {
        self.timestamp().to_zoned(london())
    }

    /// The civil date in London.
    pub fn london_date(self) -> Date {
        self.london().date()
    }

    /// The last midnight in London at or before this moment.
    pub fn london_midnight(self) -> Self {
        self.london()
            .start_of_day()
            .map_or(Self(self.0 - self.0.rem_euclid(DAY)), |z| {
                Self(z.timestamp().as_millisecond())
            })
    }

    /// The next midnight in London after this moment; a day may have 23 or 25 hours.
    pub fn next_london_midnight(self) -> Self {
        // Any moment of the next day will do, however long this one is.
        self.london_midnight().plus(36 * HOUR).london_midnight()
    }

    /// RFC 3339 with London's offset, to the second: `2026-06-01T09:02:10+01:00`.
    pub fn rfc3339_london(self) -> String {
        self.london().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

impl std::fmt::Display for At {
    /// RFC 3339 in UTC, to the millisecond.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

/// Where the time comes from: handed in by `runtime`, so that a test or a simulated world can own it.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> At;
}

/// The time zone of the whole service. The table is compiled in, so a bare machine needs none.
pub fn london() -> TimeZone {
    static LONDON: std::sync::OnceLock<TimeZone> = std::sync::OnceLock::new();
    LONDON
        .get_or_init(|| TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC))
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_midnight_is_of_the_next_day_also_where_the_clocks_change() {
        let at = |text: &str| At::parse(text).unwrap();
        for (from, next) in [
            ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"),
            ("2026-11-24T23:59:00Z", "2026-11-25T00:00:00Z"),
            ("2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"),
            ("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),
        ] {
            assert_eq!(at(from).next_london_midnight(), at(next));
        }
    }

    #[test]
    fn a_moment_without_an_offset_is_refused() {
        assert!(At::parse("2026-11-23T08:15:00").is_err());
        let summer = At::parse("2026-06-01T09:00:00+01:00").unwrap();
        assert_eq!(summer, At::parse("2026-06-01T08:00:00Z").unwrap());
    }

    #[test]
    fn a_london_day_in_march_has_twenty_three_hours() {
        let noon = At::parse("2026-03-29T12:00:00+01:00").unwrap();
        let next = At::parse("2026-03-30T12:00:00+01:00").unwrap();
        assert_eq!(
            next.london_midnight().since(noon.london_midnight()),
            23 * HOUR
        );
    }

    #[test]
    fn a_moment_prints_in_utc_and_in_london() {
        let at = At::parse("2026-06-01T09:02:10.5+01:00").unwrap();
        assert_eq!(at.to_string(), "2026-06-01T08:02:10.500Z");
        assert_eq!(at.rfc3339_london(), "2026-06-01T09:02:10+01:00");
    }
}
