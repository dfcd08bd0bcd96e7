//! What readers see: one immutable, consistent value for each published sequence number.
//!
//! Computed on the writer's thread from the fold and the forecast, published as a shared value.
//! Nothing here knows a wire format; the faces turn these values into HTML, JSON and metrics.

mod ambulance_readings;
pub mod demand;
pub mod destinations;
mod evidence;
mod feed_health;
mod history;
pub mod opel;
mod plausibility;
mod publish;
mod readings;
mod scorecard;
pub mod search;
mod shown_estimates;
pub mod time_to_care;
mod visit_readings;

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;

use domain::Capacity;
use domain::event::Rag;
use domain::opening::Opening;
use domain::time::{HOUR, MINUTE};
use domain::{
    AcuityGroup, Ahead, At, Directory, Feed, FeedId, Reading, ReadingName, Service, ServiceId,
};

pub use ambulance_readings::Handovers;
pub use demand::DemandView;
pub use evidence::Evidence;
pub use feed_health::FeedHealth;
pub use fold::advice::{Advice, Switched};
pub use fold::bookings::diary::{Handling, Noticed};
pub use fold::bookings::{Booking, BookingStanding, Diary, OfferState, Referral, SlotClaim};
pub use fold::directory_changes::Note;
pub use fold::handovers::{BAND_MINUTES, Bands};
pub use forecast::{Accuracy, ESTIMATORS, ScoredKind, Span};
pub use history::{HistoryError, HistoryLookup};
pub use opel::{OpelPart, OpelView};
pub use plausibility::Implausible;
pub use publish::Publisher;
pub use scorecard::{ScoreRow, ScoreView};
pub use search::SearchIndex;
pub use shown_estimates::shown_changes;
pub use time_to_care::Surfaces;

/// The wait in an hour must differ from now's by so many minutes to be called rising or falling.
const TREND_MINUTES: i64 = 10;

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
    /// Its handovers by how long they took; a Service that ambulances do not go to has none, nor one
    /// whose ambulances' feed is not believed.
    pub handovers: Option<Handovers>,
    /// Its queues, most urgent first; only those with someone in them.
    pub streams: Vec<StreamView>,
    /// The wait of those who come later, by quarter hour.
    pub ahead: Vec<Ahead>,
    /// The mean wait that is usual at this hour of the day, whole minutes, once that is known.
    pub usual: Option<i64>,
    /// Why its waits are not believed, if they are not.
    pub doubt: Option<Implausible>,
    /// How right the wait shown was in the last seven days; `None` while too few were seen to say.
    pub accuracy: Option<Accuracy>,
    /// Slots of the next day that can be booked now.
    pub slots_ahead: u32,
    /// When its feed was last heard.
    pub heard: Option<At>,
}

impl ServiceView {
    /// The figure of that name, if this Service has it.
    pub fn find_reading(&self, name: ReadingName) -> Option<&Reading> {
        self.readings.iter().find(|reading| reading.name == name)
    }

    /// What it says of itself, as far as that decides whether its slots are offered.
    pub fn live(&self) -> OfferState {
        OfferState {
            closed: self.closure.is_some(),
            red: self
                .status
                .as_ref()
                .is_some_and(|said| said.rag == Rag::Red),
        }
    }

    /// Open by its hours and not closed out of turn.
    pub fn is_open(&self) -> bool {
        self.opening.is_open() && self.closure.is_none()
    }

    /// The wait in an hour against the wait now: a word, and by how many minutes.
    pub fn trend(&self, now: At) -> Option<(&'static str, i64)> {
        let wait = self.find_reading(ReadingName::Wait)?.age.measure()?.value;
        let then = now.plus(HOUR);
        let near = self.ahead.iter().min_by_key(|a| a.at.since(then).abs())?;
        let change = near.median - wait;
        let word = match change {
            change if change >= TREND_MINUTES => "rising",
            change if change <= -TREND_MINUTES => "falling",
            _ => "steady",
        };
        (near.at.since(then).abs() <= 15 * MINUTE).then_some((word, change))
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
    /// Who set it, when that was kept.
    pub by: Option<CompactString>,
}

/// One queue, now.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamView {
    /// Which line.
    pub group: AcuityGroup,
    /// People in it.
    pub waiting: u32,
    /// The longest wait in it, whole minutes.
    pub longest_minutes: i64,
    /// The wait of people of this group who come now; those not assessed yet have none of their own.
    pub wait: Option<Reading>,
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
