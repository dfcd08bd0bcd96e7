//! What was shown at a moment, for those who ask for the past.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::{AppState, error_response};
use domain::At;
use views::{HistoryError, Published};

/// Looking back takes the server a while, so that only one caller does so at a time.
#[derive(Clone)]
pub struct HistoryTurns(Arc<Semaphore>);

impl Default for HistoryTurns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// Why the state of a moment cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryRefusal {
    /// The moment cannot be read.
    BadTime,
    /// It has not come yet.
    InTheFuture,
    /// Someone else is looking back.
    Busy,
    /// There is nothing of that time.
    Nothing(HistoryError),
}

impl IntoResponse for HistoryRefusal {
    fn into_response(self) -> Response {
        let (status, code, message, what_to_do) = match self {
            Self::BadTime => (
                StatusCode::BAD_REQUEST,
                "bad_time",
                "at is not a time with an offset",
                "write it like 2026-11-23T14:05:00Z",
            ),
            Self::InTheFuture => (
                StatusCode::BAD_REQUEST,
                "in_the_future",
                "at is later than now",
                "leave it out for the present state",
            ),
            Self::Busy => (
                StatusCode::TOO_MANY_REQUESTS,
                "busy",
                "someone else is looking back",
                "ask again in a few seconds",
            ),
            Self::Nothing(HistoryError::BeforeTheLog) => (
                StatusCode::NOT_FOUND,
                "before_the_log",
                "nothing had been received by then",
                "ask for a later moment",
            ),
            Self::Nothing(HistoryError::NotKept) => (
                StatusCode::GONE,
                "not_kept",
                "the entries of that time are no longer kept here",
                "ask the operator for the archive",
            ),
        };
        error_response(status, code, message, what_to_do)
    }
}

impl HistoryTurns {
    /// The published value as it was shown at a moment.
    pub async fn published(
        &self,
        at: &str,
        shared: &AppState,
    ) -> Result<Arc<Published>, HistoryRefusal> {
        // A plus sign in a query is read as a blank: 2026-06-01T14:05:00+01:00.
        let at = At::parse(&at.replace(' ', "+")).map_err(|_why| HistoryRefusal::BadTime)?;
        if at > shared.clock.now() {
            return Err(HistoryRefusal::InTheFuture);
        }
        let _turn = self
            .0
            .try_acquire()
            .map_err(|_taken| HistoryRefusal::Busy)?;
        let past = shared.past.clone();
        let looked = tokio::task::spawn_blocking(move || past.at(at)).await;
        looked
            .unwrap_or(Err(HistoryError::NotKept))
            .map_err(HistoryRefusal::Nothing)
    }
}
