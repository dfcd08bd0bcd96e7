//! Who asked for care, by minute, hex and way of asking: contacts, call-outs and arrivals.
//!
//! Everything here is counted in and out exactly: a cancelled visit takes its person out again, a minute that no
//! window reaches any more takes its people out of the sums. What the public may see is settled hour by hour
//! ([`settled_hours`]) and never changed after that; what is usual is learned from hours a day old ([`usual`]).

mod counts;
pub mod hot_spots;
pub mod minutes;
pub mod settled_hours;
pub mod usual;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use domain::time::{DAY, HOUR, MINUTE, Millis};
use domain::{At, Cell};

pub use counts::{Counts, DemandSource, WINDOWS, WindowCounts};

use counts::minute_of;
use hot_spots::{HotSpot, HotSpotDetector};
use minutes::{KEPT, Minutes};
use settled_hours::{HourCounts, SettledHours};
use usual::Usual;

/// An hour teaches what is usual this long after it ended, when late facts and corrections are in.
const LEARNED_AFTER: Millis = DAY;

/// When and where someone asked.
pub type Point = (At, Cell);

/// Everybody who asked lately, what was shown of them, and what is usual.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Demand {
    minutes: Minutes,
    blocks: Arc<SettledHours>,
    usual: Arc<Usual>,
    /// The next hour to learn from, since 1970.
    to_learn: Option<i64>,
    hot: HotSpotDetector,
}

impl Demand {
    /// Counts one person in.
    pub fn put(&mut self, (at, cell): Point, asked: DemandSource) {
        self.minutes.put(minute_of(at), cell, asked);
    }

    /// Counts one person out who was counted in: a cancelled visit, or one whose place or time was corrected.
    pub fn take_back(&mut self, (at, cell): Point, asked: DemandSource) {
        self.minutes.take_back(minute_of(at), cell, asked);
    }

    /// Someone's word on when and where they asked was another before.
    pub fn correct(&mut self, before: Option<Point>, after: Option<Point>, asked: DemandSource) {
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
        let hour = now.0.div_euclid(HOUR);
        let is_new_hour = self.minutes.now() * MINUTE / HOUR != hour;
        self.minutes.advance(minute_of(now));
        let due = self.blocks.due(now);
        if !due.is_empty() {
            let kept = Arc::make_mut(&mut self.blocks);
            for hour in due {
                kept.settle(hour, hour_of(&self.minutes, hour));
            }
        }
        if is_new_hour {
            self.learn(now);
            self.minutes.tidy();
        }
        self.hot.look(now, &self.minutes, &self.usual);
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

    /// People by hex in every window, as of the present minute; some hexes have none.
    pub fn tallies(&self) -> &Arc<Vec<(Cell, WindowCounts)>> {
        self.minutes.tallies()
    }

    /// Hours as the public may see them.
    pub fn blocks(&self) -> &Arc<SettledHours> {
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

/// People of a clock hour by hex of level 7, or wider where no more was known of them.
fn hour_of(minutes: &Minutes, hour: i64) -> HourCounts {
    let first = hour * HOUR / MINUTE;
    let mut people = HourCounts::new();
    for (_, cell, _) in minutes.between(first, first + HOUR / MINUTE - 1) {
        *people
            .entry(cell.parent(settled_hours::FINEST))
            .or_default() += 1;
    }
    people
}

#[cfg(test)]
mod tests;
