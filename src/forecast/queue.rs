//! One queue as it stands: who waits since when, who was started lately. What can be said of it to a
//! person who joins it now.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use domain::time::{HOUR, Millis, SECOND};
use domain::{At, VisitId};

/// Starts are remembered this long.
const STARTS_KEPT: Millis = 12 * HOUR;
/// Starts that the present pace is read off.
const PACE_STARTS: usize = 20;

/// What can be seen of a queue at a moment, seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct QueueFeatures {
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
    /// The same of those who came the same way, by ambulance or not.
    pub alike: f64,
    /// How long those ahead take to be started at the present pace, the newcomer included.
    pub drain: f64,
    /// How long those ahead take at the pace of times in which someone was waiting: with every server
    /// busy that is the pace of the servers, and not of the arrivals.
    pub busy_drain: f64,
    /// Since someone was started.
    pub pause: f64,
    /// The same at the pace that is usual for the coming hours of the day, as far above or below it
    /// as the last hours were.
    pub drain_by_hour: f64,
    /// Share of those waiting who are known to be urgent, 0 to 1.
    pub urgent: f64,
}

/// Someone who waits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Waiting {
    joined: At,
    by_ambulance: bool,
    urgent: bool,
}

/// Someone who was started.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Start {
    at: At,
    wait: Millis,
    by_ambulance: bool,
}

/// A queue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WaitQueue {
    waiting: BTreeMap<VisitId, Waiting>,
    /// Those started lately, oldest first.
    starts: VecDeque<Start>,
    /// Gaps between starts with someone left waiting in between, oldest first.
    busy_gaps: VecDeque<Millis>,
    /// The last start, when it left someone waiting.
    left_waiting: Option<At>,
    rhythm: HourlyStarts,
}

/// Seconds of a length of time.
pub fn seconds(length: Millis) -> f64 {
    length as f64 / SECOND as f64
}

impl WaitQueue {
    /// Someone joins.
    pub fn join(&mut self, visit: VisitId, joined: At, by_ambulance: bool, urgent: bool) {
        let waiting = Waiting {
            joined,
            by_ambulance,
            urgent,
        };
        self.waiting.insert(visit, waiting);
    }

    /// It becomes known how urgent someone is.
    pub fn assess(&mut self, visit: &VisitId, urgent: bool) {
        if let Some(waiting) = self.waiting.get_mut(visit) {
            waiting.urgent = urgent;
        }
    }

    /// When someone who waits had joined.
    pub fn joined(&self, visit: &VisitId) -> Option<At> {
        self.waiting.get(visit).map(|waiting| waiting.joined)
    }

    /// Someone is started; gives when they had joined.
    pub fn start(&mut self, visit: &VisitId, at: At) -> Option<At> {
        let waiting = self.waiting.remove(visit)?;
        self.rhythm.count(at);
        if let Some(before) = self.left_waiting {
            self.busy_gaps.push_back(at.since(before).max(0));
            if self.busy_gaps.len() > PACE_STARTS {
                self.busy_gaps.pop_front();
            }
        }
        self.left_waiting = (!self.waiting.is_empty()).then_some(at);
        self.starts.push_back(Start {
            at,
            wait: at.since(waiting.joined).max(0),
            by_ambulance: waiting.by_ambulance,
        });
        while self
            .starts
            .front()
            .is_some_and(|start| at.since(start.at) > STARTS_KEPT)
        {
            self.starts.pop_front();
        }
        Some(waiting.joined)
    }

    /// Someone leaves without having been started.
    pub fn leave(&mut self, visit: &VisitId) {
        self.waiting.remove(visit);
    }

    /// Waits of those started within a window before now, seconds.
    pub fn waits_within(&self, now: At, window: Millis) -> Vec<f64> {
        let newest_first = self.starts.iter().rev();
        newest_first
            .take_while(|start| now.since(start.at) <= window)
            .map(|start| seconds(start.wait))
            .collect()
    }

    /// What can be seen; `None` before anyone was started.
    pub fn sight(&self, now: At, by_ambulance: bool) -> Option<QueueFeatures> {
        let last = seconds(self.starts.back()?.wait);
        let last_many = self.mean_of_last(10, None);
        let alike = self.mean_of_last(10, Some(by_ambulance));
        let ages = || {
            let joined = self.waiting.values().map(|waiting| waiting.joined);
            joined.map(|joined| seconds(now.since(joined)).max(0.0))
        };
        let urgent = self
            .waiting
            .values()
            .filter(|waiting| waiting.urgent)
            .count() as f64;
        let ahead = self.waiting.len() as f64;
        Some(QueueFeatures {
            ahead,
            head: ages().fold(0.0, f64::max),
            age: if ahead > 0.0 {
                ages().sum::<f64>() / ahead
            } else {
                0.0
            },
            last,
            last_few: self.mean_of_last(3, None),
            last_many,
            alike: if alike > 0.0 { alike } else { last_many },
            drain: (ahead + 1.0) * self.pace(now),
            busy_drain: ahead * self.busy_gap().unwrap_or_else(|| self.pace(now)),
            pause: self
                .starts
                .back()
                .map_or(0.0, |start| seconds(now.since(start.at)).max(0.0)),
            urgent: urgent / ahead.max(1.0),
            drain_by_hour: self.rhythm.time_for(ahead + 1.0, now, &self.starts),
        })
    }

    fn mean_of_last(&self, count: usize, by_ambulance: Option<bool>) -> f64 {
        let alike = |start: &&Start| by_ambulance.is_none_or(|way| start.by_ambulance == way);
        let starts = || self.starts.iter().rev().filter(alike).take(count);
        let waits = || starts().map(|start| seconds(start.wait));
        waits().sum::<f64>() / waits().count().max(1) as f64
    }

    /// Seconds between starts while someone was waiting, lately.
    fn busy_gap(&self) -> Option<f64> {
        let sum: Millis = self.busy_gaps.iter().sum();
        (!self.busy_gaps.is_empty()).then(|| seconds(sum) / self.busy_gaps.len() as f64)
    }

    /// Seconds between starts, lately; a pause that lasts until now counts.
    fn pace(&self, now: At) -> f64 {
        let recent = self.starts.len().min(PACE_STARTS);
        let first = self.starts.iter().rev().nth(recent.saturating_sub(1));
        first.map_or(0.0, |start| {
            seconds(now.since(start.at)).max(0.0) / recent as f64
        })
    }
}

/// Starts that are usual in each hour of the day in London, learned as the days go by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct HourlyStarts {
    usual: [Option<f64>; 24],
    /// The hour being counted: hours since 1970, and starts in it.
    present: Option<(i64, f64)>,
}

/// Share by which a day moves what is usual.
const RHYTHM_STEP: f64 = 0.2;
/// The last hours that are compared with what is usual.
const LEVEL_WINDOW: Millis = 2 * HOUR;
/// Starts by which that comparison is held back, so that few say little.
const LEVEL_SHRINK: f64 = 4.0;
/// Steps in which the coming hours are gone through, and how many at most.
const STEP: Millis = HOUR / 6;
const STEPS_MAX: usize = 24 * 6;

impl HourlyStarts {
    fn count(&mut self, at: At) {
        let hour = at.0.div_euclid(HOUR);
        let (present, starts) = self.present.get_or_insert((hour, 0.0));
        // A start told late belongs to an hour that was counted already.
        if hour <= *present {
            *starts += if hour == *present { 1.0 } else { 0.0 };
            return;
        }
        let (past, count) = (*present, *starts);
        (*present, *starts) = (hour, 1.0);
        // Hours in which nobody was started count as well, a day of them at most.
        for passed in past..hour.min(past + 24) {
            let count = if passed == past { count } else { 0.0 };
            let usual = &mut self.usual[london_hour(At(passed * HOUR))];
            *usual = Some(usual.map_or(count, |known| known + RHYTHM_STEP * (count - known)));
        }
    }

    fn per_hour(&self, hour: usize, otherwise: f64) -> f64 {
        self.usual[hour % 24].unwrap_or(otherwise)
    }

    /// Seconds until so many are started.
    fn time_for(&self, people: f64, now: At, starts: &VecDeque<Start>) -> f64 {
        let known: Vec<f64> = self.usual.iter().flatten().copied().collect();
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let lately = starts
            .iter()
            .rev()
            .take_while(|start| now.since(start.at) <= LEVEL_WINDOW);
        let lately = lately.count() as f64;
        let otherwise = if known.is_empty() { lately / 2.0 } else { mean };
        let hour = london_hour(now);
        let minute = now.0.rem_euclid(HOUR);
        let expected = self.per_hour(hour, otherwise) * (minute as f64 / HOUR as f64)
            + self.per_hour(hour + 23, otherwise)
            + self.per_hour(hour + 22, otherwise) * (1.0 - minute as f64 / HOUR as f64);
        let level = (lately + LEVEL_SHRINK) / (expected + LEVEL_SHRINK);
        let mut left = people;
        for step in 0..STEPS_MAX {
            let ahead = (minute + step as i64 * STEP) / HOUR;
            let rate = self.per_hour(hour + ahead as usize, otherwise) * level / 6.0;
            if left <= rate {
                return seconds(STEP) * (step as f64 + left / rate);
            }
            left -= rate;
        }
        seconds(STEP) * STEPS_MAX as f64
    }
}

/// The hour of the day in London.
pub fn london_hour(at: At) -> usize {
    (at.london().hour().unsigned_abs() as usize).min(23)
}
