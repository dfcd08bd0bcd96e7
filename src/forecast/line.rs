//! One queue as it stands: who waits since when, who was started lately. What can be said of it to a
//! person who joins it now.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::time::{HOUR, Millis, SECOND};
use crate::domain::{At, VisitId};

/// Starts are remembered this long.
const STARTS_KEPT: Millis = 12 * HOUR;
/// Starts that the present pace is read off.
const PACE_STARTS: usize = 20;

/// What can be seen of a queue at a moment, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// People waiting.
    pub ahead: f64,
    /// Wait so far of the one who came first (head of line); 0 when nobody waits.
    pub head: f64,
    /// Mean wait so far of those waiting; 0 when nobody waits.
    pub age: f64,
    /// Wait of the one started last (LES).
    pub last: f64,
    /// Mean wait of the three started last.
    pub last_few: f64,
    /// Mean wait of the ten started last.
    pub last_many: f64,
    /// How long those ahead take to be started at the present pace, the newcomer included.
    pub drain: f64,
}

/// A queue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    waiting: BTreeMap<VisitId, At>,
    /// When someone was started and how long they had waited, oldest first.
    starts: VecDeque<(At, Millis)>,
}

/// Seconds of a length of time.
pub fn seconds(length: Millis) -> f64 {
    length as f64 / SECOND as f64
}

impl Line {
    /// Someone joins.
    pub fn join(&mut self, visit: VisitId, at: At) {
        self.waiting.insert(visit, at);
    }

    /// Someone is started; gives when they had joined.
    pub fn start(&mut self, visit: &VisitId, at: At) -> Option<At> {
        let joined = self.waiting.remove(visit)?;
        self.starts.push_back((at, at.since(joined).max(0)));
        while self
            .starts
            .front()
            .is_some_and(|(then, _)| at.since(*then) > STARTS_KEPT)
        {
            self.starts.pop_front();
        }
        Some(joined)
    }

    /// Someone leaves without having been started.
    pub fn leave(&mut self, visit: &VisitId) {
        self.waiting.remove(visit);
    }

    /// Waits of those started within a window before now, seconds.
    pub fn waits_within(&self, now: At, window: Millis) -> Vec<f64> {
        let newest_first = self.starts.iter().rev();
        newest_first
            .take_while(|(at, _)| now.since(*at) <= window)
            .map(|(_, wait)| seconds(*wait))
            .collect()
    }

    /// What can be seen; `None` before anyone was started.
    pub fn sight(&self, now: At) -> Option<Sight> {
        let last = seconds(self.starts.back()?.1);
        let ages = || {
            self.waiting
                .values()
                .map(|joined| seconds(now.since(*joined)).max(0.0))
        };
        let ahead = self.waiting.len() as f64;
        Some(Sight {
            ahead,
            head: ages().fold(0.0, f64::max),
            age: if ahead > 0.0 {
                ages().sum::<f64>() / ahead
            } else {
                0.0
            },
            last,
            last_few: self.mean_of_last(3),
            last_many: self.mean_of_last(10),
            drain: (ahead + 1.0) * self.pace(now),
        })
    }

    fn mean_of_last(&self, count: usize) -> f64 {
        let waits = || {
            self.starts
                .iter()
                .rev()
                .take(count)
                .map(|(_, wait)| seconds(*wait))
        };
        waits().sum::<f64>() / waits().count().max(1) as f64
    }

    /// Seconds between starts, lately; a pause that lasts until now counts.
    fn pace(&self, now: At) -> f64 {
        let recent = self.starts.len().min(PACE_STARTS);
        let first = self.starts.iter().rev().nth(recent.saturating_sub(1));
        first.map_or(0.0, |(at, _)| {
            seconds(now.since(*at)).max(0.0) / recent as f64
        })
    }
}
