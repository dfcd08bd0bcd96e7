//! Who asked for care, by minute, hex and way of asking: contacts, call-outs and arrivals.
//!
//! Everything here is counted in and out exactly: a cancelled visit takes its person out again, a minute that no
//! window reaches any more takes its people out of the sums. What the public may see is settled hour by hour
//! ([`blocks`]) and never changed after that; what is usual is learned from hours a day old ([`usual`]).

pub mod blocks;
pub mod hot;
pub mod usual;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::time::{DAY, HOUR, MINUTE, Millis};
use crate::domain::{At, Cell};

use blocks::Blocks;
use hot::{Hot, HotSpot};
use usual::Usual;

/// The windows of the demand map, shortest first.
pub const WINDOWS: [Millis; 3] = [HOUR, 4 * HOUR, DAY];
/// Minutes are kept for so long: past the longest window and the hours that are still learned from.
const KEPT: Millis = 50 * HOUR;
/// An hour teaches what is usual this long after it ended, when late facts and corrections are in.
const LEARNED_AFTER: Millis = DAY;

/// How someone asked for care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// NHS 111 and the like.
    Contact = 0,
    /// An ambulance was called.
    CallOut = 1,
    /// Came to a service without a call-out of ours.
    Arrival = 2,
}

/// People by way of asking.
pub type Counts = [u32; 3];

/// People of one hex by window and way of asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally([Counts; WINDOWS.len()]);

impl Tally {
    /// Everybody within a window, by its place in [`WINDOWS`].
    pub fn people(&self, window: usize) -> u32 {
        self.by_way(window).iter().sum()
    }

    /// The same by way of asking: contacts, call-outs, arrivals.
    pub fn by_way(&self, window: usize) -> Counts {
        self.0.get(window).copied().unwrap_or_default()
    }
}

/// When and where someone asked.
pub type Point = (At, Cell);

/// Everybody who asked lately, what was shown of them, and what is usual.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct Demand {
    /// The present minute, since 1970.
    minute: i64,
    minutes: BTreeMap<i64, BTreeMap<Cell, Counts>>,
    /// Sums of the minutes that each window reaches; follows from them.
    #[serde(skip_serializing)]
    cells: Arc<BTreeMap<Cell, Tally>>,
    blocks: Arc<Blocks>,
    usual: Arc<Usual>,
    /// The next hour to learn from, since 1970.
    to_learn: Option<i64>,
    hot: Hot,
}

/// As it is written in a snapshot.
#[derive(Deserialize)]
struct Kept {
    minute: i64,
    minutes: BTreeMap<i64, BTreeMap<Cell, Counts>>,
    blocks: Arc<Blocks>,
    usual: Arc<Usual>,
    to_learn: Option<i64>,
    hot: Hot,
}

impl From<Kept> for Demand {
    fn from(kept: Kept) -> Self {
        let mut cells = BTreeMap::new();
        let reached = kept.minute - DAY / MINUTE + 1..=kept.minute;
        for (minute, people) in kept.minutes.range(reached) {
            for (cell, counts) in people {
                move_in(&mut cells, *cell, *counts, |length| {
                    kept.minute - minute < length
                });
            }
        }
        Self {
            minute: kept.minute,
            minutes: kept.minutes,
            cells: Arc::new(cells),
            blocks: kept.blocks,
            usual: kept.usual,
            to_learn: kept.to_learn,
            hot: kept.hot,
        }
    }
}

/// Adds people to the windows that reach them; told the length of each in minutes.
fn move_in(
    cells: &mut BTreeMap<Cell, Tally>,
    cell: Cell,
    counts: Counts,
    reaches: impl Fn(i64) -> bool,
) {
    let tally = cells.entry(cell).or_default();
    for (sums, window) in tally.0.iter_mut().zip(WINDOWS) {
        if reaches(window / MINUTE) {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
    }
}

/// The whole minute of a moment, since 1970.
fn minute_of(at: At) -> i64 {
    at.0.div_euclid(MINUTE)
}

impl Demand {
    /// Counts one person in.
    pub fn put(&mut self, (at, cell): Point, asked: Asked) {
        let minute = minute_of(at);
        if self.minute - minute >= KEPT / MINUTE {
            return;
        }
        let people = self.minutes.entry(minute).or_default();
        people.entry(cell).or_default()[asked as usize] += 1;
        let age = self.minute - minute;
        if (0..DAY / MINUTE).contains(&age) {
            let mut one = Counts::default();
            one[asked as usize] = 1;
            move_in(Arc::make_mut(&mut self.cells), cell, one, |length| {
                age < length
            });
        }
    }

    /// Counts one person out who was counted in: a cancelled visit, or one whose place or time was corrected.
    pub fn take_back(&mut self, (at, cell): Point, asked: Asked) {
        let minute = minute_of(at);
        let Some(people) = self.minutes.get_mut(&minute) else {
            return;
        };
        let Some(counts) = people.get_mut(&cell).filter(|c| c[asked as usize] > 0) else {
            return;
        };
        counts[asked as usize] -= 1;
        if *counts == Counts::default() {
            people.remove(&cell);
        }
        if people.is_empty() {
            self.minutes.remove(&minute);
        }
        let age = self.minute - minute;
        if age >= 0 {
            let mut one = Counts::default();
            one[asked as usize] = 1;
            let cells = Arc::make_mut(&mut self.cells);
            move_out(cells, cell, one, |length| age < length);
        }
    }

    /// Someone's word on when and where they asked was another before.
    pub fn correct(&mut self, before: Option<Point>, after: Option<Point>, asked: Asked) {
        if before != after {
            if let Some(before) = before {
                self.take_back(before, asked);
            }
            if let Some(after) = after {
                self.put(after, asked);
            }
        }
    }

    /// Time passed: windows move on, hours are settled, minutes are forgotten.
    pub fn advance(&mut self, now: At) {
        let next = minute_of(now);
        if next <= self.minute {
            return;
        }
        self.move_windows(next);
        let blocks = self.blocks.due(now);
        if !blocks.is_empty() {
            let kept = Arc::make_mut(&mut self.blocks);
            for hour in blocks {
                kept.settle(hour, hour_of(&self.minutes, hour));
            }
        }
        self.learn(now);
        self.hot.look(now, &self.minutes, &self.usual);
        let oldest = next - KEPT / MINUTE + 1;
        if self.minutes.keys().next().is_some_and(|key| *key < oldest) {
            self.minutes = self.minutes.split_off(&oldest);
        }
    }

    /// Takes out of the sums who is too long ago now, and in who had been told ahead of time.
    fn move_windows(&mut self, next: i64) {
        let before = std::mem::replace(&mut self.minute, next);
        for window in WINDOWS {
            let minutes = window / MINUTE;
            let is_this = |length: i64| length == minutes;
            let leaving = before - minutes + 1..(before.min(next - minutes) + 1);
            let entering = (before.max(next - minutes) + 1)..next + 1;
            if self.minutes.range(leaving.clone()).next().is_some() {
                let cells = Arc::make_mut(&mut self.cells);
                for (cell, counts) in self.minutes.range(leaving).flat_map(|(_, people)| people) {
                    move_out(cells, *cell, *counts, is_this);
                }
            }
            if self.minutes.range(entering.clone()).next().is_some() {
                let cells = Arc::make_mut(&mut self.cells);
                for (cell, counts) in self.minutes.range(entering).flat_map(|(_, people)| people) {
                    move_in(cells, *cell, *counts, is_this);
                }
            }
        }
    }

    fn learn(&mut self, now: At) {
        let due = now.plus(-LEARNED_AFTER).0.div_euclid(HOUR);
        // The first minutes of a log are part of an hour, which would teach too little.
        let first = *self.to_learn.get_or_insert(now.0.div_euclid(HOUR) + 1);
        let first = first.max(now.plus(-KEPT).0.div_euclid(HOUR) + 1);
        for hour in first..due {
            let people = hour_of(&self.minutes, hour);
            if !people.is_empty() {
                Arc::make_mut(&mut self.usual).learn(At(hour * HOUR), &people);
            }
        }
        self.to_learn = Some(first.max(due));
    }

    /// People by hex in every window, as of the present minute.
    pub fn cells(&self) -> &Arc<BTreeMap<Cell, Tally>> {
        &self.cells
    }

    /// Hours as the public may see them.
    pub fn blocks(&self) -> &Arc<Blocks> {
        &self.blocks
    }

    /// What is usual by hex and hour of the week.
    pub fn usual(&self) -> &Arc<Usual> {
        &self.usual
    }

    /// Where there is far more than usual now.
    pub fn hot_spots(&self) -> &Arc<Vec<HotSpot>> {
        self.hot.spots()
    }
}

/// Takes people out of the windows that no longer reach them.
fn move_out(
    cells: &mut BTreeMap<Cell, Tally>,
    cell: Cell,
    counts: Counts,
    leaves: impl Fn(i64) -> bool,
) {
    let Some(tally) = cells.get_mut(&cell) else {
        return;
    };
    for (sums, window) in tally.0.iter_mut().zip(WINDOWS) {
        if leaves(window / MINUTE) {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum = sum.saturating_sub(count);
            }
        }
    }
    if *tally == Tally::default() {
        cells.remove(&cell);
    }
}

/// People of a clock hour by hex of level 7, or wider where no more was known of them.
fn hour_of(minutes: &BTreeMap<i64, BTreeMap<Cell, Counts>>, hour: i64) -> BTreeMap<Cell, u32> {
    let first = hour * HOUR / MINUTE;
    let mut people = BTreeMap::new();
    for cells in minutes.range(first..first + HOUR / MINUTE).map(|(_, c)| c) {
        for (cell, counts) in cells {
            *people.entry(cell.parent(blocks::FINEST)).or_default() += counts.iter().sum::<u32>();
        }
    }
    people
}

#[cfg(test)]
mod tests;
