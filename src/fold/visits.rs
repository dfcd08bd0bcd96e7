//! All visits that still matter: those in a department and those that ended recently.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::visit::{self, VISIT_MAX, VisitFact, VisitState, VisitStep};
use domain::event::Departure;
use domain::time::{HOUR, Millis};
use domain::{At, Cell, ServiceId, VisitId};

/// An ended visit is kept this long: past the lateness bound, so that every late fact finds it, and
/// long enough for figures since midnight on the longest day.
pub const ENDED_VISIT_KEPT: Millis = 50 * HOUR;

/// One visit as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    facts: Vec<VisitFact>,
    /// Home, as a hex, by the first arrival that told it.
    pub origin: Option<Cell>,
    /// What follows from the facts; `None` while the arrival is unknown, or when it was cancelled.
    pub state: Option<VisitState>,
    /// It never ended and was closed by rule.
    pub closed_by_rule: bool,
}

impl Visit {
    fn derive(&mut self) {
        self.facts.sort();
        self.state = visit::derive(&self.facts);
    }

    fn newest(&self) -> At {
        self.facts
            .iter()
            .map(|fact| fact.happened_at)
            .max()
            .unwrap_or_default()
    }

    /// Whether the patient is in the department, as far as we can know.
    pub fn present(&self) -> Option<&VisitState> {
        self.state
            .as_ref()
            .filter(|state| state.is_present() && !self.closed_by_rule)
    }
}

/// Visits by name and by the service they are at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    by_id: BTreeMap<VisitId, Visit>,
    by_service: BTreeMap<ServiceId, BTreeSet<VisitId>>,
    /// Retired names and what they were merged into, with the time of the merge.
    retired: BTreeMap<VisitId, (VisitId, At)>,
}

impl Visits {
    /// The name a visit goes by now.
    pub fn current_name<'a>(&'a self, mut visit: &'a VisitId) -> &'a VisitId {
        while let Some((into, _)) = self.retired.get(visit) {
            visit = into;
        }
        visit
    }

    /// Whether the name was merged into another.
    pub fn is_retired(&self, visit: &VisitId) -> bool {
        self.retired.contains_key(visit)
    }

    /// Retired names and the names they go by now.
    pub fn retired(&self) -> impl Iterator<Item = (&VisitId, &VisitId)> {
        let now = |name| (name, self.current_name(name));
        self.retired.keys().map(now)
    }

    /// The visit of that name, merges followed.
    pub fn find(&self, visit: &VisitId) -> Option<&Visit> {
        self.by_id.get(self.current_name(visit))
    }

    /// The earliest time of a step other than arrival.
    pub fn earliest_step(&self, visit: &VisitId) -> Option<At> {
        let facts = &self.find(visit)?.facts;
        facts
            .iter()
            .filter(|fact| !matches!(fact.step, VisitStep::Arrived { .. } | VisitStep::Cancelled))
            .map(|fact| fact.happened_at)
            .min()
    }

    /// The visits at a service, by name: present and recently ended.
    pub fn at_service(&self, service: &str) -> impl Iterator<Item = &Visit> {
        self.by_service
            .get(service)
            .into_iter()
            .flatten()
            .filter_map(|name| self.by_id.get(name))
    }

    /// All visits, by name.
    pub fn all(&self) -> impl Iterator<Item = (&VisitId, &Visit)> {
        self.by_id.iter()
    }

    /// Takes a fact; returns the services whose figures it touches.
    pub fn take(
        &mut self,
        name: &VisitId,
        fact: VisitFact,
        origin: Option<Cell>,
    ) -> Vec<ServiceId> {
        let name = self.current_name(name).clone();
        self.change(&name, |visit| {
            visit.facts.push(fact);
            visit.origin = visit.origin.or(origin);
        })
    }

    /// Retires a name into another: from now on, and for what was said before, they are one visit.
    pub fn merge(&mut self, name: &VisitId, into: &VisitId, at: At) -> Vec<ServiceId> {
        let into = self.current_name(into).clone();
        let old = self.by_id.remove(name).unwrap_or_default();
        let mut touched: Vec<_> = old
            .state
            .iter()
            .map(|state| state.service.clone())
            .collect();
        for service in &touched {
            self.by_service
                .entry(service.clone())
                .or_default()
                .remove(name);
        }
        self.retired.insert(name.clone(), (into.clone(), at));
        touched.extend(self.change(&into, |visit| {
            visit.facts.extend(old.facts);
            visit.origin = visit.origin.or(old.origin);
        }));
        touched
    }

    fn change(&mut self, name: &VisitId, how: impl FnOnce(&mut Visit)) -> Vec<ServiceId> {
        let visit = self.by_id.entry(name.clone()).or_default();
        let before = visit.state.as_ref().map(|state| state.service.clone());
        how(visit);
        visit.derive();
        let after = visit.state.as_ref().map(|state| state.service.clone());
        if before != after {
            if let Some(before) = &before {
                self.by_service
                    .entry(before.clone())
                    .or_default()
                    .remove(name);
            }
            if let Some(after) = &after {
                self.by_service
                    .entry(after.clone())
                    .or_default()
                    .insert(name.clone());
            }
        }
        before.into_iter().chain(after).collect()
    }

    /// Closes visits that never ended and forgets those that ended long ago. Returns the services
    /// touched.
    pub fn tidy(&mut self, now: At) -> Vec<ServiceId> {
        let mut touched = Vec::new();
        let mut forgotten = Vec::new();
        for (name, visit) in &mut self.by_id {
            let age = now.since(visit.newest());
            let ended = visit.present().is_none();
            if age > VISIT_MAX && !ended {
                visit.closed_by_rule = true;
                touched.extend(visit.state.iter().map(|state| state.service.clone()));
            }
            if age > ENDED_VISIT_KEPT {
                forgotten.push(name.clone());
            }
        }
        for name in forgotten {
            if let Some(state) = self.by_id.remove(&name).and_then(|visit| visit.state) {
                self.by_service
                    .entry(state.service)
                    .or_default()
                    .remove(&name);
            }
        }
        self.retired
            .retain(|_, (_, at)| now.since(*at) <= ENDED_VISIT_KEPT);
        touched
    }
}

/// Left before a clinician saw them.
pub fn left_before_seen(state: &VisitState) -> bool {
    matches!(state.departed, Some((_, Departure::LeftBeforeSeen)))
}
