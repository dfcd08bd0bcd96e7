//! The figures of one service, each with its definition and its age.

use crate::ambulance_readings::{self, AmbulanceReadings};
use crate::feed_health::Source;
use crate::reading_values::{ARRIVAL, SEEN, shown};
use crate::visit_readings::VisitReadings;
use domain::{
    AcuityGroup, At, Method, Reading, ReadingName, Service, ShownEstimate, Subject, Withheld,
};
use fold::FoldState;
use forecast::Forecaster;

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
