//! One booking: how it stands, who it is for, moving and cancelling it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use crate::booking::form::day_and_time;
use crate::booking::free_slots::About;
use crate::booking::state::{BookingPagesState, no_booking, sentence};
use crate::frame::{Frame, page as page_of};
use app::booking::BookingDesk;
use app::plain_words;
use domain::booking::{Delivery, NoticeChannel, Topic};
use domain::patient::PatientDetails;
use domain::{At, Caller, Event, Role};
use views::{BookingStanding, Noticed};

/// Roles that may read who it is for.
const READ: [Role; 2] = [Role::Clinician, Role::Service];

/// Who it is for, in words.
struct PatientWords {
    name: String,
    born: String,
    number: String,
    rows: Vec<(&'static str, String)>,
    /// What staff must see first.
    needs: Vec<String>,
    notes: Vec<String>,
}

#[derive(Template)]
#[template(path = "booking-show.html")]
struct BookingPage {
    frame: Frame,
    who: String,
    id: String,
    about: About,
    time: String,
    standing: &'static str,
    tag: &'static str,
    made: String,
    rows: Vec<(&'static str, String)>,
    notices: Vec<String>,
    is_current: bool,
    may_read: bool,
    is_erased: bool,
    read_count: u32,
    person: Option<PatientWords>,
    fault: Option<String>,
}

/// The page.
pub async fn booking(
    State(parts): State<BookingPagesState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    render(&parts, &caller, &id, None, None)
}

fn standing_words(standing: BookingStanding) -> (&'static str, &'static str) {
    match standing {
        BookingStanding::Booked => ("Booked", "blue"),
        BookingStanding::Arrived => ("Arrived", "green"),
        BookingStanding::Seen => ("Seen", "green"),
        BookingStanding::Cancelled => ("Cancelled", "grey"),
        BookingStanding::DidNotAttend => ("Did not attend", "red"),
    }
}

fn render(
    parts: &BookingPagesState,
    caller: &Caller,
    id: &str,
    person: Option<PatientWords>,
    fault: Option<String>,
) -> Response {
    let shared = &parts.desk.shared;
    let (published, now) = (shared.published(), shared.clock.now());
    let Some((diary, booking)) = BookingDesk::find(&published, id) else {
        return no_booking(parts);
    };
    let made = &booking.made;
    let view = published.services.get(&made.service);
    let (Some(view), true) = (
        view,
        caller.role != Role::Service || caller.may_speak_for(&made.service),
    ) else {
        return no_booking(parts);
    };
    let (standing, tag) = standing_words(booking.standing(now, diary.rule()));
    let mut rows = Vec::new();
    let mut time = |name: &'static str, at: Option<At>| {
        rows.extend(at.map(|at| (name, plain_words::when(at, now))));
    };
    time("Cancelled", booking.cancelled.as_ref().map(|(at, _)| *at));
    time("Arrived", booking.arrived);
    time("Seen by a clinician", booking.seen);
    if let Some(minutes) = booking.booked_to_seen() {
        let words = match minutes {
            ..=0 => "At the booked time or before".to_owned(),
            minutes => format!("{} after the booked time", plain_words::duration(minutes)),
        };
        rows.push(("From booked to seen", words));
    }
    let mut page = BookingPage {
        frame: Frame::of(&shared.mode),
        who: caller.name.to_string(),
        id: id.to_owned(),
        about: About::of(view, now),
        time: day_and_time(made.start),
        standing,
        tag,
        made: plain_words::when(booking.at, now),
        rows,
        notices: booking
            .handling
            .notices
            .iter()
            .map(|n| notice(n, now))
            .collect(),
        is_current: booking.is_current() && caller.role != Role::Manager,
        may_read: READ.contains(&caller.role),
        is_erased: booking.handling.erased.is_some(),
        read_count: booking.handling.read_count,
        person,
        fault: None,
    };
    page.fault = fault;
    let status = match &page.fault {
        Some(_) => StatusCode::CONFLICT,
        None => StatusCode::OK,
    };
    page_of(status, &page)
}

/// "Text message of the booking: delivered at 10:02am".
fn notice(notice: &Noticed, now: At) -> String {
    let channel = match notice.channel {
        NoticeChannel::Sms => "Text message",
        NoticeChannel::Email => "Email",
        NoticeChannel::Forward => "Message to the service's own system",
    };
    let topic = match notice.topic {
        Topic::Made => "of the booking",
        Topic::Cancelled => "of the cancellation",
        Topic::Referred => "of the referral",
        Topic::ReferralCancelled => "of the end of the referral",
    };
    let delivery = match notice.delivery {
        Delivery::Retrying => "not sent yet, being tried again, since",
        Delivery::Sent => "sent at",
        Delivery::Delivered => "delivered at",
        Delivery::Failed => "failed: tell the patient by telephone. Since",
    };
    format!(
        "{channel} {topic}: {delivery} {}",
        plain_words::when(notice.at, now)
    )
}

/// What the details are read for.
#[derive(Deserialize)]
pub struct Purpose {
    #[serde(default)]
    purpose: String,
}

/// Shows who it is for, once the log knows who asked.
pub async fn patient(
    State(parts): State<BookingPagesState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Form(form): Form<Purpose>,
) -> Response {
    let published = parts.desk.shared.published();
    let Some((_, booking)) = BookingDesk::find(&published, &id) else {
        return no_booking(&parts);
    };
    if caller.role == Role::Service && !caller.may_speak_for(&booking.made.service) {
        return no_booking(&parts);
    }
    let purpose = match form.purpose.trim() {
        "" => "not said",
        purpose if purpose.chars().count() > 200 => "too long to keep",
        purpose => purpose,
    };
    match parts.desk.read(&id, &caller, purpose).await {
        Ok(details) => {
            let person = details.map(|details| person(&details));
            render(&parts, &caller, &id, person, None)
        }
        Err(why) => render(&parts, &caller, &id, None, Some(sentence(&why))),
    }
}

fn person(details: &PatientDetails) -> PatientWords {
    let mut needs = Vec::new();
    if details.needs.interpreter {
        needs.push("Needs an interpreter".to_owned());
    }
    if !details.needs.language.is_empty() {
        needs.push(format!("Preferred language: {}", details.needs.language));
    }
    needs.extend(details.needs.other.iter().cloned());
    let mut rows = Vec::new();
    for contact in &details.contacts {
        let name = if contact.by == "email" {
            "Email"
        } else {
            "Telephone"
        };
        let words = if contact.whose.is_empty() {
            contact.value.clone()
        } else {
            format!("{}, {}", contact.value, contact.whose)
        };
        rows.push((name, words));
    }
    let home = format!("{} {}", details.address, details.postcode);
    for (name, text) in [
        ("Address", home.trim()),
        ("Reason", details.reason.as_str()),
    ] {
        if !text.is_empty() {
            rows.push((name, text.to_owned()));
        }
    }
    PatientWords {
        name: format!("{} {}", details.given, details.family),
        born: details.birth_date.clone(),
        number: details.nhs_number.as_deref().map_or_else(
            || "Not known".to_owned(),
            |n| {
                let part = |range| n.get(range).unwrap_or_default();
                format!("{} {} {}", part(0..3), part(3..6), part(6..10))
            },
        ),
        rows,
        needs,
        notes: details.notes.clone(),
    }
}

/// Cancels.
pub async fn cancel(
    State(parts): State<BookingPagesState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let published = parts.desk.shared.published();
    let Some((_, booking)) = BookingDesk::find(&published, &id) else {
        return no_booking(&parts);
    };
    if caller.role == Role::Service && !caller.may_speak_for(&booking.made.service) {
        return no_booking(&parts);
    }
    let event = Event::BookingCancelled {
        booking: booking.made.booking.clone(),
        by: caller.name.clone(),
        message: None,
    };
    match parts.desk.tell_in_time(event).await {
        Ok(()) => Redirect::to(&format!("/clinician/bookings/{id}")).into_response(),
        Err(why) => render(&parts, &caller, &id, None, Some(sentence(&why))),
    }
}
