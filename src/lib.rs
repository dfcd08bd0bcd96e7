//! Live urgent and emergency care capacity for Leicester, Leicestershire and Rutland.
//!
//! Data flows in the order of the modules: `sources` admit what feeds send, the `log` orders it and
//! makes it durable, the `fold` gives it meaning, `views` are what readers see and `faces` are the
//! ways out. `ARCHITECTURE.md` has the picture.

pub mod config;
pub mod domain;
pub mod effects;
pub mod faces;
pub mod fold;
pub mod forecast;
pub mod log;
pub mod runtime;
pub mod sources;
pub mod telemetry;
pub mod vault;
pub mod views;
pub mod world;
