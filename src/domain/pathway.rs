//! Which places may take which patient: needs of a crew or of somebody who walks in, and the steps that are
//! tried in order. Rules are data with their source; what is not known locally says so.

use std::sync::{Arc, OnceLock};

use compact_str::CompactString;
use serde::Deserialize;

use super::care::years_in_days;
use super::ids::ServiceId;
use super::service::Service;
use super::service_kind::ServiceKind;

/// The demonstration's table.
const TABLE: &str = include_str!("../../fixtures/directory/pathways.toml");

/// The needs of the map of time to care, a group each: an adult and a child who walk in, and whoever comes by ambulance.
pub const MAPPED: [&str; 3] = ["minor_injury", "minor_child", "general"];

/// How the patient comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By ambulance: hand-over is what is waited for.
    Ambulance,
    /// By their own means: being seen is what is waited for.
    WalkIn,
    /// Either.
    Either,
}

impl Way {
    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ambulance => "ambulance",
            Self::WalkIn => "walk_in",
            Self::Either => "either",
        }
    }
}

/// How sure a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A record with its source says so.
    High,
    /// Commonly quoted, not checked locally.
    Medium,
    /// From memory.
    Low,
    /// Nobody told us.
    Unknown,
}

impl Confidence {
    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Unknown => "unknown",
        }
    }
}

/// One step: places that may take the patient, all of them before those of the next.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathwayStep {
    /// Kinds that may.
    #[serde(default)]
    pub kinds: Vec<ServiceKind>,
    /// Places that may, whatever their kind.
    #[serde(default)]
    pub services: Vec<ServiceId>,
    /// Further by car than so many minutes is passed over.
    pub within_minutes: Option<i64>,
    /// Must be rung and agree first.
    #[serde(default)]
    pub accept: bool,
    /// Why these, in words.
    pub why: String,
    /// Where the rule is from.
    pub source: String,
    /// How sure.
    pub confidence: Confidence,
}

impl PathwayStep {
    /// Whether it names the place.
    pub fn names(&self, service: &Service) -> bool {
        self.kinds.contains(&service.kind) || self.services.contains(&service.id)
    }
}

/// What a patient needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathwayNeed {
    /// Its key, for instance `stroke`.
    pub id: CompactString,
    /// As shown.
    pub name: String,
    /// How the patient may come.
    pub way: Way,
    /// In the order in which they are tried.
    pub step: Vec<PathwayStep>,
}

impl PathwayNeed {
    /// The first step that names a place, from 0.
    pub fn step_of(&self, service: &Service) -> Option<usize> {
        self.step.iter().position(|step| step.names(service))
    }

    /// Whether the patient may come this way.
    pub fn allows(&self, way: Way) -> bool {
        self.way == Way::Either || self.way == way
    }
}

/// The whole table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pathways {
    /// Where it is from.
    pub source: String,
    /// Signed off by clinicians of the area.
    pub signed_off: bool,
    /// From hand-over to free again.
    pub clear_minutes: i64,
    /// Where that is from.
    pub clear_source: String,
    /// Younger is a child.
    pub child_under_years: u32,
    /// Where that is from.
    pub child_source: String,
    /// By need.
    pub need: Vec<PathwayNeed>,
}

impl Pathways {
    /// Reads a table.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: Self = toml::from_str(text).map_err(|why| why.to_string())?;
        if let Some(empty) = table.need.iter().find(|need| need.step.is_empty()) {
            return Err(format!("need {:?} has no step", empty.id));
        }
        if !(0..=240).contains(&table.clear_minutes) {
            return Err("clear_minutes: give 0 to 240".to_owned());
        }
        Ok(table)
    }

    /// The demonstration's.
    pub fn demonstration() -> &'static Arc<Self> {
        static ALL: OnceLock<Arc<Pathways>> = OnceLock::new();
        ALL.get_or_init(|| {
            Arc::new(Self::parse(TABLE).unwrap_or_else(|_| Self {
                source: String::new(),
                signed_off: false,
                clear_minutes: 0,
                clear_source: String::new(),
                child_under_years: 16,
                child_source: String::new(),
                need: Vec::new(),
            }))
        })
    }

    /// The need of that key.
    pub fn find(&self, id: &str) -> Option<&PathwayNeed> {
        self.need.iter().find(|need| need.id == id)
    }

    /// Whether somebody of that age is a child; `None` when the age is not known.
    pub fn is_child(&self, age_days: Option<u32>) -> Option<bool> {
        let grown = years_in_days(f64::from(self.child_under_years));
        age_days.map(|days| days < grown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_every_need_of_the_brief_is_in_it() {
        let table = Pathways::parse(TABLE).unwrap();
        assert!(!table.signed_off);
        for id in [
            "major_trauma",
            "stroke",
            "ppci",
            "child",
            "maternity",
            "mental_health",
            "minor_injury",
            "minor_illness",
            "general",
        ] {
            assert!(table.find(id).is_some(), "{id}");
        }
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let wrong = TABLE.replace("within_minutes", "within_minute");
        assert!(Pathways::parse(&wrong).is_err());
    }
}
