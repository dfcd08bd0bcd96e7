//! FHIR R4: the Directory, to be read and searched. Booking and referral (BaRS) come here, and are refused until then.

pub mod model;
mod outcome;
mod resources;
mod search;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::domain::Service;
use crate::domain::listing::Audience;
use crate::faces::Shared;
use crate::faces::access::{Access, PROFESSIONALS};

use outcome::Problem;
const CONTENT_TYPE: &str = "application/fhir+json";
/// Echoed on every answer, errors included (BaRS API 1.1.0).
const ECHOED: [&str; 2] = ["x-request-id", "x-correlation-id"];

/// What the routes need.
#[derive(Clone)]
pub struct Parts {
    /// The published picture.
    pub shared: Shared,
    /// Who may.
    pub access: Access,
}

/// The routes.
pub fn router(parts: Parts) -> Router {
    let base = "/FHIR/R4";
    Router::new()
        .route(&format!("{base}/metadata"), get(metadata))
        .route(&format!("{base}/{{kind}}"), get(find).fallback(only_get))
        .route(
            &format!("{base}/{{kind}}/{{id}}"),
            get(read).fallback(only_get),
        )
        .route(&format!("{base}/{{kind}}/{{id}}/{{*rest}}"), any(nothing))
        .with_state(parts)
}

/// What is served, and nothing else.
async fn metadata(State(parts): State<Parts>, headers: HeaderMap) -> Response {
    let resource = |kind: &str| {
        let parameters = search::known(kind)
            .iter()
            .map(|(name, sort, words)| json!({"name": name, "type": sort, "documentation": words}));
        let mut about = json!({
            "type": kind,
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "searchParam": parameters.collect::<Vec<Value>>(),
        });
        if kind == "HealthcareService" {
            about["searchInclude"] = json!(search::INCLUDES);
            about["searchRevInclude"] = json!(search::REVERSE_INCLUDES);
        }
        about
    };
    let statement = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-27",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": [CONTENT_TYPE],
        "software": {"name": "uec-live", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {
            "description": "Live urgent care capacity: the Directory can be read and searched, as JSON. Schedules come only by \
                            include. Bookings and referrals are not taken yet."
        },
        "rest": [{"mode": "server", "resource": [
            resource("HealthcareService"), resource("Location"), resource("Organization"),
        ]}],
    });
    answer(&parts, &headers, Ok(statement))
}

fn audience(parts: &Parts, headers: &HeaderMap) -> Audience {
    let now = parts.shared.clock.now();
    match parts.access.find_reader(headers, &PROFESSIONALS, now) {
        Some(_) => Audience::Professional,
        None => Audience::Public,
    }
}

/// Whether the record may be shown: to the public only what is active and for the public.
fn is_listed(service: &Service, audience: Audience) -> bool {
    audience == Audience::Professional || (service.active && service.audience == Audience::Public)
}

async fn find(
    State(parts): State<Parts>,
    Path(kind): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let picture = parts.shared.picture();
    let found = search::answer(
        &picture.directory,
        &kind,
        &pairs,
        audience(&parts, &headers),
    );
    answer(&parts, &headers, found)
}

async fn read(
    State(parts): State<Parts>,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let picture = parts.shared.picture();
    let audience = audience(&parts, &headers);
    let mut listed = picture
        .directory
        .services()
        .filter(|service| is_listed(service, audience));
    let found = match kind.as_str() {
        "HealthcareService" => listed
            .find(|service| service.id.as_str() == id)
            .map(|service| resources::healthcare_service(service, audience)),
        "Location" => listed
            .find(|service| service.id.as_str() == id)
            .map(|service| resources::location(service)),
        "Organization" => listed
            .find(|service| resources::organisation_id(service).as_deref() == Some(&id))
            .and_then(|service| resources::organisation(service)),
        kind => return answer(&parts, &headers, Err(Problem::unknown_kind(kind))),
    };
    let found =
        found.ok_or_else(|| Problem::not_found("no resource of that id is in the Directory"));
    answer(&parts, &headers, found)
}

/// Another verb than GET: messages are not taken yet, and the Directory can only be read.
async fn only_get(State(parts): State<Parts>, uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().ends_with("/$process-message") {
        return answer(&parts, &headers, Err(Problem::not_implemented()));
    }
    let mut answer = answer(&parts, &headers, Err(Problem::only_get()));
    answer
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    answer
}

async fn nothing(State(parts): State<Parts>, headers: HeaderMap) -> Response {
    answer(&parts, &headers, Err(Problem::unknown_kind("")))
}

/// A resource or what went wrong, with the ids of the question; only JSON is spoken.
fn answer(parts: &Parts, headers: &HeaderMap, found: Result<Value, Problem>) -> Response {
    let wants_xml = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| {
            accept.contains("xml") && !accept.contains("json") && !accept.contains("*/*")
        });
    let found = if wants_xml {
        Err(Problem::only_json())
    } else {
        found
    };
    let (status, body) = match found {
        Ok(body) => (StatusCode::OK, body),
        Err(problem) => (problem.status, problem.outcome()),
    };
    let mut answer = (status, Json(body)).into_response();
    let fields = answer.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    let is_public = audience(parts, headers) == Audience::Public;
    let cache = if is_public { "no-cache" } else { "no-store" };
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if is_public {
        let all = HeaderValue::from_static("*");
        fields.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, all);
    }
    for name in ECHOED {
        if let Some(value) = headers.get(name) {
            fields.insert(HeaderName::from_static(name), value.clone());
        }
    }
    answer
}
