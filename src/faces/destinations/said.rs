//! What crews, advisers and operators tell: a patient is on the way, advice was given, a place is not recommended.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use compact_str::CompactString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::domain::time::MINUTE;
use crate::domain::{
    At, Caller, Event, EventId, Fact, FeedId, IncidentId, OWN_FEED, Reason, ServiceId, Verdict,
};
use crate::faces::destinations::Parts;
use crate::faces::failure;

/// Longest reason, characters.
const WHY_CHARS_MAX: usize = 200;
/// Longest call sign and longest key, characters.
const VEHICLE_CHARS_MAX: usize = 16;
/// See [`VEHICLE_CHARS_MAX`].
const KEY_CHARS_MAX: usize = 40;
/// The farthest time of arrival that may be told, minutes.
const ETA_MINUTES_MAX: i64 = 240;
/// The longest time without signal after which a crew's word is still taken, seconds: four hours.
const AGO_SECONDS_MAX: i64 = 4 * 3_600;

/// A crew sets off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conveying {
    /// For where.
    pub service: ServiceId,
    /// The crew's own: the same again is the same message.
    pub key: CompactString,
    /// Of the control room, or the crew's own for one patient.
    pub incident: Option<IncidentId>,
    /// Call sign.
    pub vehicle: Option<CompactString>,
    /// The drive.
    pub eta_minutes: Option<i64>,
    /// It was so long ago, where there was no signal.
    #[serde(default)]
    pub ago_seconds: i64,
}

/// Why nothing was taken.
#[derive(Debug)]
pub enum NotTaken {
    /// Something of it is wrong: what.
    Bad(String),
    /// No such service.
    UnknownService,
    /// The log could not be written.
    NotKept,
}

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        match self {
            Self::Bad(words) => bad(&words),
            Self::UnknownService => {
                let what = "GET /api/v1/services lists them";
                let words = "no service of that id is in the directory";
                failure(StatusCode::NOT_FOUND, "unknown_service", words, what)
            }
            Self::NotKept => failure(
                StatusCode::SERVICE_UNAVAILABLE,
                "not_kept",
                "it could not be kept, and nothing was done",
                "send the same again",
            ),
        }
    }
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
pub async fn conveying(State(parts): State<Parts>, body: Bytes) -> Response {
    match read::<Conveying>(&body) {
        Ok(told) => match set_off(&parts, told).await {
            Ok((incident, word)) => answered(Ok(word), json!({"incident": incident})),
            Err(why) => why.into_response(),
        },
        Err(why) => *why,
    }
}

/// Keeps that a crew set off: the call-out it is kept under, and whether `now` or `before`.
pub async fn set_off(
    parts: &Parts,
    told: Conveying,
) -> Result<(IncidentId, &'static str), NotTaken> {
    let bad = |words: &str| Err(NotTaken::Bad(words.to_owned()));
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let vehicle = told.vehicle.as_deref().unwrap_or("none");
    if vehicle.is_empty() || vehicle.len() > VEHICLE_CHARS_MAX || !is_word(vehicle) {
        return bad("vehicle: give a call sign of up to 16 letters, digits and -");
    }
    let is_far = |m: i64| !(0..=ETA_MINUTES_MAX).contains(&m);
    if told.eta_minutes.is_some_and(is_far) {
        return bad("eta_minutes: give 0 to 240");
    }
    if !(0..=AGO_SECONDS_MAX).contains(&told.ago_seconds) {
        return bad("ago_seconds: give 0 to 14400");
    }
    let Some(id) = keyed("conveying", &told.key) else {
        return bad(KEY);
    };
    let Some(incident) = told.incident.or_else(|| IncidentId::new(id.as_str()).ok()) else {
        return bad(KEY);
    };
    let then = parts.shared.clock.now().plus(-told.ago_seconds * 1_000);
    let event = Event::ConveyanceStarted {
        incident: incident.clone(),
        vehicle: told.vehicle,
        service: told.service,
        eta: told.eta_minutes.map(|minutes| then.plus(minutes * MINUTE)),
    };
    let word = keep(parts, id, then, event).await?;
    Ok((incident, word))
}

/// `POST /api/v1/destinations/advised`
pub async fn advised(State(parts): State<Parts>, body: Bytes) -> Response {
    let told = match read::<Advised>(&body) {
        Ok(told) => told,
        Err(why) => return *why,
    };
    let picture = parts.shared.picture();
    if picture.directory.pathways().find(&told.need).is_none() {
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
    State(parts): State<Parts>,
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
    let mut random = [0_u8; 16];
    let id = aws_lc_rs::rand::fill(&mut random)
        .ok()
        .and_then(|()| EventId::new(&format!("own-{:032x}", u128::from_be_bytes(random))).ok());
    let Some(id) = id else {
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

const KEY: &str =
    "key: give 1 to 40 letters, digits and . _ : - of your own, another for each message";

fn keyed(what: &str, key: &str) -> Option<EventId> {
    let is_short = (1..=KEY_CHARS_MAX).contains(&key.len());
    is_short.then(|| EventId::new(&format!("{what}-{key}")).ok())?
}

/// An object first: serde would take a list as the fields in their order.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<Response>> {
    let object = serde_json::from_slice::<Map<String, Value>>(body);
    object
        .and_then(|object| serde_json::from_value(object.into()))
        .map_err(|why| Box::new(bad(&why.to_string())))
}

fn bad(words: &str) -> Response {
    let what = "see /api/openapi.json";
    failure(StatusCode::BAD_REQUEST, "cannot_be_read", words, what)
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

async fn keep(
    parts: &Parts,
    id: EventId,
    happened_at: At,
    event: Event,
) -> Result<&'static str, NotTaken> {
    let fact = Fact {
        id,
        feed: FeedId::new(OWN_FEED).map_err(|_unnamed| NotTaken::NotKept)?,
        happened_at,
        event,
    };
    let taken = match parts.submitter.submit(vec![fact]).await {
        Ok(receipt) => receipt.verdicts.into_iter().next(),
        Err(_) => None,
    };
    match taken {
        Some(Verdict::Accepted { .. }) => Ok("now"),
        // The same key: what was told with it the first time holds.
        Some(Verdict::Duplicate) => Ok("before"),
        Some(Verdict::Refused(why)) if why.reason == Reason::IdReused => Ok("before"),
        Some(Verdict::Refused(why)) if why.reason == Reason::UnknownService => {
            Err(NotTaken::UnknownService)
        }
        Some(Verdict::Refused(why)) => Err(NotTaken::Bad(why.detail)),
        None => Err(NotTaken::NotKept),
    }
}
