//! Records of the Directory as FHIR R4 resources. The profiles of UK Core ask for less than is here; what has no place
//! in R4 (ages, symptoms) is in our own API.

use serde_json::{Value, json};

use domain::service_contacts::Audience;
use domain::{Service, systems};

/// Days of the week in opening hours and in FHIR, Monday first.
const DAYS: [(&str, &str); 7] = [
    ("Mo", "mon"),
    ("Tu", "tue"),
    ("We", "wed"),
    ("Th", "thu"),
    ("Fr", "fri"),
    ("Sa", "sat"),
    ("Su", "sun"),
];
/// The canonical of UK Core, to which the name of a profile is added.
const UK_CORE: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-";

/// The resource without what was not said: FHIR has no null.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields
                .into_iter()
                .map(|(name, value)| (name, without_nulls(value)))
                .filter(|(_, value)| !is_nothing(value));
            Value::Object(kept.collect())
        }
        Value::Array(all) => {
            let kept = all.into_iter().map(without_nulls);
            Value::Array(kept.filter(|value| !is_nothing(value)).collect())
        }
        value => value,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn meta(profile: &str, service: Option<&Service>) -> Value {
    let is_for_professionals =
        service.is_some_and(|service| service.audience == Audience::Professional);
    let tag = json!([{"system": systems::AUDIENCE, "code": "professional"}]);
    json!({
        "profile": [format!("{UK_CORE}{profile}")],
        "tag": is_for_professionals.then_some(tag),
    })
}

fn identifier(system: &str, value: &str) -> Value {
    if value.is_empty() {
        return Value::Null;
    }
    json!({"system": system, "value": value})
}

fn contact(system: &str, value: Option<&String>) -> Value {
    value.map_or(
        Value::Null,
        |value| json!({"system": system, "value": value, "use": "work"}),
    )
}

/// The contact, marked so that whoever reads it does not show it to the public.
fn for_professionals(mut contact: Value) -> Value {
    if contact.is_object() {
        let mark = json!([{"url": systems::FOR_PROFESSIONALS, "valueBoolean": true}]);
        contact["extension"] = mark;
    }
    contact
}

/// The service itself.
pub fn healthcare_service(service: &Service, audience: Audience) -> Value {
    let is_professional = audience == Audience::Professional;
    let contacts = &service.contacts;
    let clinical = contacts.clinical_phone.as_ref().filter(|_| is_professional);
    let email = contacts.email.as_ref().filter(|_| is_professional);
    let dos_type = service.kind.dos_type().map(|code| code.to_string());
    let (times, exceptions) = times(service.hours.text());
    let provider = organisation_id(service)
        .map(|id| json!({"reference": format!("Organization/{id}"), "display": service.provider}));
    without_nulls(json!({
        "resourceType": "HealthcareService",
        "id": service.id,
        "meta": meta("HealthcareService", Some(service)),
        "identifier": [
            identifier(systems::SERVICE_ID, service.id.as_str()),
            identifier(systems::DOS_ID, service.dos_id.as_deref().unwrap_or_default()),
        ],
        "active": service.active,
        "providedBy": provider,
        "type": [
            {"coding": [{"system": systems::KIND, "code": service.kind.label(), "display": service.kind.plain()}]},
            dos_type.map(|code| json!({"coding": [{"system": systems::DOS_TYPE, "code": code}]})),
        ],
        "location": [{"reference": format!("Location/{}", service.id), "display": service.shown_name()}],
        "name": service.shown_name(),
        "comment": service.referral.public_instructions,
        "extraDetails": service.referral.clinical_instructions.as_ref().filter(|_| is_professional),
        "telecom": [
            contact("phone", contacts.public_phone.as_ref()),
            contact("url", contacts.web.as_ref()),
            for_professionals(contact("phone", clinical)),
            for_professionals(contact("email", email)),
        ],
        "appointmentRequired": service.requires_booking() || !service.walk_in,
        "availableTime": times,
        "availabilityExceptions": exceptions,
    }))
}

/// The place of the service.
pub fn location(service: &Service) -> Value {
    let organisation = organisation_id(service)
        .map(|id| json!({"reference": format!("Organization/{id}"), "display": service.provider}));
    without_nulls(json!({
        "resourceType": "Location",
        "id": service.id,
        "meta": meta("Location", Some(service)),
        "identifier": [identifier(systems::ODS_SITE, &service.ods)],
        "status": if service.active { "active" } else { "inactive" },
        "name": service.shown_name(),
        "mode": "instance",
        "address": {
            "text": format!("{} {}", service.address, service.postcode).trim(),
            "line": [service.address],
            "postalCode": service.postcode,
            "country": "GB",
        },
        "position": {"latitude": service.position.lat, "longitude": service.position.lng},
        "managingOrganization": organisation,
    }))
}

/// The id of the organisation that runs a service: its ODS code, or its name in plain letters.
pub fn organisation_id(service: &Service) -> Option<String> {
    if !service.parent_ods.is_empty() {
        return Some(service.parent_ods.to_string());
    }
    let letters = service.provider.to_ascii_lowercase();
    let words: Vec<&str> = letters
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let id: String = words.join("-").chars().take(64).collect();
    (!id.is_empty()).then_some(id)
}

/// The name of the organisation that runs a service, or its ODS code.
pub fn organisation_name(service: &Service) -> &str {
    match service.provider.as_str() {
        "" => service.parent_ods.as_str(),
        name => name,
    }
}

/// The organisation that runs a service.
pub fn organisation(service: &Service) -> Option<Value> {
    let id = organisation_id(service)?;
    let name = organisation_name(service);
    Some(without_nulls(json!({
        "resourceType": "Organization",
        "id": id,
        "meta": meta("Organization", None),
        "identifier": [identifier(systems::ODS_ORGANISATION, &service.parent_ods)],
        "active": true,
        "name": name,
    })))
}

/// The calendar of a service, to which its slots will belong.
pub fn schedule(service: &Service) -> Value {
    json!({
        "resourceType": "Schedule",
        "id": service.id,
        "active": service.active,
        "actor": [
            {"reference": format!("HealthcareService/{}", service.id), "display": service.shown_name()},
            {"reference": format!("Location/{}", service.id)},
        ],
    })
}

/// The weekly hours as FHIR has them, no session across midnight; what a week does not say, in words.
fn times(text: &str) -> (Vec<Value>, Option<String>) {
    if text == "24/7" {
        let days: Vec<&str> = DAYS.iter().map(|(_, day)| *day).collect();
        return (vec![json!({"daysOfWeek": days, "allDay": true})], None);
    }
    let Some(week) = week(text) else {
        return (
            Vec::new(),
            Some(format!("{}{text}", systems::HOURS_IN_WORDS)),
        );
    };
    let says_more = text.contains("PH") || text.contains("off");
    let more = says_more.then(|| format!("{}{text}", systems::HOURS_IN_WORDS));
    let rows = week.into_iter().enumerate().flat_map(|(day, sessions)| {
        let name = DAYS[day].1;
        sessions.into_iter().map(move |(from, to)| {
            let clock = |minutes: u32| match minutes {
                1_440.. => "23:59:59".to_owned(),
                minutes => format!("{:02}:{:02}:00", minutes / 60, minutes % 60),
            };
            json!({
                "daysOfWeek": [name],
                "availableStartTime": clock(from),
                "availableEndTime": clock(to),
            })
        })
    });
    (rows.collect(), more)
}

/// Sessions of each day, minutes from its midnight; `None` when the text is more than a weekly pattern and bank
/// holidays.
fn week(text: &str) -> Option<[Vec<(u32, u32)>; 7]> {
    let mut week: [Vec<(u32, u32)>; 7] = Default::default();
    for rule in text.split(';').map(str::trim) {
        let (days, sessions) = rule.split_once(' ')?;
        let days = day_numbers(days)?;
        if sessions == "off" {
            clear(&mut week, &days);
            continue;
        }
        let sessions: Option<Vec<(u32, u32)>> = sessions.split(',').map(session).collect();
        let sessions = sessions?;
        clear(&mut week, &days);
        for day in days {
            for (from, to) in &sessions {
                if to > from {
                    week[day].push((*from, *to));
                } else {
                    week[day].push((*from, 1_440));
                    week[(day + 1) % 7].push((0, *to));
                }
            }
        }
    }
    for day in &mut week {
        day.sort_unstable();
        day.retain(|(from, to)| from < to);
    }
    Some(week)
}

/// A later rule for a day replaces an earlier one.
fn clear(week: &mut [Vec<(u32, u32)>; 7], days: &[usize]) {
    for day in days {
        week[*day].clear();
    }
}

/// "Mo-Fr,PH" as numbers of days; bank holidays are no days of a week.
fn day_numbers(text: &str) -> Option<Vec<usize>> {
    let number = |name: &str| DAYS.iter().position(|(short, _)| *short == name);
    let mut days = Vec::new();
    for part in text.split(',').filter(|part| *part != "PH") {
        match part.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                days.extend(
                    (0..7)
                        .map(|step| (first + step) % 7)
                        .take((last + 7 - first) % 7 + 1),
                );
            }
            None => days.push(number(part)?),
        }
    }
    Some(days)
}

/// "18:30-08:00" as minutes.
fn session(text: &str) -> Option<(u32, u32)> {
    let minutes = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
    };
    let (from, to) = text.trim().split_once('-')?;
    Some((minutes(from)?, minutes(to)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_is_split_at_midnight_and_what_a_week_cannot_say_is_said_in_words() {
        let (rows, more) = times("Fr 18:30-08:00");
        assert_eq!(more, None);
        let text: Vec<String> = rows
            .iter()
            .map(|row| {
                format!(
                    "{} {} {}",
                    row["daysOfWeek"][0], row["availableStartTime"], row["availableEndTime"]
                )
                .replace('"', "")
            })
            .collect();
        assert_eq!(text, ["fri 18:30:00 23:59:59", "sat 00:00:00 08:00:00"]);
        let (rows, more) = times("Mo-Fr 09:00-17:00; PH off");
        assert_eq!(rows.len(), 5);
        assert!(more.is_some());
        let (rows, more) = times("2026 Dec 25 10:00-12:00");
        assert!(rows.is_empty() && more.is_some());
    }

    #[test]
    fn what_is_for_professionals_is_still_so_when_it_comes_in_again() {
        let line = r#"{"id":"ward","name":"Ward","kind":"cdu","audience":"professional",
            "position":{"lat":52.6,"lng":-1.1},"hours":"24/7; 2026 Dec 25 off",
            "contacts":{"clinical_phone":"0116 496 0001","email":"ward@example.org"}}"#;
        let before: Service = serde_json::from_str(line).unwrap();
        let service = healthcare_service(&before, Audience::Professional);
        let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [
            {"resource": service}, {"resource": location(&before)},
        ]});
        let after = config::directory::read_services(&bundle.to_string()).unwrap();
        assert_eq!(after[0].audience, Audience::Professional);
        assert_eq!(after[0].contacts, before.contacts);
        assert_eq!(after[0].hours, before.hours);
        let public = healthcare_service(&before, Audience::Public).to_string();
        assert!(!public.contains("0116") && !public.contains("ward@"));
    }
}
