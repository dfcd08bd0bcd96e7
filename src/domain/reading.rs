//! A figure with its definition: never a bare number.

use serde::{Deserialize, Serialize};

use super::time::{At, Millis};

/// Which figure. The label is its key in JSON, push frames and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadingName {
    /// How long people who arrive now will wait to be seen.
    Wait,
    /// How many are waiting to be seen.
    Waiting,
    /// How long the one who has waited longest has waited.
    LongestWait,
    /// How many are in the department, seen or not.
    InDepartment,
    /// Of those in the department, how many have been there over four hours.
    Over4h,
    /// Of those in the department, how many have been there over twelve hours since arrival.
    Over12h,
    /// Of those in the department, whom it was decided to admit.
    WaitingForBed,
    /// Of these, how many over twelve hours after that decision.
    Over12hFromDecision,
    /// How long those seen lately had waited.
    ActualWait,
    /// How long those seen since midnight had waited: the time to treatment.
    TreatmentToday,
    /// Arrival to first assessment, lately.
    Assessment,
    /// Arrival to departure, lately.
    Stay,
    /// Of visits that ended since midnight, the share within four hours of arrival.
    FourHour,
    /// Arrivals since midnight.
    ArrivalsToday,
    /// Arrivals of the last hour.
    ArrivalsHour,
    /// Arrivals of the last four hours.
    ArrivalsRolling,
    /// Left before being seen since midnight.
    LeftToday,
    /// How long the handover of an ambulance that arrives now will take.
    Handover,
    /// Ambulances outside with a patient.
    HandoversWaiting,
    /// How long the ambulance that has waited longest has waited.
    LongestHandover,
    /// Mean handover since midnight.
    MeanHandover,
    /// Ambulances on their way.
    Inbound,
}

impl ReadingName {
    /// All of them, in the order to show them.
    pub const ALL: [Self; 22] = [
        Self::Wait,
        Self::Waiting,
        Self::LongestWait,
        Self::InDepartment,
        Self::Over4h,
        Self::Over12h,
        Self::WaitingForBed,
        Self::Over12hFromDecision,
        Self::ActualWait,
        Self::TreatmentToday,
        Self::Assessment,
        Self::Stay,
        Self::FourHour,
        Self::ArrivalsToday,
        Self::ArrivalsHour,
        Self::ArrivalsRolling,
        Self::LeftToday,
        Self::Handover,
        Self::HandoversWaiting,
        Self::LongestHandover,
        Self::MeanHandover,
        Self::Inbound,
    ];

    /// The key.
    pub fn label(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Waiting => "waiting",
            Self::LongestWait => "longest_wait",
            Self::InDepartment => "in_department",
            Self::Over4h => "over_4h",
            Self::Over12h => "over_12h",
            Self::WaitingForBed => "waiting_for_bed",
            Self::Over12hFromDecision => "over_12h_from_decision",
            Self::ActualWait => "actual_wait",
            Self::TreatmentToday => "treatment_today",
            Self::Assessment => "assessment",
            Self::Stay => "stay",
            Self::FourHour => "four_hour",
            Self::ArrivalsToday => "arrivals_today",
            Self::ArrivalsHour => "arrivals_1h",
            Self::ArrivalsRolling => "arrivals_4h",
            Self::LeftToday => "left_today",
            Self::Handover => "handover",
            Self::HandoversWaiting => "handovers_waiting",
            Self::LongestHandover => "longest_handover",
            Self::MeanHandover => "mean_handover",
            Self::Inbound => "inbound",
        }
    }
}

/// Why a value is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// The feed has said nothing for too long.
    SilentFeed,
    /// No feed reports this Service.
    NoFeed,
    /// Too few people to say.
    TooFew,
    /// The figure cannot be true.
    Implausible,
    /// The feed is sending what it held back while it was silent.
    CatchingUp,
    /// The Service is closed.
    Closed,
}

impl Withheld {
    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::SilentFeed => "silent_feed",
            Self::NoFeed => "no_feed",
            Self::TooFew => "too_few",
            Self::Implausible => "implausible",
            Self::CatchingUp => "catching_up",
            Self::Closed => "closed",
        }
    }

    /// Plain words for the public.
    pub fn plain(self) -> &'static str {
        match self {
            Self::SilentFeed => "No live data: this service has stopped sending updates",
            Self::NoFeed => "No live data for this service",
            Self::TooFew => "Not enough recent patients to say",
            Self::Implausible => "No live data: the figure received cannot be right",
            Self::CatchingUp => {
                "No live data for a moment: this service is sending held-back updates"
            }
            Self::Closed => "Closed now",
        }
    }
}

/// A number and, where it is an estimate, its range. Whole units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// The figure.
    pub value: i64,
    /// Lower end of the range.
    pub low: Option<i64>,
    /// Upper end of the range: nine in ten are at or below it, for a wait.
    pub high: Option<i64>,
}

impl Measure {
    /// A count or a clock: exact, without a range.
    pub fn exact(value: i64) -> Self {
        Self {
            value,
            low: None,
            high: None,
        }
    }
}

/// How true a value still is; the wrong combinations cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// The feed is live.
    Fresh(Measure),
    /// The feed has been quiet longer than it should; the value is kept, with its age.
    Late {
        /// The last good value.
        measure: Measure,
        /// When the feed was last heard.
        heard: At,
    },
    /// No value.
    Withheld(Withheld),
}

impl Age {
    /// The value, when one may be shown.
    pub fn measure(&self) -> Option<Measure> {
        match self {
            Self::Fresh(measure) | Self::Late { measure, .. } => Some(*measure),
            Self::Withheld(_) => None,
        }
    }
}

/// The unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Whole minutes.
    Minutes,
    /// People.
    People,
    /// Ambulances.
    Ambulances,
    /// Per cent, rounded to a whole number.
    Percent,
}

impl Unit {
    /// As on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Minutes => "min",
            Self::People => "people",
            Self::Ambulances => "ambulances",
            Self::Percent => "%",
        }
    }
}

/// A figure, its definition, its count and its age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Which figure.
    pub name: ReadingName,
    /// Value or reason.
    pub age: Age,
    /// Unit.
    pub unit: Unit,
    /// For instance "median of people arriving now".
    pub statistic: &'static str,
    /// The event that starts the clock, when there is a clock.
    pub from: Option<&'static str>,
    /// The event that stops it.
    pub to: Option<&'static str>,
    /// Of whom.
    pub group: &'static str,
    /// Over how long; `None` means now, or since midnight where the statistic says so.
    pub window: Option<Millis>,
    /// 95% confidence limits of the median, where the way of estimating has them.
    pub limits: Option<(i64, i64)>,
    /// How many people or ambulances the figure rests on.
    pub count: u32,
    /// As of when.
    pub as_of: At,
}
