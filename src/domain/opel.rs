//! The national escalation levels (OPEL): parameters, thresholds and points are configuration, since
//! the framework changes from year to year.

use compact_str::CompactString;
use serde::Deserialize;

use super::ids::ServiceId;

/// What a parameter measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpelKey {
    /// Mean ambulance handover since midnight.
    MeanHandover,
    /// Left within four hours since midnight, all types.
    FourHour,
    /// Attendances since midnight above what is usual by that time of day.
    Attendances,
    /// Treatment spaces taken, of those staffed.
    SpaceOccupancy,
    /// Median arrival to seen since midnight.
    TimeToTreatment,
    /// In the department over twelve hours, of those in it.
    #[serde(rename = "over_12h")]
    Over12h,
    /// General and acute beds taken, of those open.
    BedOccupancy,
    /// Escalation beds, of those open.
    EscalationBeds,
    /// Beds with patients who no longer need one, of those taken.
    NoCriteriaToReside,
}

impl OpelKey {
    /// The word on the wire and in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::MeanHandover => "mean_handover",
            Self::FourHour => "four_hour",
            Self::Attendances => "attendances",
            Self::SpaceOccupancy => "space_occupancy",
            Self::TimeToTreatment => "time_to_treatment",
            Self::Over12h => "over_12h",
            Self::BedOccupancy => "bed_occupancy",
            Self::EscalationBeds => "escalation_beds",
            Self::NoCriteriaToReside => "no_criteria_to_reside",
        }
    }
}

/// One parameter and its levels.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpelParameter {
    /// What it measures.
    pub key: OpelKey,
    /// As shown.
    pub name: String,
    /// `min` or `%`.
    pub unit: CompactString,
    /// Above these it is at OPEL 2, 3, 4; below them when `falling`.
    pub thresholds: [i64; 3],
    /// Less is worse.
    #[serde(default)]
    pub falling: bool,
    /// Points at OPEL 1, 2, 3, 4; without them there is no score.
    pub points: Option<[u32; 4]>,
}

impl OpelParameter {
    /// The level of a value, 1 to 4.
    pub fn level(&self, value: i64) -> u8 {
        let is_past = |threshold: &&i64| {
            if self.falling {
                value < **threshold
            } else {
                value > **threshold
            }
        };
        1 + self.thresholds.iter().filter(is_past).count() as u8
    }
}

/// An acute trust and the services whose figures are its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpelTrust {
    /// Its key in JSON and metrics.
    pub id: CompactString,
    /// As shown.
    pub name: String,
    /// Its services.
    pub services: Vec<ServiceId>,
    /// People who usually arrive on a whole day, Monday to Sunday.
    pub usual_attendances: Option<[u32; 7]>,
}

/// A framework.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpelRules {
    /// Which.
    pub name: String,
    /// Where it is from, and how sure that is.
    pub source: String,
    /// The lowest score of OPEL 1, 2, 3, 4.
    pub score_levels: [u32; 4],
    /// Whom it is worked out for.
    #[serde(default)]
    pub trust: Vec<OpelTrust>,
    /// What it looks at.
    #[serde(default)]
    pub parameter: Vec<OpelParameter>,
}

impl OpelRules {
    /// The level of a score, 1 to 4.
    pub fn level_of_score(&self, score: u32) -> u8 {
        let reached = self.score_levels.iter().filter(|least| score >= **least);
        (reached.count() as u8).max(1)
    }
}
