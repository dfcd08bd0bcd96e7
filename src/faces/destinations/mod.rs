//! Destinations for crews and clinicians: where this patient may be taken, in what order and why; and what crews and
//! advisers tell in return, so that those on their way count before they arrive.

pub mod said;
pub mod words;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::domain::Position;
use crate::domain::pathway::{Need, Pathways, Way};
use crate::domain::time::HOUR;
use crate::faces::directory::refused;
use crate::faces::finding::Fault;
use crate::faces::finding::asks::{Fields, age_days, origin};
use crate::faces::{Shared, wire};
use crate::log::Submitter;
use crate::views::Published;
use crate::views::destinations::{self, Asked, Destinations};

/// Largest body, bytes.
const BODY_BYTES_MAX: usize = 4 << 10;
/// Every parameter of the question.
const KNOWN: [&str; 9] = [
    "postcode", "place", "lat", "lng", "need", "age", "age_days", "way", "at_plus",
];

/// What these routes need.
#[derive(Clone)]
pub struct Parts {
    /// The published picture.
    pub shared: Shared,
    /// The way into the log.
    pub submitter: Submitter,
}

/// The routes.
pub fn router(parts: Parts) -> Router {
    Router::new()
        .route("/api/v1/destinations", get(ask))
        .route("/api/v1/destinations/advised", post(said::advised))
        .route("/api/v1/destinations/conveying", post(said::conveying))
        .route(
            "/api/v1/destinations/recommendations",
            post(said::recommendation),
        )
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(parts)
}

/// A question as understood.
pub struct Question {
    /// Where from.
    pub from: Position,
    /// Where from, in words.
    pub place: String,
    /// What the patient needs.
    pub need: Need,
    /// How they come.
    pub way: Way,
    age_days: Option<u32>,
    hours: i64,
}

impl Question {
    /// Places for the patient as things stand in a picture.
    pub async fn answer(&self, shared: &Shared, picture: &Published) -> Destinations {
        let named = destinations::named(picture, &self.need);
        let positions: Vec<Position> = named.iter().map(|view| view.service.position).collect();
        let minutes = shared.travel.minutes(self.from, &positions).await;
        let places: Vec<_> = named.into_iter().zip(minutes).collect();
        let asked = Asked {
            need: &self.need,
            way: self.way,
            age_days: self.age_days,
            in_time: self.hours * HOUR,
        };
        destinations::answer(picture, picture.directory.pathways(), &asked, &places)
    }
}

/// Reads a question from its parameters.
pub fn read(table: &Pathways, pairs: Vec<(String, String)>) -> Result<Question, Vec<Fault>> {
    let mut fields = Fields::of(pairs, &KNOWN);
    let from = origin(&mut fields);
    let keys: Vec<&str> = table.need.iter().map(|need| need.id.as_str()).collect();
    let hint = format!("one of: {}", keys.join(", "));
    if fields.get("need").is_none() {
        fields
            .faults
            .push(Fault::new("need", "is missing", hint.clone()));
    }
    let need = fields.read("need", &hint, |text| table.find(text));
    let way = fields.read("way", "ambulance or walk_in", |text| match text {
        "ambulance" => Some(Way::Ambulance),
        "walk_in" => Some(Way::WalkIn),
        _ => None,
    });
    let age_days = age_days(&mut fields);
    let hours = fields.read("at_plus", "0, 1 or 2 hours", |text| {
        text.parse().ok().filter(|hours| (0..=2).contains(hours))
    });
    let way = way.unwrap_or(match need.map(|need| need.way) {
        Some(Way::WalkIn) => Way::WalkIn,
        _ => Way::Ambulance,
    });
    if need.is_some_and(|need| !need.allows(way)) {
        let message = "such patients do not come that way";
        fields
            .faults
            .push(Fault::new("way", message, "give the other way"));
    }
    match (from, need) {
        (Some((from, place)), Some(need)) if fields.faults.is_empty() => Ok(Question {
            from,
            place,
            need: need.clone(),
            way,
            age_days,
            hours: hours.unwrap_or(0),
        }),
        _ => Err(fields.faults),
    }
}

async fn ask(State(parts): State<Parts>, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let picture = parts.shared.picture();
    let table = picture.directory.pathways();
    let question = match read(table, pairs) {
        Ok(question) => question,
        Err(why) => return refused(&why),
    };
    let found = question.answer(&parts.shared, &picture).await;
    let mut body = wire::envelope(
        &picture,
        &parts.shared.mode,
        "destinations",
        &words::choices(&found, question.way),
    );
    let more = json!({
        "need": {"id": question.need.id, "name": question.need.name},
        "way": question.way.label(),
        "from": question.place,
        "at_plus": question.hours,
        "recommended": words::recommended(&found),
        "order_holds": found.holds.map(|chance| (chance * 100.0).round() / 100.0),
        "left_out": words::left_out(&found),
        "unknown": words::unknown(&found),
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
