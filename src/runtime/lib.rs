//! Clock, tasks, shutdown and wiring: the only place that knows every other module.

mod check;
pub mod clock;
pub mod commands;
mod demo;
pub mod history;
pub mod http;
mod import;
pub mod keeper;
mod listing;
mod looking;
mod observing;
mod osrm;
mod quarantine;
mod rehearse;
mod routes;
mod routing;
mod score;
pub mod serve;
pub mod state;
mod telling;
pub mod writer;
