//! The published value: everything that readers may see, as of one sequence number.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;

use crate::demand::DemandView;
use crate::feed_health::FeedHealth;
use crate::opel::OpelView;
use crate::scorecard::ScoreView;
use crate::search::SearchIndex;
use crate::service_view::ServiceView;
use crate::time_to_care::Surfaces;
use domain::{At, Directory, Feed, FeedId, ServiceId};
use fold::advice::Advice;
use fold::bookings::Diary;
use fold::directory_changes::Note;

/// Everything readers may see, as of one sequence number.
#[derive(Debug, Clone)]
pub struct Published {
    /// Names the history that `seq` counts in.
    pub epoch: CompactString,
    /// The newest entry this published value includes.
    pub seq: u64,
    /// The log's time at that entry.
    pub as_of: At,
    /// The Directory as it is now: the files and the changes since.
    pub directory: Arc<Directory>,
    /// The index over it.
    pub finder: Arc<SearchIndex>,
    /// The last changes of the Directory, newest first.
    pub listings: Arc<Vec<Note>>,
    /// Each Service of the Directory. An unchanged Service keeps its `Arc` from one published value to the
    /// next, so that `Arc::ptr_eq` finds what changed.
    pub services: BTreeMap<ServiceId, Arc<ServiceView>>,
    /// Each feed and its health.
    pub feeds: BTreeMap<FeedId, Arc<FeedView>>,
    /// Where people asked for care.
    pub demand: Arc<DemandView>,
    /// The escalation level of each trust; worked out once a minute.
    pub opel: Arc<Vec<OpelView>>,
    /// How right what was shown has been; worked out once a minute.
    pub scorecard: Arc<ScoreView>,
    /// Bookable times, bookings and referrals by service; for professionals only.
    pub diaries: Arc<BTreeMap<ServiceId, Arc<Diary>>>,
    /// What was advised lately, and what is not recommended.
    pub advice: Arc<Advice>,
    /// Where care is soonest; the same `Arc` while nothing it rests on changed.
    pub surfaces: Arc<Surfaces>,
}

/// One feed, now.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedView {
    /// Its configuration.
    pub feed: Arc<Feed>,
    /// How it is doing.
    pub health: FeedHealth,
    /// When it was last heard.
    pub heard: Option<At>,
    /// When it last had news, more than that it is there.
    pub told: Option<At>,
    /// How likely so long a time without news is at this hour of the week, 0 to 1; rounded down to a
    /// power of ten. 1 while it is not known what is usual.
    pub quiet_chance: f64,
    /// Facts taken since this log began.
    pub accepted: u64,
}
