//! Services from a FHIR R4 Bundle of HealthcareService, Location and Organization, as this server gives them
//! out: what goes out comes in again.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::directory::records::{Checked, Interner};
use domain::service_contacts::{Audience, Contacts};
use domain::{Position, Service, ServiceId, ServiceKind, systems};

/// Whether the text is a FHIR Bundle and not a line of ours.
pub fn is_one(text: &str) -> bool {
    let end = text
        .char_indices()
        .nth(2_000)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end)
        .is_some_and(|head| head.contains("\"resourceType\""))
}

/// Reads every HealthcareService of the Bundle, with the Location and Organization it points to.
pub fn read(text: &str, faults: &mut Vec<String>) -> Vec<Service> {
    let bundle: Value = match serde_json::from_str(text) {
        Ok(bundle) => bundle,
        Err(why) => {
            faults.push(format!("services: not JSON: {why}"));
            return Vec::new();
        }
    };
    if bundle["resourceType"] != "Bundle" {
        faults.push("services: resourceType: must be Bundle".to_owned());
        return Vec::new();
    }
    let entries = bundle["entry"].as_array().map_or(&[][..], Vec::as_slice);
    let by_reference = references(entries);
    let mut list = Checked::default();
    let mut shared = Interner::default();
    for (index, entry) in entries.iter().enumerate() {
        let resource = &entry["resource"];
        if resource["resourceType"] != "HealthcareService" {
            continue;
        }
        let place = format!("services entry[{index}]");
        match service(resource, &by_reference, &mut shared) {
            Ok(service) => list.take(&place, service, faults),
            Err(whys) => faults.extend(whys.into_iter().map(|why| format!("{place}: {why}"))),
        }
    }
    if list.services.is_empty() && faults.is_empty() {
        faults.push("services: the Bundle holds no HealthcareService".to_owned());
    }
    list.services
}

type References<'a> = BTreeMap<String, &'a Value>;

/// Every resource by what may point to it: its `fullUrl` and its type and id.
fn references(entries: &[Value]) -> References<'_> {
    let mut known = BTreeMap::new();
    for entry in entries {
        let resource = &entry["resource"];
        if let Some(url) = entry["fullUrl"].as_str() {
            known.insert(url.to_owned(), resource);
        }
        if let (Some(kind), Some(id)) = (resource["resourceType"].as_str(), resource["id"].as_str())
        {
            known.insert(format!("{kind}/{id}"), resource);
        }
    }
    known
}

fn service(
    resource: &Value,
    known: &References<'_>,
    shared: &mut Interner,
) -> Result<Service, Vec<String>> {
    let mut whys = Vec::new();
    let null = Value::Null;
    let follow = |reference: &Value| {
        let text = reference["reference"].as_str()?;
        known.get(text).copied()
    };
    let location = follow(&resource["location"][0]).unwrap_or(&null);
    let organisation = follow(&resource["providedBy"]).unwrap_or(&null);
    let id = identifier(resource, systems::SERVICE_ID).or_else(|| text(&resource["id"]));
    let id = id.and_then(|id| ServiceId::new(&id).ok());
    if id.is_none() {
        whys.push(format!(
            "identifier: needs one of system {}, or an id",
            systems::SERVICE_ID
        ));
    }
    let kind = coding(&resource["type"], systems::KIND).and_then(|code| ServiceKind::find(&code));
    if kind.is_none() {
        whys.push(format!(
            "type: needs a known code of system {}",
            systems::KIND
        ));
    }
    let position = (
        location["position"]["latitude"].as_f64(),
        location["position"]["longitude"].as_f64(),
    );
    let position = match position {
        (Some(lat), Some(lng)) => Position::new(lat, lng),
        _ => None,
    };
    if position.is_none() {
        whys.push("location: needs a Location in the Bundle with a position".to_owned());
    }
    let hours = hours(resource)
        .and_then(|text| shared.hours(&text))
        .map_err(|why| whys.push(format!("availableTime: {why}")))
        .ok();
    let (Some(id), Some(kind), Some(position), Some(hours)) = (id, kind, position, hours) else {
        return Err(whys);
    };
    let found = BundledService {
        resource,
        location,
        organisation,
    };
    let json = serde_json::json!({
        "id": id, "name": text(&resource["name"]).unwrap_or_default(), "kind": kind,
        "position": position, "hours": "24/7",
    });
    let blank: Service =
        serde_json::from_value(json).map_err(|why| vec![format!("record: {why}")])?;
    Ok(found.fill_in(Service { hours, ..blank }))
}

/// A HealthcareService and what it points to.
struct BundledService<'a> {
    resource: &'a Value,
    location: &'a Value,
    organisation: &'a Value,
}

impl BundledService<'_> {
    /// The record with everything that need not be there.
    fn fill_in(&self, blank: Service) -> Service {
        let address = &self.location["address"];
        let lines = address["line"].as_array().into_iter().flatten();
        let parts: Vec<&str> = lines
            .filter_map(Value::as_str)
            .chain(address["city"].as_str())
            .collect();
        let site = identifier(self.location, systems::ODS_SITE);
        let parent = identifier(self.organisation, systems::ODS_ORGANISATION);
        Service {
            dos_id: identifier(self.resource, systems::DOS_ID).map(Into::into),
            ods: site.unwrap_or_default().into(),
            parent_ods: parent.unwrap_or_default().into(),
            provider: text(&self.organisation["name"]).unwrap_or_default(),
            active: self.resource["active"].as_bool().unwrap_or(true),
            address: parts.join(", "),
            postcode: text(&address["postalCode"]).unwrap_or_default().into(),
            walk_in: self.resource["appointmentRequired"].as_bool() == Some(false),
            audience: self.audience(),
            contacts: Contacts {
                public_phone: self.telecom("phone", false),
                web: self.telecom("url", false),
                // An e-mail address is never shown to the public, marked or not.
                email: self
                    .telecom("email", true)
                    .or_else(|| self.telecom("email", false)),
                clinical_phone: self.telecom("phone", true),
            },
            notes: text(&self.resource["comment"]).unwrap_or_default(),
            source: "imported from FHIR".to_owned(),
            ..blank
        }
    }

    fn audience(&self) -> Audience {
        let mut tags = self.resource["meta"]["tag"]
            .as_array()
            .into_iter()
            .flatten();
        let is_marked =
            tags.any(|tag| tag["system"] == systems::AUDIENCE && tag["code"] == "professional");
        if is_marked {
            Audience::Professional
        } else {
            Audience::Public
        }
    }

    /// The first contact of a system that is, or is not, for professionals only.
    fn telecom(&self, system: &str, for_professionals: bool) -> Option<String> {
        let is_marked = |contact: &Value| {
            let mut marks = contact["extension"].as_array().into_iter().flatten();
            marks.any(|mark| mark["url"] == systems::FOR_PROFESSIONALS)
        };
        let mut all = self.resource["telecom"].as_array().into_iter().flatten();
        all.find(|contact| contact["system"] == system && is_marked(contact) == for_professionals)
            .and_then(|contact| text(&contact["value"]))
    }
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn identifier(resource: &Value, system: &str) -> Option<String> {
    let mut all = resource["identifier"].as_array().into_iter().flatten();
    all.find(|id| {
        id["system"]
            .as_str()
            .is_some_and(|s| systems::is_same(s, system))
    })
    .and_then(|id| text(&id["value"]))
}

fn coding(concepts: &Value, system: &str) -> Option<String> {
    let concepts = concepts.as_array().into_iter().flatten();
    let mut codings =
        concepts.flat_map(|concept| concept["coding"].as_array().into_iter().flatten());
    codings
        .find(|coding| coding["system"] == system)
        .and_then(|coding| text(&coding["code"]))
}

/// `availableTime` and `notAvailable` as opening hours. A day never crosses midnight there: a session that
/// ends at 23:59 goes on to midnight.
fn hours(resource: &Value) -> Result<String, String> {
    let in_words = resource["availabilityExceptions"].as_str();
    if let Some(text) = in_words.and_then(|text| text.strip_prefix(systems::HOURS_IN_WORDS)) {
        return Ok(text.to_owned());
    }
    let mut rules = Vec::new();
    for time in resource["availableTime"].as_array().into_iter().flatten() {
        let days: Vec<&str> = time["daysOfWeek"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|day| day_code(day.as_str()?))
            .collect();
        if days.is_empty() {
            return Err("daysOfWeek: needs days from mon to sun".to_owned());
        }
        if time["allDay"].as_bool() == Some(true) {
            rules.push(format!("{} 00:00-24:00", days.join(",")));
            continue;
        }
        let clock = |name: &str| time[name].as_str().and_then(|text| text.get(..5));
        let (Some(start), Some(end)) = (clock("availableStartTime"), clock("availableEndTime"))
        else {
            return Err("needs availableStartTime and availableEndTime, or allDay".to_owned());
        };
        let end = if matches!(end, "23:59" | "00:00") {
            "24:00"
        } else {
            end
        };
        rules.push(format!("{} {start}-{end}", days.join(",")));
    }
    if rules.is_empty() {
        return Err("is absent: it would never be open".to_owned());
    }
    let all_week = "Mo,Tu,We,Th,Fr,Sa,Su 00:00-24:00";
    if rules == [all_week] {
        rules = vec!["24/7".to_owned()];
    }
    for closed in resource["notAvailable"].as_array().into_iter().flatten() {
        let during = |name: &str| {
            closed["during"][name]
                .as_str()
                .and_then(|text| text.get(..10))
        };
        let (Some(start), Some(end)) = (during("start"), during("end")) else {
            return Err("notAvailable: needs during.start and during.end".to_owned());
        };
        let dates = (
            start.parse::<jiff::civil::Date>(),
            end.parse::<jiff::civil::Date>(),
        );
        let (Ok(start), Ok(end)) = dates else {
            return Err("notAvailable: during is not a date".to_owned());
        };
        let date = |date: jiff::civil::Date| date.strftime("%Y %b %d").to_string();
        rules.push(format!("{}-{} off", date(start), date(end)));
    }
    // A second session of a day must not replace the first.
    let (closed, open): (Vec<String>, Vec<String>) =
        rules.into_iter().partition(|rule| rule.ends_with(" off"));
    let mut text = open.join(", ");
    for rule in closed {
        text.push_str("; ");
        text.push_str(&rule);
    }
    Ok(text)
}

fn day_code(day: &str) -> Option<&'static str> {
    Some(match day {
        "mon" => "Mo",
        "tue" => "Tu",
        "wed" => "We",
        "thu" => "Th",
        "fri" => "Fr",
        "sat" => "Sa",
        "sun" => "Su",
        _ => return None,
    })
}
