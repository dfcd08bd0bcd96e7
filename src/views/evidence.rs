//! Which entries made a figure: those about the people or ambulances that it counts.

use std::collections::BTreeSet;

use crate::domain::time::{HOUR, Millis};
use crate::domain::{At, Entry, IncidentId, ReadingName, Record, VisitId};
use crate::fold::Picture;
use crate::fold::visit::VisitState;
use crate::fold::visits::left_before_seen;
use crate::forecast;

/// The people and ambulances that a figure counts, by all the names they went by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    visits: BTreeSet<VisitId>,
    incidents: BTreeSet<IncidentId>,
}

impl Evidence {
    /// What a figure of a service counts in a picture.
    pub fn of(picture: &Picture, service: &str, name: ReadingName) -> Self {
        let mut evidence = Self::default();
        evidence.add_visits(picture, service, name);
        evidence.add_incidents(picture, service, name);
        let retired = picture.visits().retired();
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

    fn add_visits(&mut self, picture: &Picture, service: &str, name: ReadingName) {
        let now = picture.at();
        let at_service = |state: &VisitState| state.service.as_str() == service;
        for (id, visit) in picture.visits().all() {
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
                let state = picture.visits().find(id)?.state.as_ref()?;
                Some(state.arrived)
            };
            let first = self.visits.iter().filter_map(arrived).min();
            self.visits.retain(|id| arrived(id) == first);
        }
    }

    fn add_incidents(&mut self, picture: &Picture, service: &str, name: ReadingName) {
        use ReadingName as Name;
        let now = picture.at();
        let midnight = now.london_midnight();
        for (id, incident) in picture.incidents().by_name() {
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
    let here_longer = |length: Millis| present && now.since(state.arrived) > length;
    match name {
        Name::Waiting | Name::LongestWait => present && state.is_waiting(),
        Name::InDepartment => present,
        Name::ArrivalsToday => today(state.arrived),
        Name::Over4h => here_longer(4 * HOUR),
        Name::Over12h => here_longer(12 * HOUR),
        Name::LeftToday => {
            left_before_seen(state) && state.departed.is_some_and(|(at, _)| today(at))
        }
        Name::FourHour => state.departed.is_some_and(|(at, _)| today(at)),
        Name::Wait => forecast::counts(state, now),
        _ => false,
    }
}
