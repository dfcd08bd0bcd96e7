//! Reads the Directory: Services from CSV, from our own JSON lines or from a FHIR Bundle, feeds from TOML;
//! every fault by place and field. A file with a fault changes nothing.

mod csv_rows;
mod feeds;
mod fhir_bundle;
mod records;

use std::collections::BTreeSet;

use domain::{Directory, Service};

pub use records::{faults_of, read_records};

/// The demonstration services, as shipped.
pub const DEMO_SERVICES_CSV: &str = include_str!("../../../fixtures/directory/services.csv");
/// The demonstration feeds, as shipped.
pub const DEMO_FEEDS_TOML: &str = include_str!("../../../fixtures/directory/feeds.toml");

/// The rules for escalation levels, as shipped.
pub const DEMO_OPEL_TOML: &str = include_str!("../../../fixtures/opel/acute-2023-24.toml");

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
    services_text: &str,
    feeds_toml: &str,
    opel_toml: Option<&str>,
) -> Result<Directory, Faults> {
    let mut faults = Vec::new();
    let services = read_into(services_text, &mut faults);
    let known: BTreeSet<&str> = services.iter().map(|s| s.id.as_str()).collect();
    let feeds = feeds::read_feeds(feeds_toml, &known, &mut faults);
    let opel = opel_toml.map(|text| feeds::read_opel(text, &known, &mut faults));
    if faults.is_empty() {
        Ok(Directory::new(services, feeds).with_opel(opel.unwrap_or_default()))
    } else {
        Err(Faults(faults))
    }
}

/// Reads services in any of the three forms.
pub fn read_services(text: &str) -> Result<Vec<Service>, Faults> {
    let mut faults = Vec::new();
    let services = read_into(text, &mut faults);
    if faults.is_empty() {
        Ok(services)
    } else {
        Err(Faults(faults))
    }
}

/// The form is known by how the text begins: a FHIR Bundle and our own lines are JSON objects.
fn read_into(text: &str, faults: &mut Vec<String>) -> Vec<Service> {
    let begins = text.trim_start_matches('\u{feff}').trim_start();
    if !begins.starts_with('{') {
        csv_rows::read(begins, faults)
    } else if fhir_bundle::is_one(begins) {
        fhir_bundle::read(begins, faults)
    } else {
        records::read(begins, faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_directory_has_no_fault() {
        let directory = demo().unwrap();
        assert_eq!(directory.services().count(), 63);
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
