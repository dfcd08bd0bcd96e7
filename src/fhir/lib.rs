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

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};
use tower_http::compression::CompressionLayer;

use app::access::{Access, PROFESSIONALS};
use app::booking::BookingDesk;
use domain::Service;
use domain::service_contacts::Audience;

use bars::Requests;
use format::Format;
use outcome::Problem;
use request::FhirRequest;

/// The FHIR base.
const BASE: &str = "/FHIR/R4";
/// Echoed on every answer, errors included (BaRS API 1.1.0).
const ECHOED: [&str; 2] = ["x-request-id", "x-correlation-id"];
/// Methods of what can only be read.
const READING: &str = "GET, HEAD";

/// What the routes need.
#[derive(Clone)]
pub struct FhirState {
    desk: BookingDesk,
    access: Access,
    requests: Requests,
}

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

fn audience(parts: &FhirState, headers: &HeaderMap) -> Audience {
    let now = parts.desk.shared.clock.now();
    match parts.access.find_reader(headers, &PROFESSIONALS, now) {
        Some(_) => Audience::Professional,
        None => Audience::Public,
    }
}

/// Whether the record may be shown: to the public only what is active and for the public.
fn is_listed(service: &Service, audience: Audience) -> bool {
    audience == Audience::Professional || (service.active && service.audience == Audience::Public)
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

/// Another method than GET: the Directory can only be read.
async fn only_get(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let words = "this can only be read here: GET or HEAD";
    parts.refuse_method(&asked, words, READING)
}

async fn nothing(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    parts.answer(&asked, Err(Problem::unknown_kind()))
}

impl FhirState {
    /// As [`Self::answer`], for what nobody may keep or show to others.
    fn private_answer(&self, asked: &FhirRequest, found: Result<Value, Problem>) -> Response {
        let mut answer = self.answer(asked, found);
        let fields = answer.headers_mut();
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        fields.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        answer
    }

    fn refuse_method(&self, asked: &FhirRequest, words: &str, allowed: &'static str) -> Response {
        let mut answer = self.answer(asked, Err(Problem::method(words)));
        let allowed = HeaderValue::from_static(allowed);
        answer.headers_mut().insert(header::ALLOW, allowed);
        answer
    }

    /// A resource or what went wrong, in the format that was asked for, with the ids of the question.
    fn answer(&self, asked: &FhirRequest, found: Result<Value, Problem>) -> Response {
        let mut answer = written(asked, found);
        let fields = answer.headers_mut();
        let is_public = audience(self, &asked.headers) == Audience::Public;
        let cache = if is_public { "no-cache" } else { "no-store" };
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        if is_public {
            let all = HeaderValue::from_static("*");
            fields.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, all);
        }
        answer
    }
}

/// What a caller is told who may not ask this, or whom we do not know.
pub fn refusal(status: StatusCode, headers: &HeaderMap, uri: &Uri) -> Response {
    let (asked, _) = FhirRequest::read(uri, headers);
    let problem = match status {
        StatusCode::FORBIDDEN => Problem::forbidden(),
        StatusCode::METHOD_NOT_ALLOWED => Problem::method("this address does not take that method"),
        _ => Problem::unauthorised(),
    };
    let mut answer = written(&asked, Err(problem));
    let no_store = HeaderValue::from_static("no-store");
    answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    answer
}

fn written(asked: &FhirRequest, found: Result<Value, Problem>) -> Response {
    let (status, resource) = match found {
        Ok(resource) => (StatusCode::OK, resource),
        Err(problem) => (problem.status, problem.outcome()),
    };
    let (status, format, text) = match asked.wanted.format {
        Format::Json => (status, Format::Json, resource.to_string()),
        Format::Xml => match model::to_xml(&resource) {
            Ok(text) => (status, Format::Xml, text),
            Err(fault) => {
                tracing::error!(%fault, "a resource of ours could not be written as XML");
                let problem = Problem::of_ours();
                (problem.status, Format::Json, problem.outcome().to_string())
            }
        },
    };
    let mut answer = (status, text).into_response();
    let fields = answer.headers_mut();
    let media_type = HeaderValue::from_static(format.media_type());
    fields.insert(header::CONTENT_TYPE, media_type);
    fields.insert(header::VARY, HeaderValue::from_static("accept"));
    for name in ECHOED {
        if let Some(value) = asked.headers.get(name) {
            fields.insert(HeaderName::from_static(name), value.clone());
        }
    }
    answer
}
