//! Destinations for crews and advisers as JSON: what is asked, and what they tell in return.

use app::booking::fresh_event_id;
use app::destinations::reports::{Conveying, KEY, NotTaken, bad, keep, keyed, set_off};
use app::destinations::{DestinationsState, as_json, read as read_question};
use app::wire;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use compact_str::CompactString;
use domain::{Caller, Event, ServiceId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::open_answer::refused;

/// Largest body, bytes.
const BODY_BYTES_MAX: usize = 4 << 10;
/// Longest reason, characters.
const WHY_CHARS_MAX: usize = 200;

/// The routes.
pub fn router(parts: DestinationsState) -> Router {
    Router::new()
        .route("/api/v1/destinations", get(ask))
        .route("/api/v1/destinations/advised", post(advised))
        .route("/api/v1/destinations/conveying", post(conveying))
        .route("/api/v1/destinations/recommendations", post(recommendation))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(parts)
}

async fn ask(
    State(parts): State<DestinationsState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let published = parts.shared.published();
    let table = published.directory.pathways();
    let question = match read_question(table, pairs) {
        Ok(question) => question,
        Err(why) => return refused(&why),
    };
    let found = question.answer(&parts.shared, &published).await;
    let mut body = wire::envelope(
        &published,
        &parts.shared.mode,
        "destinations",
        &as_json::choices(&found, question.way),
    );
    let more = json!({
        "need": {"id": question.need.id, "name": question.need.name},
        "way": question.way.label(),
        "from": question.place,
        "at_plus": question.hours,
        "recommended": as_json::recommended(&found),
        "order_holds": found.holds.map(|chance| (chance * 100.0).round() / 100.0),
        "left_out": as_json::left_out(&found),
        "unknown": as_json::unknown(&found),
        "rules": {
            "source": table.source,
            "signed_off": table.signed_off,
            "clear_minutes": table.clear_minutes,
            "clear_source": table.clear_source,
        },
        "travel": {"provider": parts.shared.travel.name(), "how": parts.shared.travel.how()},
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

/// Somebody was advised.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advised {
    service: ServiceId,
    key: CompactString,
    need: CompactString,
    #[serde(default)]
    nudge: bool,
}

/// A recommendation is switched.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switching {
    service: ServiceId,
    on: bool,
    why: String,
}

/// `POST /api/v1/destinations/conveying`
pub async fn conveying(State(parts): State<DestinationsState>, body: Bytes) -> Response {
    match read::<Conveying>(&body) {
        Ok(told) => match set_off(&parts, told).await {
            Ok((incident, word)) => answered(Ok(word), json!({"incident": incident})),
            Err(why) => why.into_response(),
        },
        Err(why) => *why,
    }
}

/// `POST /api/v1/destinations/advised`
pub async fn advised(State(parts): State<DestinationsState>, body: Bytes) -> Response {
    let told = match read::<Advised>(&body) {
        Ok(told) => told,
        Err(why) => return *why,
    };
    let published = parts.shared.published();
    if published.directory.pathways().find(&told.need).is_none() {
        return bad("need: give one that GET /api/v1/destinations knows");
    }
    let Some(id) = keyed("advised", &told.key) else {
        return bad(KEY);
    };
    let event = Event::AdviceGiven {
        service: told.service,
        need: told.need,
        nudge: told.nudge,
    };
    let now = parts.shared.clock.now();
    answered(keep(&parts, id, now, event).await, json!({}))
}

/// `POST /api/v1/destinations/recommendations`
pub async fn recommendation(
    State(parts): State<DestinationsState>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Response {
    let told = match read::<Switching>(&body) {
        Ok(told) => told,
        Err(why) => return *why,
    };
    let why = told.why.trim();
    if why.is_empty() || why.chars().count() > WHY_CHARS_MAX {
        return bad("why: say why, in up to 200 characters");
    }
    let now = parts.shared.clock.now();
    let Some(id) = fresh_event_id() else {
        return NotTaken::NotKept.into_response();
    };
    let event = Event::RecommendationSwitched {
        service: told.service,
        on: told.on,
        why: why.to_owned(),
        by: caller.name,
    };
    answered(keep(&parts, id, now, event).await, json!({"on": told.on}))
}

/// An object first: serde would take a list as the fields in their order.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<Response>> {
    let object = serde_json::from_slice::<Map<String, Value>>(body);
    object
        .and_then(|object| serde_json::from_value(object.into()))
        .map_err(|why| Box::new(bad(&why.to_string())))
}

/// What is answered when it was kept, with `now` or `before`, or why it was not.
fn answered(kept: Result<&str, NotTaken>, mut done: Value) -> Response {
    let word = match kept {
        Ok(word) => word,
        Err(why) => return why.into_response(),
    };
    if let Some(done) = done.as_object_mut() {
        done.insert("taken".to_owned(), word.into());
    }
    axum::Json(done).into_response()
}
