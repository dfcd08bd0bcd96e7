//! Who a message is about.

use serde_json::Value;

use crate::bars::message::{all, one};
use crate::outcome::Problem;
use domain::patient::{Contact, ContactConsent, Needs, PatientDetails};
use domain::systems;

/// The system of NHS numbers.
pub const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
/// The extension that orders contacts.
const RANK: &str = "Extension-UKCore-ContactRank";
/// The extension that says whether an NHS number was traced.
const VERIFICATION: &str = "Extension-UKCore-NHSNumberVerificationStatus";

fn wrong(words: &str) -> Problem {
    Problem::bad("invariant", words)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn extension<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    list(&of["extension"]).find(|ext| ext["url"].as_str().is_some_and(|url| url.ends_with(name)))
}

/// The details of the patient of a message that makes something new; everything that must be there is.
pub fn details(bundle: &Value) -> Result<PatientDetails, Problem> {
    let patient = one(bundle, "Patient")?;
    let mut details = PatientDetails {
        nhs_number: nhs_number(patient)?,
        birth_date: text(&patient["birthDate"]),
        contacts: contacts(patient)?,
        needs: needs(patient),
        notes: notes(bundle),
        consent: ContactConsent {
            sms: true,
            email: true,
        },
        message: Some(bundle.clone()),
        ..PatientDetails::default()
    };
    if details.birth_date.is_empty() {
        return Err(Problem::bad("required", "Patient.birthDate is missing"));
    }
    (details.family, details.given) = name(patient)?;
    (details.address, details.postcode) = address(patient)?;
    details.reason = reason(bundle);
    Ok(details)
}

/// The number, which is sent only once it was traced. Its check digit is not looked at: the sender has traced it,
/// and published examples hold numbers that do not check.
pub fn nhs_number(patient: &Value) -> Result<Option<String>, Problem> {
    let mut numbers = list(&patient["identifier"])
        .filter(|id| systems::is_same(text(&id["system"]).as_str(), NHS_NUMBER));
    let Some(number) = numbers.next() else {
        return Ok(None);
    };
    let value = text(&number["value"]).replace(' ', "");
    if value.len() != 10 || !value.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::bad(
            "value",
            "Patient.identifier is not an NHS number of ten digits",
        ));
    }
    let status = extension(number, VERIFICATION)
        .map(|ext| text(&ext["valueCodeableConcept"]["coding"][0]["code"]));
    if status.as_deref() != Some("number-present-and-verified") {
        let words =
            "an NHS number is sent only when it is number-present-and-verified; leave it out";
        return Err(wrong(words));
    }
    Ok(Some(value))
}

fn name(patient: &Value) -> Result<(String, String), Problem> {
    let mut official = list(&patient["name"]).filter(|name| name["use"] == "official");
    let (Some(name), None) = (official.next(), official.next()) else {
        return Err(wrong("Patient.name needs exactly one that is official"));
    };
    let given: Vec<String> = list(&name["given"]).map(text).collect();
    let (family, given) = (text(&name["family"]), given.join(" "));
    if family.is_empty() || given.is_empty() {
        return Err(wrong("Patient.name needs family and given"));
    }
    Ok((family, given))
}

fn address(patient: &Value) -> Result<(String, String), Problem> {
    let mut home = list(&patient["address"]).filter(|address| address["use"] == "home");
    let (Some(home), None) = (home.next(), home.next()) else {
        return Err(wrong("Patient.address needs exactly one that is home"));
    };
    let postcode = text(&home["postalCode"]);
    if postcode.is_empty() {
        return Err(wrong("Patient.address needs a postalCode"));
    }
    let lines: Vec<String> = list(&home["line"]).map(text).collect();
    let whole = if lines.is_empty() {
        text(&home["text"])
    } else {
        lines.join(", ")
    };
    Ok((whole, postcode))
}

/// Contacts in the order in which they are to be tried.
fn contacts(patient: &Value) -> Result<Vec<Contact>, Problem> {
    let mut ranked: Vec<(u64, &Value)> = Vec::new();
    for contact in list(&patient["contact"]) {
        let rank = extension(contact, RANK).and_then(|ext| ext["valuePositiveInt"].as_u64());
        let rank = rank.ok_or_else(|| wrong("every Patient.contact needs a ContactRank"))?;
        ranked.push((rank, contact));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    if ranked.iter().filter(|(rank, _)| *rank == 1).count() != 1 {
        return Err(wrong("exactly one Patient.contact needs the ContactRank 1"));
    }
    let mut contacts = Vec::new();
    for (_, contact) in ranked {
        let relationship = &contact["relationship"][0]["coding"][0];
        let whose = if relationship["code"] == "ONESELF" || relationship.is_null() {
            String::new()
        } else {
            let name = &contact["name"];
            let given: Vec<String> = list(&name["given"]).map(text).collect();
            let who = format!("{} {}", given.join(" "), text(&name["family"]));
            format!(
                "{} ({})",
                who.trim(),
                text(&relationship["code"]).to_lowercase()
            )
        };
        let mut ways: Vec<&Value> = list(&contact["telecom"]).collect();
        ways.sort_by_key(|way| way["rank"].as_u64().unwrap_or(u64::MAX));
        contacts.extend(ways.into_iter().map(|way| Contact {
            by: text(&way["system"]),
            value: text(&way["value"]),
            whose: whose.clone(),
        }));
    }
    let has_phone = contacts
        .iter()
        .any(|way| way.by == "phone" && !way.value.is_empty());
    has_phone
        .then_some(contacts)
        .ok_or_else(|| wrong("Patient.contact needs a telephone number"))
}

fn needs(patient: &Value) -> Needs {
    let mut preferred =
        list(&patient["communication"]).filter(|communication| communication["preferred"] == true);
    let language = preferred
        .next()
        .map(|communication| text(&communication["language"]["coding"][0]["code"]));
    let interpreter = list(&patient["extension"]).any(|ext| {
        ext["url"]
            .as_str()
            .is_some_and(|url| url.contains("patient-interpreterRequired"))
            && ext["valueBoolean"] == true
    });
    Needs {
        language: language.unwrap_or_default(),
        interpreter,
        other: Vec::new(),
    }
}

/// What stands in flags: adjustments, concerns, dangers. Shown to whoever receives the patient.
fn notes(bundle: &Value) -> Vec<String> {
    let flags = all(bundle, "Flag").map(|(_, flag)| {
        let code = &flag["code"];
        let words = [text(&code["text"]), text(&code["coding"][0]["display"])];
        let words = words.into_iter().find(|words| !words.is_empty());
        let category = text(&flag["category"][0]["text"]);
        let category = if category.is_empty() {
            text(&flag["category"][0]["coding"][0]["display"])
        } else {
            category
        };
        match (category.is_empty(), words) {
            (false, Some(words)) => format!("{category}: {words}"),
            (_, words) => words.unwrap_or(category),
        }
    });
    flags.filter(|flag| !flag.is_empty()).collect()
}

fn reason(bundle: &Value) -> String {
    let appointment = all(bundle, "Appointment").map(|(_, found)| text(&found["description"]));
    let request = all(bundle, "ServiceRequest").map(|(_, found)| {
        let reason = &found["reasonCode"][0];
        let words = [text(&reason["text"]), text(&reason["coding"][0]["display"])];
        words
            .into_iter()
            .find(|words| !words.is_empty())
            .unwrap_or_default()
    });
    appointment
        .chain(request)
        .find(|words| !words.is_empty())
        .unwrap_or_default()
}
