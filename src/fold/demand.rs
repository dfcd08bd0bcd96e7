//! Contacts by the minute they were made and the hex they came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::time::{DAY, HOUR, MINUTE, Millis};
use crate::domain::{At, Cell};

/// The window of the demand map.
pub const DEMAND_WINDOW: Millis = HOUR;

/// Counts by minute and hex for the last day and the lateness bound before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    minutes: BTreeMap<i64, BTreeMap<Cell, u32>>,
}

impl Demand {
    /// Counts one contact.
    pub fn count(&mut self, at: At, cell: Cell) {
        *self
            .minutes
            .entry(at.0.div_euclid(MINUTE))
            .or_default()
            .entry(cell)
            .or_default() += 1;
    }

    /// Counts of the whole minutes after `now` minus the window, up to `now`.
    pub fn within(&self, now: At, window: Millis) -> impl Iterator<Item = (Cell, u32)> + '_ {
        let last = now.0.div_euclid(MINUTE);
        let first = last - window / MINUTE;
        self.minutes
            .range(first + 1..=last)
            .flat_map(|(_, cells)| cells.iter().map(|(cell, count)| (*cell, *count)))
    }

    /// Drops what no window reaches any more.
    pub fn tidy(&mut self, now: At) {
        let oldest = now.plus(-2 * DAY).0.div_euclid(MINUTE);
        self.minutes = self.minutes.split_off(&oldest);
    }
}
