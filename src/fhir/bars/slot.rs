//! `GET /Slot`: times of a service, as booking software asks for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::bars::bundles::{self, entry};
use crate::bars::headers::find_service;
use crate::bars::slot_id::fhir_id;
use crate::outcome::Problem;
use crate::resources;
use domain::service_contacts::Audience;
use domain::time::{DAY, Millis};
use domain::{At, Service, Slot};
use views::Published;

/// The widest window that may be asked for. No figure is published; the conformance kit asks for three days
/// and expects a year to be refused.
pub const WINDOW_MAX: Millis = 14 * DAY;

/// Includes without which the question is not complete.
const NEEDED: [&str; 3] = [
    "Slot:schedule",
    "Schedule:actor:HealthcareService",
    "Schedule:actor:Practitioner",
];
/// Includes that are followed when they are asked for.
const FOLLOWED: [&str; 2] = ["HealthcareService:providedBy", "HealthcareService:location"];
/// Known, and never anything to include: our times are those of a service and not of a person.
const EMPTY: [&str; 1] = ["Schedule:actor:PractitionerRole"];

/// Every include that is known, for the statement of what is served.
pub const INCLUDES: [&str; 5] = [NEEDED[0], NEEDED[1], NEEDED[2], FOLLOWED[0], FOLLOWED[1]];

/// A question about slots.
#[derive(Debug)]
struct FhirSlotsQuery {
    service: Arc<Service>,
    free: bool,
    busy: bool,
    /// From, until; both may begin a slot.
    window: (At, At),
    include: BTreeSet<&'static str>,
    /// As understood, for the link to itself.
    understood: Vec<(String, String)>,
}

/// The searchset that answers.
pub fn answer(
    published: &Published,
    pairs: &[(String, String)],
    now: At,
) -> Result<Value, Problem> {
    let asked = FhirSlotsQuery::of(published, pairs)?;
    let (from, until) = asked.window;
    let mut entries = Vec::new();
    let mut total = 0;
    if let (Some(diary), Some(view)) = (
        published.diaries.get(&asked.service.id),
        published.services.get(&asked.service.id),
    ) {
        for slot in diary.slots(&asked.service.hours, from, until) {
            let claimed = diary.claim(slot.slot.as_str(), now).is_some();
            let is_free = !claimed && diary.is_offered(&slot, view.live(), now);
            let is_asked = (asked.free && is_free) || (asked.busy && claimed);
            if let Some(id) = fhir_id(&asked.service, &slot.slot).filter(|_| is_asked) {
                let status = if is_free { "free" } else { "busy" };
                entries.push(entry(
                    &slot_resource(&asked.service, &id, &slot, status),
                    "match",
                ));
                total += 1;
            }
        }
    }
    if total > 0 {
        entries.extend(included(&asked));
    }
    Ok(bundles::searchset(
        "Slot",
        &asked.understood,
        total,
        entries,
        now,
    ))
}

impl FhirSlotsQuery {
    fn of(published: &Published, pairs: &[(String, String)]) -> Result<Self, Problem> {
        let mut statuses = Vec::new();
        let mut starts = Vec::new();
        let mut services = Vec::new();
        let mut include = BTreeSet::new();
        let mut understood = Vec::new();
        for (name, value) in pairs {
            let value = value.trim();
            match name.as_str() {
                "status" => statuses.push(value.to_owned()),
                "start" => starts.push(value.to_owned()),
                "Schedule.actor:HealthcareService" => services.push(value.to_owned()),
                "_include" | "_include:iterate" => {
                    let all = NEEDED.iter().chain(&FOLLOWED).chain(&EMPTY);
                    let Some(known) = all.copied().find(|known| *known == value) else {
                        continue;
                    };
                    include.insert(known);
                }
                "_format" => continue,
                _ => {
                    let words = "a parameter is not known: status, start, \
                                 Schedule.actor:HealthcareService and _include are";
                    return Err(Problem::bad("value", words));
                }
            }
            understood.push((name.clone(), value.to_owned()));
        }
        let (free, busy) = read_status(&statuses)?;
        let window = read_window(&starts)?;
        let service = read_service(published, &services)?;
        if let Some(missing) = NEEDED.iter().find(|needed| !include.contains(*needed)) {
            let words = format!("_include={missing} is missing");
            return Err(Problem::bad("required", &words));
        }
        Ok(Self {
            service,
            free,
            busy,
            window,
            include,
            understood,
        })
    }
}

fn read_status(statuses: &[String]) -> Result<(bool, bool), Problem> {
    let [status] = statuses else {
        let words = "status must be there once: free, busy, or free,busy";
        return Err(Problem::bad("required", words));
    };
    let parts: Vec<&str> = status.split(',').map(str::trim).collect();
    let is_known = parts.iter().all(|part| matches!(*part, "free" | "busy"));
    if !is_known || parts.len() > 2 {
        return Err(Problem::bad(
            "value",
            "status is not free, busy, or free,busy",
        ));
    }
    Ok((parts.contains(&"free"), parts.contains(&"busy")))
}

fn read_window(starts: &[String]) -> Result<(At, At), Problem> {
    let [first, second] = starts else {
        let words = "start must be there twice: one ge or gt, and one le or lt";
        return Err(Problem::bad("required", words));
    };
    let (mut from, mut until) = (None, None);
    for start in [first, second] {
        let (prefix, time) = start.split_at_checked(2).unwrap_or_default();
        // A plus that was not encoded reads as a blank.
        let time = At::parse(&time.trim().replace(' ', "+"))
            .map_err(|_why| Problem::bad("value", "start is not a date and time with an offset"))?;
        match prefix {
            "ge" => from = Some(time),
            "gt" => from = Some(time.plus(1)),
            "le" => until = Some(time.plus(1)),
            "lt" => until = Some(time),
            _ => return Err(Problem::bad("value", "start begins with ge, gt, le or lt")),
        }
    }
    let (Some(from), Some(until)) = (from, until) else {
        let words = "start must be there twice: one ge or gt, and one le or lt";
        return Err(Problem::bad("required", words));
    };
    if until <= from {
        return Err(Problem::bad(
            "value",
            "the window of start ends before it begins",
        ));
    }
    if until.since(from) > WINDOW_MAX + 1 {
        let words = format!("a window may be {} days wide", WINDOW_MAX / DAY);
        return Err(Problem::unprocessable("too-costly", &words));
    }
    Ok((from, until))
}

fn read_service(published: &Published, services: &[String]) -> Result<Arc<Service>, Problem> {
    let [id] = services else {
        let words = "Schedule.actor:HealthcareService must be there once";
        return Err(Problem::bad("required", words));
    };
    // The id alone, or behind its system.
    let id = id.rsplit('|').next().unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
        let words = "Schedule.actor:HealthcareService is the digits of a dos-service-id";
        return Err(Problem::bad("value", words));
    }
    find_service(published, id).ok_or_else(|| Problem::not_found("no such service is here"))
}

/// What the slots point at.
fn included(asked: &FhirSlotsQuery) -> Vec<Value> {
    let service = &asked.service;
    let mut entries = vec![
        entry(&resources::schedule(service), "include"),
        entry(
            &resources::healthcare_service(service, Audience::Professional),
            "include",
        ),
    ];
    if asked.include.contains("HealthcareService:location") {
        entries.push(entry(&resources::location(service), "include"));
    }
    if asked.include.contains("HealthcareService:providedBy") {
        let provider = resources::organisation(service);
        entries.extend(provider.map(|provider| entry(&provider, "include")));
    }
    entries
}

/// One time.
pub fn slot_resource(service: &Service, id: &str, slot: &Slot, status: &str) -> Value {
    let mut resource = json!({
        "resourceType": "Slot",
        "id": id,
        "meta": {"profile": ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Slot"]},
        "schedule": {"reference": format!("Schedule/{}", service.id)},
        "status": status,
        "start": slot.start.rfc3339_london(),
        "end": slot.end.rfc3339_london(),
    });
    if !slot.kind.is_empty() {
        resource["serviceType"] = json!([{"text": slot.kind}]);
    }
    resource
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_needs_both_its_ends_and_takes_summer_time_with_a_blank_for_the_plus() {
        let read = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
            read_window(&texts)
        };
        let at = |text: &str| At::parse(text).unwrap();
        let window = read(&["ge2026-06-01T09:00:00 01:00", "le2026-06-02T09:00:00Z"]).unwrap();
        assert_eq!(window.0, at("2026-06-01T08:00:00Z"));
        assert_eq!(
            window.1,
            at("2026-06-02T09:00:00.001Z"),
            "le takes in its moment"
        );
        let open = read(&["gt2026-06-01T09:00:00Z", "lt2026-06-02T09:00:00Z"]).unwrap();
        assert_eq!(open.0, at("2026-06-01T09:00:00.001Z"));
        for bad in [
            &["ge2026-06-01T09:00:00Z"][..],
            &["ge2026-06-01T09:00:00Z", "gt2026-06-02T09:00:00Z"],
            &["ge2026-06-01T09:00:00", "le2026-06-02T09:00:00Z"],
            &["2026-06-01T09:00:00Z", "le2026-06-02T09:00:00Z"],
            &["ge2026-06-03T09:00:00Z", "le2026-06-02T09:00:00Z"],
            &["é", "le2026-06-02T09:00:00Z"],
        ] {
            assert_eq!(read(bad).unwrap_err().status, 400, "{bad:?}");
        }
        let year = read(&["ge2026-06-01T09:00:00Z", "le2027-06-01T09:00:00Z"]);
        assert_eq!(year.unwrap_err().status, 422);
    }
}
