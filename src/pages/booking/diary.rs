//! The day of a service: who is expected when, without anything of the patients.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::booking::state::{BookingPagesState, no_service};
use crate::frame::{Frame, page as page_of};
use app::plain_words;
use domain::{Caller, Role};
use views::BookingStanding;

struct DiaryRow {
    id: String,
    time: String,
    standing: &'static str,
    tag: &'static str,
    referred: bool,
}

#[derive(Template)]
#[template(path = "booking-day.html")]
struct DiaryPage {
    frame: Frame,
    who: String,
    id: String,
    name: String,
    day: String,
    before: String,
    after: String,
    rows: Vec<DiaryRow>,
}

/// Which day.
#[derive(Deserialize)]
pub struct DiaryQuery {
    date: Option<jiff::civil::Date>,
}

/// The page.
pub async fn day(
    State(parts): State<BookingPagesState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(day): Query<DiaryQuery>,
) -> Response {
    let shared = &parts.desk.shared;
    let (published, now) = (shared.published(), shared.clock.now());
    let Some(view) = published.services.get(id.as_str()) else {
        return no_service(&parts);
    };
    let service = &view.service;
    if caller.role == Role::Service && !caller.may_speak_for(&service.id) {
        return no_service(&parts);
    }
    let date = day.date.unwrap_or_else(|| now.london_date());
    let diary = published.diaries.get(&service.id);
    let mut bookings: Vec<_> = diary
        .iter()
        .flat_map(|diary| diary.bookings())
        .filter(|booking| booking.made.start.london_date() == date)
        .collect();
    bookings.sort_by_key(|booking| (booking.made.start, booking.at));
    let rows = bookings.into_iter().map(|booking| {
        let rule = diary.and_then(|diary| diary.rule());
        let (standing, tag) = match booking.standing(now, rule) {
            BookingStanding::Booked => ("Expected", "blue"),
            BookingStanding::Arrived => ("Arrived", "green"),
            BookingStanding::Seen => ("Seen", "green"),
            BookingStanding::Cancelled => ("Cancelled", "grey"),
            BookingStanding::DidNotAttend => ("Did not attend", "red"),
        };
        DiaryRow {
            id: booking.made.booking.to_string(),
            time: plain_words::clock(booking.made.start),
            standing,
            tag,
            referred: booking.referral.is_some(),
        }
    });
    let address = |date: Option<jiff::civil::Date>| {
        date.map_or_else(String::new, |date| {
            format!("/clinician/services/{}/bookings?date={date}", service.id)
        })
    };
    let page = DiaryPage {
        frame: Frame::of(&shared.mode),
        who: caller.name.to_string(),
        id: service.id.to_string(),
        name: service.name.clone(),
        day: date.strftime("%A %-d %B").to_string(),
        before: address(date.yesterday().ok()),
        after: address(date.tomorrow().ok()),
        rows: rows.collect(),
    };
    page_of(StatusCode::OK, &page)
}
