//! Everything that is learned from the log: queues at each door, handovers, what was shown and how
//! right it was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::backtest::Options;
use crate::outlook::{Before, HORIZONS, Outlook};
use crate::queues::{GROUPS, QueueUpdate, WaitEvent, WaitQueues, WaitStep};
use crate::scorecard::{PendingScore, SCORED_HORIZONS, Scorecard, Simple};
use crate::shown::{Course, ShownBoard, as_of, put};
use crate::{handover_spell, survival, wait_spell};
use domain::event::ArrivalMode;
use domain::time::{HOUR, MINUTE, Millis};
use domain::{
    AcuityGroup, Ahead, At, Entry, Estimate, Event, Fact, IncidentId, Method, Record, ServiceId,
    Shown, Subject, VisitId,
};
use fold::FoldState;
use fold::visit::VisitState;

/// Quarter hours ahead that are forecast: four hours.
const QUARTERS: i64 = 16;
/// Visits that the longest horizon is learned from before anything is said of the time ahead.
const AHEAD_MIN: u32 = 50;

/// What is usual at an hour is told once it was learned on so many days.
const USUAL_DAYS_MIN: u16 = 3;

/// Learns from the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecaster {
    waits: WaitQueues,
    handovers: WaitQueues,
    outlooks: BTreeMap<ServiceId, Outlook>,
    board: ShownBoard,
    /// What the simple ways said when something was shown of the time ahead.
    simple: BTreeMap<ServiceId, Course<Simple>>,
    wait_scores: Scorecard,
    handover_scores: Scorecard,
}

impl Default for Forecaster {
    fn default() -> Self {
        Self {
            waits: WaitQueues::by_group(),
            handovers: WaitQueues::default(),
            outlooks: BTreeMap::new(),
            board: ShownBoard::default(),
            simple: BTreeMap::new(),
            wait_scores: Scorecard::default(),
            handover_scores: Scorecard::default(),
        }
    }
}

impl Forecaster {
    /// Takes an entry that the state has taken.
    pub fn take(&mut self, entry: &Entry, fold_state: &FoldState, before: At) {
        match &entry.record {
            Record::Fact(fact) => {
                self.take_visit(entry, fact, fold_state);
                self.take_handover(entry, fact, fold_state);
            }
            Record::Shown(shown) => {
                self.board.take(entry.at, shown);
                self.note_simple_ways(entry.at, shown);
            }
            Record::Tick => {}
        }
        if before.0.div_euclid(HOUR) != entry.at.0.div_euclid(HOUR) {
            self.waits.keep(|visit| is_waiting(fold_state, visit));
            self.handovers.keep(|name| is_outside(fold_state, name));
            self.wait_scores.tidy(entry.at);
            self.handover_scores.tidy(entry.at);
        }
    }

    /// What readers are shown.
    pub fn board(&self) -> &ShownBoard {
        &self.board
    }

    /// How right that was.
    pub fn scorecards(&self) -> [&Scorecard; 2] {
        [&self.wait_scores, &self.handover_scores]
    }

    fn take_visit(&mut self, entry: &Entry, fact: &Fact, fold_state: &FoldState) {
        let Some(told) = WaitEvent::by(entry) else {
            return;
        };
        let has_come = matches!(told.step, WaitStep::Arrived { .. });
        if has_come && !is_waiting(fold_state, &told.visit) {
            // Told after the end of the wait: it was never in the line.
            return;
        }
        let heard = self.waits.tell(&told);
        match (&fact.event, heard) {
            (
                Event::VisitArrived {
                    service,
                    mode,
                    acuity,
                    ..
                },
                QueueUpdate::Predicted(heard),
            ) => {
                let (sight, _) = *heard;
                let simple = Options::default().window;
                let simple = self
                    .waits
                    .simple_ways(service.as_str(), &sight, told.at, simple);
                let group = acuity.map(|acuity| AcuityGroup::of(Some(acuity)));
                let pending = PendingScore {
                    group,
                    simple,
                    ..self.pending(service, told.at, *mode == ArrivalMode::Ambulance)
                };
                self.wait_scores.arrived(told.visit, pending);
            }
            (Event::VisitTriaged { acuity, .. }, _) => {
                self.wait_scores
                    .assessed(&told.visit, AcuityGroup::of(Some(*acuity)));
            }
            (_, QueueUpdate::Started(_, wait)) => {
                if let Some(pending) = self.wait_scores.known(&told.visit, entry.at, wait) {
                    let outlook = self.outlooks.entry(pending.service.clone()).or_default();
                    outlook.learn(&pending.before, wait);
                }
            }
            _ => {
                if matches!(told.step, WaitStep::Gone | WaitStep::Moved(_)) {
                    self.wait_scores.gone(&told.visit);
                }
            }
        }
    }

    /// So that what was shown of the time ahead is held against what was known then, not later.
    fn note_simple_ways(&mut self, at: At, shown: &[Shown]) {
        for shown in shown {
            if let Shown::Ahead { service, .. } = shown
                && let Some(simple) = self.waits.simple_ways_now(service.as_str(), at)
            {
                put(self.simple.entry(service.clone()).or_default(), at, simple);
            }
        }
    }

    /// What was shown of someone who comes.
    fn pending(&self, service: &ServiceId, arrived: At, by_ambulance: bool) -> PendingScore {
        let shown = |of: Subject| {
            let estimate = self.board.said_at(service, of, arrived)?;
            Some((of, estimate))
        };
        // What is shown for everyone is said of people who walk in.
        let everyone = (!by_ambulance).then(|| shown(Subject::Wait)).flatten();
        let groups = GROUPS.map(|group| shown(Subject::WaitOf(group)).filter(|_| !by_ambulance));
        let walked_in = |horizon: Millis| {
            let ahead = (!by_ambulance).then(|| self.board.ahead_of(service, arrived, horizon))?;
            ahead.map(|ahead| [ahead.low, ahead.median, ahead.high])
        };
        let before = |horizon: Millis| {
            let then = arrived.plus(-horizon);
            let said = self.board.said_at(service, Subject::Wait, then)?;
            let known = self.before(service, said.median, then, arrived);
            known.filter(|_| !by_ambulance)
        };
        PendingScore {
            service: service.clone(),
            arrived,
            group: None,
            shown: everyone
                .into_iter()
                .chain(groups.into_iter().flatten())
                .collect(),
            ahead: SCORED_HORIZONS.map(walked_in),
            before: HORIZONS.map(before),
            simple: [[0.0; 3]; 3],
            simple_ahead: SCORED_HORIZONS.map(|horizon| {
                let said = self.simple.get(service)?;
                as_of(said, arrived.plus(-horizon)).copied()
            }),
        }
    }

    /// What the estimate of a moment says of a later one.
    fn before(&self, service: &ServiceId, median: i64, then: At, later: At) -> Option<Before> {
        let usual = |at| Some(self.waits.usual(service.as_str(), at)?.0);
        Some(Before {
            excess: (median * 60) as f64 - usual(then)?,
            usual: usual(later)?,
        })
    }

    fn take_handover(&mut self, entry: &Entry, fact: &Fact, fold_state: &FoldState) {
        let name = |incident: &IncidentId| VisitId::new(incident.as_str()).ok();
        let told = |incident, step| {
            Some(WaitEvent {
                at: fact.happened_at,
                visit: name(incident)?,
                step,
            })
        };
        let told = match &fact.event {
            Event::ConveyanceArrived { incident } => {
                let incident_now = fold_state.incidents().find(incident);
                incident_now
                    .and_then(|now| now.service())
                    .and_then(|service| {
                        let arrived = WaitStep::Arrived {
                            service: service.to_string(),
                            acuity: None,
                            by_ambulance: true,
                        };
                        told(incident, arrived)
                    })
            }
            Event::HandoverCompleted { incident } => told(incident, WaitStep::Seen),
            Event::ConveyanceCleared { incident } | Event::IncidentClosed { incident } => {
                told(incident, WaitStep::Gone)
            }
            _ => None,
        };
        let Some(told) = told else { return };
        match (&told.step, self.handovers.tell(&told)) {
            (WaitStep::Arrived { service, .. }, QueueUpdate::Predicted(heard)) => {
                let window = Options::default().window;
                let simple = self
                    .handovers
                    .simple_ways(service, &heard.0, told.at, window);
                let Ok(service) = ServiceId::new(service) else {
                    return;
                };
                let estimate = self.board.said_at(&service, Subject::Handover, told.at);
                let pending = PendingScore {
                    service,
                    arrived: told.at,
                    group: None,
                    shown: estimate
                        .map(|e| (Subject::Handover, e))
                        .into_iter()
                        .collect(),
                    ahead: [None; 3],
                    before: [None; 4],
                    simple,
                    simple_ahead: [None; 3],
                };
                self.handover_scores.arrived(told.visit, pending);
            }
            (_, QueueUpdate::Started(_, took)) => {
                self.handover_scores.known(&told.visit, entry.at, took);
            }
            (WaitStep::Gone, _) => self.handover_scores.gone(&told.visit),
            _ => {}
        }
    }

    /// The wait of people walking in now; `None` when too few were seen lately to say. What was
    /// learned of the queue counts once enough was learned; until then the survival curve.
    pub fn wait(&self, fold_state: &FoldState, service: &ServiceId) -> Option<Estimate> {
        let survival = wait_survival(fold_state, service, None)?;
        let learned = self
            .waits
            .predict_now(service.as_str(), fold_state.at(), false);
        Some(learned.unwrap_or(survival))
    }

    /// The wait of people of a group; that of everyone when too few of the group were seen.
    pub fn wait_of(
        &self,
        fold_state: &FoldState,
        service: &ServiceId,
        group: AcuityGroup,
    ) -> Option<Estimate> {
        let learned = self
            .waits
            .predict_now_for(service.as_str(), group, fold_state.at());
        let own = learned.or_else(|| wait_survival(fold_state, service, Some(group)));
        own.or_else(|| {
            let everyone = wait_survival(fold_state, service, None)?;
            Some(Estimate {
                method: Method::Everyone,
                ..everyone
            })
        })
    }

    /// The handover of an ambulance that arrives now; `None` when too few were handed over lately.
    pub fn handover(&self, fold_state: &FoldState, service: &ServiceId) -> Option<Estimate> {
        let now = fold_state.at();
        let survival = survival(now, |opened| {
            let incidents = fold_state.incidents().towards(service.as_str());
            incidents.filter_map(move |incident| handover_spell(incident, now, opened))
        })?;
        let learned = self.handovers.predict_now(service.as_str(), now, true);
        Some(learned.unwrap_or(survival))
    }

    /// The wait of people who come at the quarter hours of the next four hours; empty until enough
    /// was learned.
    pub fn ahead(&self, service: &ServiceId, now: Estimate, at: At) -> Vec<Ahead> {
        let Some(outlook) = self.outlooks.get(service) else {
            return Vec::new();
        };
        if outlook.visits() < AHEAD_MIN {
            return Vec::new();
        }
        let quarter = 15 * MINUTE;
        let first = At(at.0.div_euclid(quarter) * quarter);
        let quarters = (1..=QUARTERS).map(|number| first.plus(number * quarter));
        let minutes = |seconds: f64| (seconds / 60.0).round() as i64;
        let said = quarters.filter_map(|later| {
            let before = self.before(service, now.median, at, later)?;
            let (median, range) = outlook.say(before, later.since(at));
            Some(Ahead {
                at: later,
                median: minutes(median),
                low: minutes(range[1]),
                high: minutes(range[2]),
            })
        });
        said.collect()
    }

    /// The mean wait that is usual at an hour of the day, whole minutes, once it was learned on days
    /// enough.
    pub fn usual(&self, service: &ServiceId, at: At) -> Option<i64> {
        let (seconds, days) = self.waits.usual(service.as_str(), at)?;
        (days >= USUAL_DAYS_MIN).then(|| (seconds / 60.0).round() as i64)
    }
}

fn is_waiting(fold_state: &FoldState, visit: &VisitId) -> bool {
    let visit = fold_state.visits().find(visit);
    let state = visit.and_then(|visit| visit.present());
    state.is_some_and(VisitState::is_waiting)
}

fn is_outside(fold_state: &FoldState, name: &VisitId) -> bool {
    let incident = IncidentId::new(name.as_str()).ok();
    let incident = incident.and_then(|name| fold_state.incidents().find(&name));
    incident.is_some_and(|incident| incident.waiting_since(fold_state.at()).is_some())
}

fn wait_survival(
    fold_state: &FoldState,
    service: &ServiceId,
    group: Option<AcuityGroup>,
) -> Option<Estimate> {
    let now = fold_state.at();
    survival(now, |opened| {
        let visits = fold_state.visits().at_service(service.as_str());
        let states = visits.filter_map(|visit| {
            let state = visit.state.as_ref()?;
            (!visit.closed_by_rule).then_some(state)
        });
        states
            .filter(move |state| group.is_none_or(|group| state.group() == group))
            .filter_map(move |state| wait_spell(state, now, opened))
    })
}
