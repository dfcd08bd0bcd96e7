//! What the routes of slots and bookings share: reading a body, who may act for which service, and what is answered
//! when nothing came about.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use app::booking::BookingError;
use app::error_response;
use domain::{Caller, Declined, Role, ServiceId};
use views::Published;

/// Slots offered to whoever comes second.
pub const NEXT: usize = 3;

/// An answer that nobody keeps.
pub fn private(status: StatusCode, body: &Value) -> Response {
    let mut answer = (status, axum::Json(body)).into_response();
    let no_store = HeaderValue::from_static("no-store");
    answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    answer
}

/// Reads a body; the fault names its place and never repeats what was sent.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<Response>> {
    serde_json::from_slice(body).map_err(|why| {
        let place = format!(
            "the body is not what is asked for, at line {} column {}",
            why.line(),
            why.column()
        );
        let what = "see /api/openapi.json for its fields, and send it again";
        Box::new(error_response(
            StatusCode::BAD_REQUEST,
            "bad_body",
            &place,
            what,
        ))
    })
}

/// The service of that id, if the caller may act for it as its staff or may act for any.
pub fn service_of(
    published: &Published,
    caller: &Caller,
    id: &str,
) -> Result<ServiceId, Box<Response>> {
    let Some(view) = published.services.get(id) else {
        let words = "no service of that id is in the Directory";
        let what = "see /api/v1/services for the ids";
        return Err(Box::new(error_response(
            StatusCode::NOT_FOUND,
            "unknown_service",
            words,
            what,
        )));
    };
    may_act_for(caller, &view.service.id)?;
    Ok(view.service.id.clone())
}

/// Staff act for their own services only.
pub fn may_act_for(caller: &Caller, service: &ServiceId) -> Result<(), Box<Response>> {
    if caller.role != Role::Service || caller.may_speak_for(service) {
        return Ok(());
    }
    let what = "ask the operator for a token of that service";
    Err(Box::new(error_response(
        StatusCode::FORBIDDEN,
        "not_allowed",
        "this token speaks for other services",
        what,
    )))
}

/// What did not come about, for a program. `next` are free slots to choose from instead.
pub fn failed(why: &BookingError, next: Vec<Value>) -> Response {
    let declined = |why: Declined| {
        let (status, code) = match why {
            Declined::SlotUnknown | Declined::BookingUnknown | Declined::ReferralUnknown => {
                (StatusCode::NOT_FOUND, "not_found")
            }
            Declined::TooManyHolds => (StatusCode::TOO_MANY_REQUESTS, "too_many_holds"),
            Declined::Full => (StatusCode::SERVICE_UNAVAILABLE, "full"),
            _ => (StatusCode::CONFLICT, "conflict"),
        };
        (status, code, why.label(), why.detail().to_owned())
    };
    let (status, code, label, words) = match why {
        BookingError::Declined(why) => declined(*why),
        BookingError::Refused(words) => {
            (StatusCode::BAD_REQUEST, "refused", "refused", words.clone())
        }
        BookingError::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "not_kept",
            "not_kept",
            "it could not be kept, and nothing was done; send it again".to_owned(),
        ),
        BookingError::TimedOut => (
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "timeout",
            "it takes too long; it may still be done: send the same again to learn".to_owned(),
        ),
        BookingError::TooLong => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "too_large",
            "the details are too long to keep; shorten the notes".to_owned(),
        ),
    };
    let what = match code {
        "conflict" => "choose another slot, or read the booking again",
        "not_found" => "check the id, and ask for the slots again",
        "too_many_holds" => "book or release a held slot first",
        "too_large" => "shorten the notes",
        "refused" => "mend it and send it again",
        _ => "send the same again in a few seconds",
    };
    let mut error = json!({"code": code, "why": label, "message": words, "what_to_do": what});
    if !next.is_empty() {
        error["next"] = next.into();
    }
    private(status, &json!({"error": error}))
}
