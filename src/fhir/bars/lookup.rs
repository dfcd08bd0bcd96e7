//! What is held: bookings, referrals, and which messages are taken.

use serde_json::{Value, json};

use crate::bars::bundles::{self, USE_CASE, VERSION, entry};
use crate::bars::headers::find_service;
use crate::bars::message::USE_CASES;
use crate::bars::patient::NHS_NUMBER;
use crate::outcome::Problem;
use app::booking::BookingDesk;
use domain::{At, Service, systems};
use views::Published;

/// Messages that are taken: the name of the definition, its event, what it is about.
pub const DEFINITIONS: [(&str, &str, &str); 5] = [
    ("booking-request", "booking-request", "Appointment"),
    (
        "booking-request-cancelled",
        "booking-request",
        "Appointment",
    ),
    (
        "servicerequest-request-referral",
        "servicerequest-request",
        "ServiceRequest",
    ),
    (
        "servicerequest-request-validation",
        "servicerequest-request",
        "ServiceRequest",
    ),
    (
        "servicerequest-request-cancelled",
        "servicerequest-request",
        "ServiceRequest",
    ),
];

/// The NHS number that a search names; everything else in the question is refused.
fn asked_number(pairs: &[(String, String)]) -> Result<String, Problem> {
    let mut found = Vec::new();
    for (name, value) in pairs {
        match name.as_str() {
            "patient:identifier" => found.push(value.trim()),
            "_format" => {}
            _ => {
                return Err(Problem::bad(
                    "value",
                    "only patient:identifier can be asked for",
                ));
            }
        }
    }
    let [asked] = found[..] else {
        let words = "patient:identifier must be there once";
        return Err(Problem::bad("required", words));
    };
    let number = asked.split_once('|').filter(|(system, number)| {
        systems::is_same(system, NHS_NUMBER)
            && number.len() == 10
            && number.bytes().all(|b| b.is_ascii_digit())
    });
    let Some((_, number)) = number else {
        let words = "patient:identifier is https://fhir.nhs.uk/Id/nhs-number| and ten digits";
        return Err(Problem::bad("value", words));
    };
    Ok(number.to_owned())
}

fn read_id(id: &str) -> Result<String, Problem> {
    let id = uuid::Uuid::try_parse(id);
    id.map(|id| id.to_string())
        .map_err(|_why| Problem::bad("value", "the id is not a UUID"))
}

/// The service, if the caller asked for that one: a target sees only what is its own.
fn own<'a>(published: &'a Published, target: &Service, service: &str) -> Option<&'a Service> {
    let view = published.services.get(service)?;
    (view.service.id == target.id).then_some(&*view.service)
}

/// The bookings of a patient at the target.
pub fn appointments(
    desk: &BookingDesk,
    target: &Service,
    pairs: &[(String, String)],
) -> Result<Value, Problem> {
    let number = asked_number(pairs)?;
    let pseudonym = desk.vault.pseudonym(&number);
    let (published, now) = (desk.shared.published(), desk.shared.clock.now());
    let mut entries = Vec::new();
    if let Some(diary) = published.diaries.get(&target.id) {
        let of_patient = diary.bookings().filter(|booking| {
            let sealed = booking.made.sealed.as_ref();
            sealed.is_some_and(|sealed| sealed.patient.as_ref() == Some(&pseudonym))
        });
        entries.extend(of_patient.map(|booking| {
            entry(
                &bundles::appointment(target, diary, booking, Some(&number), now),
                "match",
            )
        }));
    }
    let total = entries.len();
    // The link to itself says nothing of the patient.
    Ok(bundles::searchset("Appointment", &[], total, entries, now))
}

/// One booking.
pub fn appointment(desk: &BookingDesk, target: &Service, id: &str) -> Result<Value, Problem> {
    let id = read_id(id)?;
    let (published, now) = (desk.shared.published(), desk.shared.clock.now());
    let found = BookingDesk::find(&published, &id).and_then(|(diary, booking)| {
        let service = own(&published, target, booking.made.service.as_str())?;
        Some(bundles::appointment(service, &diary, &booking, None, now))
    });
    found.ok_or_else(|| Problem::not_found("no such Appointment is held for this service"))
}

/// The referrals of a patient at the target.
pub fn referrals(
    desk: &BookingDesk,
    target: &Service,
    pairs: &[(String, String)],
) -> Result<Value, Problem> {
    let number = asked_number(pairs)?;
    let pseudonym = desk.vault.pseudonym(&number);
    let (published, now) = (desk.shared.published(), desk.shared.clock.now());
    let mut entries = Vec::new();
    if let Some(diary) = published.diaries.get(&target.id) {
        let of_patient = diary.referrals().filter(|referral| {
            let sealed = referral.referred.sealed.as_ref();
            sealed.is_some_and(|sealed| sealed.patient.as_ref() == Some(&pseudonym))
        });
        entries.extend(of_patient.map(|referral| {
            entry(
                &bundles::service_request(target, referral, Some(&number)),
                "match",
            )
        }));
    }
    let total = entries.len();
    Ok(bundles::searchset(
        "ServiceRequest",
        &[],
        total,
        entries,
        now,
    ))
}

/// One referral.
pub fn referral(desk: &BookingDesk, target: &Service, id: &str) -> Result<Value, Problem> {
    let id = read_id(id)?;
    let published = desk.shared.published();
    let found = BookingDesk::find_referral(&published, &id).and_then(|referral| {
        let service = own(&published, target, referral.referred.service.as_str())?;
        Some(bundles::service_request(service, &referral, None))
    });
    found.ok_or_else(|| Problem::not_found("no such ServiceRequest is held for this service"))
}

/// Pointers to records: none are held, and the question must be in order all the same.
pub fn documents(desk: &BookingDesk, pairs: &[(String, String)]) -> Result<Value, Problem> {
    asked_number(pairs)?;
    let now = desk.shared.clock.now();
    Ok(bundles::searchset(
        "DocumentReference",
        &[],
        0,
        Vec::new(),
        now,
    ))
}

/// Which messages a service takes.
pub fn definitions(
    published: &Published,
    pairs: &[(String, String)],
    now: At,
) -> Result<Value, Problem> {
    let mut contexts = 0;
    for (name, value) in pairs {
        match name.as_str() {
            "context" => {
                contexts += 1;
                is_known(published, value.trim())?;
            }
            "_format" => {}
            _ => return Err(Problem::bad("value", "only context can be asked for")),
        }
    }
    if contexts == 0 {
        let words = "context is missing: a dos-service-id, a use case, or both";
        return Err(Problem::bad("required", words));
    }
    let entries: Vec<Value> = DEFINITIONS
        .iter()
        .map(|known| entry(&definition(known), "match"))
        .collect();
    let total = entries.len();
    let understood: Vec<(String, String)> = pairs
        .iter()
        .filter(|(name, _)| name == "context")
        .cloned()
        .collect();
    Ok(bundles::searchset(
        "MessageDefinition",
        &understood,
        total,
        entries,
        now,
    ))
}

fn is_known(published: &Published, context: &str) -> Result<(), Problem> {
    let Some((system, code)) = context
        .rsplit_once('|')
        .filter(|(_, code)| !code.is_empty())
    else {
        return Err(Problem::bad("value", "context is a system, | and a code"));
    };
    if systems::is_same(system, systems::DOS_ID) {
        if !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Problem::bad("value", "a dos-service-id is digits"));
        }
        let service = find_service(published, code);
        return service
            .map(|_| ())
            .ok_or_else(|| Problem::not_found("no such service is here"));
    }
    if systems::is_same(system, USE_CASE) {
        let is_taken = USE_CASES.contains(&code.to_ascii_lowercase().as_str());
        let words = "this use case is not taken here";
        return is_taken
            .then_some(())
            .ok_or_else(|| Problem::not_found(words));
    }
    let words = "context is of another system than dos-service-id and usecases-categories-bars";
    Err(Problem::bad("value", words))
}

fn definition((name, event, focus): &(&str, &str, &str)) -> Value {
    let use_cases: Vec<Value> = USE_CASES
        .iter()
        .map(|code| {
            json!({
                "code": {
                    "system": "http://terminology.hl7.org/CodeSystem/usage-context-type",
                    "code": "workflow",
                },
                "valueCodeableConcept": {"coding": [{"system": USE_CASE, "code": code}]},
            })
        })
        .collect();
    json!({
        "resourceType": "MessageDefinition",
        "id": format!("bars-message-{name}"),
        "url": format!("https://fhir.nhs.uk/MessageDefinition/bars-message-{name}"),
        "version": VERSION,
        "status": "active",
        "date": "2026-11-27",
        "useContext": use_cases,
        "eventCoding": {
            "system": "https://fhir.nhs.uk/CodeSystem/message-events-bars",
            "code": event,
        },
        "category": "consequence",
        "focus": [{"code": focus, "min": 1, "max": "1"}],
        "responseRequired": "always",
    })
}
