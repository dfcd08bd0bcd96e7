//! The Directory for other software: search with reasons, records, changes, and the capacity status API as NHS
//! services call it.

mod capacity;
mod changes;
mod record;
mod records;
mod search;
mod state;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::open_answer::open_to_all;

pub use changes::{ReadRecords, difference};
pub use state::DirectoryState;

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
