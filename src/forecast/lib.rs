//! How long people who arrive now will wait, and how right that proves to be.
//!
//! Pure: learned from the entries of the log as they come, floats through `libm` only.

mod accuracy;
mod backtest;
mod forecaster;
pub mod interval;
pub mod learner;
pub mod outlook;
pub mod queue;
pub mod queues;
pub mod scorecard;
pub mod shown;
pub mod survival;

use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Estimate, Method};
use fold::handovers::Incident;
use fold::visit::VisitState;
use survival::{Curve, Spell};

pub use accuracy::{Accuracy, ESTIMATORS, Estimator};
pub use backtest::{ArrivalPredictions, Backtest, Options, ScoreTable};
pub use forecaster::Forecaster;
pub use queues::{LeftOut, WaitEvent, WaitQueues, WaitStep};
pub use scorecard::{Scorecard, ScoredKind, Span};
pub use shown::ShownBoard;

/// Windows to estimate from, the most recent that holds enough people first.
pub const WINDOWS: [Millis; 3] = [2 * HOUR, 4 * HOUR, 8 * HOUR];
/// People seen within the window, at least.
pub const SEEN_MIN: u32 = 8;

/// The survival estimate over the most recent window in which enough people were seen; `None` when
/// there is none. `spells` gives everyone's part in the window that opens then.
fn survival<I: Iterator<Item = Spell>>(now: At, spells: impl Fn(At) -> I) -> Option<Estimate> {
    WINDOWS.into_iter().find_map(|window| {
        let curve = Curve::through(spells(now.plus(-window)));
        if curve.seen < SEEN_MIN {
            return None;
        }
        let minutes = |percent| curve.quantile(percent).map(|minutes| minutes as i64);
        Some(Estimate {
            median: minutes(50)?,
            low: minutes(10)?,
            high: minutes(90),
            limits: curve
                .limits(50)
                .map(|(low, high)| (low as i64, high as i64)),
            people: curve.people,
            method: Method::Survival {
                minutes: (window / MINUTE) as u32,
            },
        })
    })
}

/// Whether a visit has a part in the estimate, over the longest window.
pub fn counts(state: &VisitState, now: At) -> bool {
    let longest = WINDOWS.iter().max();
    longest.is_some_and(|window| wait_spell(state, now, now.plus(-window)).is_some())
}

/// A visit's part in the window that opened then. Leaving without being seen censors: they waited at
/// least that long. So does being moved to another department.
fn wait_spell(state: &VisitState, now: At, opened: At) -> Option<Spell> {
    let departed = state.departed.map(|(at, _)| at);
    spell(state.arrived, state.seen, departed, now, opened)
}

/// A handover's part in the window that opened then.
fn handover_spell(incident: &Incident, now: At, opened: At) -> Option<Spell> {
    spell(
        incident.arrived?,
        incident.handed_over,
        incident.ended,
        now,
        opened,
    )
}

fn spell(arrived: At, seen: Option<At>, gone: Option<At>, now: At, opened: At) -> Option<Spell> {
    let end = seen.or(gone).unwrap_or(now);
    if end <= opened || arrived > now || end > now {
        return None;
    }
    let minutes = |length: Millis| (length.max(0) / MINUTE) as usize;
    Some(Spell {
        enter: minutes(opened.since(arrived)),
        leave: minutes(end.since(arrived)),
        seen: seen.is_some(),
    })
}
