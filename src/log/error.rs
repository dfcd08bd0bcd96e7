//! What can go wrong with the store.

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The store could not write or read; the text says what to do.
    #[error("the event log at {place} failed: {what}")]
    Store {
        /// Where.
        place: String,
        /// What, and what to do.
        what: String,
    },
    /// What is stored is not what was written.
    #[error("the event log at {place} is damaged at entry {seq}: {what}")]
    Damaged {
        /// Where.
        place: String,
        /// The first entry that cannot be trusted.
        seq: u64,
        /// What was found.
        what: String,
    },
}
