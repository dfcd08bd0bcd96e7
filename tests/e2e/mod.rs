//! The built binary, driven as its users drive it: real sockets, real processes, real signals.

mod access;
mod bars;
mod bookings;
mod bookings_killed;
mod command_line;
mod crew;
mod demonstration;
mod directory;
mod events;
mod fhir;
mod forward;
mod geojson;
mod hl7_peer;
mod journey;
mod json_schema;
mod mllp;
mod notices;
mod onward;
mod openapi;
mod operator;
mod push;
mod push_limits;
mod python;
mod schemathesis;
pub mod server;
mod traces;
mod until;
