//! Services of the Directory and the queues (Streams) inside them.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::event::Acuity;
use super::geo::Position;
use super::ids::ServiceId;
use super::opening::Hours;

/// What sort of place a Service is, in the words of the demonstration directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// Emergency department (A&E type 1).
    Ed,
    /// Emergency department that is also a major trauma centre.
    EdMtc,
    /// Children's emergency department.
    EdPaediatric,
    /// Emergency department for one specialty, such as eyes (A&E type 2).
    EdSingleSpecialty,
    /// Urgent treatment centre (A&E type 3).
    Utc,
    /// Urgent care centre.
    Ucc,
    /// Minor injuries unit.
    Miu,
    /// Same day emergency care.
    Sdec,
    /// Clinical decisions unit.
    Cdu,
    /// Acute hospital without an emergency department.
    AcuteSiteNoEd,
    /// Extended-hours GP hub.
    ExtendedHoursHub,
    /// Out-of-hours GP.
    GpOoh,
    /// Mental-health urgent care hub.
    MentalHealthHub,
    /// Urgent dental care.
    UrgentDental,
    /// Pharmacy.
    Pharmacy,
}

impl ServiceKind {
    /// Plain words for the public.
    pub fn plain(self) -> &'static str {
        match self {
            Self::Ed => "Emergency department (A&E)",
            Self::EdMtc => "Emergency department (A&E) and major trauma centre",
            Self::EdPaediatric => "Children's emergency department (A&E)",
            Self::EdSingleSpecialty => "Eye casualty",
            Self::Utc => "Urgent treatment centre",
            Self::Ucc => "Urgent care centre",
            Self::Miu => "Minor injuries unit",
            Self::Sdec => "Same day emergency care",
            Self::Cdu => "Clinical decisions unit",
            Self::AcuteSiteNoEd => "Hospital without an emergency department",
            Self::ExtendedHoursHub => "GP evening and weekend hub",
            Self::GpOoh => "Out-of-hours GP service",
            Self::MentalHealthHub => "Mental health urgent care hub",
            Self::UrgentDental => "Urgent dental care",
            Self::Pharmacy => "Pharmacy",
        }
    }

    /// Whether people join a queue here whose wait we could know.
    pub fn has_waits(self) -> bool {
        matches!(
            self,
            Self::Ed
                | Self::EdMtc
                | Self::EdPaediatric
                | Self::EdSingleSpecialty
                | Self::Utc
                | Self::Ucc
                | Self::Miu
        )
    }
}

/// One entry of the Directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Our id, for instance `lri-ed`.
    pub id: ServiceId,
    /// As shown to people.
    pub name: String,
    /// ODS code of the Site; empty when the source gives none.
    pub ods: CompactString,
    /// Who runs it.
    pub provider: String,
    /// What sort.
    pub kind: ServiceKind,
    /// Inside Leicester, Leicestershire and Rutland.
    pub in_llr: bool,
    /// Street and town.
    pub address: String,
    /// Postcode.
    pub postcode: CompactString,
    /// Where.
    pub position: Position,
    /// When.
    pub hours: Hours,
    /// May one walk in?
    pub walk_in: bool,
    /// `yes`, `no`, `time-slot`, `clinician` or `pharmacy-first`.
    pub bookable_via_111: CompactString,
    /// Do ambulances bring patients?
    pub takes_ambulances: bool,
    /// Bus stops within 400 m, when known.
    pub bus_stops_400m: Option<u32>,
    /// Nearest railway station and its distance in kilometres.
    pub nearest_rail: Option<(String, f64)>,
    /// Where the record is from.
    pub source: String,
    /// How sure: `high`, `medium`, `low`.
    pub confidence: CompactString,
    /// Caveats of the record.
    pub notes: String,
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
