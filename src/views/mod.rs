//! What readers see: one immutable, consistent picture for each published sequence number.
//!
//! Computed on the writer's thread from the fold and the forecast, published as a shared value.
//! Nothing here knows a wire format; the faces turn these values into HTML, JSON and metrics.

mod evidence;
mod past;
mod publish;
mod readings;

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;

use crate::domain::Capacity;
use crate::domain::event::Rag;
use crate::domain::opening::Opening;
use crate::domain::{
    AcuityGroup, At, Cell, Feed, FeedId, Reading, ReadingName, Service, ServiceId,
};

pub use evidence::Evidence;
pub use past::{NoPast, Past};
pub use publish::Viewer;

/// Everything readers may see, as of one sequence number.
#[derive(Debug, Clone)]
pub struct Published {
    /// Names the history that `seq` counts in.
    pub epoch: CompactString,
    /// The newest entry this picture includes.
    pub seq: u64,
    /// The log's time at that entry.
    pub as_of: At,
    /// Each Service of the Directory. An unchanged Service keeps its `Arc` from one picture to the
    /// next, so that `Arc::ptr_eq` finds what changed.
    pub services: BTreeMap<ServiceId, Arc<ServiceView>>,
    /// Each feed and its health.
    pub feeds: BTreeMap<FeedId, Arc<FeedView>>,
    /// Where people asked for care.
    pub demand: Arc<DemandView>,
}

/// One Service, now.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceView {
    /// Its entry in the Directory.
    pub service: Arc<Service>,
    /// By its hours.
    pub opening: Opening,
    /// Closed out of turn, if it is.
    pub closure: Option<Closure>,
    /// Its own word on how loaded it is, while that holds.
    pub status: Option<Status>,
    /// What it reported of its spaces and beds.
    pub capacity: Capacity,
    /// Its figures, in the order to show them. A kind of Service without queues has none.
    pub readings: Vec<Reading>,
    /// Its queues, most urgent first; only those with someone in them.
    pub streams: Vec<StreamView>,
    /// Slots published for the future.
    pub slots_ahead: u32,
    /// When its feed was last heard.
    pub heard: Option<At>,
}

impl ServiceView {
    /// The figure of that name, if this Service has it.
    pub fn find_reading(&self, name: ReadingName) -> Option<&Reading> {
        self.readings.iter().find(|reading| reading.name == name)
    }

    /// Open by its hours and not closed out of turn.
    pub fn is_open(&self) -> bool {
        self.opening.is_open() && self.closure.is_none()
    }
}

/// A closure out of turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// Since.
    pub since: At,
    /// Plain words.
    pub reason: String,
    /// When the next word comes.
    pub next_update_at: Option<At>,
}

/// Red, amber or green, as set by the Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which.
    pub rag: Rag,
    /// Since.
    pub since: At,
    /// Falls back to green then.
    pub until: Option<At>,
    /// Plain words.
    pub note: Option<String>,
}

/// One queue, now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamView {
    /// Which line.
    pub group: AcuityGroup,
    /// People in it.
    pub waiting: u32,
    /// The longest wait in it, whole minutes.
    pub longest_minutes: i64,
}

/// How a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Heard in time.
    Live,
    /// Quiet for longer than it should be.
    Late,
    /// Quiet for so long that its figures are withheld.
    Silent,
    /// Never heard.
    NeverHeard,
}

impl Health {
    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Late => "late",
            Self::Silent => "silent",
            Self::NeverHeard => "never_heard",
        }
    }
}

/// One feed, now.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedView {
    /// Its configuration.
    pub feed: Arc<Feed>,
    /// How it is doing.
    pub health: Health,
    /// When it was last heard.
    pub heard: Option<At>,
    /// Facts taken since this log began.
    pub accepted: u64,
}

/// Contacts, incidents and arrivals of the last hour by hex. Exact counts: a face rolls them up
/// before anyone outside sees them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DemandView {
    /// People by hex at `domain::geo::DEMAND_RESOLUTION`.
    pub cells: BTreeMap<Cell, u32>,
}
