//! How facts arrive: a file for each format. `adt`, `fhir_encounter` and `wire_event` turn a claim into a Fact or a
//! refusal; the writer has the last word. Nothing here knows what a fact means.

pub mod adt;
mod codes;
pub mod fhir_encounter;
pub mod hl7;
pub mod http_encounters;
pub mod http_events;
pub mod mllp;
pub mod quarantine;
#[cfg(test)]
mod tests;
pub mod wire_event;

use std::sync::Arc;

use domain::{Clock, Directory};
use log::Submitter;
use quarantine::Quarantine;

/// What every source needs.
#[derive(Clone)]
pub struct SourcesState {
    /// Feeds and services.
    pub directory: Arc<Directory>,
    /// The server's time.
    pub clock: Arc<dyn Clock>,
    /// The way into the log.
    pub submitter: Submitter,
    /// Where refused messages go.
    pub quarantine: Quarantine,
}
