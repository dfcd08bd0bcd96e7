//! The route table: every path of the server, grouped by who calls it.

use axum::Router;
use axum::middleware;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::Role;
use crate::faces::access::{self, Access};
use crate::faces::{Shared, api, fhir, metrics, pages, push};
use crate::log::Submitter;
use crate::runtime::writer::LogState;
use crate::sources::http_events;
use crate::sources::quarantine::Quarantine;

/// What the routes need.
pub struct Parts {
    /// The published picture and what every page must say.
    pub shared: Shared,
    /// Who may.
    pub access: Access,
    /// Whether the log takes facts.
    pub log_state: watch::Receiver<LogState>,
    /// The way into the log.
    pub submitter: Submitter,
    /// Where refused messages go.
    pub quarantine: Quarantine,
    /// Tells long-lived connections to end.
    pub stop: CancellationToken,
}
