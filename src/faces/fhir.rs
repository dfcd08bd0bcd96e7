//! FHIR R4: what is there today, said honestly. Booking and referral (BaRS) come here.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

const CONTENT_TYPE: &str = "application/fhir+json";
/// Echoed on every answer, errors included (BaRS API 1.1.0).
const ECHOED: [&str; 2] = ["x-request-id", "x-correlation-id"];

/// The routes.
pub fn router() -> Router {
    Router::new()
        .route("/FHIR/R4/metadata", get(metadata))
        .route("/FHIR/R4/{*rest}", axum::routing::any(not_implemented))
}

async fn metadata(headers: HeaderMap) -> Response {
    let statement = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-23",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "software": {"name": "uec-live", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {
            "description": "Live urgent care capacity. No resource is served by FHIR yet."
        },
        "rest": [{"mode": "server", "resource": []}],
    });
    answer(StatusCode::OK, &headers, statement)
}

async fn not_implemented(headers: HeaderMap) -> Response {
    let outcome = json!({
        "resourceType": "OperationOutcome",
        "issue": [{
            "severity": "error",
            "code": "not-supported",
            "details": {"coding": [{
                "system": "https://fhir.nhs.uk/Codesystem/http-error-codes",
                "code": "REC_NOT_IMPLEMENTED",
            }]},
            "diagnostics": "This server does not take bookings or referrals yet.",
        }],
    });
    answer(StatusCode::NOT_IMPLEMENTED, &headers, outcome)
}

fn answer(status: StatusCode, headers: &HeaderMap, body: Value) -> Response {
    let mut answer = (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], Json(body)).into_response();
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(CONTENT_TYPE),
    );
    for name in ECHOED {
        if let Some(value) = headers.get(name) {
            answer
                .headers_mut()
                .insert(HeaderName::from_static(name), value.clone());
        }
    }
    answer
}
