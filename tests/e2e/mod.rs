//! The built binary, driven as its users drive it: real sockets, real processes, real signals.

mod command_line;
mod demonstration;
mod events;
mod forward;
mod hl7_peer;
mod mllp;
mod operator;
mod push;
mod push_limits;
pub mod server;
