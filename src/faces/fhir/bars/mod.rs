//! Booking and referral by the national standard (BaRS, FHIR R4, API 1.1.0), as a receiver.
//!
//! Lenient in reading, strict in writing. A booking is decided from our own diary, never from the times in a
//! message. Every answer has the ids of its question; every error is an OperationOutcome.

mod call;
mod held;
mod message;
mod patient;
mod process;
mod requests;
mod slot;
mod words;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;

use crate::domain::Role;
use crate::faces::access::Access;
use crate::faces::fhir::CONTENT_TYPE;
use crate::faces::fhir::outcome::Problem;
use crate::faces::placing::Desk;
use call::Call;
use requests::Requests;

/// Longest message, bytes.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Who may book, where no front stands before this server.
const MAY: [Role; 2] = [Role::Clinician, Role::Operator];

/// What the routes need.
#[derive(Clone)]
struct Parts {
    desk: Desk,
    access: Access,
    requests: Requests,
}

/// Parameters as they came, in their order.
type Pairs = Query<Vec<(String, String)>>;

/// The routes.
pub fn router(desk: Desk, access: Access) -> Router {
    let parts = Parts {
        desk,
        access,
        requests: Requests::default(),
    };
    Router::new()
        .route("/FHIR/R4/Slot", get(slots).fallback(only_get))
        .route(
            "/FHIR/R4/MessageDefinition",
            get(definitions).fallback(only_get),
        )
        .route("/FHIR/R4/Appointment", get(appointments).fallback(only_get))
        .route(
            "/FHIR/R4/Appointment/{id}",
            get(appointment).fallback(only_get),
        )
        .route("/FHIR/R4/ServiceRequest", get(referrals).fallback(only_get))
        .route(
            "/FHIR/R4/ServiceRequest/{id}",
            get(referral).fallback(only_get),
        )
        .route(
            "/FHIR/R4/DocumentReference",
            get(documents).fallback(only_get),
        )
        .route(
            "/FHIR/R4/$process-message",
            axum::routing::post(process_message).fallback(only_post),
        )
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(parts)
}

impl Parts {
    /// The call, once the caller is known and the headers are in order.
    fn call(&self, headers: &HeaderMap) -> Result<Call, Problem> {
        let secret = crate::faces::access::secret(headers);
        if self.access.find_caller(secret, &MAY).is_none() {
            return Err(Problem::unauthorised());
        }
        Call::of(headers, &self.desk.shared.picture())
    }
}

async fn slots(State(parts): State<Parts>, Query(pairs): Pairs, headers: HeaderMap) -> Response {
    let answer = parts.call(&headers).and_then(|_| {
        let now = parts.desk.shared.clock.now();
        slot::answer(&parts.desk.shared.picture(), &pairs, now)
    });
    reply(&headers, answer)
}

async fn definitions(
    State(parts): State<Parts>,
    Query(pairs): Pairs,
    headers: HeaderMap,
) -> Response {
    let answer = parts.call(&headers).and_then(|_| {
        let now = parts.desk.shared.clock.now();
        held::definitions(&parts.desk.shared.picture(), &pairs, now)
    });
    reply(&headers, answer)
}

async fn appointments(
    State(parts): State<Parts>,
    Query(pairs): Pairs,
    headers: HeaderMap,
) -> Response {
    let answer = parts
        .call(&headers)
        .and_then(|call| held::appointments(&parts.desk, &call.target, &pairs));
    reply(&headers, answer)
}

async fn appointment(
    State(parts): State<Parts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let answer = parts
        .call(&headers)
        .and_then(|call| held::appointment(&parts.desk, &call.target, &id));
    reply(&headers, answer)
}

async fn referrals(
    State(parts): State<Parts>,
    Query(pairs): Pairs,
    headers: HeaderMap,
) -> Response {
    let answer = parts
        .call(&headers)
        .and_then(|call| held::referrals(&parts.desk, &call.target, &pairs));
    reply(&headers, answer)
}

async fn referral(
    State(parts): State<Parts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let answer = parts
        .call(&headers)
        .and_then(|call| held::referral(&parts.desk, &call.target, &id));
    reply(&headers, answer)
}

async fn documents(
    State(parts): State<Parts>,
    Query(pairs): Pairs,
    headers: HeaderMap,
) -> Response {
    let answer = parts
        .call(&headers)
        .and_then(|_| held::documents(&parts.desk, &pairs));
    reply(&headers, answer)
}

async fn process_message(State(parts): State<Parts>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match parts.call(&headers) {
        Ok(call) => match serde_json::from_slice::<Value>(&body) {
            Ok(bundle) => process::answer(&parts.desk, &parts.requests, &call, bundle).await,
            Err(_why) => Err(Problem::bad("invalid", "the body is not JSON")),
        },
        Err(why) => Err(why),
    };
    reply(&headers, answer)
}

async fn only_get(headers: HeaderMap) -> Response {
    let mut answer = reply(&headers, Err(Problem::only("GET")));
    let allowed = HeaderValue::from_static("GET, HEAD");
    answer.headers_mut().insert(header::ALLOW, allowed);
    answer
}

async fn only_post(headers: HeaderMap) -> Response {
    let mut answer = reply(&headers, Err(Problem::only("POST")));
    let allowed = HeaderValue::from_static("POST");
    answer.headers_mut().insert(header::ALLOW, allowed);
    answer
}

/// A resource or what went wrong; nobody keeps it.
fn reply(_headers: &HeaderMap, answer: Result<Value, Problem>) -> Response {
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(problem) => (problem.status, problem.outcome()),
    };
    let mut answer = (status, Json(body)).into_response();
    let fields = answer.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
