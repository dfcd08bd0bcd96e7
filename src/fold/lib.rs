//! What facts mean: visits, handovers, demand, status, feed health.
//!
//! A pure machine. It never does I/O, reads a clock, rolls dice or keeps anything in an order that
//! could differ from one run to the next: the same log gives the same bytes.

pub mod advice;
pub mod bookings;
mod decide;
pub mod demand;
pub mod directory_changes;
pub mod feed_activity;
pub mod feeds;
pub mod handovers;
pub mod services;
pub mod visit;
pub mod visits;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use domain::time::{HOUR, MINUTE};
use domain::{
    At, Cell, Directory, Entry, Event, Fact, FeedId, IncidentId, Record, ServiceId, VisitId,
};

use advice::Advice;
pub use bookings::Bookings;
pub use decide::{FUTURE_MAX, FactDecision, LATE_MAX, LATE_MAX_MOST, Limits};
use demand::{Demand, DemandSource, Point};
use directory_changes::DirectoryChanges;
use feeds::{FeedState, Feeds};
use handovers::{IncidentFact, IncidentStep, Incidents};
use services::{ClosureState, ServiceState};
use visit::{VisitFact, VisitStep};
use visits::Visits;

/// Rises with every change of what facts mean or of how a state is written: a snapshot of another
/// version is not used, and the entries are folded afresh.
pub const VERSION: u32 = 6;

/// What an entry changed, for those who keep something derived from the state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The figures of a service.
    ServiceChanged(ServiceId),
    /// Where people ask for care.
    DemandChanged,
    /// Records were put into the Directory or taken out.
    DirectoryChanged,
    /// A feed was heard.
    FeedHeard(FeedId),
    /// A whole minute went by: everything that depends on time alone moved.
    MinutePassed,
}

/// Everything the facts so far add up to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FoldState {
    #[serde(skip)]
    directory: Arc<Directory>,
    seq: u64,
    at: At,
    visits: Visits,
    incidents: Incidents,
    demand: Demand,
    services: BTreeMap<ServiceId, ServiceState>,
    feeds: Feeds,
    listings: DirectoryChanges,
    bookings: Bookings,
    #[serde(default)]
    advice: Advice,
}

impl FoldState {
    /// Nothing is known yet.
    pub fn new(directory: Arc<Directory>) -> Self {
        Self {
            directory,
            seq: 0,
            at: At(0),
            visits: Visits::default(),
            incidents: Incidents::default(),
            demand: Demand::default(),
            services: BTreeMap::new(),
            feeds: Feeds::default(),
            listings: DirectoryChanges::default(),
            bookings: Bookings::default(),
            advice: Advice::default(),
        }
    }

    /// The whole state as bytes: the same state has the same bytes on every machine.
    pub fn to_snapshot(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// The state that the bytes were taken of, for the Directory of today.
    pub fn from_snapshot(
        bytes: &[u8],
        directory: Arc<Directory>,
    ) -> Result<Self, serde_json::Error> {
        let fold_state: Self = serde_json::from_slice(bytes)?;
        let changes = fold_state.listings.changes();
        let directory = if changes.is_empty() {
            directory
        } else {
            Arc::new(directory.after(&changes))
        };
        Ok(Self {
            directory,
            ..fold_state
        })
    }

    /// The Directory as it is after the changes in the log.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Changes of the Directory in the log.
    pub fn listings(&self) -> &DirectoryChanges {
        &self.listings
    }

    /// The newest entry applied.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The log's time at that entry.
    pub fn at(&self) -> At {
        self.at
    }

    /// When time alone will change a figure: at the next whole minute, by which longest waits grow,
    /// windows move on, statuses fall back and feeds fall silent.
    pub fn next_deadline(&self) -> Option<At> {
        (self.seq > 0).then(|| At((self.at.0.div_euclid(MINUTE) + 1) * MINUTE))
    }

    /// Takes an entry of the log. `changes` is added to, not cleared.
    pub fn apply(&mut self, entry: &Entry, changes: &mut Vec<Change>) {
        let before = self.at;
        self.seq = entry.seq;
        self.at = entry.at;
        if before.0.div_euclid(MINUTE) != self.at.0.div_euclid(MINUTE) {
            changes.push(Change::MinutePassed);
            self.demand.advance(self.at);
        }
        if before.0.div_euclid(HOUR) != self.at.0.div_euclid(HOUR) {
            let touched = self.visits.tidy(self.at);
            changes.extend(touched.into_iter().map(Change::ServiceChanged));
            self.incidents.tidy(self.at);
            self.bookings.tidy(self.at);
            self.advice.tidy(self.at);
        }
        if let Record::Fact(fact) = &entry.record {
            self.feeds.take(self.at, fact);
            changes.push(Change::FeedHeard(fact.feed.clone()));
            self.take(fact, changes);
        }
    }

    fn take(&mut self, fact: &Fact, changes: &mut Vec<Change>) {
        let at = fact.happened_at;
        let touched = match &fact.event {
            of_ambulances if of_ambulances.incident().is_some() => {
                self.take_ambulance(fact, changes)
            }
            Event::ContactRecorded { origin, .. } => self.contact(at, *origin, changes),
            Event::StatusSet {
                service,
                status,
                reset_in_minutes,
                note,
                by,
            } => {
                let said = (*status, *reset_in_minutes);
                let state = self.service(service);
                state.set_status(at, said, note.as_deref(), by);
                vec![service.clone()]
            }
            Event::ServiceClosed {
                service,
                reason,
                next_update_at,
            } => self.door(service, at, true, reason, *next_update_at),
            Event::ServiceOpened {
                service,
                reason,
                next_update_at,
            } => self.door(service, at, false, reason, *next_update_at),
            Event::CapacityReported { service, capacity } => {
                self.service(service).set_capacity(at, capacity);
                vec![service.clone()]
            }
            Event::ServiceListed { .. } | Event::ServiceWithdrawn { .. } => {
                self.list(&fact.event, changes)
            }
            Event::AdviceGiven { .. } | Event::RecommendationSwitched { .. } => {
                self.advice.take(at, &fact.event)
            }
            of_places if of_places.is_of_places() => self.bookings.take(self.at, of_places),
            _ => self.take_visit(fact, changes),
        };
        changes.extend(touched.into_iter().map(Change::ServiceChanged));
    }

    /// Somebody asked for care without a visit; no service shows it.
    fn contact(
        &mut self,
        at: At,
        origin: Option<Cell>,
        changes: &mut Vec<Change>,
    ) -> Vec<ServiceId> {
        if let Some(cell) = origin {
            self.demand.put((at, cell), DemandSource::Contact);
            changes.push(Change::DemandChanged);
        }
        Vec::new()
    }

    /// Takes a change of the Directory. A batch of them copies it once: nobody else holds the copy yet.
    fn list(&mut self, event: &Event, changes: &mut Vec<Change>) -> Vec<ServiceId> {
        let (change, touched) = match event {
            Event::ServiceListed { record, by, why } => {
                let change = self.listings.put(self.at, record, by, why);
                (change, vec![record.id.clone()])
            }
            Event::ServiceWithdrawn { service, by, why } => {
                let change = self.listings.withdraw(self.at, service, by, why);
                (change, Vec::new())
            }
            _ => return Vec::new(),
        };
        Arc::make_mut(&mut self.directory).change(change);
        if !changes.contains(&Change::DirectoryChanged) {
            changes.push(Change::DirectoryChanged);
        }
        touched
    }

    fn take_visit(&mut self, fact: &Fact, changes: &mut Vec<Change>) -> Vec<ServiceId> {
        let (visit, step, origin) = match &fact.event {
            Event::VisitArrived {
                service,
                visit,
                mode,
                acuity,
                origin,
                incident,
                ..
            } => {
                let step = VisitStep::Arrived {
                    service: service.clone(),
                    mode: *mode,
                    acuity: *acuity,
                    incident: incident.clone(),
                };
                (visit, step, *origin)
            }
            Event::VisitTriaged { visit, acuity } => (visit, VisitStep::Triaged(*acuity), None),
            Event::VisitSeen { visit } => (visit, VisitStep::Seen, None),
            Event::VisitDecided { visit, decision } => (visit, VisitStep::Decided(*decision), None),
            Event::VisitDeparted { visit, how } => (visit, VisitStep::Departed(*how), None),
            Event::VisitMoved { visit, service } => {
                (visit, VisitStep::Moved(service.clone()), None)
            }
            Event::VisitCancelled { visit } => (visit, VisitStep::Cancelled, None),
            Event::VisitReopened { visit } => (visit, VisitStep::Reopened, None),
            Event::VisitMerged { visit, into } => {
                let old = self.came(visit).filter(|_| !self.is_retired(visit));
                let before = self.came(into);
                let mut touched = self.visits.merge(visit, into, fact.happened_at);
                // From now on both names are one visit.
                self.demand.correct(old, None, DemandSource::Arrival);
                let after = self.came(into);
                self.demand.correct(before, after, DemandSource::Arrival);
                changes.push(Change::DemandChanged);
                for name in [visit, into] {
                    touched.extend(self.bookings.follow(&self.visits, name));
                }
                return touched;
            }
            _ => return Vec::new(),
        };
        let before = self.came(visit);
        let mut touched = self.visits.take(visit, visit_fact(fact, step), origin);
        let after = self.came(visit);
        if before != after {
            self.demand.correct(before, after, DemandSource::Arrival);
            changes.push(Change::DemandChanged);
        }
        touched.extend(match booking_of(&fact.event) {
            Some(booking) => self.bookings.arrive(&self.visits, visit, booking),
            None => self.bookings.follow(&self.visits, visit),
        });
        touched
    }

    fn take_ambulance(&mut self, fact: &Fact, changes: &mut Vec<Change>) -> Vec<ServiceId> {
        let (incident, step) = match &fact.event {
            Event::IncidentOpened {
                incident, origin, ..
            } => {
                changes.push(Change::DemandChanged);
                (incident, IncidentStep::Opened(*origin))
            }
            Event::IncidentClosed { incident } => (incident, IncidentStep::Closed),
            Event::ConveyanceStarted {
                incident,
                service,
                eta,
                ..
            }
            | Event::ConveyanceDiverted {
                incident,
                service,
                eta,
                ..
            } => (incident, IncidentStep::Towards(service.clone(), *eta)),
            Event::ConveyanceArrived { incident } => (incident, IncidentStep::Arrived),
            Event::HandoverCompleted { incident } => (incident, IncidentStep::HandedOver),
            Event::ConveyanceCleared { incident } => (incident, IncidentStep::Cleared),
            _ => return Vec::new(),
        };
        self.leg(fact, incident, step)
    }

    fn leg(&mut self, fact: &Fact, incident: &IncidentId, leg: IncidentStep) -> Vec<ServiceId> {
        let fact = IncidentFact {
            happened_at: fact.happened_at,
            leg,
            feed: fact.feed.clone(),
            id: fact.id.clone(),
        };
        let opened = |all: &Incidents| all.find(incident).and_then(|incident| incident.opened);
        let before = opened(&self.incidents);
        let touched = self.incidents.take(incident, fact);
        let after = opened(&self.incidents);
        self.demand.correct(before, after, DemandSource::CallOut);
        touched
    }

    /// When someone came and where from, as demand counts it: an arrival by ambulance was counted with its call-out.
    fn came(&self, visit: &VisitId) -> Option<Point> {
        let visit = self.visits.find(visit)?;
        let state = visit.state.as_ref()?;
        let counts = state.incident.is_none();
        counts.then_some((state.arrived, visit.origin?))
    }

    fn door(
        &mut self,
        service: &ServiceId,
        since: At,
        closed: bool,
        reason: &str,
        next_update_at: Option<At>,
    ) -> Vec<ServiceId> {
        let door = ClosureState {
            since,
            closed,
            reason: reason.to_owned(),
            next_update_at,
        };
        self.service(service).set_closure(door);
        vec![service.clone()]
    }

    fn service(&mut self, id: &ServiceId) -> &mut ServiceState {
        self.services.entry(id.clone()).or_default()
    }

    /// All visits that still matter.
    pub fn visits(&self) -> &Visits {
        &self.visits
    }

    /// All call-outs that still matter.
    pub fn incidents(&self) -> &Incidents {
        &self.incidents
    }

    /// Who asked for care, by minute and hex.
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Diaries, holds, bookings and referrals.
    pub fn bookings(&self) -> &Bookings {
        &self.bookings
    }

    /// What was advised lately, and what is switched off.
    pub fn advice(&self) -> &Advice {
        &self.advice
    }

    /// What a service said about itself, if anything.
    pub fn find_service_state(&self, service: &str) -> Option<&ServiceState> {
        self.services.get(service)
    }

    /// The feed, if it was ever heard.
    pub fn find_feed(&self, feed: &FeedId) -> Option<&FeedState> {
        self.feeds.find(feed)
    }

    /// Whether a name was merged away.
    fn is_retired(&self, visit: &VisitId) -> bool {
        self.visits.is_retired(visit)
    }
}

/// The booking that a patient came with, if the event tells one.
fn booking_of(event: &Event) -> Option<&str> {
    match event {
        Event::VisitArrived { booking, .. } => booking.as_deref(),
        _ => None,
    }
}

fn visit_fact(fact: &Fact, step: VisitStep) -> VisitFact {
    VisitFact {
        happened_at: fact.happened_at,
        step,
        feed: fact.feed.clone(),
        id: fact.id.clone(),
    }
}
