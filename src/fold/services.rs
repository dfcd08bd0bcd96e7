//! What a service says about itself: status, closure, capacity.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use domain::At;
use domain::Capacity;
use domain::event::Rag;
use domain::time::{HOUR, MINUTE, Millis};

/// Red and amber fall back to green after this when the sender says nothing (the default of the
/// Directory's capacity status API).
pub const STATUS_RESET_DEFAULT: Millis = 240 * MINUTE;
/// A count that was not sent again for so long is no longer believed.
pub const CAPACITY_KEPT: Millis = 12 * HOUR;

/// Red, amber or green, as last set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusState {
    /// Which.
    pub rag: Rag,
    /// Since.
    pub since: At,
    /// Falls back to green then.
    pub until: Option<At>,
    /// Plain words.
    pub note: Option<String>,
    /// Who set it.
    #[serde(default)]
    pub by: Option<CompactString>,
}

/// Closed or opened out of turn, as last said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosureState {
    /// Since.
    pub since: At,
    /// Closed, or opened again.
    pub closed: bool,
    /// Plain words.
    pub reason: String,
    /// When the next word comes.
    pub next_update_at: Option<At>,
}

/// What a service says about itself; of two facts the one that happened later counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceState {
    status: Option<StatusState>,
    door: Option<ClosureState>,
    counts: BTreeMap<u8, (At, u32)>,
}

impl ServiceState {
    /// Takes a status.
    pub fn set_status(
        &mut self,
        at: At,
        (rag, reset): (Rag, Option<u32>),
        note: Option<&str>,
        by: &CompactString,
    ) {
        if self.status.as_ref().is_some_and(|known| known.since > at) {
            return;
        }
        let reset = reset.map_or(STATUS_RESET_DEFAULT, |minutes| i64::from(minutes) * MINUTE);
        self.status = Some(StatusState {
            rag,
            since: at,
            until: (rag != Rag::Green).then(|| at.plus(reset)),
            note: note.map(ToOwned::to_owned),
            by: Some(by.clone()),
        });
    }

    /// Takes a closure or its end.
    pub fn set_closure(&mut self, door: ClosureState) {
        if self
            .door
            .as_ref()
            .is_none_or(|known| known.since <= door.since)
        {
            self.door = Some(door);
        }
    }

    /// Takes the counts that were sent.
    pub fn set_capacity(&mut self, at: At, capacity: &Capacity) {
        for (key, count) in (0..).zip(as_list(capacity)) {
            let newer = self.counts.get(&key).is_none_or(|(known, _)| *known <= at);
            if let (Some(count), true) = (count, newer) {
                self.counts.insert(key, (at, count));
            }
        }
    }

    /// The status while it holds.
    pub fn status(&self, now: At) -> Option<&StatusState> {
        self.status
            .as_ref()
            .filter(|status| status.until.is_none_or(|until| now < until))
    }

    /// The closure while it lasts.
    pub fn closure(&self) -> Option<&ClosureState> {
        self.door.as_ref().filter(|door| door.closed)
    }

    /// The newest counts, as far as they are recent enough to believe.
    pub fn capacity(&self, now: At) -> Capacity {
        let count = |key: u8| {
            let (at, count) = self.counts.get(&key)?;
            (now.since(*at) <= CAPACITY_KEPT).then_some(*count)
        };
        Capacity {
            staffed_spaces: count(0),
            occupied_spaces: count(1),
            beds_open: count(2),
            beds_occupied: count(3),
            escalation_beds: count(4),
            no_criteria_to_reside: count(5),
            clinicians: count(6),
        }
    }
}

fn as_list(capacity: &Capacity) -> [Option<u32>; 7] {
    [
        capacity.staffed_spaces,
        capacity.occupied_spaces,
        capacity.beds_open,
        capacity.beds_occupied,
        capacity.escalation_beds,
        capacity.no_criteria_to_reside,
        capacity.clinicians,
    ]
}
