//! The Directory for other software: search with reasons, records, changes, and the capacity status API as NHS
//! services call it.

mod capacity;
mod changes;
mod records;
mod search;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use app::access::{Access, secret};
use app::search::Fault;
use app::{AppState, error_response};
use domain::{EventId, Role};
use log::Submitter;

pub use changes::{ReadRecords, difference};

/// What the Directory's routes need.
#[derive(Clone)]
pub struct DirectoryState {
    /// The published value.
    pub shared: AppState,
    /// Who may.
    pub access: Access,
    /// The way into the log.
    pub submitter: Submitter,
}

/// Largest list of changes, bytes.
const BODY_BYTES_MAX: usize = 8 << 20;

/// The routes.
pub fn router(parts: DirectoryState) -> Router {
    Router::new()
        .route("/api/v1/directory/search", get(search::json))
        .route("/api/v1/directory/search.geojson", get(search::geojson))
        .route("/api/v1/directory/services", get(records::list))
        .route("/api/v1/directory/services.geojson", get(records::geojson))
        .route("/api/v1/directory/services/{id}", get(records::one))
        .route(
            "/api/v1/directory/changes",
            get(changes::list).post(changes::post),
        )
        .route(
            "/api/v0.0.1/capacity/services/{uid}/capacitystatus/",
            get(capacity::get).put(capacity::put),
        )
        .route("/api/openapi.json", get(openapi))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(parts)
}

/// What programs may ask of this server, as OpenAPI 3.1.
const OPENAPI: &str = include_str!("openapi.json");

async fn openapi() -> Response {
    let kind = HeaderValue::from_static("application/json");
    open_to_all(([(header::CONTENT_TYPE, kind)], OPENAPI).into_response())
}

/// Pages of other sites may read the answer.
fn open_to_all(mut answer: Response) -> Response {
    let fields = answer.headers_mut();
    fields.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    answer
}

/// Every fault at once, as 400.
pub fn refused(faults: &[Fault]) -> Response {
    let all: Vec<Value> = faults
        .iter()
        .map(|fault| json!({"field": fault.field, "message": fault.message, "hint": fault.hint}))
        .collect();
    let first = faults.first();
    let body = json!({"error": {
        "code": "bad_question",
        "message": first.map(|fault| format!("{}: {}", fault.field, fault.message)),
        "what_to_do": first.map(|fault| fault.hint.clone()),
        "fields": all,
    }});
    open_to_all((StatusCode::BAD_REQUEST, axum::Json(body)).into_response())
}

/// Whom we do not know is asked to sign in (401); who has a token of another role is refused (403).
fn unauthorised(parts: &DirectoryState, headers: &HeaderMap, need: &str) -> Response {
    if parts
        .access
        .find_caller(secret(headers), &Role::ALL)
        .is_some()
    {
        let what = "ask the operator for a token of the right role";
        return error_response(StatusCode::FORBIDDEN, "not_allowed", need, what);
    }
    let what = "send `Authorization: Bearer` and a token made by `uec-live token new`";
    let mut answer = error_response(StatusCode::UNAUTHORIZED, "sign_in", need, what);
    let scheme = HeaderValue::from_static("Bearer");
    answer
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, scheme);
    answer
}

/// An id that was never used before, for a fact of this server itself.
fn fresh_id() -> Option<EventId> {
    let mut random = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut random).ok()?;
    EventId::new(&format!("own-{:032x}", u128::from_be_bytes(random))).ok()
}
