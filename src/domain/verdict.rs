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
}

impl Reason {
    /// All reasons, for metrics that start at zero.
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
