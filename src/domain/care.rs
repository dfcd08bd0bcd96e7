//! What a Service treats, and whom: the clinical half of its record.
//!
//! An empty list means that the record does not say, and then nothing is refused for it.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Days of a year and of a month, as the national Directory counts an age (CheckCapacitySummary 1.5).
const DAYS_PER_YEAR: f64 = 365.25;
/// See [`DAYS_PER_YEAR`].
const DAYS_PER_MONTH: f64 = 30.4375;

/// The ages that are treated, in days, both ends included: the unit of the national record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeRange {
    /// Youngest, days.
    pub from_days: u32,
    /// Oldest, days.
    pub to_days: u32,
}

/// An age in years as days, rounded down as the national Directory does.
pub fn years_in_days(years: f64) -> u32 {
    (years * DAYS_PER_YEAR).floor() as u32
}

/// An age in months as days, rounded down as the national Directory does.
pub fn months_in_days(months: f64) -> u32 {
    (months * DAYS_PER_MONTH).floor() as u32
}

/// Sex as the national Directory asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sex {
    /// Female.
    F,
    /// Male.
    M,
    /// Indeterminate.
    I,
}

impl Sex {
    /// The sex of that letter.
    pub fn find(letter: &str) -> Option<Self> {
        match letter {
            "F" | "f" => Some(Self::F),
            "M" | "m" => Some(Self::M),
            "I" | "i" => Some(Self::I),
            _ => None,
        }
    }

    /// The letter.
    pub fn label(self) -> &'static str {
        match self {
            Self::F => "F",
            Self::M => "M",
            Self::I => "I",
        }
    }
}

/// A symptom as triage ends with it: a group and a discriminator within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(u32, u32)", into = "(u32, u32)")]
pub struct Symptom {
    /// Symptom group (SG).
    pub group: u32,
    /// Symptom discriminator (SD).
    pub discriminator: u32,
}

impl From<(u32, u32)> for Symptom {
    fn from((group, discriminator): (u32, u32)) -> Self {
        Self {
            group,
            discriminator,
        }
    }
}

impl From<Symptom> for (u32, u32) {
    fn from(symptom: Symptom) -> Self {
        (symptom.group, symptom.discriminator)
    }
}

/// What is treated and whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Care {
    /// Ages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ages: Vec<AgeRange>,
    /// Sexes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sexes: Vec<Sex>,
    /// Symptoms, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub symptoms: Vec<Symptom>,
    /// Disposition codes that may be sent here, and the minutes each gives.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dispositions: BTreeMap<CompactString, u32>,
}

impl Care {
    /// Whether somebody of that age is treated.
    pub fn takes_age(&self, days: u32) -> bool {
        let holds = |range: &AgeRange| (range.from_days..=range.to_days).contains(&days);
        self.ages.is_empty() || self.ages.iter().any(holds)
    }

    /// Whether somebody of that sex is treated.
    pub fn takes_sex(&self, sex: Sex) -> bool {
        self.sexes.is_empty() || self.sexes.contains(&sex)
    }

    /// Whether the symptom is treated: the group with every discriminator that was given.
    pub fn takes_symptoms(&self, group: u32, discriminators: &[u32]) -> bool {
        if self.symptoms.is_empty() {
            return true;
        }
        let known = |discriminator| {
            let symptom = Symptom {
                group,
                discriminator,
            };
            self.symptoms.binary_search(&symptom).is_ok()
        };
        if discriminators.is_empty() {
            let first = self.symptoms.partition_point(|s| s.group < group);
            return self.symptoms.get(first).is_some_and(|s| s.group == group);
        }
        discriminators.iter().copied().all(known)
    }

    /// Whether the disposition may be sent here.
    pub fn takes_disposition(&self, code: &str) -> bool {
        self.dispositions.is_empty() || self.dispositions.contains_key(code)
    }

    /// Puts the lists in order, each entry once: symptoms are looked up by halving.
    pub fn in_order(mut self) -> Self {
        self.ages.sort_unstable();
        self.ages.dedup();
        self.sexes.sort_unstable();
        self.sexes.dedup();
        self.symptoms.sort_unstable();
        self.symptoms.dedup();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_counted_as_the_national_directory_counts_it() {
        assert_eq!(years_in_days(1.0), 365);
        assert_eq!(years_in_days(16.0), 5_844);
        assert_eq!(months_in_days(3.0), 91);
    }

    #[test]
    fn what_is_not_said_refuses_nobody_and_what_is_said_holds() {
        let care = Care::default();
        assert!(care.takes_age(0) && care.takes_sex(Sex::I) && care.takes_symptoms(1, &[2]));
        let care = Care {
            ages: vec![AgeRange {
                from_days: 0,
                to_days: 5_843,
            }],
            symptoms: vec![(7, 2).into(), (7, 1).into(), (9, 1).into()],
            ..care
        }
        .in_order();
        assert!(care.takes_age(5_843) && !care.takes_age(5_844));
        assert!(care.takes_symptoms(7, &[]) && care.takes_symptoms(7, &[1, 2]));
        assert!(!care.takes_symptoms(7, &[1, 3]) && !care.takes_symptoms(8, &[]));
    }
}
