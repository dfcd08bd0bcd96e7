//! Hours as the public may see them: settled once, never changed.
//!
//! Whatever is published is a sum of whole clock hours, each settled [`SETTLED_AFTER`] its end. Who is told of later
//! is left out, and who is corrected later stays in: if an hour could change, the difference between yesterday's
//! answer and today's would be one person.

use std::collections::BTreeMap;

use h3o::Resolution;
use serde::{Deserialize, Serialize};

use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Cell};

/// Public hexes are never finer than this (about 5 km²).
pub const FINEST: Resolution = Resolution::Seven;
/// People who cannot be shown even in a hex this wide (about 1,770 km²) are not shown.
pub const WIDEST: Resolution = Resolution::Four;
/// An hour is settled so long after its end.
pub const SETTLED_AFTER: Millis = 10 * MINUTE;
/// Hours kept: those of the longest window, as it was up to [`HOURS_AGO_MAX`] ago.
const HOURS_KEPT: i64 = 24 + HOURS_AGO_MAX;
/// So many hours back the windows of the public can still be told.
pub const HOURS_AGO_MAX: i64 = 24;

/// People of one hour by hex of level 7, or wider where no more was known of them.
pub type HourCounts = BTreeMap<Cell, u32>;

/// The last settled hours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledHours {
    /// The next hour to settle, since 1970.
    next: Option<i64>,
    hours: BTreeMap<i64, HourCounts>,
}

impl SettledHours {
    /// Hours to settle now, oldest first; at the beginning of a log the one before it.
    pub fn due(&self, now: At) -> std::ops::Range<i64> {
        let end = now.plus(-SETTLED_AFTER).0.div_euclid(HOUR);
        let next = self.next.unwrap_or(end - 1);
        // A log that slept for a week has nothing to say of the hours before those that are kept.
        next.max(end - HOURS_KEPT)..end
    }

    /// Settles an hour.
    pub fn settle(&mut self, hour: i64, people: HourCounts) {
        self.next = Some(hour + 1);
        self.hours.insert(hour, people);
        self.hours = self.hours.split_off(&(hour + 1 - HOURS_KEPT));
    }

    /// The newest settled hour, since 1970.
    pub fn newest(&self) -> Option<i64> {
        self.hours.keys().next_back().copied()
    }

    /// The oldest settled hour that is kept.
    pub fn oldest(&self) -> Option<i64> {
        self.hours.keys().next().copied()
    }

    /// So many settled hours up to one, as far as they were kept, oldest first.
    pub fn up_to(&self, newest: i64, hours: i64) -> impl Iterator<Item = (i64, &HourCounts)> {
        let span = newest + 1 - hours..=newest;
        self.hours.range(span).map(|(hour, block)| (*hour, block))
    }
}

/// What the public may see of one hour: people by hex. A hex with fewer than `people_min` gives them to the wider
/// hex around it, together with others of that hex, until there are enough; who is left at [`WIDEST`] is not shown.
///
/// Each shown hex stands for itself without the finer hexes that are shown in it, so that no two share a person.
pub fn shown(block: &HourCounts, people_min: u32) -> HourCounts {
    let mut shown = HourCounts::new();
    let mut few = block.clone();
    for level in (u8::from(WIDEST)..=u8::from(FINEST)).rev() {
        let Ok(level) = Resolution::try_from(level) else {
            continue;
        };
        let mut gathered = HourCounts::new();
        for (cell, people) in few {
            *gathered.entry(cell.parent(level)).or_default() += people;
        }
        // Those of whom only a wider hex is known wait for its level.
        let is_of = |cell: &Cell| cell.0.resolution() == level;
        few = HourCounts::new();
        for (cell, people) in gathered {
            let has_enough = is_of(&cell) && people >= people_min;
            let to = if has_enough { &mut shown } else { &mut few };
            to.insert(cell, people);
        }
    }
    shown
}

/// The shown hex that speaks for a hex: itself or the first around it.
pub fn spoken_for(shown: &HourCounts, cell: Cell) -> Option<Cell> {
    let level = u8::from(cell.0.resolution().min(FINEST));
    (u8::from(WIDEST)..=level)
        .rev()
        .filter_map(|level| Resolution::try_from(level).ok())
        .map(|level| cell.parent(level))
        .find(|around| shown.contains_key(around))
}
