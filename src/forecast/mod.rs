//! How long people who arrive now will wait, and how right that proves to be.
//!
//! Pure: computed from the fold's visits as of a moment. A learned forecast with its own state comes
//! on top of this estimate, not in its place.

pub mod desk;
pub mod learner;
pub mod line;
mod score;
pub mod survival;

use crate::domain::At;
use crate::domain::time::{HOUR, MINUTE, Millis};
use crate::fold::visit::VisitState;
use crate::fold::visits::Visits;
use survival::{Curve, Spell};

pub use desk::{Desk, Forecast, LeftOut, Told, ToldStep};
pub use score::{Errors, Options, ScoreTable, Scorer, WAYS, Way, Words};

/// Windows to estimate from, the most recent that holds enough people first.
pub const WINDOWS: [Millis; 3] = [2 * HOUR, 4 * HOUR, 8 * HOUR];
/// People seen within the window, at least.
pub const SEEN_MIN: u32 = 8;

/// The wait of people arriving now, whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Half are seen sooner.
    pub median: i64,
    /// One in ten is seen sooner.
    pub low: i64,
    /// Nine in ten are seen sooner; `None` when the queue is too stuck to say.
    pub high: Option<i64>,
    /// People it rests on, those still waiting included.
    pub people: u32,
    /// Over how long.
    pub window: Millis,
    /// How it was come by.
    pub method: Method,
}

/// How an estimate is come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The survival curve of those who waited lately.
    Survival,
    /// What was learned of this queue.
    Learned,
}

/// The wait of people arriving now; `None` when too few were seen lately to say. What was learned of
/// the queue counts once enough was learned; until then the survival curve.
pub fn wait_now(desk: &Desk, visits: &Visits, service: &str, now: At) -> Option<Estimate> {
    let survival = survival(visits, service, now)?;
    let learned = desk.wait_now(service, now).map(|forecast| Estimate {
        median: forecast.median,
        low: forecast.low,
        high: Some(forecast.high),
        people: forecast.visits,
        window: survival.window,
        method: Method::Learned,
    });
    Some(learned.unwrap_or(survival))
}

/// Estimates from the visits of a service; `None` when too few were seen to say.
fn survival(visits: &Visits, service: &str, now: At) -> Option<Estimate> {
    WINDOWS.into_iter().find_map(|window| {
        let states = visits.at_service(service).filter_map(|visit| {
            let state = visit.state.as_ref()?;
            (!visit.closed_by_rule).then_some(state)
        });
        let curve = Curve::through(states.filter_map(|state| spell(state, now, window)));
        if curve.seen < SEEN_MIN {
            return None;
        }
        Some(Estimate {
            median: curve.quantile(50)? as i64,
            low: curve.quantile(10)? as i64,
            high: curve.quantile(90).map(|minutes| minutes as i64),
            people: curve.people,
            window,
            method: Method::Survival,
        })
    })
}

/// Whether a visit has a part in the estimate, over the longest window.
pub fn counts(state: &VisitState, now: At) -> bool {
    WINDOWS
        .last()
        .is_some_and(|window| spell(state, now, *window).is_some())
}

/// A visit's part in the window that ends now. Leaving without being seen censors: they waited at
/// least that long.
fn spell(state: &VisitState, now: At, window: Millis) -> Option<Spell> {
    let opened = now.plus(-window);
    let departed = state.departed.map(|(at, _)| at);
    let end = state.seen.or(departed).unwrap_or(now);
    if end <= opened || state.arrived > now || end > now {
        return None;
    }
    let minutes = |length: Millis| (length.max(0) / MINUTE) as usize;
    Some(Spell {
        enter: minutes(opened.since(state.arrived)),
        leave: minutes(end.since(state.arrived)),
        seen: state.seen.is_some(),
    })
}
