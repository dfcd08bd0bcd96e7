//! Booking for a clinician: choose a slot, hold it, say who comes, book; see, move and cancel a booking. Nobody keeps
//! these pages: nothing of them is in an address, and no cache may hold them.

mod details;
mod diary;
mod form;
mod free_slots;
mod slots;
mod state;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::routing::{get, post};
use tower_http::set_header::SetResponseHeaderLayer;

pub use state::BookingPagesState;

/// Longest form, bytes.
const BODY_BYTES_MAX: usize = 64 << 10;

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
