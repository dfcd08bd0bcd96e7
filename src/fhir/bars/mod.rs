//! Booking and referral by the national standard (BaRS, FHIR R4, API 1.1.0), as a receiver.
//!
//! Lenient in reading, strict in writing. A booking is decided from our own diary, never from the times in a
//! message. Every answer has the ids of its question; every error is an OperationOutcome.

mod bundles;
mod headers;
mod idempotency;
mod lookup;
mod message;
mod patient;
mod process;
mod slot;
mod slot_id;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::body;
use crate::format::Version;
use crate::outcome::Problem;
use crate::request::FhirRequest;
use crate::state::{FhirState, only_get};
use headers::Call;

pub use idempotency::Requests;

/// The routes, under the FHIR base.
pub fn router() -> Router<FhirState> {
    Router::new()
        .route("/Slot", get(slots).fallback(only_get))
        .route("/MessageDefinition", get(definitions).fallback(only_get))
        .route("/Appointment", get(appointments).fallback(only_get))
        .route("/Appointment/{id}", get(appointment).fallback(only_get))
        .route("/ServiceRequest", get(referrals).fallback(only_get))
        .route("/ServiceRequest/{id}", get(referral).fallback(only_get))
        .route("/DocumentReference", get(documents).fallback(only_get))
        .route(
            "/$process-message",
            post(process_message).fallback(only_post),
        )
}

/// The resources of booking, for the statement of what is served.
pub fn capabilities() -> Vec<Value> {
    let parameter = |name: &str, sort: &str| json!({"name": name, "type": sort});
    let patient = json!([parameter("patient:identifier", "token")]);
    let of = |kind: &str, reads: bool, parameters: Value| {
        let mut interactions = vec![json!({"code": "search-type"})];
        if reads {
            interactions.push(json!({"code": "read"}));
        }
        json!({"type": kind, "interaction": interactions, "searchParam": parameters})
    };
    let mut slot = of(
        "Slot",
        false,
        json!([
            parameter("status", "token"),
            parameter("start", "date"),
            parameter("Schedule.actor:HealthcareService", "reference"),
        ]),
    );
    slot["searchInclude"] = json!(slot::INCLUDES);
    vec![
        slot,
        of("Appointment", true, patient.clone()),
        of("ServiceRequest", true, patient.clone()),
        of("DocumentReference", false, patient),
        of(
            "MessageDefinition",
            false,
            json!([parameter("context", "composite")]),
        ),
    ]
}

/// The messages that are taken, for the statement of what is served.
pub fn messaging() -> Value {
    let supported: Vec<Value> = lookup::DEFINITIONS
        .iter()
        .map(|(name, ..)| {
            let definition = format!("https://fhir.nhs.uk/MessageDefinition/bars-message-{name}");
            json!({"mode": "receiver", "definition": definition})
        })
        .collect();
    json!([{"supportedMessage": supported}])
}

impl FhirState {
    /// The call, once the headers are in order.
    fn call(&self, asked: &FhirRequest) -> Result<Call, Problem> {
        Call::of(&asked.headers, &self.desk.shared.published())
    }
}

async fn slots(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let answer = parts.call(&asked).and_then(|_| {
        let now = parts.desk.shared.clock.now();
        slot::answer(&parts.desk.shared.published(), &asked.pairs, now)
    });
    parts.private_answer(&asked, answer)
}

async fn definitions(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let now = parts.desk.shared.clock.now();
    let answer = lookup::definitions(&parts.desk.shared.published(), &asked.pairs, now);
    parts.private_answer(&asked, answer)
}

async fn appointments(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let answer = parts
        .call(&asked)
        .and_then(|call| lookup::appointments(&parts.desk, &call.target, &asked.pairs));
    parts.private_answer(&asked, answer)
}

async fn appointment(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let answer = parts
        .call(&asked)
        .and_then(|call| lookup::appointment(&parts.desk, &call.target, asked.part(1)));
    parts.private_answer(&asked, answer)
}

async fn referrals(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let answer = parts
        .call(&asked)
        .and_then(|call| lookup::referrals(&parts.desk, &call.target, &asked.pairs));
    parts.private_answer(&asked, answer)
}

async fn referral(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let answer = parts
        .call(&asked)
        .and_then(|call| lookup::referral(&parts.desk, &call.target, asked.part(1)));
    parts.private_answer(&asked, answer)
}

async fn documents(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let answer = parts.call(&asked).and_then(|_| {
        if asked.wanted.version < Version::V1_1 {
            return Err(Problem::not_acceptable());
        }
        lookup::documents(&parts.desk, &asked.pairs)
    });
    parts.private_answer(&asked, answer)
}

async fn process_message(
    State(parts): State<FhirState>,
    asked: FhirRequest,
    sent: Result<Bytes, BytesRejection>,
) -> Response {
    let call = parts.call(&asked);
    let read = call.and_then(|call| Ok((call, body::read(&asked.headers, sent)?)));
    let answer = match read {
        Ok((call, bundle)) => process::answer(&parts.desk, &parts.requests, &call, bundle).await,
        Err(why) => Err(why),
    };
    parts.private_answer(&asked, answer)
}

async fn only_post(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    parts.refuse_method(&asked, "messages are sent here: POST", "POST")
}
