//! Which messages are known already, and when each feed was last heard.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::domain::time::{DAY, Millis};
use crate::domain::{At, EventId, Fact, FeedId};

/// An id is remembered this long by the log's clock. Past the lateness bound a repeat is refused as
/// too late in any case.
pub const ID_KEPT: Millis = 7 * DAY;

/// What is known of one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedState {
    /// When the log last took something from it.
    pub heard: Option<At>,
    /// Facts taken.
    pub accepted: u64,
    known: BTreeMap<EventId, u64>,
    by_age: VecDeque<(At, EventId)>,
}

impl FeedState {
    /// The fingerprint under which an id is known.
    pub fn fingerprint(&self, id: &EventId) -> Option<u64> {
        self.known.get(id).copied()
    }
}

/// All feeds that were ever heard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feeds {
    by_id: BTreeMap<FeedId, FeedState>,
}

impl Feeds {
    /// The feed, if it was ever heard.
    pub fn find(&self, feed: &FeedId) -> Option<&FeedState> {
        self.by_id.get(feed)
    }

    /// Remembers that a fact was taken.
    pub fn take(&mut self, at: At, fact: &Fact) {
        let feed = self.by_id.entry(fact.feed.clone()).or_default();
        feed.heard = Some(at);
        feed.accepted += 1;
        feed.known.insert(fact.id.clone(), fingerprint(fact));
        feed.by_age.push_back((at, fact.id.clone()));
        while feed
            .by_age
            .front()
            .is_some_and(|(taken, _)| at.since(*taken) > ID_KEPT)
        {
            if let Some((_, id)) = feed.by_age.pop_front() {
                feed.known.remove(&id);
            }
        }
    }
}

/// FNV-1a over the fact as JSON: the same message has the same fingerprint on every machine.
pub fn fingerprint(fact: &Fact) -> u64 {
    struct Fnv(u64);
    impl std::io::Write for Fnv {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    // Writing plain data to a hasher cannot fail; if it ever did, equal facts still hash alike.
    let _written = serde_json::to_writer(&mut hash, fact);
    hash.0
}
