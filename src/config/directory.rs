//! Reads the Directory: Services from CSV, feeds from TOML, every fault by row and field.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::domain::opel::OpelRules;
use crate::domain::opening::Hours;
use crate::domain::service::ServiceKind;
use crate::domain::time::MINUTE;
use crate::domain::{Directory, Feed, FeedId, Position, Service, ServiceId};

/// The demonstration services, as shipped.
pub const DEMO_SERVICES_CSV: &str = include_str!("../../fixtures/directory/services.csv");
/// The demonstration feeds, as shipped.
pub const DEMO_FEEDS_TOML: &str = include_str!("../../fixtures/directory/feeds.toml");

/// The rules for escalation levels, as shipped.
pub const DEMO_OPEL_TOML: &str = include_str!("../../fixtures/opel/acute-2023-24.toml");

/// What is wrong with a directory file, one line for each fault.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Faults(pub Vec<String>);

/// The shipped demonstration directory.
pub fn demo() -> Result<Directory, Faults> {
    load(DEMO_SERVICES_CSV, DEMO_FEEDS_TOML, Some(DEMO_OPEL_TOML))
}

/// Reads services, feeds and, if any, rules for escalation levels, and checks that they fit together.
pub fn load(
    services_csv: &str,
    feeds_toml: &str,
    opel_toml: Option<&str>,
) -> Result<Directory, Faults> {
    let mut faults = Vec::new();
    let services = read_services(services_csv, &mut faults);
    let known: BTreeSet<&str> = services.iter().map(|s| s.id.as_str()).collect();
    let feeds = read_feeds(feeds_toml, &known, &mut faults);
    let opel = opel_toml.map(|text| read_opel(text, &known, &mut faults));
    if faults.is_empty() {
        Ok(Directory::new(services, feeds).with_opel(opel.unwrap_or_default()))
    } else {
        Err(Faults(faults))
    }
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    ods_site_code: String,
    provider: String,
    service_type: String,
    in_llr: String,
    address: String,
    postcode: String,
    lat: f64,
    lng: f64,
    opening_hours: String,
    walk_in: String,
    bookable_via_111: String,
    takes_ambulances: String,
    source: String,
    confidence: String,
    notes: String,
    bus_stops_400m: Option<u32>,
    nearest_rail_station: String,
    rail_distance_km: Option<f64>,
}

fn read_services(text: &str, faults: &mut Vec<String>) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        let line = index + 2;
        match row.map_err(|why| vec![why.to_string()]).and_then(service) {
            Ok(service) if services.iter().any(|known| known.id == service.id) => {
                faults.push(format!(
                    "services line {line}: id {} is there twice",
                    service.id
                ));
            }
            Ok(service) => services.push(service),
            Err(whys) => {
                faults.extend(
                    whys.into_iter()
                        .map(|why| format!("services line {line}: {why}")),
                );
            }
        }
    }
    services
}

fn service(row: Row) -> Result<Service, Vec<String>> {
    let mut whys = Vec::new();
    let id = ServiceId::new(&row.id)
        .map_err(|why| whys.push(format!("id: {why}")))
        .ok();
    let kind = serde_json::from_value::<ServiceKind>(row.service_type.clone().into())
        .map_err(|_why| {
            whys.push(format!(
                "service_type: {:?} is not a known type",
                row.service_type
            ));
        })
        .ok();
    let position = Position::new(row.lat, row.lng);
    if position.is_none() {
        whys.push("lat, lng: not a position on the earth".to_owned());
    }
    let hours = Hours::parse(&row.opening_hours)
        .map_err(|why| whys.push(why))
        .ok();
    let mut yes = |field: &str, text: &str| match text {
        "yes" => true,
        "no" => false,
        other => {
            whys.push(format!("{field}: {other:?} is neither yes nor no"));
            false
        }
    };
    let in_llr = yes("in_llr", &row.in_llr);
    let walk_in = yes("walk_in", &row.walk_in);
    let takes_ambulances = yes("takes_ambulances", &row.takes_ambulances);
    if row.name.trim().is_empty() {
        whys.push("name: is empty".to_owned());
    }
    let (Some(id), Some(kind), Some(position), Some(hours), true) =
        (id, kind, position, hours, whys.is_empty())
    else {
        return Err(whys);
    };
    Ok(Service {
        id,
        name: row.name,
        ods: row.ods_site_code.into(),
        provider: row.provider,
        kind,
        in_llr,
        address: row.address,
        postcode: row.postcode.into(),
        position,
        hours,
        walk_in,
        bookable_via_111: row.bookable_via_111.into(),
        takes_ambulances,
        bus_stops_400m: row.bus_stops_400m,
        nearest_rail: row
            .rail_distance_km
            .map(|km| (row.nearest_rail_station, km)),
        source: row.source,
        confidence: row.confidence.into(),
        notes: row.notes,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedFile {
    feed: Vec<FeedRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedRow {
    id: FeedId,
    name: String,
    services: Vec<ServiceId>,
    #[serde(default)]
    ambulances: bool,
    late_after_minutes: u32,
    silent_after_minutes: u32,
    #[serde(default = "late_chance")]
    late_chance: f64,
    #[serde(default = "silent_chance")]
    silent_chance: f64,
    hl7: Option<Hl7Row>,
}

/// Unless configured, figures are late in a silence that comes about once in ten thousand minutes.
fn late_chance() -> f64 {
    1e-4
}

/// Unless configured, figures are withheld in a silence that comes about once in twenty years.
fn silent_chance() -> f64 {
    1e-7
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hl7Row {
    application: String,
    facility: String,
    locations: BTreeMap<String, ServiceId>,
}

fn read_feeds(text: &str, known: &BTreeSet<&str>, faults: &mut Vec<String>) -> Vec<Feed> {
    let file: FeedFile = match toml::from_str(text) {
        Ok(file) => file,
        Err(why) => {
            faults.push(format!("feeds: {why}"));
            return Vec::new();
        }
    };
    let mut seen = BTreeSet::new();
    let mut feeds = Vec::new();
    for row in file.feed {
        let fault = |why: String| format!("feed {}: {why}", row.id);
        if !seen.insert(row.id.clone()) {
            faults.push(fault("is there twice".to_owned()));
        }
        let locations = row.hl7.iter().flat_map(|hl7| hl7.locations.values());
        for service in row.services.iter().chain(locations) {
            if !known.contains(service.as_str()) {
                faults.push(fault(format!("service {service} is not in the directory")));
            }
        }
        if row.late_after_minutes == 0 || row.silent_after_minutes <= row.late_after_minutes {
            faults.push(fault(
                "silent_after_minutes must be above late_after_minutes".to_owned(),
            ));
        }
        let chances = row.silent_chance..=row.late_chance;
        if !(chances.contains(&row.late_chance)
            && (0.0..1.0).contains(&row.late_chance)
            && row.silent_chance >= 0.0)
        {
            faults.push(fault(
                "silent_chance and late_chance must be from 0 to below 1, silent_chance the smaller"
                    .to_owned(),
            ));
        }
        let (hl7_sender, hl7_locations) = match row.hl7 {
            Some(hl7) => (Some((hl7.application, hl7.facility)), hl7.locations),
            None => (None, BTreeMap::new()),
        };
        feeds.push(Feed {
            id: row.id,
            name: row.name,
            services: row.services,
            ambulances: row.ambulances,
            late_after: i64::from(row.late_after_minutes) * MINUTE,
            silent_after: i64::from(row.silent_after_minutes) * MINUTE,
            late_chance: row.late_chance,
            silent_chance: row.silent_chance,
            hl7_sender,
            hl7_locations,
        });
    }
    feeds
}

fn read_opel(text: &str, known: &BTreeSet<&str>, faults: &mut Vec<String>) -> OpelRules {
    let rules: OpelRules = match toml::from_str(text) {
        Ok(rules) => rules,
        Err(why) => {
            faults.push(format!("opel: {why}"));
            return OpelRules::default();
        }
    };
    for trust in &rules.trust {
        let unknown = trust
            .services
            .iter()
            .filter(|id| !known.contains(id.as_str()));
        faults.extend(unknown.map(|id| {
            format!(
                "opel trust {}: service {id} is not in the directory",
                trust.id
            )
        }));
    }
    for rule in &rules.parameter {
        let [two, three, four] = rule.thresholds;
        let is_ordered = if rule.falling {
            two > three && three > four
        } else {
            two < three && three < four
        };
        if !is_ordered {
            let way = if rule.falling { "fall" } else { "rise" };
            faults.push(format!("opel {}: thresholds must {way}", rule.key.label()));
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_directory_has_no_fault() {
        let directory = demo().unwrap();
        assert_eq!(directory.services().count(), 55);
        assert_eq!(directory.visit_feed("lri-ced").unwrap().as_str(), "uhl-adt");
        assert!(directory.visit_feed("kgh-ed").is_none());
    }

    #[test]
    fn every_fault_is_named_by_line_and_field() {
        let csv =
            DEMO_SERVICES_CSV.replacen(",24/7,yes,time-slot,yes,", ",sometimes,perhaps,x,yes,", 1);
        let toml = "[[feed]]\nid = \"f\"\nname = \"\"\nservices = [\"nowhere\"]\n\
                    late_after_minutes = 5\nsilent_after_minutes = 5\n";
        let opel = DEMO_OPEL_TOML.replacen("[95, 76, 60]", "[60, 76, 95]", 1);
        let Err(Faults(faults)) = load(&csv, toml, Some(&opel)) else {
            panic!("took a bad directory")
        };
        assert_eq!(faults.len(), 6, "{faults:?}");
        assert!(faults[0].starts_with("services line 2: opening hours \"sometimes\""));
        assert_eq!(
            faults[1],
            "services line 2: walk_in: \"perhaps\" is neither yes nor no"
        );
        assert_eq!(faults[2], "feed f: service nowhere is not in the directory");
        assert_eq!(
            faults[3],
            "feed f: silent_after_minutes must be above late_after_minutes"
        );
        assert_eq!(
            faults[4],
            "opel trust uhl: service lri-ed is not in the directory"
        );
        assert_eq!(faults[5], "opel four_hour: thresholds must fall");
    }
}
