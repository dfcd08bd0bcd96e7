//! People counted: how they asked, by window, and the minute they are counted under.

use domain::At;
use domain::time::{DAY, HOUR, MINUTE, Millis};

/// The windows of the demand map, shortest first.
pub const WINDOWS: [Millis; 3] = [HOUR, 4 * HOUR, DAY];

/// How someone asked for care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemandSource {
    /// NHS 111 and the like.
    Contact = 0,
    /// An ambulance was called.
    CallOut = 1,
    /// Came to a service without a call-out of ours.
    Arrival = 2,
}

impl DemandSource {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Contact, Self::CallOut, Self::Arrival];
}

/// People by way of asking.
pub type Counts = [u32; 3];

/// People of one hex by window and way of asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WindowCounts(pub(super) [Counts; WINDOWS.len()]);

impl WindowCounts {
    /// Everybody within a window, by its place in [`WINDOWS`].
    pub fn people(&self, window: usize) -> u32 {
        self.by_way(window).iter().sum()
    }

    /// The same by way of asking: contacts, call-outs, arrivals.
    pub fn by_way(&self, window: usize) -> Counts {
        self.0.get(window).copied().unwrap_or_default()
    }
}

/// The whole minute of a moment, since 1970.
pub fn minute_of(at: At) -> i64 {
    at.0.div_euclid(MINUTE)
}
