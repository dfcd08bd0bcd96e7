//! What no adviser can know: how long somebody would take to be seen at each place, found by letting a copy of the
//! area go on. It is the bound that a perfect forecast would reach, not a way of advising.

use crate::engine::{Area, SimStep};
use crate::happening::{VisitNo, What};
use domain::At;
use domain::time::{HOUR, MINUTE, Millis};

/// Steps in which the copy is looked at.
const LOOK: Millis = 5 * MINUTE;
/// Nobody is followed longer.
const FOLLOWED: Millis = 12 * HOUR;

impl Area {
    /// Minutes from arrival to seen if they went to a department and arrived then, while those who set off later are
    /// not advised; as long as they are followed when they leave unseen.
    pub(super) fn foresee(&self, visit: VisitNo, department: usize, arrives: At) -> f64 {
        let mut copy = self.copy();
        if let Some(patient) = copy.patients.get_mut(&visit) {
            patient.department = department;
            // To be held against others their patience does not end it.
            patient.patience = None;
        }
        copy.plan(arrives, SimStep::Arrive(visit));
        let mut until = arrives;
        while until.since(arrives) < FOLLOWED {
            until = until.plus(LOOK);
            let happened = copy.run_until(until);
            let seen = happened
                .iter()
                .find(|one| matches!(one.what, What::Seen(seen) if seen == visit));
            if let Some(seen) = seen {
                return seen.at.since(arrives) as f64 / MINUTE as f64;
            }
        }
        FOLLOWED as f64 / MINUTE as f64
    }
}
