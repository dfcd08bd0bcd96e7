//! Order and durability: what was admitted, in which order, and never lost.
//!
//! It stores entries without knowing what an event means. A log is used from one thread only, the
//! writer's; everybody else holds a [`Submitter`].

pub mod disk;
pub mod embedded;
pub mod entry_format;
mod error;
mod frame;
pub mod inspect;
mod reader;
pub mod repair;
mod segment;
pub mod snapshot;
mod submit;
#[cfg(test)]
mod tests;
mod walk;

pub use error::LogError;
pub use reader::Reader;
pub use segment::SEGMENT_BYTES_MAX;
pub use submit::{NotTaken, Receipt, SUBMISSIONS_QUEUED_MAX, Submission, Submitter};
pub use walk::Anchor;

use domain::{At, Entry};

/// An ordered, durable sequence of entries.
pub trait Log: Send {
    /// Names this history: a reader who holds another epoch must start afresh.
    fn epoch(&self) -> &str;

    /// The place and time of the newest entry.
    fn last(&self) -> Option<(u64, At)>;

    /// Where the log ends, for a snapshot of what it adds up to; `None` while it is not certain
    /// that all of it is durable.
    fn anchor(&self) -> Option<Anchor>;

    /// Appends entries whose `seq` follow on densely. They are durable when this returns; after an
    /// error none of them may be relied upon and the caller must rebuild from [`Log::replay`].
    fn append(&mut self, entries: &[Entry]) -> Result<(), LogError>;

    /// Hands every entry after `after` on to `visit`, in order, and returns how many there were.
    /// An anchor makes sure that what was known at a place is what stands there.
    fn replay(
        &mut self,
        after: u64,
        anchor: Option<Anchor>,
        visit: &mut dyn FnMut(Entry),
    ) -> Result<u64, LogError>;

    /// Gives up entries up to `seq`, as far as that frees whole files; gives how many.
    fn remove_until(&mut self, seq: u64) -> Result<usize, LogError>;
}
