//! Replays a log and compares what would have been shown at each arrival with what then happened.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::domain::time::{HOUR, MINUTE};
use crate::domain::{At, Directory, Entry, Event, Record, ServiceId, VisitId};
use crate::fold::Picture;
use crate::fold::visit::VisitState;
use crate::forecast::wait_now;

/// What was said at one arrival, minutes.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    ours: Option<i64>,
    low: Option<i64>,
    high: Option<i64>,
    mean: Option<i64>,
    last_entered: Option<i64>,
    head_of_line: Option<i64>,
}

/// Errors of one way of estimating.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Errors {
    /// Visits scored.
    pub count: u64,
    absolute: i64,
    signed: i64,
    under: u64,
    covered: u64,
    ranged: u64,
}

impl Errors {
    fn add(&mut self, said: i64, truth: i64) {
        self.count += 1;
        self.absolute += (said - truth).abs();
        self.signed += said - truth;
        self.under += u64::from(said < truth);
    }

    fn share(part: i64, whole: u64) -> f64 {
        if whole == 0 {
            f64::NAN
        } else {
            part as f64 / whole as f64
        }
    }

    /// Mean absolute error, minutes.
    pub fn mae(&self) -> f64 {
        Self::share(self.absolute, self.count)
    }

    /// Mean error, minutes; negative says too little.
    pub fn bias(&self) -> f64 {
        Self::share(self.signed, self.count)
    }
}

/// Accuracy by service and by way of estimating.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreTable {
    rows: BTreeMap<(ServiceId, &'static str), Errors>,
}

impl ScoreTable {
    /// One row.
    pub fn find(&self, service: &str, way: &str) -> Option<&Errors> {
        self.rows
            .iter()
            .find(|((s, w), _)| s.as_str() == service && *w == way)
            .map(|(_, e)| e)
    }

    fn add(&mut self, service: &ServiceId, said: Said, truth: i64) {
        let ways = [
            ("survival", said.ours),
            ("mean 4 h", said.mean),
            ("last entered", said.last_entered),
            ("head of line", said.head_of_line),
        ];
        for (way, value) in ways {
            let row = self.rows.entry((service.clone(), way)).or_default();
            if let Some(value) = value {
                row.add(value, truth);
            }
            if let (Some(low), Some(high), "survival") = (said.low, said.high, way) {
                row.ranged += 1;
                row.covered += u64::from((low..=high).contains(&truth));
            }
        }
    }
}

impl fmt::Display for ScoreTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<16} {:<13} {:>7} {:>8} {:>8} {:>8} {:>10}",
            "service", "way", "visits", "MAE min", "bias", "under %", "in range %"
        )?;
        for ((service, way), row) in &self.rows {
            write!(f, "{:<16} {:<13} {:>7}", service.as_str(), way, row.count)?;
            if row.count == 0 {
                writeln!(f, "        too few to say")?;
                continue;
            }
            let under = 100.0 * Errors::share(row.under as i64, row.count);
            write!(f, " {:>8.1} {:>8.1} {under:>8.1}", row.mae(), row.bias())?;
            if row.ranged > 0 {
                write!(
                    f,
                    " {:>10.1}",
                    100.0 * Errors::share(row.covered as i64, row.ranged)
                )?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Replays entries and scores every visit that was seen. What is said at an arrival uses only what
/// the log held before it.
pub fn score(entries: impl Iterator<Item = Entry>, directory: Arc<Directory>) -> ScoreTable {
    let mut picture = Picture::new(directory);
    let mut said: BTreeMap<VisitId, (ServiceId, At, Said)> = BTreeMap::new();
    let mut table = ScoreTable::default();
    let mut changes = Vec::new();
    for entry in entries {
        let event = match &entry.record {
            Record::Fact(fact) => Some((&fact.event, fact.happened_at)),
            Record::Tick => None,
        };
        if let Some((Event::VisitArrived { service, visit, .. }, at)) = event {
            let words = say(&picture, service, entry.at);
            said.insert(visit.clone(), (service.clone(), at, words));
        }
        if let Some((Event::VisitSeen { visit }, seen)) = event
            && let Some((service, arrived, words)) = said.remove(visit)
        {
            table.add(&service, words, seen.minutes_since(arrived));
        }
        changes.clear();
        picture.apply(&entry, &mut changes);
    }
    table
}

fn say(picture: &Picture, service: &ServiceId, now: At) -> Said {
    let visits = picture.visits();
    let states = || {
        visits
            .at_service(service.as_str())
            .filter_map(|visit| visit.state.as_ref())
    };
    let wait = |state: &VisitState| {
        state
            .seen
            .filter(|seen| *seen <= now)
            .map(|seen| (seen, seen.since(state.arrived)))
    };
    let recent: Vec<i64> = states()
        .filter_map(wait)
        .filter(|(seen, _)| now.since(*seen) <= 4 * HOUR)
        .map(|(_, wait)| wait)
        .collect();
    let mean = (!recent.is_empty()).then(|| recent.iter().sum::<i64>() / recent.len() as i64);
    let waiting = states()
        .filter(|state| state.is_waiting())
        .map(|state| state.arrived)
        .min();
    let ours = wait_now(visits, service.as_str(), now);
    Said {
        ours: ours.map(|estimate| estimate.median),
        low: ours.map(|estimate| estimate.low),
        high: ours.and_then(|estimate| estimate.high),
        mean: mean.map(|wait| wait / MINUTE),
        last_entered: states()
            .filter_map(wait)
            .max()
            .map(|(_, wait)| wait / MINUTE),
        head_of_line: Some(waiting.map_or(0, |arrived| now.minutes_since(arrived))),
    }
}
