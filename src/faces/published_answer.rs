//! The published value as an answer: what the routes that read it share, and how it goes out as JSON or as a map layer.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use app::AppState;
use app::access::Access;
use app::history::HistoryTurns;
use domain::Cell;
use views::Published;

/// What the API needs.
#[derive(Clone)]
pub struct ApiState {
    /// The published value.
    pub shared: AppState,
    /// Whether the log takes facts, and why not.
    pub log_state: watch::Receiver<Result<(), String>>,
    /// Who may see exact counts.
    pub access: Access,
    /// What was shown before.
    pub looking_back: HistoryTurns,
}

/// Answers with JSON, or with "not modified" when the caller has this very published value.
pub fn answer(
    parts: &ApiState,
    headers: &HeaderMap,
    published: &Published,
    body: &Value,
) -> Response {
    let tag = format!("\"{}-{}\"", published.epoch, published.seq);
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let mut answer = if known.is_some_and(|known| known.contains(&tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        axum::Json(body).into_response()
    };
    let fields = answer.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        fields.insert(header::ETAG, tag);
    }
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    fields.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    if parts.shared.mode.demonstration.is_some() {
        fields.insert("x-demonstration", HeaderValue::from_static("simulated"));
    }
    answer
}

/// Features as a map layer; whatever else is said of them stands beside.
pub fn as_map_layer(
    parts: &ApiState,
    headers: &HeaderMap,
    published: &Published,
    features: Vec<Value>,
    mut about: Map<String, Value>,
) -> Response {
    about.insert("type".to_owned(), "FeatureCollection".into());
    about.insert("as_of".to_owned(), published.as_of.rfc3339_london().into());
    about.insert("features".to_owned(), features.into());
    let mut answer = answer(parts, headers, published, &about.into());
    if answer.status() == StatusCode::OK {
        let kind = HeaderValue::from_static("application/geo+json");
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    answer
}

/// A hex as a polygon, its corners counterclockwise.
pub fn polygon(cell: Cell, properties: &Value) -> Value {
    let boundary = cell.0.boundary();
    let mut ring: Vec<[f64; 2]> = boundary.iter().map(|c| [c.lng(), c.lat()]).collect();
    ring.extend(ring.first().copied());
    json!({
        "type": "Feature",
        "id": cell.to_string(),
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    })
}
