//! What is waited for on arrival at a place, and what that rests on.

use super::rank::Range;
use crate::service_view::ServiceView;
use domain::pathway::Way;
use domain::time::{MINUTE, Millis};
use domain::{Age, Ahead, At, Measure, ReadingName, Withheld};

/// What is forecast for a quarter hour holds so far to either side.
const QUARTER_REACH: Millis = 15 * MINUTE;

/// What a prediction rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The hand-over of an ambulance that arrives now.
    Handover,
    /// The wait of those who arrive now.
    WaitNow,
    /// The forecast for the quarter hour of arrival.
    WaitThen,
    /// Nothing: why.
    NotKnown(Withheld),
}

impl Basis {
    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Handover => "handover_now",
            Self::WaitNow => "wait_now",
            Self::WaitThen => "wait_on_arrival",
            Self::NotKnown(_) => "not_known",
        }
    }
}

/// What is waited for on arrival.
pub fn predict(view: &ServiceView, way: Way, arrival: At) -> (Option<Range>, Basis) {
    let name = match way {
        Way::Ambulance => ReadingName::Handover,
        Way::WalkIn | Way::Either => {
            let off = |ahead: &&Ahead| ahead.at.since(arrival).abs();
            let then = view.ahead.iter().min_by_key(off);
            if let Some(then) = then.filter(|then| off(then) <= QUARTER_REACH) {
                let range = Range {
                    median: then.median,
                    low: then.low,
                    high: then.high,
                };
                return (Some(range), Basis::WaitThen);
            }
            ReadingName::Wait
        }
    };
    let Some(reading) = view.find_reading(name) else {
        return (None, Basis::NotKnown(Withheld::NoFeed));
    };
    match reading.age {
        Age::Fresh(measure) | Age::Late { measure, .. } => {
            let basis = match name {
                ReadingName::Handover => Basis::Handover,
                _ => Basis::WaitNow,
            };
            (Some(range(measure)), basis)
        }
        Age::Withheld(why) => (None, Basis::NotKnown(why)),
    }
}

fn range(measure: Measure) -> Range {
    let median = measure.value;
    Range {
        median,
        low: measure.low.unwrap_or(median / 2),
        // Too stuck to say: at least twice the median.
        high: measure.high.unwrap_or(median * 2),
    }
}
