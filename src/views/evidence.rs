//! Which entries made a figure: those about the people or ambulances that it counts.

use std::collections::BTreeSet;

use crate::visit_readings::ROLLING;
use domain::event::Decision;
use domain::time::{HOUR, Millis};
use domain::{At, Entry, IncidentId, ReadingName, Record, VisitId};
use fold::FoldState;
use fold::visit::VisitState;
use fold::visits::left_before_seen;

/// The people and ambulances that a figure counts, by all the names they went by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    visits: BTreeSet<VisitId>,
    incidents: BTreeSet<IncidentId>,
}

impl Evidence {
    /// What a figure of a service counts in a published value.
    pub fn of(fold_state: &FoldState, service: &str, name: ReadingName) -> Self {
        let mut evidence = Self::default();
        evidence.add_visits(fold_state, service, name);
        evidence.add_incidents(fold_state, service, name);
        let retired = fold_state.visits().retired();
        let also = retired.filter(|(_, into)| evidence.visits.contains(*into));
        let also: Vec<VisitId> = also.map(|(name, _)| name.clone()).collect();
        evidence.visits.extend(also);
        evidence
    }

    /// Whether an entry is about one of them.
    pub fn rests_on(&self, entry: &Entry) -> bool {
        let Record::Fact(fact) = &entry.record else {
            return false;
        };
        let by_visit = fact.event.visit().is_some_and(|v| self.visits.contains(v));
        let by_incident = fact
            .event
            .incident()
            .is_some_and(|i| self.incidents.contains(i));
        by_visit || by_incident
    }

    fn add_visits(&mut self, fold_state: &FoldState, service: &str, name: ReadingName) {
        let now = fold_state.at();
        let at_service = |state: &VisitState| state.service.as_str() == service;
        for (id, visit) in fold_state.visits().all() {
            let Some(state) = visit.state.as_ref().filter(|state| at_service(state)) else {
                continue;
            };
            if counts(name, state, visit.present().is_some(), now) {
                self.visits.insert(id.clone());
                // The four-hour clock of an ambulance arrival starts at its handover.
                if name == ReadingName::FourHour {
                    self.incidents.extend(state.incident.clone());
                }
            }
        }
        if name == ReadingName::LongestWait {
            let arrived = |id: &VisitId| {
                let state = fold_state.visits().find(id)?.state.as_ref()?;
                Some(state.arrived)
            };
            let first = self.visits.iter().filter_map(arrived).min();
            self.visits.retain(|id| arrived(id) == first);
        }
    }

    fn add_incidents(&mut self, fold_state: &FoldState, service: &str, name: ReadingName) {
        use ReadingName as Name;
        let now = fold_state.at();
        let midnight = now.london_midnight();
        for (id, incident) in fold_state.incidents().by_name() {
            let counts = match name {
                Name::HandoversWaiting | Name::LongestHandover => {
                    incident.waiting_since(now).is_some()
                }
                Name::MeanHandover => incident
                    .handover()
                    .is_some_and(|(ended, _)| ended >= midnight && ended <= now),
                Name::Inbound => incident.is_inbound(now),
                _ => false,
            };
            if counts && incident.service().is_some_and(|s| s.as_str() == service) {
                self.incidents.insert(id.clone());
            }
        }
    }
}

/// Whether a figure counts a visit, by the definition of the figure.
fn counts(name: ReadingName, state: &VisitState, present: bool, now: At) -> bool {
    use ReadingName as Name;
    let midnight = now.london_midnight();
    let today = |at: At| at >= midnight && at <= now;
    let lately = |at: At, length: Millis| at <= now && now.since(at) < length;
    let here_longer = |length: Millis| present && now.since(state.arrived) > length;
    let for_bed = |length: Millis| {
        let decided = state.decided.filter(|(_, what)| *what == Decision::Admit);
        present && decided.is_some_and(|(at, _)| now.since(at) > length)
    };
    let departed = state.departed.map(|(at, _)| at);
    match name {
        Name::Waiting | Name::LongestWait => present && state.is_waiting(),
        Name::InDepartment => present,
        Name::Over4h => here_longer(4 * HOUR),
        Name::Over12h => here_longer(12 * HOUR),
        Name::WaitingForBed => for_bed(-1),
        Name::Over12hFromDecision => for_bed(12 * HOUR),
        Name::ActualWait => state.seen.is_some_and(|at| lately(at, ROLLING)),
        Name::TreatmentToday => state.seen.is_some_and(today),
        Name::Assessment => state.triaged.is_some_and(|at| lately(at, ROLLING)),
        Name::Stay => departed.is_some_and(|at| lately(at, ROLLING)),
        Name::FourHour => departed.is_some_and(today),
        Name::ArrivalsToday => today(state.arrived),
        Name::ArrivalsHour => lately(state.arrived, HOUR),
        Name::ArrivalsRolling => lately(state.arrived, ROLLING),
        Name::LeftToday => left_before_seen(state) && departed.is_some_and(today),
        Name::Wait => forecast::counts(state, now),
        _ => false,
    }
}
