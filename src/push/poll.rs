//! Every topic at once, for those who poll.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::state::PushState;
use crate::topic;
use app::wire;

/// What may be asked of the state.
#[derive(Deserialize)]
pub struct StateQuery {
    at: Option<String>,
}

/// `GET /api/v1/state`: as it is, or as it was shown at a moment.
pub async fn state(
    State(parts): State<PushState>,
    Query(query): Query<StateQuery>,
    headers: HeaderMap,
) -> Response {
    let known = headers.get(header::IF_NONE_MATCH);
    let known = known.and_then(|tag| tag.to_str().ok());
    if let (None, Some(known)) = (&query.at, known) {
        let (epoch, seq, _) = parts.hub.position();
        if known.contains(&state_tag(&epoch, seq)) {
            return (StatusCode::NOT_MODIFIED, state_fields(&epoch, seq)).into_response();
        }
    }
    let (published, topics) = match query.at {
        None => parts.hub.all(),
        Some(at) => match parts.past.published(&at, &parts.shared).await {
            Ok(published) => {
                let topics = topic::contents(&published, &parts.shared.mode, None);
                (published, topic::all(&topics))
            }
            Err(why) => return why.into_response(),
        },
    };
    let body = wire::envelope(&published, &parts.shared.mode, "topics", &topics);
    let fields = state_fields(&published.epoch, published.seq);
    (fields, axum::Json(body)).into_response()
}

fn state_tag(epoch: &str, seq: u64) -> String {
    format!("\"{epoch}-{seq}\"")
}

fn state_fields(epoch: &str, seq: u64) -> [(HeaderName, String); 3] {
    [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, state_tag(epoch, seq)),
    ]
}
