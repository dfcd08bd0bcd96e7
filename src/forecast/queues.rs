//! Every queue and what was said to those in it: follows what is told, and learns when someone is
//! started.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::learner::{Learner, Prediction, wait_seconds};
use crate::queue::{QueueFeatures, WaitQueue};
use domain::event::{Acuity, ArrivalMode, Event};
use domain::time::{DAY, HOUR, Millis};
use domain::{AcuityGroup, At, Entry, Estimate, Method, Record, VisitId};

/// Nobody waits longer: such an interval is a fault of the sender.
const WAIT_POSSIBLE_MAX: Millis = 7 * DAY;
/// The window of the rolling baseline, unless another is asked for.
pub const ROLLING_WINDOW: Millis = 4 * HOUR;
/// Visits learned from before a forecast is given out.
pub const LEARNED_MIN: usize = 30;

/// One thing told about a visit.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitEvent {
    /// When it happened.
    pub at: At,
    /// Which stay.
    pub visit: VisitId,
    /// What.
    pub step: WaitStep,
}

/// What may happen to a visit as far as waits go.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitStep {
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

impl WaitEvent {
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
            } => WaitStep::Arrived {
                service: service.to_string(),
                acuity: *acuity,
                by_ambulance: *mode == ArrivalMode::Ambulance,
            },
            Event::VisitTriaged { acuity, .. } => WaitStep::Triaged(*acuity),
            Event::VisitSeen { .. } => WaitStep::Seen,
            Event::VisitMoved { service, .. } => WaitStep::Moved(service.to_string()),
            Event::VisitDeparted { .. }
            | Event::VisitCancelled { .. }
            | Event::VisitMerged { .. } => WaitStep::Gone,
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
    /// Waited longer than anyone can.
    TooLong,
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
            Self::TooLong => "waited longer than a week",
            Self::ArrivedTwice => "arrived twice",
            Self::OutOfOrder => "told out of time order",
        }
    }
}

/// What came of something told.
#[derive(Debug, Clone, PartialEq)]
pub enum QueueUpdate {
    /// Nothing to say or to learn.
    Nothing,
    /// Someone joined and was told this.
    Predicted(Box<(QueueFeatures, Prediction)>),
    /// Someone was started: their stream, and how long they waited in seconds.
    Started(String, f64),
    /// It cannot be used.
    LeftOut(LeftOut),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Waiting {
    service: String,
    stream: String,
    said: Option<Prediction>,
    /// How it stood when they joined, for what is learned of their group once that is known.
    joined: Option<(QueueFeatures, bool)>,
    group: Option<AcuityGroup>,
}

/// Every queue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WaitQueues {
    lines: BTreeMap<String, WaitQueue>,
    learners: BTreeMap<String, Learner>,
    /// What is learned of each group of a service; only where that is asked for.
    groups: Option<BTreeMap<String, [Learner; 3]>>,
    waiting: BTreeMap<VisitId, Waiting>,
}

/// The groups that are learned apart.
pub const GROUPS: [AcuityGroup; 3] = [
    AcuityGroup::Emergency,
    AcuityGroup::Urgent,
    AcuityGroup::Standard,
];

impl WaitQueues {
    /// A desk that learns each acuity group apart as well, whenever that becomes known.
    pub fn by_group() -> Self {
        Self {
            groups: Some(BTreeMap::new()),
            ..Self::default()
        }
    }

    /// Takes the next thing told.
    pub fn tell(&mut self, told: &WaitEvent) -> QueueUpdate {
        match &told.step {
            WaitStep::Arrived {
                service,
                acuity,
                by_ambulance,
            } => self.arrived(told, service, *acuity, *by_ambulance),
            WaitStep::Triaged(acuity) => {
                if let Some(waiting) = self.waiting.get_mut(&told.visit) {
                    waiting.group = Some(AcuityGroup::of(Some(*acuity)));
                    if let Some(line) = self.lines.get_mut(&waiting.service) {
                        line.assess(&told.visit, is_urgent(*acuity));
                    }
                }
                QueueUpdate::Nothing
            }
            WaitStep::Seen => self.seen(told),
            WaitStep::Moved(service) => self.moved(told, service),
            WaitStep::Gone => {
                let _waited = self.leave(&told.visit);
                QueueUpdate::Nothing
            }
        }
    }

    /// What to say to a person who joins now; `None` while too little was learned.
    pub fn predict_now(&self, service: &str, now: At, by_ambulance: bool) -> Option<Estimate> {
        self.say_by(self.learners.get(service)?, service, now, by_ambulance)
    }

    /// The same to a person of a group.
    pub fn predict_now_for(&self, service: &str, group: AcuityGroup, now: At) -> Option<Estimate> {
        let place = GROUPS.iter().position(|known| *known == group)?;
        let learners = self.groups.as_ref()?.get(service)?;
        self.say_by(&learners[place], service, now, false)
    }

    fn say_by(
        &self,
        learner: &Learner,
        service: &str,
        now: At,
        by_ambulance: bool,
    ) -> Option<Estimate> {
        let sight = self.lines.get(service)?.sight(now, by_ambulance)?;
        let said = learner.say(&sight, by_ambulance, now);
        let minutes = |seconds: f64| (seconds / 60.0).round() as i64;
        (learner.visits() >= LEARNED_MIN).then_some(Estimate {
            median: minutes(said.median),
            low: minutes(said.range[1]),
            high: Some(minutes(said.range[2])),
            limits: None,
            people: learner.visits() as u32,
            method: Method::Learned,
        })
    }

    /// What the simple ways say to a person who joins: 10, 50 and 90 of the rolling window, of the one
    /// started last (LES) and of the head of the line (HOL), seconds.
    pub fn simple_ways(
        &self,
        service: &str,
        sight: &QueueFeatures,
        now: At,
        window: Millis,
    ) -> [[f64; 3]; 3] {
        let line = self.lines.get(service);
        let recent = line.map_or_else(Vec::new, |line| line.waits_within(now, window));
        [
            rolling(recent, sight.last),
            [sight.last; 3],
            [sight.head; 3],
        ]
    }

    /// The same, to a person who would join now.
    pub fn simple_ways_now(&self, service: &str, now: At) -> Option<[[f64; 3]; 3]> {
        let sight = self.lines.get(service)?.sight(now, false)?;
        Some(self.simple_ways(service, &sight, now, ROLLING_WINDOW))
    }

    /// The mean wait that is usual at an hour of the day, seconds, once enough was learned, and on how
    /// many days it was.
    pub fn usual(&self, service: &str, at: At) -> Option<(f64, u16)> {
        let learner = self.learners.get(service)?;
        (learner.visits() >= LEARNED_MIN).then_some(())?;
        learner.usual_at(at)
    }

    /// Keeps only those in the lines of whom it is known that they wait: what is told out of order, or
    /// not at all, would leave someone at the head of a line for days.
    pub fn keep(&mut self, waits: impl Fn(&VisitId) -> bool) {
        let lines = &mut self.lines;
        self.waiting.retain(|visit, waiting| {
            let is_kept = waits(visit);
            if let (false, Some(line)) = (is_kept, lines.get_mut(&waiting.service)) {
                line.leave(visit);
            }
            is_kept
        });
    }

    fn arrived(
        &mut self,
        told: &WaitEvent,
        service: &str,
        acuity: Option<Acuity>,
        by_ambulance: bool,
    ) -> QueueUpdate {
        if self.waiting.contains_key(&told.visit) {
            return QueueUpdate::LeftOut(LeftOut::ArrivedTwice);
        }
        let stream = match acuity {
            None => service.to_owned(),
            Some(acuity) => format!("{service}/{}", acuity.level()),
        };
        let line = self.lines.entry(service.to_owned()).or_default();
        let learner = self.learners.entry(stream.clone()).or_default();
        let sight = line.sight(told.at, by_ambulance);
        let said = sight.map(|sight| {
            let said = learner.say(&sight, by_ambulance, told.at);
            (sight, said)
        });
        let urgent = acuity.is_some_and(is_urgent);
        line.join(told.visit.clone(), told.at, by_ambulance, urgent);
        let waiting = Waiting {
            service: service.to_owned(),
            stream,
            said: said.map(|(_, said)| said),
            joined: sight.map(|sight| (sight, by_ambulance)),
            group: acuity.map(|acuity| AcuityGroup::of(Some(acuity))),
        };
        self.waiting.insert(told.visit.clone(), waiting);
        said.map_or(QueueUpdate::Nothing, |said| {
            QueueUpdate::Predicted(Box::new(said))
        })
    }

    fn seen(&mut self, told: &WaitEvent) -> QueueUpdate {
        let Some(waiting) = self.waiting.remove(&told.visit) else {
            return QueueUpdate::LeftOut(LeftOut::NoArrival);
        };
        let Some(line) = self.lines.get_mut(&waiting.service) else {
            return QueueUpdate::LeftOut(LeftOut::NoArrival);
        };
        if line
            .joined(&told.visit)
            .is_some_and(|joined| told.at < joined)
        {
            line.leave(&told.visit);
            return QueueUpdate::LeftOut(LeftOut::SeenBeforeArrival);
        }
        let joined = line.joined(&told.visit);
        if joined.is_some_and(|joined| told.at.since(joined) > WAIT_POSSIBLE_MAX) {
            line.leave(&told.visit);
            return QueueUpdate::LeftOut(LeftOut::TooLong);
        }
        let Some(joined) = line.start(&told.visit, told.at) else {
            return QueueUpdate::LeftOut(LeftOut::NoArrival);
        };
        let wait = wait_seconds(joined, told.at);
        if let Some(said) = &waiting.said {
            let learner = self.learners.entry(waiting.stream.clone()).or_default();
            learner.learn(said, wait);
        }
        self.learn_group(&waiting, joined, wait);
        QueueUpdate::Started(waiting.stream, wait)
    }

    /// The wait goes on in another queue: what was said at the first door is not scored.
    fn moved(&mut self, told: &WaitEvent, service: &str) -> QueueUpdate {
        if let Some(waiting) = self.leave(&told.visit) {
            let line = self.lines.entry(service.to_owned()).or_default();
            line.join(told.visit.clone(), told.at, false, false);
            let waiting = Waiting {
                service: service.to_owned(),
                stream: service.to_owned(),
                said: None,
                joined: None,
                group: waiting.group,
            };
            self.waiting.insert(told.visit.clone(), waiting);
        }
        QueueUpdate::Nothing
    }

    fn leave(&mut self, visit: &VisitId) -> Option<Waiting> {
        let waiting = self.waiting.remove(visit)?;
        if let Some(line) = self.lines.get_mut(&waiting.service) {
            line.leave(visit);
        }
        Some(waiting)
    }

    /// At the door nobody knows their group, so it is learned from how it stood when they joined.
    fn learn_group(&mut self, waiting: &Waiting, joined: At, wait: f64) {
        let (Some(groups), Some((sight, by_ambulance))) = (&mut self.groups, &waiting.joined)
        else {
            return;
        };
        let place = GROUPS
            .iter()
            .position(|known| Some(*known) == waiting.group);
        let Some(place) = place else { return };
        let learners = groups.entry(waiting.service.clone()).or_default();
        let learner = &mut learners[place];
        let said = learner.say(sight, *by_ambulance, joined);
        learner.learn(&said, wait);
    }
}

/// The rolling baseline: 10, mean and 90 of recent waits; the last wait when there is none.
fn rolling(recent: Vec<f64>, last: f64) -> [f64; 3] {
    if recent.is_empty() {
        return [last; 3];
    }
    let mut sorted = recent;
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    [at(0.1), mean, at(0.9)]
}

/// Immediate, very urgent or urgent: likely to be started before those who came earlier.
fn is_urgent(acuity: Acuity) -> bool {
    acuity.level() <= 3
}
