//! The words that events are made of.

use serde::{Deserialize, Serialize};

/// How a patient came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalMode {
    /// On foot, by car or by bus.
    WalkIn,
    /// By ambulance.
    Ambulance,
    /// With a booked time.
    Booked,
    /// Any other way.
    Other,
}

/// What was decided for a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A bed is needed: the clock of the "12 hours from decision to admit" starts.
    Admit,
    /// Home.
    Discharge,
    /// To another place.
    Transfer,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// To a ward.
    Admitted,
    /// Home.
    Discharged,
    /// To another service.
    Transferred,
    /// Left before a clinician saw them.
    LeftBeforeSeen,
    /// Left after being seen, before treatment was complete.
    LeftBeforeComplete,
    /// Died in the department.
    Died,
}

/// Acuity by the Emergency Care Data Set: 1 immediate, 2 very urgent, 3 urgent, 4 standard, 5 low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Acuity(u8);

impl Acuity {
    /// Checks 1 to 5.
    pub fn new(level: u8) -> Option<Self> {
        (1..=5).contains(&level).then_some(Self(level))
    }

    /// 1 to 5.
    pub fn level(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Acuity {
    type Error = &'static str;
    fn try_from(level: u8) -> Result<Self, Self::Error> {
        Self::new(level).ok_or("must be a whole number from 1 (immediate) to 5 (low)")
    }
}

impl From<Acuity> for u8 {
    fn from(acuity: Acuity) -> Self {
        acuity.0
    }
}

/// Ambulance response category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IncidentCategory {
    /// Life-threatening.
    C1,
    /// Emergency.
    C2,
    /// Urgent.
    C3,
    /// Less urgent.
    C4,
    /// Locally defined.
    C5,
    /// Asked for by a health-care professional.
    #[serde(rename = "HCP")]
    Hcp,
    /// Between facilities.
    #[serde(rename = "IFT")]
    Ift,
}

/// Where a contact came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ContactChannel {
    /// NHS 111 by telephone.
    #[serde(rename = "111")]
    Phone111,
    /// NHS 111 online.
    #[serde(rename = "111-online")]
    Online111,
    /// 999.
    #[serde(rename = "999")]
    Phone999,
}

/// A service's own word on how loaded it is, as in the Directory's capacity status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rag {
    /// No capacity.
    Red,
    /// Some.
    Amber,
    /// Normal.
    Green,
}
