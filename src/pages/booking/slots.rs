//! Choosing a slot, and holding it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use crate::booking::form;
use crate::booking::free_slots::{About, DAYS_AHEAD, SlotOption, choice};
use crate::booking::state::{BookingPagesState, no_service, sentence};
use crate::frame::{Frame, page as page_of};
use app::booking::fresh_uuid;
use domain::time::{DAY, MINUTE};
use domain::{At, BookingId, Caller, HoldId, Service, ServiceId, Slot, SlotId};
use views::{Published, ServiceView};

/// A slot stays held so long while the form is filled in.
pub const HOLD_MINUTES: i64 = 10;
/// Slots of one hour.
pub struct Hour {
    name: String,
    choices: Vec<SlotOption>,
}

#[derive(Template)]
#[template(path = "booking-slots.html")]
struct SlotsPage {
    frame: Frame,
    who: String,
    about: About,
    /// The days to choose from: address, words, whether it is this one.
    days: Vec<(String, String, bool)>,
    hours: Vec<Hour>,
    total: usize,
    /// The booking to be moved.
    instead_of: Option<String>,
    fault: Option<String>,
}

/// Which day, and whether a booking is to be moved.
#[derive(Deserialize)]
pub struct SlotsPageQuery {
    date: Option<jiff::civil::Date>,
    instead_of: Option<String>,
}

/// The page.
pub async fn choose(
    State(parts): State<BookingPagesState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(day): Query<SlotsPageQuery>,
) -> Response {
    show(&parts, &caller.name, &id, &day, (StatusCode::OK, None))
}

fn show(
    parts: &BookingPagesState,
    who: &str,
    id: &str,
    day: &SlotsPageQuery,
    (status, fault): (StatusCode, Option<String>),
) -> Response {
    let shared = &parts.desk.shared;
    let (published, now) = (shared.published(), shared.clock.now());
    let Some(view) = published.services.get(id) else {
        return no_service(parts);
    };
    let date = day.date.unwrap_or_else(|| now.london_date());
    let free = free_on(&published, view, date, now);
    let page = SlotsPage {
        frame: Frame::of(&shared.mode),
        who: who.to_owned(),
        about: About::of(view, now),
        days: days(&view.service, date, day.instead_of.as_deref(), now),
        total: free.len(),
        hours: by_hour(&free),
        instead_of: day.instead_of.clone(),
        fault,
    };
    page_of(status, &page)
}

fn free_on(
    published: &Published,
    view: &ServiceView,
    date: jiff::civil::Date,
    now: At,
) -> Vec<Slot> {
    let Some(diary) = published.diaries.get(&view.service.id) else {
        return Vec::new();
    };
    let hours = &view.service.hours;
    let soon = (now, now.plus((DAYS_AHEAD + 1) * DAY));
    let free = diary.free(hours, soon, view.live(), now);
    free.into_iter()
        .filter(|slot| slot.start.london_date() == date)
        .collect()
}

fn days(
    service: &Service,
    chosen: jiff::civil::Date,
    instead_of: Option<&str>,
    now: At,
) -> Vec<(String, String, bool)> {
    let today = now.london_date();
    let all = std::iter::successors(Some(today), |day| day.tomorrow().ok());
    all.take(DAYS_AHEAD as usize + 1)
        .map(|day| {
            let words = match day {
                day if day == today => "Today".to_owned(),
                day => day.strftime("%a %-d %b").to_string(),
            };
            let moved = instead_of.map_or(String::new(), |id| format!("&instead_of={id}"));
            let address = format!("/clinician/services/{}/slots?date={day}{moved}", service.id);
            (address, words, day == chosen)
        })
        .collect()
}

fn by_hour(slots: &[Slot]) -> Vec<Hour> {
    let mut hours: Vec<Hour> = Vec::new();
    for slot in slots {
        let name = slot.start.london().strftime("%-I%P").to_string();
        if hours.last().is_none_or(|hour| hour.name != name) {
            hours.push(Hour {
                name,
                choices: Vec::new(),
            });
        }
        if let Some(hour) = hours.last_mut() {
            hour.choices.push(choice(slot));
        }
    }
    hours
}

/// What was chosen.
#[derive(Deserialize)]
pub struct Chosen {
    service: ServiceId,
    slot: Option<SlotId>,
    hold: Option<String>,
    instead_of: Option<String>,
}

/// Holds the chosen slot and goes on to the form; or moves a booking to it.
pub async fn hold(
    State(parts): State<BookingPagesState>,
    Extension(caller): Extension<Caller>,
    Form(chosen): Form<Chosen>,
) -> Response {
    let day = SlotsPageQuery {
        date: None,
        instead_of: chosen.instead_of.clone(),
    };
    let again = |words: String| {
        let told = (StatusCode::CONFLICT, Some(words));
        show(&parts, &caller.name, chosen.service.as_str(), &day, told)
    };
    let Some(slot) = chosen.slot else {
        return again("Choose a time".to_owned());
    };
    if let Some(former) = chosen
        .instead_of
        .as_deref()
        .and_then(|id| BookingId::new(id).ok())
    {
        let place = (&chosen.service, &slot);
        return match form::rebook(&parts.desk, &caller, former, place).await {
            Ok(id) => Redirect::to(&format!("/clinician/bookings/{id}")).into_response(),
            Err(why) => again(sentence(&why)),
        };
    }
    let hold = chosen
        .hold
        .filter(|hold| !hold.is_empty())
        .unwrap_or_else(fresh_uuid);
    let Ok(hold) = HoldId::new(&hold) else {
        return again("Choose a time again".to_owned());
    };
    let until = parts.desk.shared.clock.now().plus(HOLD_MINUTES * MINUTE);
    let place = (&chosen.service, &slot);
    match parts.desk.hold(&hold, place, until, &caller.name).await {
        Ok(()) => {
            let address = format!(
                "/clinician/book?service={}&slot={slot}&hold={hold}",
                chosen.service
            );
            Redirect::to(&address).into_response()
        }
        Err(why) => again(sentence(&why)),
    }
}
