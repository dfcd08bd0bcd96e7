//! How right what was shown has been.

use std::sync::Arc;

use domain::{At, ServiceId, Subject};
use forecast::scorecard::ScoreKey;
use forecast::{Accuracy, Forecaster, ScoredKind, Span};

/// Fewer visits than this say nothing of how right we are.
pub const SCORED_MIN: u64 = 50;

/// What was shown of one thing, scored beside the simple ways on the same visits.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Where.
    pub service: ServiceId,
    /// Of what.
    pub kind: ScoredKind,
    /// By [`Span::ALL`]: ours, rolling mean, last to enter service, head of line.
    pub spans: [[Accuracy; 4]; 3],
}

/// Every row, as of a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreView {
    /// As of when.
    pub as_of: At,
    /// By service and kind.
    pub rows: Vec<ScoreRow>,
}

impl ScoreView {
    /// Sums up what was scored.
    pub fn of(forecaster: &Forecaster, now: At) -> Arc<Self> {
        let rows = forecaster.scorecards().into_iter().flat_map(|card| {
            card.keys().map(move |key| ScoreRow {
                service: key.service.clone(),
                kind: key.kind,
                spans: Span::ALL.map(|span| card.over(key, span, now)),
            })
        });
        Arc::new(Self {
            as_of: now,
            rows: rows.collect(),
        })
    }
}

/// How right the wait shown to everyone at a service was in the last seven days; `None` while too few
/// were seen to say.
pub fn accuracy(forecaster: &Forecaster, service: &ServiceId, now: At) -> Option<Accuracy> {
    let key = ScoreKey {
        service: service.clone(),
        kind: ScoredKind::Now(Subject::Wait),
    };
    let [waits, _] = forecaster.scorecards();
    let [ours, ..] = waits.over(&key, Span::Week, now);
    (ours.count >= SCORED_MIN).then_some(ours)
}
