//! Whether a fact is to be taken, asked on the writer before the log.

use crate::FoldState;
use crate::bookings::diary::SLOTS_MAX;
use crate::feeds::fingerprint;
use crate::visit::STEP_BEFORE_ARRIVAL_MAX;
use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Event, Fact, IncidentId, OWN_FEED, Reason, Refused, VisitId};

/// How far ahead of the log a sender's clock may be.
pub const FUTURE_MAX: Millis = 5 * MINUTE;
/// How late a fact may come, unless configured: the lateness bound.
pub const LATE_MAX: Millis = 24 * HOUR;

/// The longest lateness bound that may be configured: ended visits are kept a little longer.
pub const LATE_MAX_MOST: Millis = 48 * HOUR;

/// What an operator may set about what is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How late a fact may come, up to [`LATE_MAX_MOST`].
    pub late_max: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self { late_max: LATE_MAX }
    }
}

/// What is to become of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactDecision {
    /// New, possible and in order.
    Take,
    /// The same message was taken before.
    Duplicate,
    /// Not to be taken, and why.
    Refuse(Refused),
}

impl FoldState {
    /// Decides; the reasons are tried from the cheapest to the most particular.
    pub fn decide(&self, at: At, fact: &Fact, limits: Limits) -> FactDecision {
        let is_own = fact.feed.as_str() == OWN_FEED;
        let feed = self.directory.find_feed(fact.feed.as_str());
        if !is_own && (feed.is_none() || fact.event.is_own()) {
            let why = format!(
                "feed {} is not one of ours; ask the operator to add it",
                fact.feed
            );
            return refuse(Reason::UnknownFeed, why);
        }
        if let Some(known) = self
            .find_feed(&fact.feed)
            .and_then(|f| f.fingerprint(&fact.id))
        {
            return if known == fingerprint(fact) {
                FactDecision::Duplicate
            } else {
                refuse(
                    Reason::IdReused,
                    "this id was used before with other contents; send a new id",
                )
            };
        }
        if let Some(service) = fact.event.service() {
            if self.directory.find_service(service.as_str()).is_none() {
                let why = format!("service {service} is not in the directory");
                return refuse(Reason::UnknownService, why);
            }
            if feed.is_some_and(|feed| !self.directory.may_report(feed, service.as_str())) {
                let why = format!("feed {} may not speak for service {service}", fact.feed);
                return refuse(Reason::UnknownService, why);
            }
        }
        if fact.happened_at.since(at) > FUTURE_MAX {
            return refuse(
                Reason::InTheFuture,
                format!(
                    "happened_at is more than {} minutes ahead; check the clock",
                    FUTURE_MAX / MINUTE
                ),
            );
        }
        if at.since(fact.happened_at) > limits.late_max {
            return refuse(
                Reason::TooLate,
                format!(
                    "happened_at is more than {} hours ago; it can no longer be counted",
                    limits.late_max / HOUR
                ),
            );
        }
        if let Event::SlotsPublished { service, slots } = &fact.event {
            let diary = self.bookings().find_diary(service.as_str());
            if diary.map_or(slots.len(), |diary| diary.published_with(at, slots)) > SLOTS_MAX {
                let why = format!("a service may publish {SLOTS_MAX} slots at most; withdraw some");
                return refuse(Reason::TooLarge, why);
            }
        }
        if let Err(why) = self.check_booking(at, &fact.event) {
            return FactDecision::Refuse(why.into());
        }
        self.order(fact)
            .map_or(FactDecision::Take, |why| refuse(Reason::WrongOrder, why))
    }

    /// What is wrong with the fact's order, if anything.
    fn order(&self, fact: &Fact) -> Option<&'static str> {
        let at = fact.happened_at;
        match &fact.event {
            Event::VisitArrived { visit, .. } => {
                let step = self.visits().earliest_step(visit)?;
                (at.since(step) > STEP_BEFORE_ARRIVAL_MAX)
                    .then_some("the arrival is after a step of the same visit; check the times")
            }
            Event::VisitTriaged { visit, .. }
            | Event::VisitSeen { visit }
            | Event::VisitDecided { visit, .. }
            | Event::VisitDeparted { visit, .. }
            | Event::VisitMoved { visit, .. }
            | Event::VisitReopened { visit } => self.step_order(at, visit),
            Event::VisitMerged { visit, into } => self.merge_order(visit, into),
            Event::ConveyanceArrived { incident } => self.leg_order(at, incident, false),
            Event::HandoverCompleted { incident } => self.leg_order(at, incident, true),
            _ => None,
        }
    }

    fn step_order(&self, at: At, visit: &VisitId) -> Option<&'static str> {
        let arrived = self.visits().find(visit)?.state.as_ref()?.arrived;
        (arrived.since(at) > STEP_BEFORE_ARRIVAL_MAX)
            .then_some("the step is before the arrival of its visit; check the times")
    }

    fn merge_order(&self, visit: &VisitId, into: &VisitId) -> Option<&'static str> {
        if self.is_retired(visit) {
            return Some("the visit was merged into another before");
        }
        (self.visits().current_name(into) == visit)
            .then_some("a visit cannot be merged into itself")
    }

    fn leg_order(&self, at: At, incident: &IncidentId, handover: bool) -> Option<&'static str> {
        let incident = self.incidents().find(incident)?;
        if handover {
            incident
                .arrived
                .is_some_and(|arrived| at < arrived)
                .then_some("the handover is before the ambulance's arrival; check the times")
        } else {
            incident
                .handed_over
                .is_some_and(|handed| handed < at)
                .then_some("the ambulance's arrival is after its handover; check the times")
        }
    }
}

fn refuse(reason: Reason, detail: impl Into<String>) -> FactDecision {
    FactDecision::Refuse(Refused::new(reason, detail))
}
