//! Parts of a Directory record: who may see it, how to reach it, what is there.

use serde::{Deserialize, Serialize};

/// Who may be shown a record.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Anybody.
    #[default]
    Public,
    /// Clinicians and crews: the public is not sent there.
    Professional,
}

/// How to reach a Service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contacts {
    /// For anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_phone: Option<String>,
    /// For clinicians and crews only; never shown to the public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clinical_phone: Option<String>,
    /// Web page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
    /// For clinicians only; never shown to the public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// How to refer a patient to a Service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReferralRoute {
    /// Only those referred are taken.
    pub only_referred: bool,
    /// Roles that may refer; empty means any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// What to tell the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_instructions: Option<String>,
    /// What the clinician must do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clinical_instructions: Option<String>,
}

/// Where messages to a Service go.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Which is tried first, from 1.
    pub order: u32,
    /// `http`, `itk`, `email`, `telno` and so on.
    pub transport: String,
    /// What is sent, for instance `BaRS`.
    pub interaction: String,
    /// `Primary` or `Copy`.
    pub business_scenario: String,
    /// Where.
    pub address: String,
}

/// What people ask about a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facility {
    /// X-ray while it is open.
    Xray,
    /// Children are treated.
    Children,
    /// Level or ramped way in.
    StepFree,
    /// Car park.
    Parking,
    /// Blood tests.
    BloodTests,
}

impl Facility {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Xray,
        Self::Children,
        Self::StepFree,
        Self::Parking,
        Self::BloodTests,
    ];

    /// The word in files and on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Xray => "xray",
            Self::Children => "children",
            Self::StepFree => "step_free",
            Self::Parking => "parking",
            Self::BloodTests => "blood_tests",
        }
    }

    /// The facility of that word.
    pub fn find(label: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|facility| facility.label() == label)
    }

    /// Plain words.
    pub fn plain(self) -> &'static str {
        match self {
            Self::Xray => "X-ray",
            Self::Children => "Treats children",
            Self::StepFree => "Step-free access",
            Self::Parking => "Car park",
            Self::BloodTests => "Blood tests",
        }
    }
}
