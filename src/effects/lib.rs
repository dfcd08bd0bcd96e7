//! Acts outside, driven by log entries, each with its own checkpoint. Nothing is decided here.

pub mod checkpoint;
pub mod forward;
pub mod notices;
pub mod progress;
