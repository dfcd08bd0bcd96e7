//! The capacity status API of the Directory of Services, as NHS services call it: `GET` and `PUT
//! /api/v0.0.1/capacity/services/{uid}/capacitystatus/` with `Authorization: Token …`.
//!
//! From its published source of 2021; whether production is still so is not known here.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::directory::state::DirectoryState;
use app::booking::fresh_event_id;
use domain::event::{Event, Rag};
use domain::{Caller, Fact, FeedId, OWN_FEED, Role, Service, Verdict};
use views::{Published, ServiceView};

/// What is put before every note.
const NOTE_BEGINS: &str = "Capacity status set by Capacity Status API - ";
/// Longest note, characters.
const NOTE_CHARS_MAX: usize = 900;
/// Red and amber hold so long unless said otherwise, and at most so long, minutes.
const RESET_MINUTES: u32 = 240;
/// See [`RESET_MINUTES`].
const RESET_MINUTES_MAX: i64 = 1_440;

/// What the status is now.
pub async fn get(State(parts): State<DirectoryState>, Path(uid): Path<String>) -> Response {
    let published = parts.shared.published();
    match find(&published, &uid) {
        Some((service, view)) => axum::Json(status(service, view)).into_response(),
        None => not_found(),
    }
}

/// Sets the status.
pub async fn put(
    State(parts): State<DirectoryState>,
    Extension(caller): Extension<Caller>,
    Path(uid): Path<String>,
    body: Bytes,
) -> Response {
    let published = parts.shared.published();
    let Some((service, _)) = find(&published, &uid) else {
        return not_found();
    };
    if !may_set(&caller, service) {
        return forbidden();
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(&body) else {
        return detail(StatusCode::BAD_REQUEST, "The body must be a JSON object.");
    };
    let wanted = match read(&fields) {
        Ok(wanted) => wanted,
        Err(faults) => return (StatusCode::BAD_REQUEST, axum::Json(faults)).into_response(),
    };
    let (Some(id), Ok(feed)) = (fresh_event_id(), FeedId::new(OWN_FEED)) else {
        return detail(StatusCode::INTERNAL_SERVER_ERROR, "No id could be made.");
    };
    let fact = Fact {
        id,
        feed,
        happened_at: parts.shared.clock.now(),
        event: Event::StatusSet {
            service: service.id.clone(),
            status: wanted.rag,
            reset_in_minutes: Some(wanted.reset_minutes),
            note: wanted.note,
            by: caller.name,
        },
    };
    let taken = parts.submitter.submit(vec![fact]).await;
    let is_taken =
        taken.is_ok_and(|receipt| matches!(receipt.verdicts[..], [Verdict::Accepted { .. }]));
    if !is_taken {
        return detail(
            StatusCode::SERVICE_UNAVAILABLE,
            "The status could not be kept; send it again.",
        );
    }
    let published = parts.shared.published();
    match find(&published, &uid) {
        Some((service, view)) => axum::Json(status(service, view)).into_response(),
        None => not_found(),
    }
}

/// A status that can be set.
struct NewStatus {
    rag: Rag,
    reset_minutes: u32,
    note: Option<String>,
}

/// Reads the body; the faults are by field, each with its published code.
fn read(fields: &Map<String, Value>) -> Result<NewStatus, Value> {
    let mut faults = Map::new();
    let mut fault = |field: &str, code: &str, words: &str| {
        faults.insert(field.to_owned(), json!([format!("{code}: {words}")]));
    };
    let rag = match fields.get("status").and_then(Value::as_str) {
        None if fields.get("status").is_none() => {
            fault("status", "VAL-0001", "This field is required.");
            None
        }
        text => {
            let rag = match text.unwrap_or_default().to_ascii_uppercase().as_str() {
                "RED" => Some(Rag::Red),
                "AMBER" => Some(Rag::Amber),
                "GREEN" => Some(Rag::Green),
                _ => None,
            };
            if rag.is_none() {
                fault("status", "VAL-0002", "Must be RED, AMBER or GREEN.");
            }
            rag
        }
    };
    let reset = match fields.get("resetStatusIn") {
        None | Some(Value::Null) => Some(RESET_MINUTES),
        Some(value) => {
            // A whole number, also as text, as the published service takes it.
            let minutes = value.as_i64().or_else(|| value.as_str()?.parse().ok());
            match minutes {
                None => fault(
                    "resetStatusIn",
                    "VAL-0003",
                    "Must be a whole number of minutes.",
                ),
                Some(minutes) if !(0..=RESET_MINUTES_MAX).contains(&minutes) => {
                    fault("resetStatusIn", "VAL-0004", "Must be from 0 to 1440.");
                }
                Some(_) => {}
            }
            minutes.and_then(|minutes| u32::try_from(minutes).ok())
        }
    };
    let note = match fields.get("notes") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let text = value.as_str().unwrap_or_default();
            if text.trim().is_empty() {
                fault("notes", "VAL-0006", "Must not be blank.");
            } else if text.chars().count() > NOTE_CHARS_MAX {
                fault("notes", "VAL-0005", "Must be at most 900 characters.");
            }
            Some(format!("{NOTE_BEGINS}{text}"))
        }
    };
    match (rag, reset, faults.is_empty()) {
        (Some(rag), Some(reset_minutes), true) => Ok(NewStatus {
            rag,
            reset_minutes,
            note,
        }),
        _ => Err(Value::Object(faults)),
    }
}

/// The active service of that DoS id or of our own id, and its view.
fn find<'a>(published: &'a Published, uid: &str) -> Option<(&'a Service, &'a ServiceView)> {
    let by_id = published.services.get(uid);
    let by_dos_id = || {
        let mut views = published.services.values();
        views.find(|view| view.service.dos_id.as_deref() == Some(uid))
    };
    let view = by_id.or_else(by_dos_id)?;
    view.service.active.then_some((&*view.service, &**view))
}

fn may_set(caller: &Caller, service: &Service) -> bool {
    caller.role == Role::Operator || caller.may_speak_for(&service.id)
}

/// The status as the published API gives it; what is not there is left out.
fn status(service: &Service, view: &ServiceView) -> Value {
    let mut fields = Map::new();
    let uid = service.dos_id.as_deref().unwrap_or(service.id.as_str());
    fields.insert("id".to_owned(), uid.into());
    fields.insert("name".to_owned(), service.name.as_str().into());
    let rag = view.status.as_ref().map_or(Rag::Green, |status| status.rag);
    let word = match rag {
        Rag::Red => "RED",
        Rag::Amber => "AMBER",
        Rag::Green => "GREEN",
    };
    fields.insert("status".to_owned(), word.into());
    if let Some(status) = &view.status {
        if let Some(until) = status.until {
            fields.insert("resetDateTime".to_owned(), until.to_string().into());
        }
        if let Some(note) = &status.note {
            fields.insert("notes".to_owned(), note.as_str().into());
        }
        if let Some(by) = &status.by {
            fields.insert("modifiedBy".to_owned(), by.as_str().into());
        }
        fields.insert("modifiedDate".to_owned(), status.since.to_string().into());
    }
    Value::Object(fields)
}

fn detail(status: StatusCode, words: &str) -> Response {
    (status, axum::Json(json!({"detail": words}))).into_response()
}

fn forbidden() -> Response {
    detail(
        StatusCode::FORBIDDEN,
        "You do not have permission to perform this action.",
    )
}

fn not_found() -> Response {
    detail(
        StatusCode::NOT_FOUND,
        "Given service does not exist, or is not active.",
    )
}
