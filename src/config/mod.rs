//! Typed settings: what the server reads from files before it starts.

pub mod directory;
