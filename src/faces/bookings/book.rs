//! Holds and bookings.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bookings::answers::{NEXT, failed, may_act_for, private, read, service_of};
use crate::bookings::as_json;
use app::booking::{BookingDesk, BookingError, BookingRequest, PatientForm, fresh_uuid};
use app::error_response;
use domain::time::{DAY, MINUTE};
use domain::{BookingId, Caller, Declined, Event, HoldId, Role, ServiceId, SlotId};

/// A hold lasts so long unless asked otherwise, minutes.
const HOLD_MINUTES: i64 = 5;
/// Longest words of a purpose or a reason, characters.
const WORDS_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holding {
    /// An earlier claim of the same caller, to be moved or made longer.
    hold: Option<HoldId>,
    service: ServiceId,
    slot: SlotId,
    /// 1 to 10.
    minutes: Option<i64>,
}

/// Claims a slot while a form is filled in.
pub async fn hold(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Response {
    let asked = match read::<Holding>(&body) {
        Ok(asked) => asked,
        Err(why) => return *why,
    };
    let minutes = asked.minutes.unwrap_or(HOLD_MINUTES).clamp(1, 10);
    let until = desk.shared.clock.now().plus(minutes * MINUTE);
    let hold = asked.hold.or_else(|| HoldId::new(&fresh_uuid()).ok());
    let Some(hold) = hold else {
        return failed(&BookingError::Unavailable, Vec::new());
    };
    let place = (&asked.service, &asked.slot);
    match desk.hold(&hold, place, until, &caller.name).await {
        Ok(()) => {
            let until = until.rfc3339_london();
            private(StatusCode::CREATED, &json!({"hold": hold, "until": until}))
        }
        Err(why) => failed(&why, next(&desk, &asked.service)),
    }
}

/// Gives a claim up.
pub async fn release(State(desk): State<BookingDesk>, Path(hold): Path<String>) -> Response {
    let released = match HoldId::new(&hold) {
        Ok(hold) => desk.release(&hold).await,
        Err(_bad) => Err(BookingError::Declined(Declined::HoldGone)),
    };
    match released {
        Ok(()) => private(StatusCode::OK, &json!({"released": true})),
        // It ran out, or was given up before.
        Err(BookingError::Declined(_)) => private(StatusCode::OK, &json!({"released": false})),
        Err(why) => failed(&why, Vec::new()),
    }
}

/// Free slots that begin next, for whoever came second.
fn next(desk: &BookingDesk, service: &ServiceId) -> Vec<Value> {
    let (published, now) = (desk.shared.published(), desk.shared.clock.now());
    let (Some(view), Some(diary)) = (
        published.services.get(service),
        published.diaries.get(service),
    ) else {
        return Vec::new();
    };
    let free = diary.free(
        &view.service.hours,
        (now, now.plus(7 * DAY)),
        view.live(),
        now,
    );
    let first = free.iter().take(NEXT);
    first
        .map(|slot| as_json::slot(diary, slot, true, now))
        .collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookingBody {
    /// Chosen by the asker, so that sending the same twice books once.
    booking: Option<uuid::Uuid>,
    service: ServiceId,
    slot: SlotId,
    hold: Option<HoldId>,
    instead_of: Option<BookingId>,
    patient: PatientForm,
}

/// Books.
pub async fn make(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Response {
    let asked = match read::<BookingBody>(&body) {
        Ok(asked) => asked,
        Err(why) => return *why,
    };
    let details = match asked.patient.details(desk.shared.clock.now()) {
        Ok(details) => details,
        Err(faults) => return bad_patient(&faults),
    };
    let id = asked.booking.map_or_else(fresh_uuid, |id| id.to_string());
    let Ok(booking) = BookingId::new(&id) else {
        return failed(&BookingError::Unavailable, Vec::new());
    };
    let (service, slot) = (asked.service.clone(), asked.slot.clone());
    let booked = desk
        .book(BookingRequest {
            booking,
            service: asked.service,
            slot: asked.slot,
            hold: asked.hold,
            instead_of: asked.instead_of,
            by: caller.name.clone(),
            message: None,
            details,
        })
        .await;
    let published = desk.shared.published();
    let found = BookingDesk::find(&published, &id);
    match (booked, found) {
        (Ok(()), Some((diary, booking))) => {
            let body = as_json::booking(&diary, &booking, desk.shared.clock.now());
            private(StatusCode::CREATED, &body)
        }
        // The same was sent before and booked: it is told again, not done again.
        (Err(BookingError::Declined(Declined::IdInUse)), Some((diary, known)))
            if known.made.by == caller.name
                && (&known.made.service, &known.made.slot) == (&service, &slot) =>
        {
            let body = as_json::booking(&diary, &known, desk.shared.clock.now());
            private(StatusCode::OK, &body)
        }
        (Ok(()), None) => failed(&BookingError::Unavailable, Vec::new()),
        (Err(why), _) => failed(&why, next(&desk, &service)),
    }
}

fn bad_patient(faults: &[(&'static str, &'static str)]) -> Response {
    let fields: Vec<Value> = faults
        .iter()
        .map(|(field, words)| json!({"field": format!("patient.{field}"), "message": words}))
        .collect();
    let body = json!({"error": {
        "code": "bad_patient",
        "message": "something about the patient is missing or cannot be",
        "what_to_do": "mend every field and send it again; nothing was booked",
        "fields": fields,
    }});
    private(StatusCode::BAD_REQUEST, &body)
}

/// Which bookings are asked for.
#[derive(Deserialize)]
pub struct Which {
    service: String,
    /// `YYYY-MM-DD` in London; today without it.
    date: Option<jiff::civil::Date>,
}

/// The bookings of a service on a day, without anything of the patients.
pub async fn list(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Query(which): Query<Which>,
) -> Response {
    let (published, now) = (desk.shared.published(), desk.shared.clock.now());
    let service = match service_of(&published, &caller, &which.service) {
        Ok(service) => service,
        Err(why) => return *why,
    };
    let date = which.date.unwrap_or_else(|| now.london_date());
    let mut rows = Vec::new();
    if let Some(diary) = published.diaries.get(&service) {
        let on_that_day = diary
            .bookings()
            .filter(|booking| booking.made.start.london_date() == date);
        let mut found: Vec<_> = on_that_day.collect();
        found.sort_by_key(|booking| (booking.made.start, booking.at));
        rows.extend(
            found
                .iter()
                .map(|booking| as_json::booking(diary, booking, now)),
        );
    }
    let body = json!({"service": service, "date": date, "bookings": rows});
    private(StatusCode::OK, &body)
}

/// One booking, without anything of the patient; an operator sees who read the details.
pub async fn one(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let published = desk.shared.published();
    let Some((diary, booking)) = BookingDesk::find(&published, &id) else {
        return failed(
            &BookingError::Declined(Declined::BookingUnknown),
            Vec::new(),
        );
    };
    if let Err(why) = may_act_for(&caller, &booking.made.service) {
        return *why;
    }
    let mut body = as_json::booking(&diary, &booking, desk.shared.clock.now());
    if caller.role == Role::Operator {
        body["readings"] = as_json::readings(&booking).into();
    }
    private(StatusCode::OK, &body)
}

/// Cancels.
pub async fn cancel(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let published = desk.shared.published();
    let Some((_, booking)) = BookingDesk::find(&published, &id) else {
        return failed(
            &BookingError::Declined(Declined::BookingUnknown),
            Vec::new(),
        );
    };
    if let Err(why) = may_act_for(&caller, &booking.made.service) {
        return *why;
    }
    let event = Event::BookingCancelled {
        booking: booking.made.booking.clone(),
        by: caller.name.clone(),
        message: None,
    };
    match desk.tell_in_time(event).await {
        Ok(()) => one(State(desk), Extension(caller), Path(id)).await,
        Err(why) => failed(&why, Vec::new()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Purpose {
    purpose: String,
}

/// Who a booking is for. Asked by POST because asking is an act that is kept.
pub async fn patient(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let purpose = match read::<Purpose>(&body) {
        Ok(Purpose { purpose }) => purpose,
        Err(why) => return *why,
    };
    if purpose.trim().is_empty() || purpose.chars().count() > WORDS_MAX {
        let words = "purpose: say what the details are read for, in up to 200 characters";
        let what = "it is kept with your name";
        return error_response(StatusCode::BAD_REQUEST, "bad_purpose", words, what);
    }
    let published = desk.shared.published();
    let Some((_, booking)) = BookingDesk::find(&published, &id) else {
        return failed(
            &BookingError::Declined(Declined::BookingUnknown),
            Vec::new(),
        );
    };
    if let Err(why) = may_act_for(&caller, &booking.made.service) {
        return *why;
    }
    match desk.read(&id, &caller, purpose.trim()).await {
        Ok(Some(details)) => private(StatusCode::OK, &json!(details)),
        Ok(None) => error_response(
            StatusCode::GONE,
            "erased",
            "the details were destroyed or never held",
            "ask the patient again",
        ),
        Err(why) => failed(&why, Vec::new()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erasing {
    why: String,
}

/// Destroys the details of a booking.
pub async fn erase(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let why = match read::<Erasing>(&body) {
        Ok(Erasing { why }) => why,
        Err(why) => return *why,
    };
    if why.trim().is_empty() || why.chars().count() > WORDS_MAX {
        let words = "why: say why, in up to 200 characters and without anybody's name";
        let what = "it is kept for ever";
        return error_response(StatusCode::BAD_REQUEST, "bad_reason", words, what);
    }
    match desk.erase(&id, &caller.name, why.trim()).await {
        Ok(()) => private(StatusCode::OK, &json!({"erased": id})),
        Err(why) => failed(&why, Vec::new()),
    }
}
