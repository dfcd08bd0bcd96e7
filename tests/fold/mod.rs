//! The fold, held against an auditor that knows nothing of how it works, and against its properties.

pub mod auditor;
mod examples;
mod generate;
mod opel;
mod properties;
