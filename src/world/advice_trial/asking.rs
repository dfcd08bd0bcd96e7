//! Who asks where to go, what they are told of, and how somebody advises them.

use crate::scenario::Scenario;
use domain::time::DAY;
use domain::{At, Millis, ServiceId};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// An adult with something minor.
    Minor,
    /// A child with something minor.
    Child,
    /// A crew with an adult on board whom no pathway sends to one place.
    Crew,
}

/// A place that may take them and is open when they would be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Which.
    pub service: ServiceId,
    /// Minutes by car from where they are.
    pub drive: i64,
    /// People waiting there to be seen; for a crew, ambulances outside.
    pub waiting: u32,
    /// Ambulances on their way there, for a crew.
    pub coming: u32,
    /// People seen there within [`SEEN_WINDOW`], or handed over.
    pub seen: u32,
    /// Mean wait of those seen within [`POSTED_WINDOW`], minutes, or mean hand-over; `None` when nobody was.
    pub posted: Option<f64>,
    /// Mean wait of those of low acuity seen within [`SEEN_WINDOW`], minutes, or mean hand-over.
    pub lately: Option<f64>,
    /// Minutes they would wait there: known to no adviser, and given only to one that [`Advise::wants_truth`].
    pub truth: Option<f64>,
}

/// See [`Site::seen`].
pub const SEEN_WINDOW: Millis = DAY / 12;

/// See [`Site::posted`]: the rolling mean that is posted today.
pub const POSTED_WINDOW: Millis = DAY / 6;

/// Somebody asks where to go.
#[derive(Debug, Clone, PartialEq)]
pub struct Asking {
    /// When.
    pub at: At,
    /// Who.
    pub group: Group,
    /// The places, nearest first.
    pub sites: Vec<Site>,
}

/// A way of advising.
pub trait Advise {
    /// Which of the places; `None` gives no advice.
    fn advise(&mut self, asking: &Asking) -> Option<usize>;

    /// Whether [`Site::truth`] is to be found out, which takes long.
    fn wants_truth(&self) -> bool {
        false
    }
}

/// Who is advised in a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advised {
    /// Those who walk in; the hospitals around the area are not simulated.
    WalkIn,
    /// Crews.
    Crews,
    /// All of these.
    Both,
}

impl Advised {
    pub(super) fn walk_in(self) -> bool {
        self != Self::Crews
    }
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Share of those who ask that does as advised, 0 to 1.
    pub compliance: f64,
    /// Days that count.
    pub days: u32,
    /// What sort of days.
    pub scenario: Scenario,
    /// Who is advised.
    pub advised: Advised,
}
