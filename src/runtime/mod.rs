//! Clock, tasks, shutdown and wiring: the only place that knows every other module.

pub mod clock;
pub mod commands;
mod demo;
mod routes;
pub mod serve;
mod writer;
