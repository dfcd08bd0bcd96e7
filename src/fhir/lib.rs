//! FHIR R4: the Directory, to be read and searched; booking and referral (BaRS).

mod bars;
mod body;
mod filter;
mod format;
pub mod model;
mod outcome;
mod request;
mod resources;
mod search;
mod state;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{any, get};
use serde_json::{Value, json};
use tower_http::compression::CompressionLayer;

use app::access::Access;
use app::booking::BookingDesk;

use bars::Requests;
use format::Format;
use outcome::Problem;
use request::{BASE, FhirRequest};
use search::is_listed;
use state::{audience, only_get};

pub use state::{FhirState, refusal};

/// The routes.
pub fn router(desk: BookingDesk, access: Access) -> Router {
    let parts = FhirState {
        desk,
        access,
        requests: Requests::default(),
    };
    let inside = Router::new()
        .route("/metadata", get(metadata).fallback(only_get))
        .route("/{kind}", get(find).fallback(only_get))
        .route("/{kind}/{id}", get(read).fallback(only_get))
        .layer(CompressionLayer::new())
        .merge(bars::router())
        .fallback(nothing)
        .layer(DefaultBodyLimit::max(model::BYTES_MAX));
    Router::new()
        .nest(BASE, inside)
        // The base with a stroke at its end is not within it.
        .route(&format!("{BASE}/"), any(nothing))
        .with_state(parts)
}

/// What is served, and nothing else.
async fn metadata(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
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
    let mut resources = vec![
        resource("HealthcareService"),
        resource("Location"),
        resource("Organization"),
    ];
    resources.extend(bars::capabilities());
    let statement = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-27",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": [Format::Json.media_type(), Format::Xml.media_type()],
        "software": {"name": "uec-live", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {
            "description": "Live urgent care capacity: the Directory can be read and searched; bookings and referrals are \
                            received by BaRS, API 1.1.0. Schedules come only by include."
        },
        "rest": [{
            "mode": "server",
            "resource": resources,
            "operation": [{
                "name": "process-message",
                "definition": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
            }],
        }],
        "messaging": bars::messaging(),
    });
    parts.answer(&asked, Ok(statement))
}

async fn find(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let published = parts.desk.shared.published();
    let audience = audience(&parts, &asked.headers);
    let found = search::answer(&published.directory, asked.part(0), &asked.pairs, audience);
    parts.answer(&asked, found)
}

async fn read(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let found = find_one(&parts, &asked);
    parts.answer(&asked, found)
}

fn find_one(parts: &FhirState, asked: &FhirRequest) -> Result<Value, Problem> {
    let published = parts.desk.shared.published();
    let audience = audience(parts, &asked.headers);
    let id = asked.part(1);
    let service = || {
        let found = published.directory.find_service(id);
        found.filter(|service| is_listed(service, audience))
    };
    let found = match asked.part(0) {
        "HealthcareService" => {
            service().map(|service| resources::healthcare_service(service, audience))
        }
        "Location" => service().map(|service| resources::location(service)),
        "Organization" => published
            .directory
            .services()
            .filter(|service| is_listed(service, audience))
            .find(|service| resources::organisation_id(service).as_deref() == Some(id))
            .and_then(|service| resources::organisation(service)),
        _ => return Err(Problem::unknown_kind()),
    };
    found.ok_or_else(|| Problem::not_found("no resource of that id is in the Directory"))
}

async fn nothing(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    parts.answer(&asked, Err(Problem::unknown_kind()))
}
