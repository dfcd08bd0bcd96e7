//! What the pages of booking need, and what they say when something is not there or did not come about.

use axum::http::StatusCode;
use axum::response::Response;

use crate::frame::{Frame, MessagePage, page as page_of};
use app::booking::{BookingDesk, BookingError};

/// What the pages need.
#[derive(Clone)]
pub struct BookingPagesState {
    /// Where places are asked for.
    pub desk: BookingDesk,
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
    page_of(status, &page)
}

/// The page where there is no service.
pub fn no_service(parts: &BookingPagesState) -> Response {
    let lines = vec!["No service of that name is in the Directory."];
    message(parts, StatusCode::NOT_FOUND, "Service not found", lines)
}

/// The page where there is no booking.
pub fn no_booking(parts: &BookingPagesState) -> Response {
    let lines = vec!["There is no booking of that number, or it is too long ago."];
    message(parts, StatusCode::NOT_FOUND, "Booking not found", lines)
}

/// What went wrong, as a sentence for the person at the screen.
pub fn sentence(why: &BookingError) -> String {
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
