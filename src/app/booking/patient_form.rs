//! What a form or a program of ours tells about a patient.

use jiff::civil::Date;
use serde::Deserialize;

use domain::At;
use domain::nhs_number::NhsNumber;
use domain::patient::{Contact, ContactConsent, Needs, PatientDetails};

/// Longest line of text, characters.
const LINE_MAX: usize = 200;
/// Longest note, characters.
const NOTE_MAX: usize = 2_000;

/// As filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatientForm {
    /// Family name.
    pub family: String,
    /// Given names.
    pub given: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// Ten digits; empty when not known.
    pub nhs_number: String,
    /// Telephone.
    pub phone: String,
    /// Address of electronic mail.
    pub email: String,
    /// Home address.
    pub address: String,
    /// Home postcode.
    pub postcode: String,
    /// Preferred language.
    pub language: String,
    /// An interpreter is needed.
    pub interpreter: bool,
    /// Other communication needs and adjustments.
    pub needs: String,
    /// What staff must know.
    pub notes: String,
    /// Why the patient comes.
    pub reason: String,
    /// Tell by text message.
    pub tell_by_sms: bool,
    /// Tell by electronic mail.
    pub tell_by_email: bool,
}

/// What is wrong with a field: its name, and what to do.
pub type FieldFault = (&'static str, &'static str);

impl PatientForm {
    /// The details to be sealed, or everything that is wrong; never with a value in the words.
    pub fn details(&self, now: At) -> Result<PatientDetails, Vec<FieldFault>> {
        let mut faults = self.too_long();
        let mut need = |is_wrong: bool, field: &'static str, words: &'static str| {
            if is_wrong {
                faults.push((field, words));
            }
        };
        need(blank(&self.family), "family", "Enter the family name");
        need(blank(&self.given), "given", "Enter the given name");
        let born = self.birth_date.trim().parse::<Date>();
        let is_possible = born.is_ok_and(|born| born <= now.london_date() && born.year() >= 1_895);
        need(
            !is_possible,
            "birth_date",
            "Enter the date of birth as year, month, day, for instance 1984-03-27",
        );
        let number = NhsNumber::new(&self.nhs_number).ok();
        need(
            !blank(&self.nhs_number) && number.is_none(),
            "nhs_number",
            "Enter the ten digits of the NHS number, or leave it empty: one digit is wrong",
        );
        let phone = digits(&self.phone);
        need(
            !(10..=15).contains(&phone.len()),
            "phone",
            "Enter a telephone number of 10 to 15 digits",
        );
        need(
            !blank(&self.email) && !is_email(self.email.trim()),
            "email",
            "Enter an email address like name@example.org, or leave it empty",
        );
        need(
            self.tell_by_email && blank(&self.email),
            "email",
            "Enter the email address that the confirmation goes to",
        );
        if faults.is_empty() {
            Ok(self.taken(number.as_ref()))
        } else {
            Err(faults)
        }
    }

    fn too_long(&self) -> Vec<FieldFault> {
        let lines = [
            ("family", &self.family, LINE_MAX),
            ("given", &self.given, LINE_MAX),
            ("birth_date", &self.birth_date, LINE_MAX),
            ("phone", &self.phone, LINE_MAX),
            ("nhs_number", &self.nhs_number, LINE_MAX),
            ("email", &self.email, LINE_MAX),
            ("address", &self.address, LINE_MAX),
            ("postcode", &self.postcode, 10),
            ("language", &self.language, 60),
            ("needs", &self.needs, NOTE_MAX),
            ("notes", &self.notes, NOTE_MAX),
            ("reason", &self.reason, NOTE_MAX),
        ];
        let over = lines
            .into_iter()
            .filter(|(_, text, most)| text.chars().count() > *most);
        over.map(|(field, ..)| (field, "Shorten this")).collect()
    }

    fn taken(&self, number: Option<&NhsNumber>) -> PatientDetails {
        let text = |text: &str| text.trim().to_owned();
        let contact = |by: &str, value: &str| Contact {
            by: by.to_owned(),
            value: text(value),
            whose: String::new(),
        };
        let list = |text: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim);
            lines.filter(|l| !l.is_empty()).map(str::to_owned).collect()
        };
        let mut contacts = vec![contact("phone", &self.phone)];
        if !blank(&self.email) {
            contacts.push(contact("email", &self.email));
        }
        PatientDetails {
            family: text(&self.family),
            given: text(&self.given),
            birth_date: text(&self.birth_date),
            nhs_number: number.map(|number| number.as_str().to_owned()),
            address: text(&self.address),
            postcode: text(&self.postcode),
            contacts,
            needs: Needs {
                language: text(&self.language),
                interpreter: self.interpreter,
                other: list(&self.needs),
            },
            notes: list(&self.notes),
            reason: text(&self.reason),
            message: None,
            consent: ContactConsent {
                sms: self.tell_by_sms,
                email: self.tell_by_email,
            },
        }
    }
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// One `@` with something on both sides and a dot behind it; the carrier checks the rest.
fn is_email(text: &str) -> bool {
    let plain = !text.contains(char::is_whitespace) && text.is_ascii();
    let parts = text.split_once('@');
    plain
        && parts.is_some_and(|(name, host)| {
            !name.is_empty()
                && !host.contains('@')
                && host.split('.').count() > 1
                && host.split('.').all(|label| !label.is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> PatientForm {
        PatientForm {
            family: "Patient-One".to_owned(),
            given: "Test".to_owned(),
            birth_date: "1984-03-27".to_owned(),
            phone: "07700 900 123".to_owned(),
            ..PatientForm::default()
        }
    }

    fn now() -> At {
        At::parse("2026-11-27T12:00:00Z").unwrap()
    }

    #[test]
    fn an_unregistered_patient_without_an_nhs_number_is_taken() {
        let details = filled().details(now()).unwrap();
        assert_eq!(details.nhs_number, None);
        assert_eq!(details.first("phone"), Some("07700 900 123"));
    }

    #[test]
    fn every_fault_is_named_by_field_and_none_repeats_what_was_typed() {
        let wrong = PatientForm {
            given: "  ".to_owned(),
            birth_date: "2027-01-01".to_owned(),
            nhs_number: "999 000 0019".to_owned(),
            phone: "123".to_owned(),
            email: "me@here".to_owned(),
            notes: "x".repeat(NOTE_MAX + 1),
            ..filled()
        };
        let faults = wrong.details(now()).unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|(field, _)| *field).collect();
        assert_eq!(
            fields,
            [
                "notes",
                "given",
                "birth_date",
                "nhs_number",
                "phone",
                "email"
            ]
        );
        let no_address = PatientForm {
            tell_by_email: true,
            ..filled()
        };
        assert_eq!(no_address.details(now()).unwrap_err()[0].0, "email");
    }
}
