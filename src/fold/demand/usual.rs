//! How many usually ask for care, by hex and hour of the week. Whole numbers only.
//!
//! A hex of level 7 sees a handful of people in a week of one hour, far too few to learn each hour of each hex by
//! itself. So what is learned of a hex is its share of the wide hex around it, over all hours; and of the wide hex
//! its mean in each hour of the week, leant on the rhythm of the whole area while few weeks are known.

use std::collections::BTreeMap;

use h3o::Resolution;
use serde::{Deserialize, Serialize};

use crate::demand::settled_hours::HourCounts;
use domain::time::{HOUR, MINUTE};
use domain::{At, Cell};

/// Parts that a person is counted in, so that no fraction is lost.
pub const PARTS: u64 = 256;
/// What is usual is known once an hour of the week was seen so often.
pub const WEEKS_MIN: u8 = 4;
/// Weeks remembered: older ones fade.
pub const WEEKS_MAX: u8 = 8;
/// The rhythm of the whole area counts as so many weeks of a wide hex's own.
const LEANING_WEEKS: u64 = 4;
/// The wide hex (about 250 km²) whose rhythm its hexes share.
const AROUND: Resolution = Resolution::Five;
/// Hexes that are learned of; the area has about 550, people come from further away too.
const CELLS_MAX: usize = 20_000;
/// Hours of a week.
const WEEK: usize = 168;

/// A wide hex.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Around {
    /// Parts of people of all its hexes, as far as they are remembered.
    total: u64,
    /// Parts of people by hour of the week, Monday in London first.
    hours: Vec<u32>,
}

/// What is usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual {
    /// Weeks seen of each hour of the week, at most [`WEEKS_MAX`].
    weeks: Vec<u8>,
    /// The whole area by hour of the week.
    area: Vec<u64>,
    total: u64,
    around: BTreeMap<Cell, Around>,
    /// Parts of people of each hex, as far as they are remembered.
    cells: BTreeMap<Cell, u32>,
    /// Hours learned since the hexes last faded.
    hours: u16,
}

impl Usual {
    /// Learns from a whole hour.
    pub fn learn(&mut self, hour: At, people: &HourCounts) {
        let slot = hour_of_week(hour);
        self.weeks.resize(WEEK, 0);
        self.area.resize(WEEK, 0);
        if self.weeks[slot] == WEEKS_MAX {
            self.area[slot] -= self.area[slot] / u64::from(WEEKS_MAX);
            for around in self.around.values_mut() {
                around.hours[slot] -= around.hours[slot] / u32::from(WEEKS_MAX);
            }
        } else {
            self.weeks[slot] += 1;
        }
        for (cell, people) in people {
            if self.cells.len() >= CELLS_MAX && !self.cells.contains_key(cell) {
                continue;
            }
            let parts = u64::from(*people) * PARTS;
            let small = u32::try_from(parts).unwrap_or(u32::MAX);
            let known = self.cells.entry(*cell).or_default();
            *known = known.saturating_add(small);
            let around = self.around.entry(cell.parent(AROUND)).or_default();
            around.hours.resize(WEEK, 0);
            around.total += parts;
            around.hours[slot] = around.hours[slot].saturating_add(small);
            self.total += parts;
            self.area[slot] += parts;
        }
        self.hours += 1;
        if usize::from(self.hours) >= WEEK {
            self.hours = 0;
            self.fade();
        }
    }

    /// After each week beyond the first [`WEEKS_MAX`] what is known of the hexes fades by one week.
    fn fade(&mut self) {
        if self.weeks.iter().any(|weeks| *weeks < WEEKS_MAX) {
            return;
        }
        self.total = 0;
        for around in self.around.values_mut() {
            around.total = 0;
        }
        self.cells.retain(|_, parts| {
            *parts -= *parts / u32::from(WEEKS_MAX);
            u64::from(*parts) > PARTS / 8
        });
        for (cell, parts) in &self.cells {
            self.total += u64::from(*parts);
            if let Some(around) = self.around.get_mut(&cell.parent(AROUND)) {
                around.total += u64::from(*parts);
            }
        }
        self.around.retain(|_, around| around.total > 0);
    }

    /// Whether it is known what is usual in that hour.
    pub fn is_known(&self, at: At) -> bool {
        let weeks = self.weeks.get(hour_of_week(at));
        weeks.is_some_and(|weeks| *weeks >= WEEKS_MIN)
    }

    /// Parts of people who usually ask from each hex that is known, in the hour of the week of a moment; nothing while
    /// too few weeks are known.
    pub fn of_hour(&self, at: At) -> BTreeMap<Cell, u64> {
        let slot = hour_of_week(at);
        let Some(weeks) = self.weeks.get(slot).filter(|weeks| **weeks >= WEEKS_MIN) else {
            return BTreeMap::new();
        };
        let weeks = u64::from(*weeks);
        let mut usual = BTreeMap::new();
        for (wide, around) in &self.around {
            // The whole area's mean of the hour, by the wide hex's share of all.
            let leaning = self.area[slot] * around.total / (weeks * self.total).max(1);
            let own = u64::from(around.hours[slot]);
            let mean = (own + LEANING_WEEKS * leaning) / (weeks + LEANING_WEEKS);
            usual.insert(*wide, (mean, around.total));
        }
        let of = |(cell, parts): (&Cell, &u32)| {
            let (mean, total) = usual.get(&cell.parent(AROUND))?;
            Some((*cell, mean * u64::from(*parts) / (*total).max(1)))
        };
        self.cells.iter().filter_map(of).collect()
    }

    /// Parts of people who usually ask from each hex between two moments, to the minute; `None` while too few weeks
    /// are known.
    pub fn between(&self, from: At, to: At) -> Option<BTreeMap<Cell, u64>> {
        let mut sum: BTreeMap<Cell, u64> = BTreeMap::new();
        let mut start = from;
        while start < to {
            let end = At((start.0.div_euclid(HOUR) + 1) * HOUR).min(to);
            if !self.is_known(start) {
                return None;
            }
            let minutes = (end.since(start) / MINUTE).unsigned_abs();
            for (cell, parts) in self.of_hour(start) {
                *sum.entry(cell).or_default() += parts * minutes;
            }
            start = end;
        }
        for parts in sum.values_mut() {
            *parts /= (HOUR / MINUTE).unsigned_abs();
        }
        Some(sum)
    }
}

/// The hour of the week in London, Monday 0h first.
pub fn hour_of_week(at: At) -> usize {
    let local = at.london();
    let day = local.weekday().to_monday_zero_offset();
    (day.unsigned_abs() as usize * 24 + local.hour().unsigned_abs() as usize).min(WEEK - 1)
}
