//! Names of things, each its own type so that one cannot be passed for another.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Longest id any feed may send, in bytes.
pub const ID_BYTES_MAX: usize = 64;

/// The feed of what is done at this server itself: a status set, a record changed. Nobody may send for it.
pub const OWN_FEED: &str = "uec-live";

/// Why a text cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadId {
    /// Nothing was sent.
    #[error("is empty")]
    Empty,
    /// More than [`ID_BYTES_MAX`] bytes.
    #[error("is longer than {ID_BYTES_MAX} characters")]
    TooLong,
    /// A character outside letters, digits and `. _ : -`.
    #[error("has a character other than letters, digits and . _ : -")]
    BadCharacter,
}

fn check(text: &str) -> Result<CompactString, BadId> {
    if text.is_empty() {
        return Err(BadId::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(BadId::TooLong);
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-');
    if !text.bytes().all(allowed) {
        return Err(BadId::BadCharacter);
    }
    Ok(CompactString::from(text))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "CompactString", into = "CompactString")]
        pub struct $name(CompactString);

        impl $name {
            /// Checks length and characters.
            pub fn new(text: &str) -> Result<Self, BadId> {
                check(text).map(Self)
            }

            /// The id as it was sent.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<CompactString> for $name {
            type Error = BadId;
            fn try_from(text: CompactString) -> Result<Self, BadId> {
                check(&text).map(Self)
            }
        }

        impl From<$name> for CompactString {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(/// A Service of the Directory, for instance `lri-ed`.
    ServiceId);
id!(/// One sender of events.
    FeedId);
id!(/// The sender's own name for one event, unique within its feed: the idempotency key.
    EventId);
id!(/// One patient's stay at a Service, pseudonymous.
    VisitId);
id!(/// A 999 call-out.
    IncidentId);
id!(/// An NHS 111 or 999 contact.
    ContactId);
id!(/// A bookable time at a Service.
    SlotId);
id!(/// A short claim on a Slot while a form is filled in.
    HoldId);
id!(/// An agreed place in a Slot; a UUID, the id of the FHIR Appointment.
    BookingId);
id!(/// A patient handed over to a Service for care; a UUID, the id of the FHIR ServiceRequest.
    ReferralId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_what_was_sent() {
        assert_eq!(VisitId::new("v-8f3a").unwrap().as_str(), "v-8f3a");
    }

    #[test]
    fn an_id_with_blanks_markup_or_too_much_text_is_refused() {
        assert_eq!(VisitId::new(""), Err(BadId::Empty));
        assert_eq!(VisitId::new("John Smith"), Err(BadId::BadCharacter));
        assert_eq!(VisitId::new("<b>"), Err(BadId::BadCharacter));
        assert_eq!(VisitId::new(&"x".repeat(65)), Err(BadId::TooLong));
        assert!(serde_json::from_str::<VisitId>("\"a b\"").is_err());
    }
}
