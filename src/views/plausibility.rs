//! Figures that cannot be true, found before anyone sees them.

use std::collections::BTreeMap;

use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Service};
use fold::FoldState;
use fold::visit::VisitState;

/// A wait beyond this cannot be right and is withheld.
pub const WAIT_PLAUSIBLE_MAX: Millis = 24 * HOUR;
/// Waits that ended within so long are looked at.
const LOOKED_AT: Millis = 4 * HOUR;
/// So many waits of no length at all are a fault of the sender.
const ZEROS_MIN: usize = 8;
/// A cap is looked for among so many waits,
const CAPPED_OF_MIN: usize = 20;
/// of which so large a share (one in so many) are of the same length,
const CAPPED_SHARE: usize = 3;
/// at least so many minutes.
const CAP_MINUTES_MIN: i64 = 20;

/// Why the waits of a service are not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Implausible {
    /// Every wait that ended lately had no length.
    AllZero,
    /// Many waits that ended lately have the very same length.
    Capped,
}

impl Implausible {
    /// The word on the wire and in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::AllZero => "all_zero",
            Self::Capped => "capped",
        }
    }

    /// Looks at the visits of a service.
    pub fn about(fold_state: &FoldState, service: &Service) -> Option<Self> {
        let now = fold_state.at();
        let visits = fold_state.visits().at_service(service.id.as_str());
        let states = visits.filter_map(|visit| visit.state.as_ref());
        let waits: Vec<i64> = states
            .filter_map(|state| wait(state, now))
            .map(|wait| wait / MINUTE)
            .collect();
        if waits.len() >= ZEROS_MIN && waits.iter().all(|minutes| *minutes == 0) {
            return Some(Self::AllZero);
        }
        let mut lengths: BTreeMap<i64, usize> = BTreeMap::new();
        for minutes in waits.iter().filter(|minutes| **minutes >= CAP_MINUTES_MIN) {
            *lengths.entry(*minutes).or_default() += 1;
        }
        let most = lengths.values().max().copied().unwrap_or(0);
        (waits.len() >= CAPPED_OF_MIN && most * CAPPED_SHARE >= waits.len()).then_some(Self::Capped)
    }
}

/// The wait of someone who was seen lately.
fn wait(state: &VisitState, now: At) -> Option<Millis> {
    let seen = state.seen?;
    (seen <= now && now.since(seen) <= LOOKED_AT).then(|| seen.since(state.arrived))
}
