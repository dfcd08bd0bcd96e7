//! What went wrong, as an OperationOutcome with the national error codes (BaRS API 1.1.0).

use axum::http::StatusCode;
use serde_json::{Value, json};

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

    /// Not a resource that is served.
    pub fn unknown_kind() -> Self {
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

    /// Only a message can be posted, and only to `$process-message`.
    pub fn only(allowed: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "REC_METHOD_NOT_ALLOWED",
            "not-supported",
            &format!("only {allowed} is allowed here"),
        )
    }

    /// Another patient has the slot, or what is held is newer: choose again.
    pub fn conflict(words: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "REC_CONFLICT", "conflict", words)
    }

    /// The same request was carried out before: the sender may take it as done.
    pub fn duplicate(words: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "REC_CONFLICT", "duplicate", words)
    }

    /// The same request is being carried out.
    pub fn too_early() -> Self {
        let words = "the first of these requests is still being carried out; ask again";
        let status = StatusCode::TOO_EARLY;
        Self::new(status, "REC_TOO_EARLY", "duplicate", words)
    }

    /// Understood, and cannot be done.
    pub fn unprocessable(issue: &'static str, words: &str) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new(status, "REC_UNPROCESSABLE_ENTITY", issue, words)
    }

    /// No answer in time.
    pub fn timeout() -> Self {
        let words = "it takes too long; send the same request again to learn what came of it";
        let status = StatusCode::REQUEST_TIMEOUT;
        Self::new(status, "REC_TIMEOUT", "timeout", words)
    }

    /// It cannot be kept now.
    pub fn unavailable() -> Self {
        let words = "it could not be kept now, and nothing was done; send it again";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "REC_SERVICE_UNAVAILABLE", "transient", words)
    }

    /// The body is longer than is taken.
    pub fn too_large() -> Self {
        let words = "the message is too long to be kept; send less";
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "REC_BAD_REQUEST", "too-costly", words)
    }

    /// The caller is not known.
    pub fn unauthorised() -> Self {
        let words =
            "the caller is not known here; come through the national proxy, or send a token";
        let status = StatusCode::UNAUTHORIZED;
        Self::new(status, "REC_UNAUTHORIZED", "security", words)
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
