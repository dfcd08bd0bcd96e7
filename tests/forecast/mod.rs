//! What is shown and how right it was, held against slow and obvious readings of the same log.

mod estimator;
mod scored;
mod withheld;

use std::sync::{Arc, OnceLock};

use config::directory;
use domain::event::{ArrivalMode, Event};
use domain::{
    Age, At, Directory, Entry, EventId, Fact, FeedId, IncidentId, ReadingName, Record, ServiceId,
    VisitId,
};
use fold::{Change, FactDecision, Limits};
use runtime::derived_state::DerivedState;
use views::Published;

fn demo() -> &'static Arc<Directory> {
    static DIRECTORY: OnceLock<Arc<Directory>> = OnceLock::new();
    DIRECTORY.get_or_init(|| Arc::new(directory::demo().unwrap()))
}

fn lri() -> ServiceId {
    ServiceId::new("lri-ed").unwrap()
}

/// A server without its sockets: ticks each minute, and keeps what it shows in its log.
struct Server {
    state: DerivedState,
    entries: Vec<Entry>,
    /// What changed since readers were last looked at.
    changes: Vec<Change>,
    told: usize,
}

impl Server {
    fn new() -> Self {
        Self {
            state: DerivedState::new(demo()),
            entries: Vec::new(),
            changes: Vec::new(),
            told: 0,
        }
    }

    /// A fact that is told as it happens.
    fn tell(&mut self, feed: &str, happened_at: At, event: Event) {
        self.tell_at(happened_at, feed, happened_at, event);
    }

    fn tell_at(&mut self, at: At, feed: &str, happened_at: At, event: Event) {
        self.pass_until(at);
        self.told += 1;
        let fact = Fact {
            id: EventId::new(&format!("e{}", self.told)).unwrap(),
            feed: FeedId::new(feed).unwrap(),
            happened_at,
            event,
        };
        let at = at.max(self.state.at());
        let decision = self.state.fold_state.decide(at, &fact, Limits::default());
        assert_eq!(decision, FactDecision::Take, "{fact:?}");
        self.take(at, Record::Fact(fact));
    }

    fn pass_until(&mut self, at: At) {
        while let Some(due) = self
            .state
            .fold_state
            .next_deadline()
            .filter(|due| *due <= at)
        {
            self.take(due, Record::Tick);
        }
    }

    fn take(&mut self, at: At, record: Record) {
        let mut changes = Vec::new();
        self.apply(at, record, &mut changes);
        let shown = self.state.shown_changes(&changes);
        if !shown.is_empty() {
            self.apply(at, Record::Shown(shown), &mut changes);
        }
        self.changes.append(&mut changes);
    }

    /// What readers see.
    fn published(&mut self) -> Arc<Published> {
        let changes = std::mem::take(&mut self.changes);
        self.state.publish(&changes, "e")
    }

    fn apply(&mut self, at: At, record: Record, changes: &mut Vec<Change>) {
        let seq = self.state.seq() + 1;
        let entry = Entry { seq, at, record };
        self.state.apply(&entry, changes);
        self.entries.push(entry);
    }

    fn says(&mut self, name: ReadingName) -> String {
        let published = self.published();
        let view = &published.services["lri-ed"];
        match view.find_reading(name).unwrap().age {
            Age::Fresh(measure) => measure.value.to_string(),
            Age::Late { measure, .. } => format!("{} late", measure.value),
            Age::Withheld(why) => why.label().to_owned(),
        }
    }
}

fn visit(name: &str) -> VisitId {
    VisitId::new(name).unwrap()
}

fn incident(name: &str) -> IncidentId {
    IncidentId::new(name).unwrap()
}

fn arrived(name: &str, mode: ArrivalMode) -> Event {
    Event::VisitArrived {
        service: lri(),
        visit: visit(name),
        mode,
        acuity: None,
        age_band: None,
        origin: None,
        incident: None,
        booking: None,
    }
}

fn seen(name: &str) -> Event {
    Event::VisitSeen { visit: visit(name) }
}

/// The same numbers for the same seed.
struct Dice(u64);

impl Dice {
    /// From 0 up to, not including, `below`.
    fn below(&mut self, below: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64).rem_euclid(below)
    }
}
