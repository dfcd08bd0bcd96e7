//! Slots and bookings as JSON, for our own pages and for software that speaks no FHIR.

mod answers;
mod as_json;
mod book;
mod slots;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};

use app::booking::BookingDesk;

/// Largest body, bytes.
const BODY_BYTES_MAX: usize = 1 << 20;
/// The routes.
pub fn router(desk: BookingDesk) -> Router {
    Router::new()
        .route(
            "/api/v1/services/{id}/slots",
            get(slots::list).post(slots::publish),
        )
        .route(
            "/api/v1/services/{id}/slots/withdraw",
            post(slots::withdraw),
        )
        .route(
            "/api/v1/services/{id}/slots/rule",
            get(slots::rule).put(slots::set_rule),
        )
        .route("/api/v1/holds", post(book::hold))
        .route("/api/v1/holds/{hold}", delete(book::release))
        .route("/api/v1/bookings", get(book::list).post(book::make))
        .route("/api/v1/bookings/{id}", get(book::one).delete(book::cancel))
        .route("/api/v1/bookings/{id}/patient", post(book::patient))
        .route("/api/v1/bookings/{id}/erase", post(book::erase))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(desk)
}
