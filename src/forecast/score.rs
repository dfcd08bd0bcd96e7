//! Replays events and compares what would have been said at each arrival with what then happened,
//! beside the simple ways of estimating. What is said uses only what had been told before.

mod table;

use std::collections::{BTreeMap, VecDeque};

use crate::domain::event::Acuity;
use crate::domain::time::{HOUR, Millis};
use crate::domain::{At, VisitId};
use crate::forecast::learner::{Learner, Said, wait_seconds};
use crate::forecast::line::Line;

pub use table::{Errors, ScoreTable, WAYS, Way};

/// How to score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Window of the rolling baseline.
    pub window: Millis,
    /// Arrivals before this long after the first event are not scored; everything still learns.
    pub warm_up: Millis,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            window: 4 * HOUR,
            warm_up: 0,
        }
    }
}

/// One thing told about a visit. Times in the order told; nothing else of an event is needed.
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

/// Why something told was left out of estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// Seen, left or moved, and no arrival was told.
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

/// A range said at an arrival: the quantiles 10, 50 and 90 of each way, ours with 5 and 95 too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Words {
    /// Low, middle and high of each way, in the order of [`WAYS`].
    pub ways: [[f64; 3]; 4],
    /// Our 5 and 95.
    pub wide: [f64; 2],
}

struct Waiting {
    stream: String,
    said: Option<(Said, Words)>,
    scored: bool,
}

/// Tells what was said from what is told.
pub struct Scorer {
    options: Options,
    lines: BTreeMap<String, Line>,
    learners: BTreeMap<String, Learner>,
    waiting: BTreeMap<VisitId, (String, Waiting)>,
    first: Option<At>,
    now: At,
    table: ScoreTable,
}

impl Scorer {
    /// Nothing was told yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            lines: BTreeMap::new(),
            learners: BTreeMap::new(),
            waiting: BTreeMap::new(),
            first: None,
            now: At(i64::MIN),
            table: ScoreTable::default(),
        }
    }

    /// Takes the next thing told.
    pub fn tell(&mut self, told: &Told) {
        if told.at < self.now {
            self.table.leave_out(LeftOut::OutOfOrder);
        }
        self.now = self.now.max(told.at);
        self.first.get_or_insert(told.at);
        match &told.step {
            ToldStep::Arrived {
                service,
                acuity,
                by_ambulance,
            } => self.arrived(told, service, *acuity, *by_ambulance),
            ToldStep::Triaged(acuity) => {
                if let Some((service, _)) = self.waiting.get(&told.visit)
                    && let Some(line) = self.lines.get_mut(service)
                {
                    line.assess(&told.visit, is_urgent(*acuity));
                }
            }
            ToldStep::Seen => self.seen(told),
            ToldStep::Moved(service) => self.moved(told, service),
            ToldStep::Gone => {
                if let Some((service, _)) = self.waiting.remove(&told.visit)
                    && let Some(line) = self.lines.get_mut(&service)
                {
                    line.leave(&told.visit);
                }
            }
        }
    }

    /// The table so far.
    pub fn table(self) -> ScoreTable {
        self.table
    }

    fn arrived(&mut self, told: &Told, service: &str, acuity: Option<Acuity>, by_ambulance: bool) {
        if self.waiting.contains_key(&told.visit) {
            return self.table.leave_out(LeftOut::ArrivedTwice);
        }
        let line = self.lines.entry(service.to_owned()).or_default();
        let stream = match acuity {
            None => service.to_owned(),
            Some(acuity) => format!("{service}/{}", acuity.level()),
        };
        let learner = self.learners.entry(stream.clone()).or_default();
        let said = line.sight(told.at, by_ambulance).map(|sight| {
            let said = learner.say(&sight, by_ambulance, told.at);
            let recent = line.waits_within(told.at, self.options.window);
            let [widest_low, low, high, widest_high] = said.range;
            let words = Words {
                ways: [
                    [low, said.median, high],
                    rolling(recent, sight.last),
                    [sight.last; 3],
                    [sight.head; 3],
                ],
                wide: [widest_low, widest_high],
            };
            (said, words)
        });
        line.join(
            told.visit.clone(),
            told.at,
            by_ambulance,
            acuity.is_some_and(is_urgent),
        );
        let scored = self
            .first
            .is_some_and(|first| told.at.since(first) >= self.options.warm_up);
        let waiting = Waiting {
            stream,
            said,
            scored,
        };
        self.waiting
            .insert(told.visit.clone(), (service.to_owned(), waiting));
    }

    fn seen(&mut self, told: &Told) {
        let Some((service, waiting)) = self.waiting.remove(&told.visit) else {
            return self.table.leave_out(LeftOut::NoArrival);
        };
        let Some(line) = self.lines.get_mut(&service) else {
            return;
        };
        if line
            .joined(&told.visit)
            .is_some_and(|joined| told.at < joined)
        {
            line.leave(&told.visit);
            return self.table.leave_out(LeftOut::SeenBeforeArrival);
        }
        let Some(joined) = line.start(&told.visit, told.at) else {
            return self.table.leave_out(LeftOut::NoArrival);
        };
        let wait = wait_seconds(joined, told.at);
        let Some((said, words)) = waiting.said else {
            return;
        };
        if waiting.scored {
            self.table.add(&waiting.stream, &words, wait);
        }
        let learner = self.learners.entry(waiting.stream).or_default();
        learner.learn(&said, wait);
    }

    /// The wait goes on in another queue: what was said at the first door is not scored.
    fn moved(&mut self, told: &Told, service: &str) {
        let Some((before, _)) = self.waiting.remove(&told.visit) else {
            return;
        };
        if let Some(line) = self.lines.get_mut(&before) {
            line.leave(&told.visit);
        }
        let line = self.lines.entry(service.to_owned()).or_default();
        line.join(told.visit.clone(), told.at, false, false);
        let waiting = Waiting {
            stream: service.to_owned(),
            said: None,
            scored: false,
        };
        self.waiting
            .insert(told.visit.clone(), (service.to_owned(), waiting));
    }
}

/// Immediate, very urgent or urgent: likely to be started before those who came earlier.
fn is_urgent(acuity: Acuity) -> bool {
    acuity.level() <= 3
}

/// The rolling baseline: 10, mean and 90 of recent waits; the last wait when there is none.
fn rolling(recent: Vec<f64>, last: f64) -> [f64; 3] {
    if recent.is_empty() {
        return [last; 3];
    }
    let mut recent: VecDeque<f64> = recent.into();
    let mean = recent.iter().sum::<f64>() / recent.len() as f64;
    let sorted = recent.make_contiguous();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    [at(0.1), mean, at(0.9)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::MINUTE;

    fn told(minute: i64, visit: &str, step: ToldStep) -> Told {
        Told {
            at: At(minute * MINUTE),
            visit: VisitId::new(visit).unwrap(),
            step,
        }
    }

    fn arrived() -> ToldStep {
        ToldStep::Arrived {
            service: "a".to_owned(),
            acuity: None,
            by_ambulance: false,
        }
    }

    fn table(events: &[Told]) -> ScoreTable {
        let mut scorer = Scorer::new(Options::default());
        for event in events {
            scorer.tell(event);
        }
        scorer.table()
    }

    /// Someone comes every ten minutes and waits thirty: every simple way says thirty, but the head
    /// of the line has waited twenty.
    #[test]
    fn in_a_steady_queue_every_way_is_right_or_wrong_by_what_it_leaves_out() {
        let mut events = Vec::new();
        for number in 0..200_i64 {
            events.push(told(number * 10, &format!("v{number}"), arrived()));
            let seen = told(number * 10 + 30, &format!("v{number}"), ToldStep::Seen);
            events.push(seen);
        }
        // Of two at one moment the one seen comes first, as people do.
        events.sort_by_key(|event| (event.at, event.step != ToldStep::Seen));
        let table = table(&events);
        let [ours, rolling, last, head] = table.overall();
        assert_eq!((rolling.mae(), last.mae()), (0.0, 0.0));
        assert_eq!((head.mae(), head.bias()), (600.0, -600.0));
        assert!(ours.mae() < 90.0, "{}", ours.mae());
        assert_eq!(
            ours.count, 197,
            "those who came before anyone was started are not scored"
        );
    }

    #[test]
    fn what_cannot_be_used_is_counted_by_name_and_left_out() {
        let events = [
            told(0, "a", ToldStep::Seen),
            told(5, "b", arrived()),
            told(6, "b", arrived()),
            told(4, "b", ToldStep::Seen),
        ];
        let table = table(&events);
        let left_out: Vec<_> = table.left_out().collect();
        assert_eq!(
            left_out,
            [
                (LeftOut::NoArrival, 1),
                (LeftOut::SeenBeforeArrival, 1),
                (LeftOut::ArrivedTwice, 1),
                (LeftOut::OutOfOrder, 1),
            ]
        );
        assert_eq!(table.overall()[0].count, 0);
    }

    /// A queue that turns over in two minutes works as well as one that takes hours.
    #[test]
    fn seconds_are_not_lost() {
        let mut events = Vec::new();
        for number in 0..400_i64 {
            let at = |seconds: i64| At(number * 20_000 + seconds * 1_000);
            let visit = VisitId::new(&format!("v{number}")).unwrap();
            let arrival = Told {
                at: at(0),
                visit: visit.clone(),
                step: arrived(),
            };
            let wait = 90 + (number * 7) % 30;
            let seen = Told {
                at: at(wait),
                visit,
                step: ToldStep::Seen,
            };
            events.extend([arrival, seen]);
        }
        events.sort_by_key(|event| event.at);
        let ours = table(&events).overall()[0];
        assert!(ours.mae() < 15.0, "{}", ours.mae());
    }
}
