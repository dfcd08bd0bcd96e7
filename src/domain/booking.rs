//! What is agreed about a patient's place: bookings, referrals, and the word sent about them.
//!
//! Nothing here says who the patient is: details are sealed elsewhere and named by [`Sealed`].

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::ids::{BookingId, HoldId, ReferralId, ServiceId, SlotId};
use super::time::At;

/// Patient details that lie sealed outside the log: what is needed to notice that they were changed, and to
/// find them again by the patient without naming the patient.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sealed {
    /// SHA-256 of the sealed bytes, in hex.
    pub digest: CompactString,
    /// The NHS number under a secret key (HMAC), in hex; absent when none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<CompactString>,
}

/// The message that asked for a booking or a referral (BaRS): what is needed to know a repeat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageRef {
    /// `X-Request-Id`: a retry has the same.
    pub request: CompactString,
    /// `X-Correlation-Id`: one for a patient's journey.
    pub correlation: CompactString,
    /// `Bundle.id`: never used twice by different requests.
    pub bundle: CompactString,
    /// `meta.lastUpdated` of what the message is about, when it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<At>,
}

/// A place in a Slot was agreed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BookingMade {
    /// Its name from now on.
    pub booking: BookingId,
    /// Where.
    pub service: ServiceId,
    /// In which time.
    pub slot: SlotId,
    /// From.
    pub start: At,
    /// To.
    pub end: At,
    /// The claim that it fulfils.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// The booking that it replaces, which ends with it: a patient is moved, never dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<BookingId>,
    /// Who booked: the label of a token, or the ODS code of the sender.
    pub by: CompactString,
    /// The message that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageRef>,
    /// The patient's details; absent when none are held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
}

/// A patient was handed over to a Service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReferralMade {
    /// Its name from now on.
    pub referral: ReferralId,
    /// To where.
    pub service: ServiceId,
    /// The booking that the patient comes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingId>,
    /// `referral`, or `validation` where a clinician is asked to look at a 999 call again.
    pub category: ReferralCategory,
    /// National code of the use case, for instance `a1t1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<CompactString>,
    /// Who referred.
    pub by: CompactString,
    /// The message that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageRef>,
    /// The patient's details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
}

/// What a referral asks for (national code system `message-category-servicerequest`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferralCategory {
    /// Care.
    Referral,
    /// A second look at a 999 call.
    Validation,
}

/// By which way word is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeChannel {
    /// Text message.
    Sms,
    /// Electronic mail.
    Email,
    /// A message to the Service's own system.
    Forward,
}

impl NoticeChannel {
    /// The word in metrics and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Forward => "forward",
        }
    }
}

/// What the word is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A place was agreed.
    Made,
    /// It was given up.
    Cancelled,
    /// A referral was made.
    Referred,
    /// A referral was taken back.
    ReferralCancelled,
}

impl Topic {
    /// The word in metrics and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Cancelled => "cancelled",
            Self::Referred => "referred",
            Self::ReferralCancelled => "referral_cancelled",
        }
    }
}

/// How far a word has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Not taken yet by whoever carries it; it will be tried again.
    Retrying,
    /// Taken by whoever carries it.
    Sent,
    /// It arrived.
    Delivered,
    /// It did not arrive and will not be tried again.
    Failed,
}

impl Delivery {
    /// The word in metrics and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Retrying => "retrying",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// What became of a word about a booking or a referral.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Notice {
    /// About which booking or referral, by its id.
    pub about: CompactString,
    /// About what of it.
    pub topic: Topic,
    /// By which way.
    pub channel: NoticeChannel,
    /// How far it has come.
    pub delivery: Delivery,
    /// Why it failed, as a code of the carrier; never a person's detail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<CompactString>,
    /// The carrier's own id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier_id: Option<CompactString>,
}
