//! One service as readers see it now.

use std::sync::Arc;

use compact_str::CompactString;

use crate::ambulance_readings::Handovers;
use crate::plausibility::Implausible;
use domain::event::Rag;
use domain::opening::Opening;
use domain::time::{HOUR, MINUTE};
use domain::{AcuityGroup, Ahead, At, Capacity, Reading, ReadingName, Service};
use fold::bookings::OfferState;
use forecast::Accuracy;

/// The wait in an hour must differ from now's by so many minutes to be called rising or falling.
const TREND_MINUTES: i64 = 10;

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
