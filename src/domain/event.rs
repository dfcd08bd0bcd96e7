//! What happened, in the past tense: the events a feed may send.
//!
//! The field names are the ones of our wire format (version 1), so that log, fixtures and feeds
//! read alike. An origin is already a hex here: a postcode or a position never gets this far.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::capacity::{Capacity, Slot};
use super::geo::Cell;
use super::ids::{ContactId, IncidentId, ServiceId, VisitId};
use super::service::Service;
use super::time::At;

/// How a patient came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// On foot, by car or by bus.
    WalkIn,
    /// By ambulance.
    Ambulance,
    /// With a booked time.
    Booked,
    /// Any other way.
    Other,
}

/// What was decided for a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A bed is needed: the clock of the "12 hours from decision to admit" starts.
    Admit,
    /// Home.
    Discharge,
    /// To another place.
    Transfer,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// To a ward.
    Admitted,
    /// Home.
    Discharged,
    /// To another service.
    Transferred,
    /// Left before a clinician saw them.
    LeftBeforeSeen,
    /// Left after being seen, before treatment was complete.
    LeftBeforeComplete,
    /// Died in the department.
    Died,
}

/// Acuity by the Emergency Care Data Set: 1 immediate, 2 very urgent, 3 urgent, 4 standard, 5 low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Acuity(u8);

impl Acuity {
    /// Checks 1 to 5.
    pub fn new(level: u8) -> Option<Self> {
        (1..=5).contains(&level).then_some(Self(level))
    }

    /// 1 to 5.
    pub fn level(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Acuity {
    type Error = &'static str;
    fn try_from(level: u8) -> Result<Self, Self::Error> {
        Self::new(level).ok_or("must be a whole number from 1 (immediate) to 5 (low)")
    }
}

impl From<Acuity> for u8 {
    fn from(acuity: Acuity) -> Self {
        acuity.0
    }
}

/// Ambulance response category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Category {
    /// Life-threatening.
    C1,
    /// Emergency.
    C2,
    /// Urgent.
    C3,
    /// Less urgent.
    C4,
    /// Locally defined.
    C5,
    /// Asked for by a health-care professional.
    #[serde(rename = "HCP")]
    Hcp,
    /// Between facilities.
    #[serde(rename = "IFT")]
    Ift,
}

/// Where a contact came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// NHS 111 by telephone.
    #[serde(rename = "111")]
    Phone111,
    /// NHS 111 online.
    #[serde(rename = "111-online")]
    Online111,
    /// 999.
    #[serde(rename = "999")]
    Phone999,
}

/// A service's own word on how loaded it is, as in the Directory's capacity status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rag {
    /// No capacity.
    Red,
    /// Some.
    Amber,
    /// Normal.
    Green,
}

/// What happened. The tag on the wire is `type`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Event {
    /// A patient came.
    #[serde(rename = "visit.arrived")]
    VisitArrived {
        /// Where.
        service: ServiceId,
        /// Which stay.
        visit: VisitId,
        /// How.
        mode: Mode,
        /// How urgent, when already known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acuity: Option<Acuity>,
        /// For instance `65-74`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        age_band: Option<CompactString>,
        /// Home or pick-up, as a hex.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Cell>,
        /// The call-out that brought them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incident: Option<IncidentId>,
        /// The booking they came with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        booking: Option<CompactString>,
    },
    /// First assessment done.
    #[serde(rename = "visit.triaged")]
    VisitTriaged {
        /// Which stay.
        visit: VisitId,
        /// How urgent.
        acuity: Acuity,
    },
    /// A clinician who can treat has begun.
    #[serde(rename = "visit.seen")]
    VisitSeen {
        /// Which stay.
        visit: VisitId,
    },
    /// What next was decided.
    #[serde(rename = "visit.decided")]
    VisitDecided {
        /// Which stay.
        visit: VisitId,
        /// What.
        decision: Decision,
    },
    /// The stay ended.
    #[serde(rename = "visit.departed")]
    VisitDeparted {
        /// Which stay.
        visit: VisitId,
        /// How.
        how: Departure,
    },
    /// The stay goes on at another service (HL7 A02).
    #[serde(rename = "visit.moved")]
    VisitMoved {
        /// Which stay.
        visit: VisitId,
        /// To where.
        service: ServiceId,
    },
    /// The arrival was a mistake: the stay never was (HL7 A11).
    #[serde(rename = "visit.cancelled")]
    VisitCancelled {
        /// Which stay.
        visit: VisitId,
    },
    /// Two names for one stay: `visit` is retired into `into` (HL7 A40).
    #[serde(rename = "visit.merged")]
    VisitMerged {
        /// The retired name.
        visit: VisitId,
        /// The name that stays.
        into: VisitId,
    },
    /// The departure was a mistake (HL7 A13).
    #[serde(rename = "visit.reopened")]
    VisitReopened {
        /// Which stay.
        visit: VisitId,
    },
    /// A 999 call-out began.
    #[serde(rename = "incident.opened")]
    IncidentOpened {
        /// Which call-out.
        incident: IncidentId,
        /// How urgent.
        category: Category,
        /// Where, as a hex.
        origin: Cell,
    },
    /// A call-out ended.
    #[serde(rename = "incident.closed")]
    IncidentClosed {
        /// Which call-out.
        incident: IncidentId,
    },
    /// A crew set off to a service with a patient.
    #[serde(rename = "conveyance.started")]
    ConveyanceStarted {
        /// Which call-out.
        incident: IncidentId,
        /// Call sign.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vehicle: Option<CompactString>,
        /// To where.
        service: ServiceId,
        /// When the crew expects to be there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        eta: Option<At>,
    },
    /// The crew was sent elsewhere.
    #[serde(rename = "conveyance.diverted")]
    ConveyanceDiverted {
        /// Which call-out.
        incident: IncidentId,
        /// Call sign.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vehicle: Option<CompactString>,
        /// To where now.
        service: ServiceId,
        /// When the crew expects to be there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        eta: Option<At>,
    },
    /// The ambulance stopped outside: the handover clock starts.
    #[serde(rename = "conveyance.arrived")]
    ConveyanceArrived {
        /// Which call-out.
        incident: IncidentId,
    },
    /// The patient is the department's: the handover clock stops.
    #[serde(rename = "handover.completed")]
    HandoverCompleted {
        /// Which call-out.
        incident: IncidentId,
    },
    /// The crew is free again.
    #[serde(rename = "conveyance.cleared")]
    ConveyanceCleared {
        /// Which call-out.
        incident: IncidentId,
    },
    /// Someone asked for care.
    #[serde(rename = "contact.recorded")]
    ContactRecorded {
        /// Which contact.
        contact: ContactId,
        /// By which door.
        channel: Channel,
        /// Where, as a hex.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Cell>,
        /// The disposition code (Dx…) it ended in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<CompactString>,
        /// The service advised.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<ServiceId>,
    },
    /// A service says how loaded it is.
    #[serde(rename = "status.set")]
    StatusSet {
        /// Which.
        service: ServiceId,
        /// How.
        status: Rag,
        /// Red and amber fall back to green after this long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reset_in_minutes: Option<u32>,
        /// Plain words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// The role or system that set it, not a person's name.
        by: CompactString,
    },
    /// A service closed out of its hours' turn.
    #[serde(rename = "service.closed")]
    ServiceClosed {
        /// Which.
        service: ServiceId,
        /// Plain words.
        reason: String,
        /// When the next word comes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_update_at: Option<At>,
    },
    /// A closed service opened again.
    #[serde(rename = "service.opened")]
    ServiceOpened {
        /// Which.
        service: ServiceId,
        /// Plain words.
        reason: String,
        /// When the next word comes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_update_at: Option<At>,
    },
    /// Spaces, beds, people.
    #[serde(rename = "capacity.reported")]
    CapacityReported {
        /// Which service.
        service: ServiceId,
        /// The counts that were sent; the others keep their last value.
        #[serde(flatten)]
        capacity: Capacity,
    },
    /// Bookable times.
    #[serde(rename = "slots.published")]
    SlotsPublished {
        /// Which service.
        service: ServiceId,
        /// The times.
        slots: Vec<Slot>,
    },
    /// "I am alive": a feed without news.
    #[serde(rename = "feed.heartbeat")]
    FeedHeartbeat {},
    /// A record of the Directory was put in or replaced, at this server itself.
    #[serde(rename = "service.listed")]
    ServiceListed {
        /// The whole record.
        record: Box<Service>,
        /// Who did it: the label of the token.
        by: CompactString,
        /// Plain words.
        why: String,
    },
    /// A record of the Directory was taken out, at this server itself.
    #[serde(rename = "service.withdrawn")]
    ServiceWithdrawn {
        /// Which.
        service: ServiceId,
        /// Who did it: the label of the token.
        by: CompactString,
        /// Plain words.
        why: String,
    },
}

impl Event {
    /// The `type` on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::VisitArrived { .. } => "visit.arrived",
            Self::VisitTriaged { .. } => "visit.triaged",
            Self::VisitSeen { .. } => "visit.seen",
            Self::VisitDecided { .. } => "visit.decided",
            Self::VisitDeparted { .. } => "visit.departed",
            Self::VisitMoved { .. } => "visit.moved",
            Self::VisitCancelled { .. } => "visit.cancelled",
            Self::VisitMerged { .. } => "visit.merged",
            Self::VisitReopened { .. } => "visit.reopened",
            Self::IncidentOpened { .. } => "incident.opened",
            Self::IncidentClosed { .. } => "incident.closed",
            Self::ConveyanceStarted { .. } => "conveyance.started",
            Self::ConveyanceDiverted { .. } => "conveyance.diverted",
            Self::ConveyanceArrived { .. } => "conveyance.arrived",
            Self::HandoverCompleted { .. } => "handover.completed",
            Self::ConveyanceCleared { .. } => "conveyance.cleared",
            Self::ContactRecorded { .. } => "contact.recorded",
            Self::StatusSet { .. } => "status.set",
            Self::ServiceClosed { .. } => "service.closed",
            Self::ServiceOpened { .. } => "service.opened",
            Self::CapacityReported { .. } => "capacity.reported",
            Self::SlotsPublished { .. } => "slots.published",
            Self::ServiceListed { .. } => "service.listed",
            Self::ServiceWithdrawn { .. } => "service.withdrawn",
            Self::FeedHeartbeat {} => "feed.heartbeat",
        }
    }

    /// The Visit the event is about, if it is about one; of a merge, the retired name.
    pub fn visit(&self) -> Option<&VisitId> {
        match self {
            Self::VisitArrived { visit, .. }
            | Self::VisitTriaged { visit, .. }
            | Self::VisitSeen { visit }
            | Self::VisitDecided { visit, .. }
            | Self::VisitDeparted { visit, .. }
            | Self::VisitMoved { visit, .. }
            | Self::VisitCancelled { visit }
            | Self::VisitMerged { visit, .. }
            | Self::VisitReopened { visit } => Some(visit),
            _ => None,
        }
    }

    /// Only this server itself may say so, never a feed.
    pub fn is_own(&self) -> bool {
        matches!(
            self,
            Self::ServiceListed { .. } | Self::ServiceWithdrawn { .. }
        )
    }

    /// The Incident the event is about, if it is about one.
    pub fn incident(&self) -> Option<&IncidentId> {
        match self {
            Self::IncidentOpened { incident, .. }
            | Self::IncidentClosed { incident }
            | Self::ConveyanceStarted { incident, .. }
            | Self::ConveyanceDiverted { incident, .. }
            | Self::ConveyanceArrived { incident }
            | Self::HandoverCompleted { incident }
            | Self::ConveyanceCleared { incident } => Some(incident),
            _ => None,
        }
    }

    /// The Service the event names, if it names one.
    pub fn service(&self) -> Option<&ServiceId> {
        match self {
            Self::VisitArrived { service, .. }
            | Self::VisitMoved { service, .. }
            | Self::ConveyanceStarted { service, .. }
            | Self::ConveyanceDiverted { service, .. }
            | Self::StatusSet { service, .. }
            | Self::ServiceClosed { service, .. }
            | Self::ServiceOpened { service, .. }
            | Self::CapacityReported { service, .. }
            | Self::SlotsPublished { service, .. }
            | Self::ServiceWithdrawn { service, .. } => Some(service),
            Self::ContactRecorded { service, .. } => service.as_ref(),
            _ => None,
        }
    }
}
