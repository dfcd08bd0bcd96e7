//! Who a booking is for. Held only sealed; never in the log, never printed.

use serde::{Deserialize, Serialize};

/// What is held about the patient of a booking or a referral.
///
/// Printing it for debugging prints nothing of it, so that no details reach a log line by mistake.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatientDetails {
    /// Family name.
    pub family: String,
    /// Given names.
    pub given: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// Ten digits, when known and traced.
    pub nhs_number: Option<String>,
    /// Home address, one line.
    pub address: String,
    /// Home postcode.
    pub postcode: String,
    /// Where the patient can be reached, the first first.
    pub contacts: Vec<Contact>,
    /// What the patient needs so as to understand and be understood (Accessible Information Standard).
    pub needs: Needs,
    /// What staff must know: special notes, flags, risks.
    pub notes: Vec<String>,
    /// Why the patient comes, as the sender words it.
    pub reason: String,
    /// The whole message as it came, for those who receive the patient.
    pub message: Option<serde_json::Value>,
    /// What was agreed about telling the patient.
    pub consent: ContactConsent,
}

/// One way to reach a patient or somebody near.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    /// `phone` or `email`.
    pub by: String,
    /// The number or the address.
    pub value: String,
    /// Whose, where not the patient's own.
    pub whose: String,
}

/// Communication needs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Needs {
    /// Preferred language, BCP 47, for instance `gu`.
    pub language: String,
    /// An interpreter is needed.
    pub interpreter: bool,
    /// Format and adjustments in words: large print, British Sign Language, step-free access.
    pub other: Vec<String>,
}

/// By which ways the patient wants to be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactConsent {
    /// By text message.
    pub sms: bool,
    /// By electronic mail.
    pub email: bool,
}

impl PatientDetails {
    /// The patient's own first contact of a kind; never somebody else's.
    pub fn first(&self, by: &str) -> Option<&str> {
        let mut own = self
            .contacts
            .iter()
            .filter(|contact| contact.whose.is_empty());
        let found = own.find(|contact| contact.by == by);
        found.map(|contact| contact.value.as_str())
    }
}

macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(sealed)"))
            }
        }
    )*};
}

redacted!(PatientDetails, Contact, Needs);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_never_print() {
        let details = PatientDetails {
            family: "Patient-One".into(),
            contacts: vec![Contact {
                value: "07700 900123".into(),
                ..Contact::default()
            }],
            ..PatientDetails::default()
        };
        let printed = format!("{details:?} {:?} {:?}", details.contacts, details.needs);
        assert!(!printed.contains("Patient-One") && !printed.contains("07700"));
    }
}
