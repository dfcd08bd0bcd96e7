//! What went wrong, as an OperationOutcome with the national error codes (BaRS API 1.1.0).

use axum::http::StatusCode;
use serde_json::{Value, json};

/// Resources of booking and referral (BaRS API 1.1.0), which is not there yet.
const BOOKING_KINDS: [&str; 6] = [
    "Slot",
    "Appointment",
    "ServiceRequest",
    "MessageDefinition",
    "DocumentReference",
    "$process-message",
];

/// Something that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    code: &'static str,
    issue: &'static str,
    words: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, issue: &'static str, words: &str) -> Self {
        Self {
            status,
            code,
            issue,
            words: words.to_owned(),
        }
    }

    /// A parameter that cannot be answered; the words name it.
    pub fn bad(issue: &'static str, words: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "REC_BAD_REQUEST", issue, words)
    }

    /// Nothing of that id.
    pub fn not_found(words: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "REC_NOT_FOUND", "not-found", words)
    }

    /// Not a resource that is served; those of bookings and referrals will be.
    pub fn unknown_kind(kind: &str) -> Self {
        if BOOKING_KINDS.contains(&kind) {
            return Self::not_implemented();
        }
        Self::not_found(
            "this resource is not served here; HealthcareService, Location and Organization are, Schedule only by _revinclude",
        )
    }

    /// Nothing can be written here.
    pub fn only_get() -> Self {
        let words = "the Directory can only be read here";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "REC_METHOD_NOT_ALLOWED",
            "not-supported",
            words,
        )
    }

    /// Only JSON is spoken.
    pub fn only_json() -> Self {
        let words = "only application/fhir+json is served";
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "REC_NOT_ACCEPTABLE",
            "not-supported",
            words,
        )
    }

    /// Bookings and referrals are not there yet.
    pub fn not_implemented() -> Self {
        let words = "this server does not take bookings or referrals yet";
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "REC_NOT_IMPLEMENTED",
            "not-supported",
            words,
        )
    }

    /// The resource that says so.
    pub fn outcome(&self) -> Value {
        json!({
            "resourceType": "OperationOutcome",
            "issue": [{
                "severity": "error",
                "code": self.issue,
                "details": {"coding": [{
                    "system": "https://fhir.nhs.uk/Codesystem/http-error-codes",
                    "code": self.code,
                }]},
                "diagnostics": self.words,
            }],
        })
    }
}
