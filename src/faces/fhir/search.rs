//! Searching the Directory by FHIR: parameters, pages, includes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::domain::listing::Audience;
use crate::domain::{Directory, Position, Service, systems};
use crate::faces::fhir::outcome::Problem;
use crate::faces::fhir::{is_listed, resources};

/// Resources of one page, unless asked for fewer or more.
const COUNT: usize = 20;
/// Most resources of one page.
const COUNT_MAX: usize = 100;
/// Farthest that may be looked around a position, kilometres.
const NEAR_KM_MAX: f64 = 100.0;

/// Includes that are followed; others are ignored, as the national guide asks.
pub const INCLUDES: [&str; 3] = [
    "HealthcareService:location",
    "HealthcareService:organization",
    "HealthcareService:providedBy",
];
/// Reverse includes that are followed.
pub const REVERSE_INCLUDES: [&str; 1] = ["Schedule:actor"];

/// A parameter of a search: its name, its type, what it means.
type Parameter = (&'static str, &'static str, &'static str);

/// Parameters by resource.
const PARAMETERS: [(&str, &[Parameter]); 3] = [
    (
        "HealthcareService",
        &[
            ("_id", "token", "our id"),
            (
                "identifier",
                "token",
                "system|value or value: our id or the id in the national Directory",
            ),
            (
                "name",
                "string",
                "the beginning of the name, in small or capital letters",
            ),
            ("active", "token", "true or false"),
            (
                "service-type",
                "token",
                "our kind or the type in the national Directory",
            ),
            (
                "organization",
                "reference",
                "Organization/id of who runs it",
            ),
            ("location", "reference", "Location/id of where it is"),
        ],
    ),
    (
        "Location",
        &[
            ("_id", "token", "our id of the service there"),
            ("identifier", "token", "ODS code of the site"),
            ("name", "string", "the beginning of the name"),
            (
                "near",
                "special",
                "latitude|longitude|distance|km, up to 100 km",
            ),
        ],
    ),
    (
        "Organization",
        &[
            ("_id", "token", "its ODS code, or its name in plain letters"),
            ("identifier", "token", "ODS code"),
            ("name", "string", "the beginning of the name"),
        ],
    ),
];

/// Parameters of every search.
const COMMON: [&str; 5] = ["_count", "_offset", "_format", "_include", "_revinclude"];

/// Parameters of one resource.
pub fn known(kind: &str) -> &'static [Parameter] {
    let found = PARAMETERS.iter().find(|(name, _)| *name == kind);
    found.map_or(&[], |(_, parameters)| parameters)
}

/// The searchset that answers a question.
pub fn answer(
    directory: &Directory,
    kind: &str,
    pairs: &[(String, String)],
    audience: Audience,
) -> Result<Value, Problem> {
    let parameters = known(kind);
    if parameters.is_empty() {
        return Err(Problem::unknown_kind());
    }
    let page = Page::of(parameters, pairs)?;
    let mut seen = BTreeSet::new();
    let mut matches: Vec<(&Service, Value)> = Vec::new();
    let mut total = 0;
    for service in directory
        .services()
        .filter(|service| is_listed(service, audience))
    {
        let Some(resource) = resource(kind, service, audience) else {
            continue;
        };
        let id = resource["id"].as_str().unwrap_or_default().to_owned();
        if !fits(kind, service, &resource, &page)? || !seen.insert(id) {
            continue;
        }
        if (page.offset..page.offset + page.count).contains(&total) {
            matches.push((service, resource));
        }
        total += 1;
    }
    Ok(bundle(kind, &page, total, &matches))
}

fn resource(kind: &str, service: &Service, audience: Audience) -> Option<Value> {
    match kind {
        "HealthcareService" => Some(resources::healthcare_service(service, audience)),
        "Location" => Some(resources::location(service)),
        _ => resources::organisation(service),
    }
}

/// A question, its paging and what is to be included.
struct Page {
    filters: Vec<(String, String)>,
    include: BTreeSet<&'static str>,
    count: usize,
    offset: usize,
    /// As understood, without what was ignored.
    asked: Vec<(String, String)>,
}

impl Page {
    fn of(parameters: &[Parameter], pairs: &[(String, String)]) -> Result<Self, Problem> {
        let mut page = Self {
            filters: Vec::new(),
            include: BTreeSet::new(),
            count: COUNT,
            offset: 0,
            asked: Vec::new(),
        };
        for (name, value) in pairs {
            if value.trim().is_empty() {
                return Err(Problem::bad("value", "a parameter is empty"));
            }
            if parameters.iter().any(|(known, _, _)| known == name) {
                page.filters.push((name.clone(), value.clone()));
                page.asked.push((name.clone(), value.clone()));
            } else if COMMON.contains(&name.as_str()) {
                page.common(name, value)?;
            } else {
                let known: Vec<&str> = parameters.iter().map(|(known, _, _)| *known).collect();
                let words = format!(
                    "there is an unknown parameter; known are {}",
                    known.join(", ")
                );
                return Err(Problem::bad("not-supported", &words));
            }
        }
        Ok(page)
    }

    fn common(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        let number = |most: usize| {
            let words = format!("{name} must be a whole number up to {most}");
            let number = value.parse::<usize>().ok().filter(|number| *number <= most);
            number.ok_or_else(|| Problem::bad("value", &words))
        };
        match name {
            "_count" => self.count = number(COUNT_MAX)?,
            "_offset" => self.offset = number(1_000_000)?,
            "_format" if value.contains("xml") => return Err(Problem::only_json()),
            "_format" => {}
            _ => {
                let all = INCLUDES.iter().chain(&REVERSE_INCLUDES);
                let Some(known) = all.into_iter().find(|known| *known == &value) else {
                    return Ok(());
                };
                self.include.insert(known);
                self.asked.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(())
    }

    fn link(&self, kind: &str, offset: usize) -> String {
        let asked: Vec<String> = self
            .asked
            .iter()
            .map(|(name, value)| format!("{}={}&", coded(name), coded(value)))
            .collect();
        format!(
            "{kind}?{}_count={}&_offset={offset}",
            asked.concat(),
            self.count
        )
    }
}

/// A text as it may stand in a query.
fn coded(text: &str) -> String {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let letter = |byte: u8| {
        if is_plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(letter).collect::<Vec<_>>().concat()
}

/// Whether a resource is what every parameter asks for.
fn fits(kind: &str, service: &Service, resource: &Value, page: &Page) -> Result<bool, Problem> {
    for (name, value) in &page.filters {
        let is_so = match name.as_str() {
            "_id" => resource["id"] == value.as_str(),
            "identifier" => has_identifier(resource, value),
            "name" => starts_with(&resource["name"], value),
            "active" => match value.as_str() {
                "true" | "false" => service.active.to_string() == *value,
                _ => return Err(Problem::bad("value", "active must be true or false")),
            },
            "service-type" => has_type(resource, value),
            "organization" => reference(&resource["providedBy"], "Organization", value),
            "location" => reference(&resource["location"][0], "Location", value),
            "near" if kind == "Location" => is_near(service, value)?,
            _ => false,
        };
        if !is_so {
            return Ok(false);
        }
    }
    Ok(true)
}

fn starts_with(name: &Value, value: &str) -> bool {
    let name = name.as_str().unwrap_or_default().to_lowercase();
    name.starts_with(&value.to_lowercase())
}

fn has_identifier(resource: &Value, asked: &str) -> bool {
    let (system, value) = asked.split_once('|').unwrap_or(("", asked));
    let mut all = resource["identifier"].as_array().into_iter().flatten();
    all.any(|id| {
        let is_system = system.is_empty()
            || id["system"]
                .as_str()
                .is_some_and(|known| systems::is_same(known, system));
        let known = id["value"].as_str().unwrap_or_default();
        is_system && known.eq_ignore_ascii_case(value)
    })
}

fn has_type(resource: &Value, asked: &str) -> bool {
    let (system, code) = asked.split_once('|').unwrap_or(("", asked));
    let types = resource["type"].as_array().into_iter().flatten();
    let mut codings = types.flat_map(|concept| concept["coding"].as_array().into_iter().flatten());
    codings
        .any(|coding| coding["code"] == code && (system.is_empty() || coding["system"] == system))
}

fn reference(known: &Value, kind: &str, asked: &str) -> bool {
    let known = known["reference"].as_str();
    known == Some(asked) || known == Some(&format!("{kind}/{asked}"))
}

fn is_near(service: &Service, asked: &str) -> Result<bool, Problem> {
    let bad = || {
        let words = "near must be latitude|longitude|distance|km with a distance up to 100";
        Problem::bad("value", words)
    };
    let parts: Vec<&str> = asked.split('|').collect();
    let number = |index: usize| parts.get(index).and_then(|text| text.parse::<f64>().ok());
    let (Some(lat), Some(lng)) = (number(0), number(1)) else {
        return Err(bad());
    };
    let unit = parts.get(3).copied().unwrap_or("km");
    let km = number(2).unwrap_or(10.0);
    let place = Position::new(lat, lng).ok_or_else(bad)?;
    if unit != "km" || !(0.0..=NEAR_KM_MAX).contains(&km) || parts.len() > 4 {
        return Err(bad());
    }
    Ok(place.km_to(service.position) <= km)
}

fn entry(resource: &Value, mode: &str) -> Value {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let id = resource["id"].as_str().unwrap_or_default();
    json!({
        "fullUrl": format!("urn:uec-live:{kind}:{id}"),
        "resource": resource,
        "search": {"mode": mode},
    })
}

fn bundle(kind: &str, page: &Page, total: usize, matches: &[(&Service, Value)]) -> Value {
    let mut entries: Vec<Value> = matches
        .iter()
        .map(|(_, resource)| entry(resource, "match"))
        .collect();
    let mut included = BTreeSet::new();
    let mut include = |resource: &Value| {
        let place = format!("{}/{}", resource["resourceType"], resource["id"]);
        if included.insert(place) {
            entries.push(entry(resource, "include"));
        }
    };
    for (service, _) in matches.iter().filter(|_| kind == "HealthcareService") {
        if page.include.contains("HealthcareService:location") {
            include(&resources::location(service));
        }
        let wants_organisation = page.include.contains("HealthcareService:organization")
            || page.include.contains("HealthcareService:providedBy");
        if wants_organisation && let Some(organisation) = resources::organisation(service) {
            include(&organisation);
        }
        if page.include.contains("Schedule:actor") {
            include(&resources::schedule(service));
        }
    }
    let mut links = vec![json!({"relation": "self", "url": page.link(kind, page.offset)})];
    let next = page.offset + page.count;
    if next < total && page.count > 0 {
        links.push(json!({"relation": "next", "url": page.link(kind, next)}));
    }
    let mut bundle = json!({
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": links,
    });
    if !entries.is_empty() {
        bundle["entry"] = Value::Array(entries);
    }
    bundle
}
