//! What happened, in the past tense: the events a feed may send.
//!
//! The field names are the ones of our wire format (version 1), so that log, fixtures and feeds
//! read alike. An origin is already a hex here: a postcode or a position never gets this far.

mod about;
mod values;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::booking::{BookingMade, MessageRef, Notice, ReferralMade};
use super::capacity::{Capacity, Slot};
use super::geo::Cell;
use super::ids::{
    BookingId, ContactId, HoldId, IncidentId, ReferralId, ServiceId, SlotId, VisitId,
};
use super::service::Service;
use super::slot_rule::SlotRule;
use super::time::At;
pub use values::{Acuity, ArrivalMode, ContactChannel, Decision, Departure, IncidentCategory, Rag};

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
        mode: ArrivalMode,
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
        category: IncidentCategory,
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
        channel: ContactChannel,
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
    /// Bookable times were taken back by the service; those that are booked stay booked.
    #[serde(rename = "slots.withdrawn")]
    SlotsWithdrawn {
        /// Which service.
        service: ServiceId,
        /// The times.
        slots: Vec<SlotId>,
    },
    /// When times of a service are offered, and those it has by rule; said at this server itself.
    #[serde(rename = "slots.ruled")]
    SlotsRuled {
        /// Which service.
        service: ServiceId,
        /// The whole rule.
        rule: Box<SlotRule>,
        /// Who said so: the label of the token.
        by: CompactString,
    },
    /// A slot was claimed for a short time while a form is filled in; the same hold may be moved.
    #[serde(rename = "slot.held")]
    SlotHeld {
        /// The claim.
        hold: HoldId,
        /// Which service.
        service: ServiceId,
        /// Which time.
        slot: SlotId,
        /// The claim ends then.
        until: At,
        /// Whose: the label of the token.
        by: CompactString,
    },
    /// A claim was given up.
    #[serde(rename = "slot.released")]
    SlotReleased {
        /// The claim.
        hold: HoldId,
    },
    /// A place was agreed.
    #[serde(rename = "booking.made")]
    BookingMade(Box<BookingMade>),
    /// A place was given up.
    #[serde(rename = "booking.cancelled")]
    BookingCancelled {
        /// Which.
        booking: BookingId,
        /// Who cancelled.
        by: CompactString,
        /// The message that asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageRef>,
    },
    /// A patient was handed over.
    #[serde(rename = "referral.made")]
    ReferralMade(Box<ReferralMade>),
    /// A referral was taken back.
    #[serde(rename = "referral.cancelled")]
    ReferralCancelled {
        /// Which.
        referral: ReferralId,
        /// Who cancelled.
        by: CompactString,
        /// The message that asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageRef>,
    },
    /// Somebody read a patient's details; told before they are shown.
    #[serde(rename = "details.read")]
    DetailsRead {
        /// Of which booking or referral, by its id.
        about: CompactString,
        /// Who: the label of the token.
        by: CompactString,
        /// In which role.
        role: CompactString,
        /// What for, in plain words.
        purpose: CompactString,
    },
    /// A patient's details were destroyed.
    #[serde(rename = "details.erased")]
    DetailsErased {
        /// Of which booking or referral, by its id.
        about: CompactString,
        /// Who: the label of the token, or `retention`.
        by: CompactString,
        /// Plain words.
        why: String,
    },
    /// What became of a word to a patient or to a service's own system.
    #[serde(rename = "notice.reported")]
    NoticeReported(Box<Notice>),
    /// Somebody was advised to go to a service; counted, and nothing of the person is kept.
    #[serde(rename = "advice.given")]
    AdviceGiven {
        /// Where to.
        service: ServiceId,
        /// The need it was asked for, as in the pathway table.
        need: CompactString,
        /// Away from where they would have gone anyway.
        #[serde(default)]
        nudge: bool,
    },
    /// A service is no longer recommended, or is again.
    #[serde(rename = "recommendation.switched")]
    RecommendationSwitched {
        /// Which.
        service: ServiceId,
        /// Recommended.
        on: bool,
        /// Plain words.
        why: String,
        /// Who did it: the label of the token.
        by: CompactString,
    },
}
