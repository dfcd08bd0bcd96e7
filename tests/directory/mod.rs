//! The search of the Directory, held against a slow and obvious reading of the same rules on random directories.

mod auditor;
mod changes;
mod demonstration;
mod files;
mod generate;
mod properties;
