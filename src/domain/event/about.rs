//! What an event is about.

use super::Event;
use crate::ids::{IncidentId, ServiceId, VisitId};

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
            Self::SlotsWithdrawn { .. } => "slots.withdrawn",
            Self::SlotsRuled { .. } => "slots.ruled",
            Self::SlotHeld { .. } => "slot.held",
            Self::SlotReleased { .. } => "slot.released",
            Self::BookingMade(_) => "booking.made",
            Self::BookingCancelled { .. } => "booking.cancelled",
            Self::ReferralMade(_) => "referral.made",
            Self::ReferralCancelled { .. } => "referral.cancelled",
            Self::DetailsRead { .. } => "details.read",
            Self::DetailsErased { .. } => "details.erased",
            Self::NoticeReported(_) => "notice.reported",
            Self::AdviceGiven { .. } => "advice.given",
            Self::RecommendationSwitched { .. } => "recommendation.switched",
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
        match self {
            Self::ServiceListed { .. }
            | Self::ServiceWithdrawn { .. }
            | Self::AdviceGiven { .. }
            | Self::RecommendationSwitched { .. } => true,
            Self::SlotsPublished { .. } | Self::SlotsWithdrawn { .. } => false,
            other => other.is_of_places(),
        }
    }

    /// About places for patients: slots, holds, bookings, referrals, and what is held about them.
    pub fn is_of_places(&self) -> bool {
        matches!(
            self,
            Self::SlotsPublished { .. }
                | Self::SlotsWithdrawn { .. }
                | Self::SlotsRuled { .. }
                | Self::SlotHeld { .. }
                | Self::SlotReleased { .. }
                | Self::BookingMade(_)
                | Self::BookingCancelled { .. }
                | Self::ReferralMade(_)
                | Self::ReferralCancelled { .. }
                | Self::DetailsRead { .. }
                | Self::DetailsErased { .. }
                | Self::NoticeReported(_)
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
            | Self::SlotsWithdrawn { service, .. }
            | Self::SlotsRuled { service, .. }
            | Self::SlotHeld { service, .. }
            | Self::AdviceGiven { service, .. }
            | Self::RecommendationSwitched { service, .. }
            | Self::ServiceWithdrawn { service, .. } => Some(service),
            Self::BookingMade(made) => Some(&made.service),
            Self::ReferralMade(made) => Some(&made.service),
            Self::ContactRecorded { service, .. } => service.as_ref(),
            _ => None,
        }
    }
}
