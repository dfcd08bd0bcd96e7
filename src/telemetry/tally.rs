//! The few counts that the page for operators shows: the metrics recorder can only be written to.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use compact_str::CompactString;

use domain::verdict::Reason;

/// Counts since the process started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusCounts {
    /// Messages refused, by feed and reason. Feeds and reasons are bounded, so this is.
    pub refused: BTreeMap<(CompactString, Reason), u64>,
    /// Open connections, by transport.
    pub sockets: BTreeMap<&'static str, i64>,
    /// Batches that the log could not take.
    pub log_failures: u64,
}

static NOW: Mutex<StatusCounts> = Mutex::new(StatusCounts {
    refused: BTreeMap::new(),
    sockets: BTreeMap::new(),
    log_failures: 0,
});

/// Refusals and connections that open or close are rare enough for a lock.
fn lock() -> MutexGuard<'static, StatusCounts> {
    NOW.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The counts now.
pub fn tally() -> StatusCounts {
    lock().clone()
}

pub(super) fn refused(feed: &str, reason: Reason) {
    *lock().refused.entry((feed.into(), reason)).or_default() += 1;
}

pub(super) fn sockets(transport: &'static str, change: f64) {
    *lock().sockets.entry(transport).or_default() += change as i64;
}

pub(super) fn log_failed() {
    lock().log_failures += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_counted_under_its_feed_and_reason() {
        refused("only-in-this-test", Reason::TooLate);
        refused("only-in-this-test", Reason::TooLate);
        let key = (CompactString::from("only-in-this-test"), Reason::TooLate);
        assert_eq!(tally().refused.get(&key), Some(&2));
    }

    #[test]
    fn a_connection_that_closed_is_no_longer_open() {
        sockets("only-in-this-test", 1.0);
        sockets("only-in-this-test", -1.0);
        assert_eq!(tally().sockets.get("only-in-this-test"), Some(&0));
    }
}
