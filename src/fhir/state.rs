//! What the routes need, and how their answers go out: in the format that was asked for, kept by nobody who may not.

use axum::extract::{FromRequestParts, OriginalUri, State};
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::bars::Requests;
use crate::format::Format;
use crate::model;
use crate::outcome::Problem;
use crate::request::FhirRequest;
use app::access::{Access, PROFESSIONALS};
use app::booking::BookingDesk;
use domain::service_contacts::Audience;

/// Echoed on every answer, errors included (BaRS API 1.1.0).
const ECHOED: [&str; 2] = ["x-request-id", "x-correlation-id"];
/// Methods of what can only be read.
const READING: &str = "GET, HEAD";

/// What the routes need.
#[derive(Clone)]
pub struct FhirState {
    /// Bookings, and what is published.
    pub desk: BookingDesk,
    /// Who may.
    pub access: Access,
    /// What was asked before, by its id.
    pub requests: Requests,
}

impl FromRequestParts<FhirState> for FhirRequest {
    type Rejection = Response;

    async fn from_request_parts(head: &mut Head, parts: &FhirState) -> Result<Self, Response> {
        let uri = head.extensions.get::<OriginalUri>();
        let uri = uri.map_or(&head.uri, |OriginalUri(uri)| uri);
        match Self::read(uri, &head.headers) {
            (asked, Ok(())) => Ok(asked),
            (asked, Err(problem)) => Err(parts.answer(&asked, Err(problem))),
        }
    }
}

/// Whether whoever asks may see what is for professionals.
pub fn audience(parts: &FhirState, headers: &HeaderMap) -> Audience {
    let now = parts.desk.shared.clock.now();
    match parts.access.find_reader(headers, &PROFESSIONALS, now) {
        Some(_) => Audience::Professional,
        None => Audience::Public,
    }
}

/// Another method than GET: the Directory can only be read.
pub async fn only_get(State(parts): State<FhirState>, asked: FhirRequest) -> Response {
    let words = "this can only be read here: GET or HEAD";
    parts.refuse_method(&asked, words, READING)
}

impl FhirState {
    /// As [`Self::answer`], for what nobody may keep or show to others.
    pub fn private_answer(&self, asked: &FhirRequest, found: Result<Value, Problem>) -> Response {
        let mut answer = self.answer(asked, found);
        let fields = answer.headers_mut();
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        fields.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        answer
    }

    /// Refuses a method that the address does not take.
    pub fn refuse_method(
        &self,
        asked: &FhirRequest,
        words: &str,
        allowed: &'static str,
    ) -> Response {
        let mut answer = self.answer(asked, Err(Problem::method(words)));
        let allowed = HeaderValue::from_static(allowed);
        answer.headers_mut().insert(header::ALLOW, allowed);
        answer
    }

    /// A resource or what went wrong, in the format that was asked for, with the ids of the question.
    pub fn answer(&self, asked: &FhirRequest, found: Result<Value, Problem>) -> Response {
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
