//! Escalation levels, worked out by hand for a small trust.

use std::sync::Arc;

use config::directory::{self, DEMO_FEEDS_TOML, DEMO_OPEL_TOML, DEMO_SERVICES_CSV};
use domain::event::Event;
use domain::opel::OpelKey;
use domain::time::{HOUR, MINUTE};
use domain::{Capacity, Directory, Entry, Fact, Record, Withheld};
use fold::FoldState;
use views::OpelView;
use views::opel::{Missing, views};

use super::generate::{service, start};
use super::properties::arrival;

fn with(rules: &str) -> Arc<Directory> {
    Arc::new(directory::load(DEMO_SERVICES_CSV, DEMO_FEEDS_TOML, Some(rules)).unwrap())
}

fn told(directory: &Arc<Directory>, facts: Vec<Fact>, minute: i64) -> OpelView {
    let mut fold_state = FoldState::new(Arc::clone(directory));
    let last = (start().plus(minute * MINUTE), Record::Tick);
    let facts = facts
        .into_iter()
        .map(|fact| (fact.happened_at, Record::Fact(fact)));
    for (seq, (at, record)) in (1..).zip(facts.chain([last])) {
        fold_state.apply(&Entry { seq, at, record }, &mut Vec::new());
    }
    views(&fold_state, directory)[0].clone()
}

fn capacity(minute: i64) -> Fact {
    Fact {
        event: Event::CapacityReported {
            service: service("lri-ed"),
            capacity: Capacity {
                staffed_spaces: Some(40),
                occupied_spaces: Some(42),
                beds_open: Some(1_000),
                beds_occupied: Some(960),
                escalation_beds: Some(30),
                no_criteria_to_reside: Some(150),
                clinicians: None,
            },
        },
        ..arrival("capacity", minute)
    }
}

fn value(view: &OpelView, key: OpelKey) -> Result<(i64, u8), Missing> {
    let part = view.parts.iter().find(|part| part.rule.key == key);
    part.unwrap().value
}

#[test]
fn each_parameter_has_its_value_and_level_and_what_is_missing_says_why() {
    let view = told(&with(DEMO_OPEL_TOML), vec![arrival("a", 0), capacity(1)], 5);
    assert_eq!(value(&view, OpelKey::SpaceOccupancy), Ok((105, 3)));
    assert_eq!(value(&view, OpelKey::BedOccupancy), Ok((96, 3)));
    assert_eq!(value(&view, OpelKey::EscalationBeds), Ok((3, 2)));
    assert_eq!(value(&view, OpelKey::NoCriteriaToReside), Ok((16, 4)));
    assert_eq!(value(&view, OpelKey::Over12h), Ok((0, 1)));
    assert_eq!(
        value(&view, OpelKey::Attendances),
        Err(Missing::NotConfigured)
    );
    assert_eq!(value(&view, OpelKey::FourHour), Err(Missing::NotReported));
    let silent = Err(Missing::Withheld(Withheld::SilentFeed));
    assert_eq!(value(&view, OpelKey::MeanHandover), silent);
    assert_eq!(view.score, None, "points are not configured");
}

#[test]
fn beds_that_were_not_reported_again_are_no_longer_believed() {
    let late = 13 * HOUR / MINUTE;
    let facts = vec![capacity(1), arrival("b", late)];
    let view = told(&with(DEMO_OPEL_TOML), facts, late + 1);
    assert_eq!(
        value(&view, OpelKey::BedOccupancy),
        Err(Missing::NotReported)
    );
}

#[test]
fn with_points_and_nothing_missing_there_is_a_score() {
    let rules = r#"
        name = "test"
        source = "test"
        score_levels = [0, 5, 9, 12]
        [[trust]]
        id = "t"
        name = "T"
        services = ["lri-ed"]
        [[parameter]]
        key = "bed_occupancy"
        name = "beds"
        unit = "%"
        thresholds = [92, 95, 98]
        points = [0, 2, 4, 8]
        [[parameter]]
        key = "space_occupancy"
        name = "spaces"
        unit = "%"
        thresholds = [80, 100, 120]
        points = [0, 3, 5, 9]
    "#;
    let view = told(&with(rules), vec![capacity(1)], 5);
    assert_eq!(view.score, Some((9, 3)));
}
