//! What the router keeps of one crew.

use domain::{At, ServiceId};

/// What the router keeps of one crew.
#[derive(Debug, Clone)]
pub(super) struct Crew {
    pub(super) set_off: At,
    pub(super) may_choose: bool,
    pub(super) moved: bool,
    pub(super) to: Option<ServiceId>,
    pub(super) arrived: Option<At>,
}

impl Crew {
    /// One that sets off.
    pub(super) fn new(now: At, may_choose: bool) -> Self {
        Self {
            set_off: now,
            may_choose,
            moved: false,
            to: None,
            arrived: None,
        }
    }
}
