//! Services of the Directory and the queues (Streams) inside them.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::care::Care;
use super::event::Acuity;
use super::geo::Position;
use super::ids::ServiceId;
use super::opening::Hours;
use super::service_contacts::{Audience, Contacts, Endpoint, Facility, ReferralRoute};
use super::service_kind::ServiceKind;
use super::time::{At, DAY, london};

/// A record that nobody looked at for so long may be out of date, days.
pub const STALE_DAYS: i64 = 180;

/// One entry of the Directory: the fields of the national record, and what people ask for besides. Written
/// as JSON it is the form of our own directory files. What is absent was not said: it is never read as
/// "no".
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Our id, for instance `lri-ed`.
    pub id: ServiceId,
    /// As known to those who run and commission it.
    pub name: String,
    /// As shown to the public where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_name: Option<String>,
    /// Id in the national Directory, digits; the address of a booking. Placeholders begin with 2000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dos_id: Option<CompactString>,
    /// ODS code of the Site; empty when the source gives none.
    #[serde(default)]
    pub ods: CompactString,
    /// ODS code of the organisation it belongs to; empty when the source gives none.
    #[serde(default)]
    pub parent_ods: CompactString,
    /// Who runs it.
    #[serde(default)]
    pub provider: String,
    /// What sort.
    pub kind: ServiceKind,
    /// Commissioned and in use. A record that is not active is never found by a search.
    #[serde(default = "yes")]
    pub active: bool,
    /// Who may be shown it.
    #[serde(default)]
    pub audience: Audience,
    /// Inside Leicester, Leicestershire and Rutland.
    #[serde(default)]
    pub in_llr: bool,
    /// Street and town.
    #[serde(default)]
    pub address: String,
    /// Postcode.
    #[serde(default)]
    pub postcode: CompactString,
    /// Where.
    pub position: Position,
    /// When.
    pub hours: Hours,
    /// May one walk in?
    #[serde(default)]
    pub walk_in: bool,
    /// `yes`, `no`, `time-slot`, `clinician` or `pharmacy-first`.
    #[serde(default)]
    pub bookable_via_111: CompactString,
    /// Do ambulances bring patients?
    #[serde(default)]
    pub takes_ambulances: bool,
    /// What it treats and whom.
    #[serde(default)]
    pub care: Arc<Care>,
    /// How to reach it.
    #[serde(default)]
    pub contacts: Contacts,
    /// How to refer to it.
    #[serde(default)]
    pub referral: ReferralRoute,
    /// Where messages to it go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
    /// Attributes of the national Directory by name, for instance `requirebooking`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<CompactString, CompactString>,
    /// What is there and what is not.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facilities: BTreeMap<Facility, bool>,
    /// Bus stops within 400 m, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bus_stops_400m: Option<u32>,
    /// Nearest railway station.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest_rail: Option<Station>,
    /// When somebody last looked whether the record is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_on: Option<Date>,
    /// Where the record is from.
    #[serde(default)]
    pub source: String,
    /// How sure: `high`, `medium`, `low`.
    #[serde(default)]
    pub confidence: CompactString,
    /// Caveats of the record.
    #[serde(default)]
    pub notes: String,
}

fn yes() -> bool {
    true
}

impl Service {
    /// The name to show to the public.
    pub fn shown_name(&self) -> &str {
        self.public_name.as_deref().unwrap_or(&self.name)
    }

    /// Whether it has a facility; `None` when nobody said.
    pub fn has(&self, facility: Facility) -> Option<bool> {
        self.facilities.get(&facility).copied()
    }

    /// Whether the record was looked at too long ago; `None` when nobody said when.
    pub fn is_stale(&self, now: At) -> Option<bool> {
        let checked = self.checked_on?.to_zoned(london()).ok()?;
        let checked = At(checked.timestamp().as_millisecond());
        Some(now.since(checked) > STALE_DAYS * DAY)
    }

    /// Nobody is taken without a booking (attribute `requirebooking`, and only when it says so).
    pub fn requires_booking(&self) -> bool {
        let said = self.attributes.get("requirebooking");
        said.is_some_and(|word| word.eq_ignore_ascii_case("true"))
    }
}

/// The railway station that is nearest to a Service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// Its name.
    pub name: String,
    /// In a straight line, metres.
    pub metres: u32,
}

impl Station {
    /// How far, kilometres.
    pub fn km(&self) -> f64 {
        f64::from(self.metres) / 1_000.0
    }
}

/// Patients who wait in one line with one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcuityGroup {
    /// Acuity 1 and 2.
    Emergency,
    /// Acuity 3.
    Urgent,
    /// Acuity 4 and 5.
    Standard,
    /// Not triaged yet.
    NotTriaged,
}

impl AcuityGroup {
    /// All, most urgent first.
    pub const ALL: [Self; 4] = [
        Self::Emergency,
        Self::Urgent,
        Self::Standard,
        Self::NotTriaged,
    ];

    /// The group of an acuity.
    pub fn of(acuity: Option<Acuity>) -> Self {
        match acuity.map(Acuity::level) {
            Some(1 | 2) => Self::Emergency,
            Some(3) => Self::Urgent,
            Some(_) => Self::Standard,
            None => Self::NotTriaged,
        }
    }

    /// The word used in metrics and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Urgent => "urgent",
            Self::Standard => "standard",
            Self::NotTriaged => "not_triaged",
        }
    }
}

/// The queue a patient joins: a Service and an acuity group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    /// Where.
    pub service: ServiceId,
    /// Which line.
    pub group: AcuityGroup,
}
