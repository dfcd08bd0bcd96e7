//! The figures of one service, each with its definition and its age.

use crate::ambulance_readings::{self, AmbulanceReadings};
use crate::feed_health::Source;
use crate::visit_readings::VisitReadings;
use domain::reading::Unit;
use domain::time::{MINUTE, Millis};
use domain::{
    AcuityGroup, Age, At, Measure, Method, Reading, ReadingName, Service, ShownEstimate, Subject,
    Withheld,
};
use fold::FoldState;
use forecast::Forecaster;

/// The event that starts the clock of most figures.
pub const ARRIVAL: Option<&str> = Some("arrival");
/// The event that stops the clock of a wait.
pub const SEEN: Option<&str> = Some("seen by a clinician");

/// All figures of a service, in the order to show them.
pub fn of(
    fold_state: &FoldState,
    forecaster: &Forecaster,
    service: &Service,
    visits: Source,
    ambulances: Option<(&AmbulanceReadings, Source)>,
    is_open: bool,
) -> Vec<Reading> {
    let mut readings = Vec::new();
    if service.kind.has_waits() {
        let said = forecaster.board().said(&service.id, Subject::Wait);
        readings.push(wait(said, visits, is_open, fold_state.at()));
        let department = VisitReadings::gather(fold_state, service);
        readings.extend(department.readings(fold_state.at(), visits));
    }
    if let Some((door, source)) = ambulances {
        let now = fold_state.at();
        readings.extend(ambulance_readings::readings(
            door, forecaster, service, source, now,
        ));
    }
    readings
}

/// A whole number of people or ambulances.
pub fn exact(value: usize) -> Measure {
    Measure::exact(value as i64)
}

/// The wait of a group of people who come now.
pub fn wait_of(
    said: Option<ShownEstimate>,
    group: AcuityGroup,
    source: Source,
    is_open: bool,
    now: At,
) -> Reading {
    let is_wider = said
        .and_then(|said| said.estimate())
        .is_some_and(|estimate| estimate.method == Method::Everyone);
    Reading {
        group: match group {
            _ if is_wider => "everyone, since too few of the group were seen lately",
            AcuityGroup::Emergency => "immediate and very urgent",
            AcuityGroup::Urgent => "urgent",
            AcuityGroup::Standard => "standard and low",
            AcuityGroup::NotTriaged => "not assessed yet",
        },
        ..wait(said, source, is_open, now)
    }
}

fn wait(said: Option<ShownEstimate>, source: Source, is_open: bool, now: At) -> Reading {
    // A service may have closed since it was said.
    let said = if is_open {
        said
    } else {
        Some(ShownEstimate::Withheld(Withheld::Closed))
    };
    Reading {
        from: ARRIVAL,
        to: SEEN,
        ..shown(ReadingName::Wait, said, source, now)
    }
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
