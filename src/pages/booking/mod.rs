//! Booking for a clinician: choose a slot, hold it, say who comes, book; see, move and cancel a booking. Nobody keeps
//! these pages: nothing of them is in an address, and no cache may hold them.

mod details;
mod diary;
mod form;
mod slots;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::{Frame, MessagePage};
use app::booking::{BookingDesk, BookingError};

/// Longest form, bytes.
const BODY_BYTES_MAX: usize = 64 << 10;

/// What the pages need.
#[derive(Clone)]
pub struct BookingPagesState {
    /// Where places are asked for.
    pub desk: BookingDesk,
}

/// The routes.
pub fn router(parts: BookingPagesState) -> Router {
    Router::new()
        .route("/clinician/services/{id}/slots", get(slots::choose))
        .route("/clinician/services/{id}/bookings", get(diary::day))
        .route("/clinician/hold", post(slots::hold))
        .route("/clinician/book", get(form::form).post(form::book))
        .route("/clinician/bookings/{id}", get(details::booking))
        .route("/clinician/bookings/{id}/patient", post(details::patient))
        .route("/clinician/bookings/{id}/cancel", post(details::cancel))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .with_state(parts)
}

fn message(
    parts: &BookingPagesState,
    status: StatusCode,
    heading: &'static str,
    lines: Vec<&'static str>,
) -> Response {
    let page = MessagePage {
        frame: Frame::of(&parts.desk.shared.mode),
        heading,
        lines,
    };
    crate::page(status, &page)
}

fn no_service(parts: &BookingPagesState) -> Response {
    let lines = vec!["No service of that name is in the Directory."];
    message(parts, StatusCode::NOT_FOUND, "Service not found", lines)
}

fn no_booking(parts: &BookingPagesState) -> Response {
    let lines = vec!["There is no booking of that number, or it is too long ago."];
    message(parts, StatusCode::NOT_FOUND, "Booking not found", lines)
}

/// What went wrong, as a sentence for the person at the screen.
fn sentence(why: &BookingError) -> String {
    match why {
        BookingError::Declined(why) => {
            let words = why.detail();
            let (first, rest) = words.split_at(1);
            format!("{}{rest}", first.to_uppercase())
        }
        BookingError::Refused(words) => words.clone(),
        BookingError::Unavailable => {
            "It could not be kept just now, and nothing was booked. Send it again".to_owned()
        }
        BookingError::TimedOut => {
            "The answer takes too long. Send it again: it is booked once at most".to_owned()
        }
        BookingError::TooLong => "The notes are too long to keep. Shorten them".to_owned(),
    }
}
