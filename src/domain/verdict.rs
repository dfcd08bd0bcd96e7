//! What became of a message: taken, known already, or refused with a counted reason.

/// Why a message was refused. The labels are stable: they are counted, listed and shown to senders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Not JSON, or not a JSON object.
    NotJson,
    /// Not HL7 v2 or not framed as MLLP.
    NotHl7,
    /// A message type we do not take.
    UnknownType,
    /// The sender is not one of our feeds, or may not speak for this one.
    UnknownFeed,
    /// The Service is not in the Directory, or not one this feed may speak for.
    UnknownService,
    /// A required field is absent.
    MissingField,
    /// A field cannot be read.
    BadField,
    /// The time cannot be read, or has no offset.
    BadTime,
    /// Later than now by more than the allowed clock error.
    InTheFuture,
    /// Older than the lateness bound.
    TooLate,
    /// Contradicts what is known: seen before arrival, a visit merged into itself.
    WrongOrder,
    /// The same id with other contents.
    IdReused,
    /// A line or a message beyond the size limit.
    TooLarge,
    /// A booking, a referral or a hold that cannot be.
    Declined(Declined),
}

/// Why a booking, a referral or a hold cannot be. Decided on the writer: of two who want one Slot, the
/// second is told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Declined {
    /// Another patient has the Slot, or somebody holds it.
    SlotTaken,
    /// No such Slot at the Service.
    SlotUnknown,
    /// The Slot is there but not offered now: the Service is closed or red, it begins too soon, it is not
    /// released yet.
    SlotNotOffered,
    /// The hold ran out, or is somebody else's.
    HoldGone,
    /// Too many holds of one caller at once.
    TooManyHolds,
    /// The same request was carried out before.
    AlreadyDone,
    /// The message's Bundle.id was used by another request.
    BundleReused,
    /// The patient's journey has a booking already.
    HasBooking,
    /// The booking has a referral that must be cancelled first.
    HasReferral,
    /// No such booking.
    BookingUnknown,
    /// The booking was cancelled or the patient has come.
    BookingNotCurrent,
    /// No such referral.
    ReferralUnknown,
    /// The referral was cancelled.
    ReferralNotCurrent,
    /// The referral must name the booking of the journey.
    LinkMissing,
    /// The Service takes nobody without a booking.
    BookingRequired,
    /// What we hold is newer than what the message tells.
    Older,
    /// The id is in use.
    IdInUse,
    /// Too many bookings are kept for the Service.
    Full,
}

impl Declined {
    /// The word on the wire and in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::SlotTaken => "slot_taken",
            Self::SlotUnknown => "slot_unknown",
            Self::SlotNotOffered => "slot_not_offered",
            Self::HoldGone => "hold_gone",
            Self::TooManyHolds => "too_many_holds",
            Self::AlreadyDone => "already_done",
            Self::BundleReused => "bundle_reused",
            Self::HasBooking => "has_booking",
            Self::HasReferral => "has_referral",
            Self::BookingUnknown => "booking_unknown",
            Self::BookingNotCurrent => "booking_not_current",
            Self::ReferralUnknown => "referral_unknown",
            Self::ReferralNotCurrent => "referral_not_current",
            Self::LinkMissing => "link_missing",
            Self::BookingRequired => "booking_required",
            Self::Older => "older",
            Self::IdInUse => "id_in_use",
            Self::Full => "full",
        }
    }

    /// What it means and what to do.
    pub fn detail(self) -> &'static str {
        match self {
            Self::SlotTaken => "the slot was taken; choose another",
            Self::SlotUnknown => "the service has no such slot; ask for its slots again",
            Self::SlotNotOffered => {
                "the slot is not offered now: the service is closed or full, or it begins too soon or too late"
            }
            Self::HoldGone => "the time to fill in the form ran out; choose a slot again",
            Self::TooManyHolds => "too many slots are held at once; book or release one first",
            Self::AlreadyDone => "this request was carried out before; nothing was done again",
            Self::BundleReused => "this Bundle.id was used by another request; send a new one",
            Self::HasBooking => "this journey has a booking; cancel it first",
            Self::HasReferral => "the booking has a referral; cancel the referral first",
            Self::BookingUnknown => "there is no such booking",
            Self::BookingNotCurrent => "the booking was cancelled, or the patient has come",
            Self::ReferralUnknown => "there is no such referral",
            Self::ReferralNotCurrent => "the referral was cancelled before",
            Self::LinkMissing => "this journey has a booking; the referral must name it",
            Self::BookingRequired => {
                "the service takes nobody without a booking; book a slot first"
            }
            Self::Older => "what is held here is newer; read it again before you change it",
            Self::IdInUse => "this id is in use; choose another",
            Self::Full => "the service has too many bookings; tell the operator",
        }
    }
}

impl Reason {
    /// All reasons for which a feed's message is refused, for metrics that start at zero.
    pub const ALL: [Self; 13] = [
        Self::NotJson,
        Self::NotHl7,
        Self::UnknownType,
        Self::UnknownFeed,
        Self::UnknownService,
        Self::MissingField,
        Self::BadField,
        Self::BadTime,
        Self::InTheFuture,
        Self::TooLate,
        Self::WrongOrder,
        Self::IdReused,
        Self::TooLarge,
    ];

    /// The word on the wire and in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotHl7 => "not_hl7",
            Self::UnknownType => "unknown_type",
            Self::UnknownFeed => "unknown_feed",
            Self::UnknownService => "unknown_service",
            Self::MissingField => "missing_field",
            Self::BadField => "bad_field",
            Self::BadTime => "bad_time",
            Self::InTheFuture => "in_the_future",
            Self::TooLate => "too_late",
            Self::WrongOrder => "wrong_order",
            Self::IdReused => "id_reused",
            Self::TooLarge => "too_large",
            Self::Declined(why) => why.label(),
        }
    }
}

/// A refusal: why, and in plain words what was wrong, where, and what to do. The detail never
/// repeats a value that could hold a person's details.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", reason.label())]
pub struct Refused {
    /// The counted reason.
    pub reason: Reason,
    /// What, where, what next.
    pub detail: String,
}

impl From<Declined> for Refused {
    fn from(why: Declined) -> Self {
        Self::new(Reason::Declined(why), why.detail())
    }
}

impl Refused {
    /// A refusal with its explanation.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

/// What became of one submitted fact. `Accepted` is only said once the fact is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// In the log, at this place.
    Accepted {
        /// Its place.
        seq: u64,
    },
    /// The same message was taken before; nothing changed.
    Duplicate,
    /// Not taken.
    Refused(Refused),
}
