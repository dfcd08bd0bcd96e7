//! What happens in the simulated area, before any of it is put on a wire.
//!
//! The report counts these; the wires carry them. Numbers stand for names here: a wire gives them
//! a tag, so that two runs never use the same name.

use domain::Capacity;
use domain::event::{
    Acuity, ArrivalMode, ContactChannel, Decision, Departure, IncidentCategory, Rag,
};
use domain::{At, Position, ServiceId};

/// One stay.
pub(super) type VisitNo = u64;
/// One call-out.
pub(super) type IncidentNo = u64;

/// Something that happened, when.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Happening {
    pub(super) at: At,
    pub(super) what: What,
}

/// A patient at the door.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arrival {
    pub(super) visit: VisitNo,
    pub(super) service: ServiceId,
    pub(super) mode: ArrivalMode,
    pub(super) band: usize,
    pub(super) home: Position,
    pub(super) incident: Option<IncidentNo>,
}

/// A call-out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallOut {
    pub(super) incident: IncidentNo,
    pub(super) category: IncidentCategory,
    pub(super) place: Position,
}

/// A run to a service.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub(super) incident: IncidentNo,
    pub(super) service: ServiceId,
    pub(super) eta: At,
}

/// Someone asked for advice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Contact {
    pub(super) channel: ContactChannel,
    pub(super) place: Position,
    pub(super) disposition: &'static str,
    pub(super) advised: Option<ServiceId>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Arrived(Box<Arrival>),
    Triaged(VisitNo, Acuity),
    Seen(VisitNo),
    Decided(VisitNo, Decision),
    Departed(VisitNo, Departure),
    /// From the adult department to another of the same hospital.
    Moved(VisitNo, ServiceId),
    CalledOut(Box<CallOut>),
    SetOff(Box<Run>),
    Diverted(Box<Run>),
    AtTheDoor(IncidentNo),
    HandedOver(IncidentNo),
    Cleared(IncidentNo),
    ClosedCallOut(IncidentNo),
    Asked(Box<Contact>),
    Counted(ServiceId, Box<Capacity>),
    Rated(ServiceId, Rag, &'static str),
    /// Bookable times from the first to the second moment.
    Offered(ServiceId, Vec<(At, At)>),
}

/// Whom a happening is about, so that no step is told of someone whose coming was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    Visit(VisitNo),
    CallOut(IncidentNo),
    Nobody,
}

impl What {
    pub(super) fn about(&self) -> About {
        match self {
            Self::Arrived(arrival) => About::Visit(arrival.visit),
            Self::Triaged(visit, _)
            | Self::Seen(visit)
            | Self::Decided(visit, _)
            | Self::Departed(visit, _)
            | Self::Moved(visit, _) => About::Visit(*visit),
            Self::CalledOut(call) => About::CallOut(call.incident),
            Self::SetOff(run) | Self::Diverted(run) => About::CallOut(run.incident),
            Self::AtTheDoor(incident)
            | Self::HandedOver(incident)
            | Self::Cleared(incident)
            | Self::ClosedCallOut(incident) => About::CallOut(*incident),
            Self::Asked(_) | Self::Counted(..) | Self::Rated(..) | Self::Offered(..) => {
                About::Nobody
            }
        }
    }

    pub(super) fn begins(&self) -> bool {
        matches!(self, Self::Arrived(_) | Self::CalledOut(_))
    }

    pub(super) fn ends(&self) -> bool {
        matches!(self, Self::Departed(..) | Self::ClosedCallOut(_))
    }
}
