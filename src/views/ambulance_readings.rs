//! The figures of a service's ambulances: outside, on their way, handed over.

use crate::feed_health::Source;
use crate::reading_values::{counted, exact, shown};
use domain::reading::Unit;
use domain::time::{MINUTE, Millis};
use domain::{At, Measure, Reading, ReadingName, Service, Subject, Withheld};
use fold::FoldState;
use fold::handovers::Bands;
use forecast::Forecaster;

/// Ambulances of a service, gathered once for all its figures.
pub struct AmbulanceReadings {
    /// Outside with a patient, since when.
    outside: Vec<At>,
    inbound: usize,
    /// Handovers that ended since midnight.
    pub done: Vec<Millis>,
}

impl AmbulanceReadings {
    /// Looks at every ambulance once.
    pub fn gather(fold_state: &FoldState, service: &Service) -> Self {
        let now = fold_state.at();
        let midnight = now.london_midnight();
        let towards: Vec<_> = fold_state
            .incidents()
            .towards(service.id.as_str())
            .collect();
        let ended_today = |(ended, _): &(At, Millis)| *ended >= midnight && *ended <= now;
        let handovers = towards.iter().filter_map(|incident| incident.handover());
        Self {
            outside: towards
                .iter()
                .filter_map(|incident| incident.waiting_since(now))
                .collect(),
            inbound: towards
                .iter()
                .filter(|incident| incident.is_inbound(now))
                .count(),
            done: handovers
                .filter(ended_today)
                .map(|(_, length)| length)
                .collect(),
        }
    }
}

/// Handovers of a service by how long they took; for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handovers {
    /// Those that ended since midnight.
    pub ended: Bands,
    /// Those not ended, by how long they have taken so far, whole minutes.
    pub outside: Bands,
}

impl AmbulanceReadings {
    /// By how long they took; `None` while the ambulances' feed is not believed.
    pub fn handovers(&self, source: Source, now: At) -> Option<Handovers> {
        if source.withheld().is_some() {
            return None;
        }
        let so_far = |since: &At| now.minutes_since(*since) * MINUTE;
        Some(Handovers {
            ended: Bands::of(self.done.iter().copied()),
            outside: Bands::of(self.outside.iter().map(so_far)),
        })
    }
}

/// All of them, in the order to show them.
pub fn readings(
    door: &AmbulanceReadings,
    forecaster: &Forecaster,
    service: &Service,
    source: Source,
    now: At,
) -> Vec<Reading> {
    use ReadingName as Name;
    let AmbulanceReadings {
        outside,
        inbound,
        done,
    } = door;
    let longest = outside
        .iter()
        .map(|since| now.minutes_since(*since))
        .max()
        .unwrap_or(0);
    let mean = mean_minutes(done);
    let figure = |name, statistic, unit, value: Result<Measure, Withheld>, count: usize| Reading {
        unit,
        group: "ambulances",
        ..counted(name, statistic, source.age(value), count, now)
    };
    let clock = |to, reading: Reading| Reading {
        from: Some("ambulance arrival"),
        to: Some(to),
        ..reading
    };
    let (waiting, ambulances, minutes) = (outside.len(), Unit::Ambulances, Unit::Minutes);
    let longest = Ok(Measure::exact(longest));
    vec![
        expected(forecaster, service, source, now),
        figure(
            Name::HandoversWaiting,
            "ambulances outside now",
            ambulances,
            Ok(exact(waiting)),
            waiting,
        ),
        clock(
            "now, not yet handed over",
            figure(
                Name::LongestHandover,
                "longest handover so far",
                minutes,
                longest,
                waiting,
            ),
        ),
        clock(
            "clinical handover complete",
            figure(
                Name::MeanHandover,
                "mean handover since midnight",
                minutes,
                mean,
                done.len(),
            ),
        ),
        figure(
            Name::Inbound,
            "ambulances on their way",
            ambulances,
            Ok(exact(*inbound)),
            *inbound,
        ),
    ]
}

fn mean_minutes(lengths: &[Millis]) -> Result<Measure, Withheld> {
    let sum: Millis = lengths.iter().sum();
    let mean = sum.checked_div(lengths.len() as i64);
    mean.map(|mean| Measure::exact(mean / MINUTE))
        .ok_or(Withheld::TooFew)
}

/// The handover of an ambulance that arrives now.
fn expected(forecaster: &Forecaster, service: &Service, source: Source, now: At) -> Reading {
    let said = forecaster.board().said(&service.id, Subject::Handover);
    Reading {
        from: Some("ambulance arrival"),
        to: Some("clinical handover complete"),
        group: "ambulances",
        ..shown(ReadingName::Handover, said, source, now)
    }
}
