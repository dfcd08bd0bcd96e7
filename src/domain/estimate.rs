//! An estimate, and what readers were shown of it: a fact of our own, kept in the log like any other.

use serde::{Deserialize, Serialize};

use super::ids::ServiceId;
use super::reading::Withheld;
use super::service::AcuityGroup;
use super::time::At;

/// How long something will take for those who come now, whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Half take less.
    pub median: i64,
    /// One in ten takes less.
    pub low: i64,
    /// Nine in ten take less; `None` when the queue is too stuck to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<i64>,
    /// Lower and upper 95% confidence limit of the median, where the way of estimating has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<(i64, i64)>,
    /// People it rests on, those still waiting included.
    pub people: u32,
    /// How it was come by.
    pub method: Method,
}

/// How an estimate is come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The survival curve of those who waited within so many minutes.
    Survival {
        /// Length of the window.
        minutes: u32,
    },
    /// What was learned of this queue.
    Learned,
    /// Too few of the group were there: the estimate for everyone at the service.
    Everyone,
}

/// An estimate for those who will come at a moment ahead, whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    /// For those who come then.
    pub at: At,
    /// Half take less.
    pub median: i64,
    /// One in ten takes less.
    pub low: i64,
    /// Nine in ten take less.
    pub high: i64,
}

/// Of what an estimate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Arrival to seen, of people who walk in.
    Wait,
    /// Arrival to seen, of people of a group.
    WaitOf(AcuityGroup),
    /// Ambulance arrival to clinical handover.
    Handover,
}

impl Subject {
    /// The word used in metrics and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::WaitOf(group) => group.label(),
            Self::Handover => "handover",
        }
    }
}

/// What readers are shown of an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownEstimate {
    /// This.
    Estimate(Estimate),
    /// Nothing, and why.
    Withheld(Withheld),
}

impl ShownEstimate {
    /// The estimate, if one is shown.
    pub fn estimate(&self) -> Option<Estimate> {
        match self {
            Self::Estimate(estimate) => Some(*estimate),
            Self::Withheld(_) => None,
        }
    }
}

/// From this entry of the log on, readers are shown this in place of what they were shown before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shown {
    /// For those who come now.
    Now {
        /// Where.
        service: ServiceId,
        /// Of what.
        of: Subject,
        /// What.
        said: ShownEstimate,
    },
    /// For those who come at the quarter hours ahead.
    Ahead {
        /// Where.
        service: ServiceId,
        /// By quarter hour, soonest first; empty when there is nothing to show.
        ahead: Vec<Ahead>,
    },
}
