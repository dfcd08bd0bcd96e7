//! What the ADT messages in `fixtures/hl7` mean, clean and as real feeds send them.

use std::path::Path;

use super::adt;
use super::hl7::Message;
use config::directory;
use domain::At;

/// A message in a few lines: one for each fact, or the refusal.
fn meaning(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hl7");
    let text = std::fs::read_to_string(folder.join(format!("{name}.hl7"))).unwrap();
    let now = At::parse("2026-11-23T12:31:00Z").unwrap();
    let directory = directory::demo().unwrap();
    let message = Message::parse(&text).unwrap();
    match adt::admit(&directory, &message, now) {
        Err(why) => why.to_string(),
        Ok(admitted) => {
            let line = |fact: &domain::Fact| {
                let event = serde_json::to_string(&fact.event).unwrap();
                format!("{} {} {event}", fact.id, fact.happened_at)
            };
            admitted
                .facts
                .iter()
                .map(line)
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

#[test]
fn each_message_means_what_the_table_says() {
    let names = [
        "a04-register",
        "a04-as-real-feeds-send-it",
        "a08-snapshot",
        "a02-transfer",
        "a12-cancel-transfer",
        "a03-discharge",
        "a11-cancel",
        "a13-cancel-discharge",
        "a40-merge",
    ];
    let told: Vec<String> = names
        .iter()
        .map(|name| format!("{name}\n{}", meaning(name)))
        .collect();
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn a_refusal_names_the_field_and_nobody() {
    let names = [
        "bad-no-visit-number",
        "bad-place",
        "bad-acuity",
        "bad-sender",
        "bad-trigger",
    ];
    let told: Vec<String> = names.iter().map(|name| meaning(name)).collect();
    let known = "A01 A02 A03 A04 A08 A11 A12 A13 A34 A40";
    assert_eq!(
        told,
        [
            "missing_field: PV1-19 visit number is missing",
            "unknown_service: PV1-3 names no point of care that this feed may speak for",
            "bad_field: ZED-1 acuity is not a number from 1 to 5",
            "unknown_feed: MSH-3 and MSH-4 name no feed of ours; ask the operator to add the sender",
            &format!("unknown_type: MSH-9 trigger is not one that is taken here ({known})"),
        ]
    );
}

#[test]
fn the_same_step_in_a_later_snapshot_has_the_same_id() {
    let ids = |name: &str| -> Vec<String> {
        let told = meaning(name);
        told.lines()
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids("a08-snapshot"), ids("a08-snapshot"));
    assert!(
        ids("a08-snapshot").iter().all(|id| !id.starts_with("m-")),
        "not the message's own id"
    );
}

/// An Encounter in a few lines: one for each fact, or the refusal.
fn encounter(change: impl Fn(&mut serde_json::Value)) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/fhir");
    let text = std::fs::read_to_string(folder.join("encounter.json")).unwrap();
    let mut encounter = super::fhir_encounter::encounters(&text).unwrap().remove(0);
    change(&mut encounter);
    let directory = directory::demo().unwrap();
    match super::fhir_encounter::admit(directory.find_feed("uhl-adt").unwrap(), &encounter) {
        Err(why) => why.to_string(),
        Ok(facts) => {
            let line = |fact: &domain::Fact| {
                let event = serde_json::to_string(&fact.event).unwrap();
                format!("{} {} {event}", fact.id, fact.happened_at)
            };
            facts.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn a_fhir_encounter_means_the_same_facts_as_the_messages_of_its_stay() {
    insta::assert_snapshot!(encounter(|_| ()));
    insta::assert_snapshot!(encounter(|e| e["status"] = "entered-in-error".into()));
    insta::assert_snapshot!(encounter(|e| e["status"] = "planned".into()), @"");
}

#[test]
fn a_refused_encounter_is_explained_by_field_without_repeating_it() {
    let told = [
        encounter(|e| e["class"]["code"] = "IMP".into()),
        encounter(|e| e["location"][0]["location"]["identifier"]["value"] = "Made Up".into()),
        encounter(|e| e["period"]["end"] = "2026-11-23".into()),
        encounter(|e| e["priority"]["coding"][0]["code"] = "Smith".into()),
        encounter(|e| e["identifier"][0]["value"] = "John Smith".into()),
        encounter(|e| e["location"] = "nowhere".into()),
        encounter(|e| e["hospitalization"]["dischargeDisposition"] = serde_json::Value::Null),
    ];
    insta::assert_snapshot!(told.join("\n"));
    for text in [
        "",
        "[]",
        "{\"resourceType\":\"Bundle\"}",
        "{\"resourceType\":\"Patient\"}",
    ] {
        assert!(super::fhir_encounter::encounters(text).is_err(), "{text}");
    }
}
