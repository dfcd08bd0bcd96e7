//! One visit: the set of its facts, and the state that follows from the set.
//!
//! The state is derived from the facts in the order they happened, never from the order they came,
//! so late and out-of-order facts mend it and corrections undo.

use serde::{Deserialize, Serialize};

use domain::event::{Acuity, ArrivalMode, Decision, Departure};
use domain::time::{HOUR, MINUTE, Millis};
use domain::{AcuityGroup, At, EventId, FeedId, IncidentId, ServiceId};

/// A step up to this long before its visit's arrival is read as at arrival: hospital clocks are
/// often whole minutes. Further before, it contradicts the arrival.
pub const STEP_BEFORE_ARRIVAL_MAX: Millis = 15 * MINUTE;
/// A visit without an end is closed by rule this long after its arrival.
pub const VISIT_MAX: Millis = 48 * HOUR;

/// What one fact says of a visit. The order of the variants settles steps of the same moment, and
/// the order of what they say settles two of one kind: never which was told first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum VisitStep {
    /// The patient came.
    Arrived {
        /// Where.
        service: ServiceId,
        /// How.
        mode: ArrivalMode,
        /// How urgent, if known.
        acuity: Option<Acuity>,
        /// The call-out that brought them.
        incident: Option<IncidentId>,
    },
    /// First assessment.
    Triaged(Acuity),
    /// Seen by a clinician.
    Seen,
    /// On to another service.
    Moved(ServiceId),
    /// What next.
    Decided(Decision),
    /// The end.
    Departed(Departure),
    /// The end was a mistake.
    Reopened,
    /// The arrival was a mistake.
    Cancelled,
}

/// One fact of a visit. Ordered by when it happened, then by kind, then by its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VisitFact {
    /// When it happened.
    pub happened_at: At,
    /// What it says.
    pub step: VisitStep,
    /// Who said so.
    pub feed: FeedId,
    /// Under which id.
    pub id: EventId,
}

/// Where a visit stands, derived from its facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitState {
    /// Where the patient is now, or was last.
    pub service: ServiceId,
    /// Where the patient came first.
    pub arrived_service: ServiceId,
    /// Came when.
    pub arrived: At,
    /// Came how.
    pub mode: ArrivalMode,
    /// How urgent.
    pub acuity: Option<Acuity>,
    /// The call-out that brought them.
    pub incident: Option<IncidentId>,
    /// First assessed when.
    pub triaged: Option<At>,
    /// Seen by a clinician when.
    pub seen: Option<At>,
    /// What was decided last, and when.
    pub decided: Option<(At, Decision)>,
    /// Left when and how.
    pub departed: Option<(At, Departure)>,
}

impl VisitState {
    /// Arrived, not seen, not gone.
    pub fn is_waiting(&self) -> bool {
        self.seen.is_none() && self.departed.is_none()
    }

    /// Arrived and not gone.
    pub fn is_present(&self) -> bool {
        self.departed.is_none()
    }

    /// Which line they are in.
    pub fn group(&self) -> AcuityGroup {
        AcuityGroup::of(self.acuity)
    }
}

/// Derives the state; `None` when the arrival is not known or was cancelled.
pub fn derive(facts: &[VisitFact]) -> Option<VisitState> {
    if facts.iter().any(|fact| fact.step == VisitStep::Cancelled) {
        return None;
    }
    let mut state = arrival(facts)?;
    for fact in facts {
        let at = fact.happened_at.max(state.arrived);
        match &fact.step {
            VisitStep::Triaged(acuity) => {
                state.acuity = Some(*acuity);
                state.triaged.get_or_insert(at);
            }
            VisitStep::Seen => {
                state.seen.get_or_insert(at);
            }
            VisitStep::Moved(service) => state.service = service.clone(),
            VisitStep::Decided(decision) => state.decided = Some((at, *decision)),
            VisitStep::Departed(how) => state.departed = Some((at, *how)),
            VisitStep::Reopened => state.departed = None,
            VisitStep::Arrived { .. } | VisitStep::Cancelled => {}
        }
    }
    Some(state)
}

/// The first arrival counts: a second registration of the same visit is a repeat.
fn arrival(facts: &[VisitFact]) -> Option<VisitState> {
    facts.iter().find_map(|fact| match &fact.step {
        VisitStep::Arrived {
            service,
            mode,
            acuity,
            incident,
        } => Some(VisitState {
            service: service.clone(),
            arrived_service: service.clone(),
            arrived: fact.happened_at,
            mode: *mode,
            acuity: *acuity,
            incident: incident.clone(),
            triaged: None,
            seen: None,
            decided: None,
            departed: None,
        }),
        _ => None,
    })
}
