//! Readings as JSON, for other software and for the page's own script.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

pub use crate::published_answer::ApiState;
use crate::published_answer::answer;
use crate::{heat, map_shapes};
use app::{error_response, wire};
use views::Published;

/// The routes.
pub fn router(parts: ApiState) -> Router {
    Router::new()
        .route("/api/v1/waits", get(waits))
        .route("/api/v1/services", get(services))
        .route("/api/v1/services/{id}", get(service))
        .route("/api/v1/feeds", get(feeds))
        .route("/api/v1/scorecard", get(scorecard))
        .route("/api/v1/opel", get(opel))
        .route("/api/v1/heat", get(heat::json))
        .route("/api/v1/heat.geojson", get(heat::geojson))
        .route(
            "/api/v1/outlines.geojson",
            get(map_shapes::outlines_geojson),
        )
        .route("/api/v1/hexes.geojson", get(map_shapes::hexes_geojson))
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(parts)
}

/// Middleware of the whole table: a program is refused in JSON also where no handler of ours saw the request,
/// because its path, its query or its body could not be read, or nothing is there.
pub async fn refuse_in_json(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let answer = next.run(request).await;
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let is_json = kind
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.contains("json"));
    if !is_api || is_json || !answer.status().is_client_error() {
        return answer;
    }
    let (code, message, what_to_do) = match answer.status() {
        StatusCode::NOT_FOUND => ("not_found", "nothing is at this address", SEE_OPENAPI),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "this address does not take that method",
            "use one that `Allow` names",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            ("too_large", "the body is too large", "send less at once")
        }
        _ => (
            "cannot_be_read",
            "the address or the body cannot be read",
            SEE_OPENAPI,
        ),
    };
    let mut said = error_response(answer.status(), code, message, what_to_do);
    if let Some(allow) = answer.headers().get(header::ALLOW) {
        said.headers_mut().insert(header::ALLOW, allow.clone());
    }
    said
}

/// Where everything that may be asked is written down.
const SEE_OPENAPI: &str = "see /api/openapi.json";

async fn waits(State(parts): State<ApiState>, headers: HeaderMap) -> Response {
    let published = parts.shared.published();
    let cards: Vec<Value> = published
        .services
        .values()
        .filter(|view| !view.readings.is_empty())
        .map(|view| wire::card(view))
        .collect();
    let body = wire::envelope(&published, &parts.shared.mode, "services", &cards.into());
    answer(&parts, &headers, &published, &body)
}

async fn services(State(parts): State<ApiState>, headers: HeaderMap) -> Response {
    let published = parts.shared.published();
    let all: Vec<Value> = published
        .services
        .values()
        .map(|view| wire::service(view))
        .collect();
    let body = wire::envelope(&published, &parts.shared.mode, "services", &all.into());
    answer(&parts, &headers, &published, &body)
}

async fn service(
    State(parts): State<ApiState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let published = parts.shared.published();
    let Some(view) = published.services.get(id.as_str()) else {
        return unknown_service();
    };
    answer(
        &parts,
        &headers,
        &published,
        &merged(&parts, &published, wire::service(view)),
    )
}

/// The envelope and the object in one.
fn merged(parts: &ApiState, published: &Arc<Published>, object: Value) -> Value {
    let mut body = wire::envelope(published, &parts.shared.mode, "version", &json!(1));
    if let (Some(body), Value::Object(object)) = (body.as_object_mut(), object) {
        body.extend(object);
    }
    body
}

async fn feeds(State(parts): State<ApiState>, headers: HeaderMap) -> Response {
    let published = parts.shared.published();
    let all: Vec<Value> = published
        .feeds
        .values()
        .map(|view| wire::feed(view))
        .collect();
    let body = wire::envelope(&published, &parts.shared.mode, "feeds", &all.into());
    answer(&parts, &headers, &published, &body)
}

/// Of which service, if of one.
#[derive(Deserialize)]
struct ScoreQuery {
    service: Option<String>,
}

async fn scorecard(
    State(parts): State<ApiState>,
    Query(query): Query<ScoreQuery>,
    headers: HeaderMap,
) -> Response {
    let published = parts.shared.published();
    let asked = query.service.as_deref();
    if asked.is_some_and(|id| !published.services.contains_key(id)) {
        return unknown_service();
    }
    let rows = super::scorecard::rows(&published.scorecard, asked);
    let body = wire::envelope(&published, &parts.shared.mode, "scores", &rows);
    answer(&parts, &headers, &published, &body)
}

async fn opel(State(parts): State<ApiState>, headers: HeaderMap) -> Response {
    let published = parts.shared.published();
    let trusts = wire::opel::trusts(&published.opel);
    let body = wire::envelope(&published, &parts.shared.mode, "trusts", &trusts);
    answer(&parts, &headers, &published, &body)
}

fn unknown_service() -> Response {
    error_response(
        StatusCode::NOT_FOUND,
        "unknown_service",
        "no service of that id is in the directory",
        "GET /api/v1/services lists them",
    )
}

/// Ready when the log takes facts; the first published value is published before the server listens.
async fn ready(State(parts): State<ApiState>) -> Response {
    let state = parts.log_state.borrow().clone();
    match state {
        Ok(()) => "ready\n".into_response(),
        Err(why) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {why}\n"),
        )
            .into_response(),
    }
}
