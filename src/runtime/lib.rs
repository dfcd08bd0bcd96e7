//! Clock, tasks, shutdown and wiring: the only place that knows every other module.

mod advice_trial;
pub mod clock;
pub mod commands;
mod demo;
pub mod derived_state;
mod directory_commands;
mod directory_files;
mod effects_setup;
mod fhir_check;
pub mod history;
pub mod http;
mod import;
mod log_commands;
mod logging;
mod notices;
mod osrm;
mod quarantine;
mod routes;
mod running_server;
mod score;
mod score_shown;
pub mod serve;
pub mod server_plan;
pub mod snapshot_schedule;
mod terminal;
pub mod writer;
