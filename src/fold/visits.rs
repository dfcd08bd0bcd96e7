//! All visits that still matter: those in a department and those that ended recently.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::demand::Point;
use crate::due::Due;
use crate::named::Named;
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

    /// When the patient came and where from, as demand counts it: an arrival by ambulance was counted with its
    /// call-out.
    pub fn came(&self) -> Option<Point> {
        let state = self.state.as_ref()?;
        let counts = state.incident.is_none();
        counts.then_some((state.arrived, self.origin?))
    }

    /// Facts are in the order they happened.
    fn newest(&self) -> At {
        let newest = self.facts.last();
        newest.map_or_else(At::default, |fact| fact.happened_at)
    }

    /// Whether the patient is in the department, as far as we can know.
    pub fn present(&self) -> Option<&VisitState> {
        self.state
            .as_ref()
            .filter(|state| state.is_present() && !self.closed_by_rule)
    }
}

/// What a fact of a visit changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// The services whose figures it touches.
    pub touched: Vec<ServiceId>,
    /// How demand counted the patient before, and how it does now.
    pub came: (Option<Point>, Option<Point>),
}

/// Visits by name and by the service they are at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    by_id: Named<VisitId, Visit>,
    by_service: BTreeMap<ServiceId, BTreeSet<VisitId>>,
    /// Retired names and what they were merged into, with the time of the merge.
    retired: Named<VisitId, (VisitId, At)>,
    #[serde(skip)]
    due: Due<VisitId>,
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
        self.retired.contains(visit)
    }

    /// Retired names and the names they go by now.
    pub fn retired(&self) -> impl Iterator<Item = (&VisitId, &VisitId)> {
        let retired = self.retired.sorted(|_| true);
        retired.map(|(name, _)| (name, self.current_name(name)))
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
        self.by_id.sorted(|_| true)
    }

    /// Takes a fact.
    pub fn take(&mut self, name: &VisitId, fact: VisitFact, origin: Option<Cell>) -> Taken {
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
        let taken = self.change(&into, |visit| {
            visit.facts.extend(old.facts);
            visit.origin = visit.origin.or(old.origin);
        });
        touched.extend(taken.touched);
        touched
    }

    /// Finds the visit once and does everything there: names are long to compare.
    fn change(&mut self, name: &VisitId, how: impl FnOnce(&mut Visit)) -> Taken {
        let (visit, is_new) = self.by_id.find_or_make(name);
        let (came, newest) = (visit.came(), visit.newest());
        let before = visit.state.as_ref().map(|state| state.service.clone());
        how(visit);
        visit.derive();
        let came = (came, visit.came());
        if is_new {
            self.due.note(name.clone(), visit.newest().plus(VISIT_MAX));
        } else if self.due.is_past(newest.plus(VISIT_MAX)) {
            // It ended or was closed by rule, and this late fact may have opened it.
            self.due.note(name.clone(), At(i64::MIN));
        }
        let after = visit.state.as_ref().map(|state| state.service.clone());
        if before != after {
            if let Some(before) = &before {
                self.names_at(before).remove(name);
            }
            if let Some(after) = &after {
                self.names_at(after).insert(name.clone());
            }
        }
        Taken {
            touched: before.into_iter().chain(after).collect(),
            came,
        }
    }

    fn names_at(&mut self, service: &ServiceId) -> &mut BTreeSet<VisitId> {
        self.by_service.entry(service.clone()).or_default()
    }

    /// Closes visits that never ended and forgets those that ended long ago. Returns the services
    /// touched.
    pub fn tidy(&mut self, now: At) -> Vec<ServiceId> {
        let mut closed = Vec::new();
        for name in self.due.take(now, self.by_id.names()) {
            let Some(visit) = self.by_id.get_mut(&name) else {
                continue;
            };
            let age = now.since(visit.newest());
            if age > VISIT_MAX && visit.present().is_some() {
                visit.closed_by_rule = true;
                let state = visit.state.as_ref();
                closed.extend(state.map(|state| (name.clone(), state.service.clone())));
            }
            if age <= ENDED_VISIT_KEPT {
                let length = if age > VISIT_MAX {
                    ENDED_VISIT_KEPT
                } else {
                    VISIT_MAX
                };
                let next = visit.newest().plus(length);
                self.due.note(name, next.max(now.plus(HOUR)));
            } else if let Some(state) = self.by_id.remove(&name).and_then(|visit| visit.state) {
                self.names_at(&state.service).remove(&name);
            }
        }
        self.retired
            .retain(|_, (_, at)| now.since(*at) <= ENDED_VISIT_KEPT);
        // By name, so that what is told depends on nothing but the facts.
        closed.sort_unstable();
        closed.into_iter().map(|(_, service)| service).collect()
    }
}

/// Left before a clinician saw them.
pub fn left_before_seen(state: &VisitState) -> bool {
    matches!(state.departed, Some((_, Departure::LeftBeforeSeen)))
}
