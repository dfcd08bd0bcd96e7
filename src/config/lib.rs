//! Typed settings: what the server reads from files before it starts.

pub mod args;
pub mod directory;
pub mod settings;
