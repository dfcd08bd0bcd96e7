//! Searching the Directory by FHIR: parameters, pages, includes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::filter::{Filter, ResourceKind};
use crate::outcome::Problem;
use crate::resources;
use domain::service_contacts::Audience;
use domain::{Directory, Service};

/// Resources of one page, unless asked for fewer or more.
const COUNT: usize = 20;
/// Most resources of one page.
const COUNT_MAX: usize = 100;

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
    let Some(kind) = ResourceKind::named(kind) else {
        return Err(Problem::unknown_kind());
    };
    let page = SearchPage::of(known(kind.label()), pairs)?;
    let mut organisations = BTreeSet::new();
    let mut matches: Vec<&Service> = Vec::new();
    let mut total = 0;
    for service in directory
        .services()
        .filter(|service| is_listed(service, audience))
    {
        if !page.filters.iter().all(|asked| asked.fits(kind, service)) {
            continue;
        }
        // Several services have one organisation, and some none.
        let is_new = kind != ResourceKind::Organisation
            || resources::organisation_id(service).is_some_and(|id| organisations.insert(id));
        if !is_new {
            continue;
        }
        // Only what is on this page becomes a resource.
        if (page.offset..page.offset + page.count).contains(&total) {
            matches.push(service);
        }
        total += 1;
    }
    Ok(bundle(kind, &page, total, &matches, audience))
}

/// Whether the record may be shown: to the public only what is active and for the public.
pub fn is_listed(service: &Service, audience: Audience) -> bool {
    audience == Audience::Professional || (service.active && service.audience == Audience::Public)
}

fn resource(kind: ResourceKind, service: &Service, audience: Audience) -> Option<Value> {
    match kind {
        ResourceKind::Service => Some(resources::healthcare_service(service, audience)),
        ResourceKind::Location => Some(resources::location(service)),
        ResourceKind::Organisation => resources::organisation(service),
    }
}

/// A question, its paging and what is to be included.
struct SearchPage {
    filters: Vec<Filter>,
    include: BTreeSet<&'static str>,
    count: usize,
    offset: usize,
    /// As understood, without what was ignored.
    asked: Vec<(String, String)>,
}

impl SearchPage {
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
                page.filters.push(Filter::read(name, value)?);
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
            // What the answer is written in was settled before; the next page is asked for in the same.
            "_format" => self.asked.push((name.to_owned(), value.to_owned())),
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

    fn link(&self, kind: ResourceKind, offset: usize) -> String {
        let asked: Vec<String> = self
            .asked
            .iter()
            .map(|(name, value)| format!("{}={}&", coded(name), coded(value)))
            .collect();
        format!(
            "{}?{}_count={}&_offset={offset}",
            kind.label(),
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

fn entry(resource: &Value, mode: &str) -> Value {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let id = resource["id"].as_str().unwrap_or_default();
    json!({
        "fullUrl": format!("urn:uec-live:{kind}:{id}"),
        "resource": resource,
        "search": {"mode": mode},
    })
}

fn bundle(
    kind: ResourceKind,
    page: &SearchPage,
    total: usize,
    matches: &[&Service],
    audience: Audience,
) -> Value {
    let mut entries: Vec<Value> = matches
        .iter()
        .filter_map(|service| resource(kind, service, audience))
        .map(|resource| entry(&resource, "match"))
        .collect();
    let mut included = BTreeSet::new();
    let mut include = |resource: &Value| {
        let place = format!("{}/{}", resource["resourceType"], resource["id"]);
        if included.insert(place) {
            entries.push(entry(resource, "include"));
        }
    };
    for service in matches.iter().filter(|_| kind == ResourceKind::Service) {
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
