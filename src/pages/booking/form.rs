//! The form: who comes, and booking it. Whatever goes wrong, what was typed stays.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use crate::booking::free_slots::{About, SlotOption, choice, find, next_free};
use crate::booking::state::{BookingPagesState, no_service, sentence};
use crate::frame::{Frame, page as page_of};
use app::booking::{BookingDesk, BookingError, BookingRequest, PatientForm, fresh_uuid};
use app::plain_words;
use domain::{At, BookingId, Caller, Declined, HoldId, ServiceId, Slot, SlotId};
use views::SlotClaim;

/// Slots that are offered to whoever lost theirs.
const NEXT: usize = 3;

/// What stands in the address: nothing of a patient.
#[derive(Deserialize)]
pub struct Address {
    service: ServiceId,
    slot: SlotId,
    hold: String,
}

/// The whole form.
#[derive(Deserialize)]
pub struct Whole {
    service: ServiceId,
    slot: SlotId,
    hold: String,
    booking: String,
    #[serde(default)]
    family: String,
    #[serde(default)]
    given: String,
    #[serde(default)]
    birth_date: String,
    #[serde(default)]
    nhs_number: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    postcode: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    interpreter: String,
    #[serde(default)]
    needs: String,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    tell_by_sms: String,
    #[serde(default)]
    tell_by_email: String,
}

impl Whole {
    fn filled(&self) -> PatientForm {
        let is_ticked = |text: &str| text == "yes";
        PatientForm {
            family: self.family.clone(),
            given: self.given.clone(),
            birth_date: self.birth_date.clone(),
            nhs_number: self.nhs_number.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            address: self.address.clone(),
            postcode: self.postcode.clone(),
            language: self.language.clone(),
            interpreter: is_ticked(&self.interpreter),
            needs: self.needs.clone(),
            notes: self.notes.clone(),
            reason: self.reason.clone(),
            tell_by_sms: is_ticked(&self.tell_by_sms),
            tell_by_email: is_ticked(&self.tell_by_email),
        }
    }
}

#[derive(Template)]
#[template(path = "booking-form.html")]
struct BookingFormPage {
    frame: Frame,
    who: String,
    about: About,
    slot: String,
    /// "Friday 27 November at 10:15am".
    time: String,
    hold: String,
    booking: String,
    /// The hold ends then: milliseconds for the page's script, and words.
    held_until: Option<(i64, String)>,
    /// The server's time, milliseconds.
    now: i64,
    filled: PatientForm,
    /// Field and what to do about it.
    faults: Vec<(String, String)>,
    /// Slots to choose from when this one is gone.
    next: Vec<SlotOption>,
}

impl BookingFormPage {
    /// What is wrong with a field.
    fn fault(&self, field: &str) -> Option<&str> {
        let found = self.faults.iter().find(|(name, _)| name == field);
        found.map(|(_, words)| words.as_str())
    }
}

/// The day and time of a slot in words.
pub fn day_and_time(slot: At) -> String {
    let day = slot.london().strftime("%A %-d %B");
    format!("{day} at {}", plain_words::clock(slot))
}

/// The empty form of a held slot.
pub async fn form(
    State(parts): State<BookingPagesState>,
    Extension(caller): Extension<Caller>,
    Query(address): Query<Address>,
) -> Response {
    let place = (&address.service, &address.slot);
    let held = (address.hold.as_str(), fresh_uuid());
    render(&parts, &caller, place, held, FormContents::default())
}

/// What the form holds and what is wrong with it.
#[derive(Default)]
struct FormContents {
    filled: PatientForm,
    faults: Vec<(String, String)>,
    is_lost: bool,
}

fn render(
    parts: &BookingPagesState,
    caller: &Caller,
    (service, slot): (&ServiceId, &SlotId),
    (hold, booking): (&str, String),
    told: FormContents,
) -> Response {
    let shared = &parts.desk.shared;
    let (published, now) = (shared.published(), shared.clock.now());
    let Some(view) = published.services.get(service) else {
        return no_service(parts);
    };
    let claim = published
        .diaries
        .get(service)
        .and_then(|diary| diary.claim(slot.as_str(), now));
    let held_until = match claim {
        Some(SlotClaim::Held { hold: by, until }) if by.as_str() == hold => {
            Some((until.0, plain_words::clock(*until)))
        }
        _ => None,
    };
    let next: Vec<Slot> = if told.is_lost {
        next_free(&published, service, now, NEXT)
    } else {
        Vec::new()
    };
    let time = find(&published, service, slot).map_or_else(String::new, |s| day_and_time(s.start));
    let status = match (&told.faults[..], told.is_lost) {
        ([], false) => StatusCode::OK,
        (_, true) => StatusCode::CONFLICT,
        _ => StatusCode::BAD_REQUEST,
    };
    let page = BookingFormPage {
        frame: Frame::of(&shared.mode),
        who: caller.name.to_string(),
        about: About::of(view, now),
        slot: slot.to_string(),
        time,
        hold: hold.to_owned(),
        booking,
        held_until,
        now: now.0,
        filled: told.filled,
        faults: told.faults,
        next: next
            .iter()
            .map(|slot| SlotOption {
                time: day_and_time(slot.start),
                ..choice(slot)
            })
            .collect(),
    };
    page_of(status, &page)
}

/// Books what the form says.
pub async fn book(
    State(parts): State<BookingPagesState>,
    Extension(caller): Extension<Caller>,
    Form(form): Form<Whole>,
) -> Response {
    let filled = form.filled();
    let place = (&form.service, &form.slot);
    let again = |told: FormContents| {
        let held = (form.hold.as_str(), form.booking.clone());
        render(&parts, &caller, place, held, told)
    };
    let details = match filled.details(parts.desk.shared.clock.now()) {
        Ok(details) => details,
        Err(faults) => {
            let faults = faults
                .into_iter()
                .map(|(f, w)| (f.to_owned(), w.to_owned()));
            return again(FormContents {
                filled,
                faults: faults.collect(),
                is_lost: false,
            });
        }
    };
    let Ok(booking) = BookingId::new(&form.booking) else {
        return no_service(&parts);
    };
    let asked = BookingRequest {
        booking,
        service: form.service.clone(),
        slot: form.slot.clone(),
        hold: HoldId::new(&form.hold).ok(),
        instead_of: None,
        by: caller.name.clone(),
        message: None,
        details,
    };
    let onward = format!("/clinician/bookings/{}", form.booking);
    match parts.desk.book(asked).await {
        // In use: the second click, and it was booked by the first.
        Ok(()) | Err(BookingError::Declined(Declined::IdInUse)) => {
            Redirect::to(&onward).into_response()
        }
        Err(why) => again(FormContents {
            filled,
            is_lost: matches!(why, BookingError::Declined(_)),
            faults: vec![("slot".to_owned(), sentence(&why))],
        }),
    }
}

/// Moves a booking to another slot, with the details that are held. The patient is never without a place: the former
/// one is given up only with the new one.
pub async fn rebook(
    desk: &BookingDesk,
    caller: &Caller,
    former: BookingId,
    (service, slot): (&ServiceId, &SlotId),
) -> Result<String, BookingError> {
    let purpose = "to move the booking to another time";
    let held = desk.read(former.as_str(), caller, purpose).await?;
    let details = held.ok_or_else(|| {
        BookingError::Refused("The details were destroyed: cancel, and book again".to_owned())
    })?;
    let id = fresh_uuid();
    let booking = BookingId::new(&id).map_err(|_why| BookingError::Unavailable)?;
    desk.book(BookingRequest {
        booking,
        service: service.clone(),
        slot: slot.clone(),
        hold: None,
        instead_of: Some(former),
        by: caller.name.clone(),
        message: None,
        details,
    })
    .await?;
    Ok(id)
}
