//! Every queue and what was said to those in it: follows what is told, and learns when someone is
//! started.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::event::{Acuity, Event, Mode};
use crate::domain::time::{HOUR, Millis};
use crate::domain::{At, Entry, Record, VisitId};
use crate::forecast::learner::{Learner, Said, wait_seconds};
use crate::forecast::line::{Line, Sight};

/// Someone who was never seen to leave no longer waits after this.
const WAITING_MAX: Millis = 48 * HOUR;
/// Visits learned from before a forecast is given out.
pub const LEARNED_MIN: usize = 30;

/// One thing told about a visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// When it happened.
    pub at: At,
    /// Which stay.
    pub visit: VisitId,
    /// What.
    pub step: ToldStep,
}

/// What may happen to a visit as far as waits go.
#[derive(Debug, Clone, PartialEq)]
pub enum ToldStep {
    /// Joined the queue of a service.
    Arrived {
        /// Which queue; any name.
        service: String,
        /// How urgent, if known at once.
        acuity: Option<Acuity>,
        /// Came by ambulance.
        by_ambulance: bool,
    },
    /// First assessed.
    Triaged(Acuity),
    /// Started.
    Seen,
    /// Goes on in another queue.
    Moved(String),
    /// Left, or never was.
    Gone,
}

impl Told {
    /// What an entry of the log tells of a wait, if it tells any of it.
    pub fn by(entry: &Entry) -> Option<Self> {
        let Record::Fact(fact) = &entry.record else {
            return None;
        };
        let step = match &fact.event {
            Event::VisitArrived {
                service,
                acuity,
                mode,
                ..
            } => ToldStep::Arrived {
                service: service.to_string(),
                acuity: *acuity,
                by_ambulance: *mode == Mode::Ambulance,
            },
            Event::VisitTriaged { acuity, .. } => ToldStep::Triaged(*acuity),
            Event::VisitSeen { .. } => ToldStep::Seen,
            Event::VisitMoved { service, .. } => ToldStep::Moved(service.to_string()),
            Event::VisitDeparted { .. }
            | Event::VisitCancelled { .. }
            | Event::VisitMerged { .. } => ToldStep::Gone,
            _ => return None,
        };
        Some(Self {
            at: fact.happened_at,
            visit: fact.event.visit()?.clone(),
            step,
        })
    }
}

/// Why something told was left out of estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// Seen, and no arrival was told.
    NoArrival,
    /// Seen before its arrival.
    SeenBeforeArrival,
    /// Arrived twice.
    ArrivedTwice,
    /// Earlier than what was told before it.
    OutOfOrder,
}

impl LeftOut {
    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::NoArrival => "no arrival was told",
            Self::SeenBeforeArrival => "seen before arrival",
            Self::ArrivedTwice => "arrived twice",
            Self::OutOfOrder => "told out of time order",
        }
    }
}

/// What came of something told.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Nothing to say or to learn.
    Nothing,
    /// Someone joined and was told this.
    Said(Box<(Sight, Said)>),
    /// Someone was started: their stream, and how long they waited in seconds.
    Started(String, f64),
    /// It cannot be used.
    LeftOut(LeftOut),
}

/// The wait of a person who walks in now, whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Half are seen sooner.
    pub median: i64,
    /// One in ten is seen sooner.
    pub low: i64,
    /// Nine in ten are seen sooner.
    pub high: i64,
    /// Visits it was learned from.
    pub visits: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Waiting {
    service: String,
    stream: String,
    said: Option<Said>,
}

/// Every queue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    lines: BTreeMap<String, Line>,
    learners: BTreeMap<String, Learner>,
    waiting: BTreeMap<VisitId, Waiting>,
}

impl Desk {
    /// Takes the next thing told.
    pub fn tell(&mut self, told: &Told) -> Heard {
        match &told.step {
            ToldStep::Arrived {
                service,
                acuity,
                by_ambulance,
            } => self.arrived(told, service, *acuity, *by_ambulance),
            ToldStep::Triaged(acuity) => {
                let line = self
                    .waiting
                    .get(&told.visit)
                    .map(|waiting| &waiting.service);
                if let Some(line) = line.and_then(|service| self.lines.get_mut(service)) {
                    line.assess(&told.visit, is_urgent(*acuity));
                }
                Heard::Nothing
            }
            ToldStep::Seen => self.seen(told),
            ToldStep::Moved(service) => self.moved(told, service),
            ToldStep::Gone => {
                self.leave(&told.visit);
                Heard::Nothing
            }
        }
    }

    /// The queue of a service.
    pub fn line(&self, service: &str) -> Option<&Line> {
        self.lines.get(service)
    }

    /// What to say to a person who walks in now; `None` while too little was learned.
    pub fn wait_now(&self, service: &str, now: At) -> Option<Forecast> {
        let learner = self.learners.get(service)?;
        let sight = self.lines.get(service)?.sight(now, false)?;
        let visits = learner.visits();
        let said = learner.say(&sight, false, now);
        let minutes = |seconds: f64| (seconds / 60.0).round() as i64;
        (visits >= LEARNED_MIN).then_some(Forecast {
            median: minutes(said.median),
            low: minutes(said.range[1]),
            high: minutes(said.range[2]),
            visits: visits as u32,
        })
    }

    /// Forgets those who were never seen to leave.
    pub fn tidy(&mut self, now: At) {
        let lines = &mut self.lines;
        self.waiting.retain(|visit, waiting| {
            let line = lines.get_mut(&waiting.service);
            let joined = line.as_ref().and_then(|line| line.joined(visit));
            let is_kept = joined.is_some_and(|joined| now.since(joined) <= WAITING_MAX);
            if let (false, Some(line)) = (is_kept, line) {
                line.leave(visit);
            }
            is_kept
        });
    }

    fn arrived(
        &mut self,
        told: &Told,
        service: &str,
        acuity: Option<Acuity>,
        by_ambulance: bool,
    ) -> Heard {
        if self.waiting.contains_key(&told.visit) {
            return Heard::LeftOut(LeftOut::ArrivedTwice);
        }
        let stream = match acuity {
            None => service.to_owned(),
            Some(acuity) => format!("{service}/{}", acuity.level()),
        };
        let line = self.lines.entry(service.to_owned()).or_default();
        let learner = self.learners.entry(stream.clone()).or_default();
        let said = line.sight(told.at, by_ambulance).map(|sight| {
            let said = learner.say(&sight, by_ambulance, told.at);
            (sight, said)
        });
        let urgent = acuity.is_some_and(is_urgent);
        line.join(told.visit.clone(), told.at, by_ambulance, urgent);
        let waiting = Waiting {
            service: service.to_owned(),
            stream,
            said: said.map(|(_, said)| said),
        };
        self.waiting.insert(told.visit.clone(), waiting);
        said.map_or(Heard::Nothing, |said| Heard::Said(Box::new(said)))
    }

    fn seen(&mut self, told: &Told) -> Heard {
        let Some(waiting) = self.waiting.remove(&told.visit) else {
            return Heard::LeftOut(LeftOut::NoArrival);
        };
        let Some(line) = self.lines.get_mut(&waiting.service) else {
            return Heard::LeftOut(LeftOut::NoArrival);
        };
        if line
            .joined(&told.visit)
            .is_some_and(|joined| told.at < joined)
        {
            line.leave(&told.visit);
            return Heard::LeftOut(LeftOut::SeenBeforeArrival);
        }
        let Some(joined) = line.start(&told.visit, told.at) else {
            return Heard::LeftOut(LeftOut::NoArrival);
        };
        let wait = wait_seconds(joined, told.at);
        if let Some(said) = &waiting.said {
            let learner = self.learners.entry(waiting.stream.clone()).or_default();
            learner.learn(said, wait);
        }
        Heard::Started(waiting.stream, wait)
    }

    /// The wait goes on in another queue: what was said at the first door is not scored.
    fn moved(&mut self, told: &Told, service: &str) -> Heard {
        if self.leave(&told.visit) {
            let line = self.lines.entry(service.to_owned()).or_default();
            line.join(told.visit.clone(), told.at, false, false);
            let waiting = Waiting {
                service: service.to_owned(),
                stream: service.to_owned(),
                said: None,
            };
            self.waiting.insert(told.visit.clone(), waiting);
        }
        Heard::Nothing
    }

    fn leave(&mut self, visit: &VisitId) -> bool {
        let Some(waiting) = self.waiting.remove(visit) else {
            return false;
        };
        if let Some(line) = self.lines.get_mut(&waiting.service) {
            line.leave(visit);
        }
        true
    }
}

/// Immediate, very urgent or urgent: likely to be started before those who came earlier.
fn is_urgent(acuity: Acuity) -> bool {
    acuity.level() <= 3
}
