//! `POST /feeds/{feed}/FHIR/R4` and `/Encounter`: Encounters of one feed, over its own FHIR base.
//!
//! The answer is an OperationOutcome and leaves when what was taken is durable. An Encounter that is
//! refused does not hold up the others of its Bundle.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{SourcesState, fhir_encounter};
use domain::{Caller, Fact, Feed, FeedId, Reason, Refused, Verdict};
use log::NotTaken;

/// Longest body, bytes.
pub const BODY_BYTES_MAX: usize = 4 << 20;

/// Whose FHIR base it is.
#[derive(Debug, Deserialize)]
pub struct Base {
    feed: String,
}

/// The handler; an Encounter's id in the path is not needed, since it is in the Encounter.
pub async fn post(
    State(parts): State<SourcesState>,
    Extension(caller): Extension<Caller>,
    Path(base): Path<Base>,
    body: Bytes,
) -> Response {
    let text = String::from_utf8_lossy(&body);
    let feed = FeedId::new(&base.feed).ok();
    let known = feed
        .filter(|feed| caller.may_send_for(feed))
        .and_then(|feed| parts.directory.find_feed(feed.as_str()).cloned());
    let Some(feed) = known else {
        let why = "the path names no feed that this token may send for";
        let why = Refused::new(Reason::UnknownFeed, why);
        telemetry::message_rejected(telemetry::FEED_UNKNOWN, why.reason);
        return outcome(
            StatusCode::FORBIDDEN,
            &[issue("error", "forbidden", &why.to_string())],
        );
    };
    let encounters = match fhir_encounter::encounters(&text) {
        Ok(encounters) => encounters,
        Err(why) => {
            // What cannot be read cannot be emptied of the person in it: only its size is kept.
            let size = format!("{} bytes", body.len());
            let issue = refuse(&parts, &feed, &why, &size);
            return outcome(StatusCode::BAD_REQUEST, &[issue]);
        }
    };
    take(&parts, &feed, &encounters).await
}

async fn take(parts: &SourcesState, feed: &Feed, encounters: &[Value]) -> Response {
    let mut issues = Vec::new();
    let mut facts: Vec<Fact> = Vec::new();
    let mut of: Vec<usize> = Vec::new();
    for (number, encounter) in encounters.iter().enumerate() {
        match fhir_encounter::admit(feed, encounter) {
            Ok(read) => {
                of.extend(read.iter().map(|_| number));
                facts.extend(read);
            }
            Err(why) => issues.push(refuse(parts, feed, &why, &masked(encounter))),
        }
    }
    let receipt = match parts.submitter.submit(facts).await {
        Ok(receipt) => receipt,
        Err(why) => return not_taken(&why),
    };
    let (mut accepted, mut duplicate) = (0, 0);
    for (number, verdict) in of.into_iter().zip(receipt.verdicts) {
        match verdict {
            Verdict::Accepted { .. } => accepted += 1,
            Verdict::Duplicate => duplicate += 1,
            Verdict::Refused(why) => {
                let text = encounters.get(number).map(masked).unwrap_or_default();
                issues.push(refuse(parts, feed, &why, &text));
            }
        }
    }
    let status = if issues.is_empty() || accepted + duplicate > 0 {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let told = format!("{accepted} facts accepted, {duplicate} known already");
    issues.insert(0, issue("information", "informational", &told));
    outcome(status, &issues)
}

/// Counts and keeps a refused message.
fn refuse(parts: &SourcesState, feed: &Feed, why: &Refused, text: &str) -> Value {
    telemetry::message_rejected(feed.id.as_str(), why.reason);
    let now = parts.clock.now();
    parts.quarantine.keep(now, feed.id.as_str(), why, text);
    let code = match why.reason {
        Reason::MissingField => "required",
        Reason::UnknownType => "not-supported",
        Reason::IdReused => "duplicate",
        Reason::TooLate | Reason::InTheFuture | Reason::WrongOrder => "business-rule",
        _ => "value",
    };
    issue("error", code, &why.to_string())
}

/// An Encounter without what may name a person: its narrative, subject and participants.
fn masked(encounter: &Value) -> String {
    let mut encounter = encounter.clone();
    if let Some(fields) = encounter.as_object_mut() {
        for personal in ["text", "subject", "participant", "contained", "extension"] {
            fields.remove(personal);
        }
    }
    encounter.to_string()
}

fn issue(severity: &str, code: &str, diagnostics: &str) -> Value {
    json!({"severity": severity, "code": code, "diagnostics": diagnostics})
}

fn outcome(status: StatusCode, issues: &[Value]) -> Response {
    let body = json!({"resourceType": "OperationOutcome", "issue": issues});
    let kind = [(header::CONTENT_TYPE, "application/fhir+json")];
    (status, kind, body.to_string()).into_response()
}

fn not_taken(why: &NotTaken) -> Response {
    let status = match why {
        NotTaken::Busy => StatusCode::TOO_MANY_REQUESTS,
        NotTaken::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut answer = outcome(status, &[issue("error", "transient", &why.to_string())]);
    let again = header::HeaderValue::from_static("2");
    answer.headers_mut().insert(header::RETRY_AFTER, again);
    answer
}
