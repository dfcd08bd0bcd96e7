//! The feeds file and the rules for escalation levels, both TOML.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use domain::opel::OpelRules;
use domain::time::MINUTE;
use domain::{Feed, FeedId, OWN_FEED, ServiceId};

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

/// Reads the feeds; each fault is added in words.
pub fn read_feeds(text: &str, known: &BTreeSet<&str>, faults: &mut Vec<String>) -> Vec<Feed> {
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
        if row.id.as_str() == OWN_FEED {
            faults.push(fault(
                "this name is the server's own; choose another".to_owned(),
            ));
        }
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

/// Reads the rules for escalation levels; each fault is added in words.
pub fn read_opel(text: &str, known: &BTreeSet<&str>, faults: &mut Vec<String>) -> OpelRules {
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
