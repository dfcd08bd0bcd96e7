//! What went wrong, as an OperationOutcome with the national error codes (BaRS API 1.1.0).

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::model::ResourceFault;

/// Something that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    code: &'static str,
    issues: Vec<Issue>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Issue {
    kind: &'static str,
    /// Where in what was sent, as a path; empty when it is nowhere in particular.
    place: String,
    words: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, issue: &'static str, words: &str) -> Self {
        Self {
            status,
            code,
            issues: vec![Issue {
                kind: issue,
                place: String::new(),
                words: words.to_owned(),
            }],
        }
    }

    /// What was sent is not a resource of R4. The standard's `required` and `value` are kept; of the rest the national
    /// list has only `invalid`.
    pub fn faults(faults: &[ResourceFault]) -> Self {
        let issue = |fault: &ResourceFault| Issue {
            kind: match fault.issue {
                kind @ ("required" | "value") => kind,
                _ => "invalid",
            },
            // A line and column of JSON are no path.
            place: if fault
                .place
                .starts_with(|first: char| first.is_ascii_uppercase())
            {
                fault.place.clone()
            } else {
                String::new()
            },
            words: fault.to_string(),
        };
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "REC_BAD_REQUEST",
            issues: faults.iter().map(issue).collect(),
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
            "this resource is not served here; see /FHIR/R4/metadata for those that are, and Schedule comes only by include",
        )
    }

    /// A method that the address does not take; the words say which it does.
    pub fn method(words: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "REC_METHOD_NOT_ALLOWED",
            "not-supported",
            words,
        )
    }

    /// Neither JSON nor XML is wanted, or a version that is not spoken.
    pub fn not_acceptable() -> Self {
        let words =
            "served are application/fhir+json and application/fhir+xml, versions 1.0.0 and 1.1.0";
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "REC_NOT_ACCEPTABLE",
            "not-supported",
            words,
        )
    }

    /// A body that is neither JSON nor XML.
    pub fn unsupported_media_type() -> Self {
        let words = "Content-Type must be application/fhir+json or application/fhir+xml";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "REC_BAD_REQUEST",
            "not-supported",
            words,
        )
    }

    /// A body of too many bytes.
    pub fn too_large() -> Self {
        let words = "the message has too many bytes; send less";
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "REC_BAD_REQUEST",
            "too-long",
            words,
        )
    }

    /// A fault of ours.
    pub fn of_ours() -> Self {
        let words = "the answer could not be written";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "REC_SERVER_ERROR",
            "exception",
            words,
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

    /// The caller may not do that.
    pub fn forbidden() -> Self {
        let words = "this token may not do that; ask the operator for one of the right role";
        Self::new(StatusCode::FORBIDDEN, "REC_FORBIDDEN", "forbidden", words)
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
        let issues = self.issues.iter().map(|issue| {
            let mut said = json!({
                "severity": "error",
                "code": issue.kind,
                "details": {"coding": [{
                    "system": "https://fhir.nhs.uk/Codesystem/http-error-codes",
                    "code": self.code,
                }]},
                "diagnostics": issue.words,
            });
            if !issue.place.is_empty() {
                said["expression"] = json!([issue.place]);
            }
            said
        });
        json!({
            "resourceType": "OperationOutcome",
            "issue": issues.collect::<Vec<Value>>(),
        })
    }
}
