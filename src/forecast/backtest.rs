//! Replays events and compares what would have been said at each arrival with what then happened,
//! beside the simple ways of estimating. What is said uses only what had been told before.

mod table;

use std::collections::BTreeMap;

use crate::learner::Prediction;
use crate::queue::QueueFeatures;
use crate::queues::{LeftOut, QueueUpdate, ROLLING_WINDOW, WaitEvent, WaitQueues, WaitStep};
use domain::time::{DAY, Millis};
use domain::{At, VisitId};

pub use table::{ArrivalPredictions, ScoreTable};

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
            window: ROLLING_WINDOW,
            warm_up: 0,
        }
    }
}

/// Tells what was said from what is told.
pub struct Backtest {
    options: Options,
    desk: WaitQueues,
    /// What was said to those who wait, when it is to be scored.
    said: BTreeMap<VisitId, ArrivalPredictions>,
    first: Option<At>,
    now: At,
    table: ScoreTable,
}

impl Backtest {
    /// Nothing was told yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            desk: WaitQueues::default(),
            said: BTreeMap::new(),
            first: None,
            now: At(i64::MIN),
            table: ScoreTable::default(),
        }
    }

    /// Takes the next thing told.
    pub fn tell(&mut self, told: &WaitEvent) {
        if told.at < self.now {
            self.table.leave_out(LeftOut::OutOfOrder);
        }
        self.now = self.now.max(told.at);
        let first = *self.first.get_or_insert(told.at);
        match self.desk.tell(told) {
            QueueUpdate::Predicted(heard) if told.at.since(first) >= self.options.warm_up => {
                let (sight, said) = heard.as_ref();
                let words = self.words(told, sight, said);
                self.said.insert(told.visit.clone(), words);
            }
            QueueUpdate::Started(stream, wait) => {
                if let Some(words) = self.said.remove(&told.visit) {
                    let week = told.at.since(first).div_euclid(7 * DAY);
                    self.table.add(&stream, week, &words, wait);
                }
            }
            QueueUpdate::LeftOut(why) => self.table.leave_out(why),
            QueueUpdate::Predicted(_) | QueueUpdate::Nothing => {}
        }
        if matches!(told.step, WaitStep::Gone | WaitStep::Moved(_)) {
            self.said.remove(&told.visit);
        }
    }

    /// The table so far.
    pub fn table(self) -> ScoreTable {
        self.table
    }

    fn words(
        &self,
        told: &WaitEvent,
        sight: &QueueFeatures,
        said: &Prediction,
    ) -> ArrivalPredictions {
        let service = match &told.step {
            WaitStep::Arrived { service, .. } => service.as_str(),
            _ => "",
        };
        let [_, low, high, _] = said.range;
        let [rolling, last, head] =
            self.desk
                .simple_ways(service, sight, told.at, self.options.window);
        ArrivalPredictions {
            ways: [[low, said.median, high], rolling, last, head],
            ranges: said.ranges,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::MINUTE;

    fn told(minute: i64, visit: &str, step: WaitStep) -> WaitEvent {
        WaitEvent {
            at: At(minute * MINUTE),
            visit: VisitId::new(visit).unwrap(),
            step,
        }
    }

    fn arrived() -> WaitStep {
        WaitStep::Arrived {
            service: "a".to_owned(),
            acuity: None,
            by_ambulance: false,
        }
    }

    fn table(events: &[WaitEvent]) -> ScoreTable {
        let mut scorer = Backtest::new(Options::default());
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
            let seen = told(number * 10 + 30, &format!("v{number}"), WaitStep::Seen);
            events.push(seen);
        }
        // Of two at one moment the one seen comes first, as people do.
        events.sort_by_key(|event| (event.at, event.step != WaitStep::Seen));
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
            told(0, "a", WaitStep::Seen),
            told(5, "b", arrived()),
            told(6, "b", arrived()),
            told(4, "b", WaitStep::Seen),
            told(7, "c", arrived()),
            told(7 + 8 * 24 * 60, "c", WaitStep::Seen),
        ];
        let table = table(&events);
        let left_out: Vec<_> = table.left_out().collect();
        assert_eq!(
            left_out,
            [
                (LeftOut::NoArrival, 1),
                (LeftOut::SeenBeforeArrival, 1),
                (LeftOut::TooLong, 1),
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
            let arrival = WaitEvent {
                at: at(0),
                visit: visit.clone(),
                step: arrived(),
            };
            let wait = 90 + (number * 7) % 30;
            let seen = WaitEvent {
                at: at(wait),
                visit,
                step: WaitStep::Seen,
            };
            events.extend([arrival, seen]);
        }
        events.sort_by_key(|event| event.at);
        let ours = table(&events).overall()[0];
        assert!(ours.mae() < 15.0, "{}", ours.mae());
    }
}
