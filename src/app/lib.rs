//! What every way out shares: who may, searching the Directory, booking, where to take a patient, plain words and
//! the shapes of JSON.
//!
//! It reads the published value and never the fold; it knows no route.

pub mod access;
pub mod booking;
pub mod connections;
pub mod destinations;
pub mod history;
pub mod plain_words;
pub mod search;
pub mod session;
pub mod wire;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::watch;

use domain::Clock;
use domain::travel::Travel;
use views::{HistoryLookup, Published};

/// What every face is given.
#[derive(Clone)]
pub struct AppState {
    /// The newest published value; wakes up when there is a newer one.
    pub published: watch::Receiver<Arc<Published>>,
    /// The time of the server: the machine's, or the simulated world's.
    pub clock: Arc<dyn Clock>,
    /// What every page must say about this server.
    pub mode: ServerMode,
    /// What was shown before.
    pub past: HistoryLookup,
    /// How long journeys take.
    pub travel: Arc<dyn Travel>,
}

impl AppState {
    /// The newest published value.
    pub fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published.borrow())
    }
}

/// What kind of server this is; said on every page and in the push `status` topic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServerMode {
    /// The speed of the simulated world when this is a demonstration; 1 is real speed.
    pub demonstration: Option<f64>,
    /// Access control is switched off.
    pub open_access: bool,
}

impl ServerMode {
    /// The sentence that every page shows, when there is one to show.
    pub fn notice(&self) -> Option<String> {
        let demonstration = self.demonstration.map(|speed| match speed {
            1.0 => "Demonstration: simulated, at real speed. Not real waiting times.".to_owned(),
            speed => {
                format!(
                    "Demonstration: simulated, {speed} times real speed. Not real waiting times."
                )
            }
        });
        let open = self
            .open_access
            .then(|| "Access control is switched off: for development only.".to_owned());
        match (demonstration, open) {
            (Some(a), Some(b)) => Some(format!("{a} {b}")),
            (a, b) => a.or(b),
        }
    }
}

/// An error as JSON: a stable code, what was wrong, and what to do.
pub fn error_response(status: StatusCode, code: &str, message: &str, what_to_do: &str) -> Response {
    let body = json!({"error": {"code": code, "message": message, "what_to_do": what_to_do}});
    (status, axum::Json(body)).into_response()
}
