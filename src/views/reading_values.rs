//! Figures as readings: a count, an exact number, a median, what is shown of an estimate.

use crate::feed_health::Source;
use domain::reading::Unit;
use domain::time::{MINUTE, Millis};
use domain::{Age, At, Measure, Method, Reading, ReadingName, ShownEstimate, Withheld};

/// The event that starts the clock of most figures.
pub const ARRIVAL: Option<&str> = Some("arrival");
/// The event that stops the clock of a wait.
pub const SEEN: Option<&str> = Some("seen by a clinician");

/// A whole number of people or ambulances.
pub fn exact(value: usize) -> Measure {
    Measure::exact(value as i64)
}

/// What is shown of an estimate, as a figure.
pub fn shown(name: ReadingName, said: Option<ShownEstimate>, source: Source, now: At) -> Reading {
    let estimate = said.and_then(|said| said.estimate());
    let value = match said {
        None => Err(Withheld::TooFew),
        Some(ShownEstimate::Withheld(why)) => Err(why),
        Some(ShownEstimate::Estimate(estimate)) => Ok(Measure {
            value: estimate.median,
            low: Some(estimate.low),
            high: estimate.high,
        }),
    };
    let method = estimate.map(|estimate| estimate.method);
    Reading {
        unit: Unit::Minutes,
        statistic: match method {
            Some(Method::Learned) => "median of those who come now, learned from this queue",
            _ => "median of those who come now, people still waiting counted",
        },
        window: match method {
            Some(Method::Survival { minutes }) => Some(i64::from(minutes) * MINUTE),
            _ => None,
        },
        limits: estimate.and_then(|estimate| estimate.limits),
        ..counted(
            name,
            "",
            source.age(value),
            estimate.map_or(0, |estimate| estimate.people as usize),
            now,
        )
    }
}

/// A figure that counts people, as of now; a clock or a share is written over it.
pub fn counted(
    name: ReadingName,
    statistic: &'static str,
    age: Age,
    count: usize,
    as_of: At,
) -> Reading {
    Reading {
        name,
        age,
        unit: Unit::People,
        statistic,
        from: None,
        to: None,
        group: "everyone",
        window: None,
        limits: None,
        count: count as u32,
        as_of,
    }
}

/// Median and nine in ten of some lengths of time, whole minutes; withheld when there is none.
pub fn median(lengths: &[Millis]) -> Result<Measure, Withheld> {
    let mut lengths = lengths.to_vec();
    lengths.sort_unstable();
    let at = |percent: usize| {
        let place = (lengths.len() * percent).div_ceil(100).checked_sub(1)?;
        lengths.get(place).map(|length| length / MINUTE)
    };
    match (at(50), at(90)) {
        (Some(value), high) => Ok(Measure {
            value,
            low: None,
            high,
        }),
        (None, _) => Err(Withheld::TooFew),
    }
}
