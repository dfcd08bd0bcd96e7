//! What crews, advisers and operators tell: a patient is on the way, advice was given, a place is not recommended.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use compact_str::CompactString;
use serde::Deserialize;

use crate::destinations::DestinationsState;
use crate::error_response;
use domain::time::MINUTE;
use domain::{At, Event, EventId, Fact, FeedId, IncidentId, OWN_FEED, Reason, ServiceId, Verdict};

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
                error_response(StatusCode::NOT_FOUND, "unknown_service", words, what)
            }
            Self::NotKept => error_response(
                StatusCode::SERVICE_UNAVAILABLE,
                "not_kept",
                "it could not be kept, and nothing was done",
                "send the same again",
            ),
        }
    }
}

/// Keeps that a crew set off: the call-out it is kept under, and whether `now` or `before`.
pub async fn set_off(
    parts: &DestinationsState,
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

/// What is said of a key that cannot be used.
pub const KEY: &str =
    "key: give 1 to 40 letters, digits and . _ : - of your own, another for each message";

/// The id of a message that a key names.
pub fn keyed(what: &str, key: &str) -> Option<EventId> {
    let is_short = (1..=KEY_CHARS_MAX).contains(&key.len());
    is_short.then(|| EventId::new(&format!("{what}-{key}")).ok())?
}

/// What is answered when a field is wrong.
pub fn bad(words: &str) -> Response {
    let what = "see /api/openapi.json";
    error_response(StatusCode::BAD_REQUEST, "cannot_be_read", words, what)
}

/// Keeps what was told: whether `now`, or `before` with the same key.
pub async fn keep(
    parts: &DestinationsState,
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
