//! The demonstration's Directory, on a quiet server: nothing is known of any wait.

use std::sync::Arc;

use super::*;
use crate::Publisher;
use config::directory;
use domain::{Position, travel};
use fold::FoldState;
use forecast::Forecaster;

const INFIRMARY: Position = Position {
    lat: 52.627,
    lng: -1.136,
};
const SOUTH_OF_LEICESTER: Position = Position {
    lat: 52.48,
    lng: -1.10,
};

fn ask(from: Position, need: &str, way: Way, age: Option<f64>) -> Destinations {
    let directory = Arc::new(directory::demo().unwrap());
    let fold_state = FoldState::new(Arc::clone(&directory));
    let mut viewer = Publisher::new(directory);
    let fold_state = viewer.publish(&fold_state, &Forecaster::default(), &[], "test");
    let table = Pathways::demonstration();
    let asked = DestinationsQuery {
        need: table.find(need).unwrap(),
        way,
        age_days: age.map(years_in_days),
        in_time: 0,
    };
    let places: Vec<_> = named(&fold_state, asked.need)
        .into_iter()
        .map(|view| {
            let drive = travel::minutes_by_car(from, view.service.position);
            (view, drive)
        })
        .collect();
    answer(&fold_state, table, &asked, &places)
}

fn first(found: &Destinations) -> &str {
    found.choices[0].view.service.id.as_str()
}

#[test]
fn a_major_trauma_goes_past_the_nearest_department_while_a_centre_is_within_its_minutes() {
    let found = ask(INFIRMARY, "major_trauma", Way::Ambulance, Some(40.0));
    let centre = &found.choices[0];
    assert_eq!(centre.view.service.kind.label(), "ed_mtc");
    assert!(centre.prospect.drive <= 45);
    let near = found
        .choices
        .iter()
        .find(|c| c.view.service.id.as_str() == "lri-ed");
    assert!(near.unwrap().prospect.drive < centre.prospect.drive);
    assert!(near.unwrap().prospect.step > centre.prospect.step);
}

#[test]
fn a_child_goes_to_the_childrens_department_and_never_to_the_adults_only() {
    for age in [None, Some(6.0)] {
        let found = ask(INFIRMARY, "child", Way::Ambulance, age);
        assert_eq!(first(&found), "lri-ced");
        let left_out = |id: &str| {
            let found = found
                .left_out
                .iter()
                .find(|(v, _)| v.service.id.as_str() == id);
            found.map(|(_, why)| *why)
        };
        assert_eq!(left_out("lri-ed"), Some(Excluded::Age));
    }
}

#[test]
fn a_heart_attack_goes_to_the_heart_centre_which_must_agree_first() {
    let found = ask(SOUTH_OF_LEICESTER, "ppci", Way::Ambulance, Some(60.0));
    assert_eq!(first(&found), "gh-cdu");
    assert!(found.choices[0].step.accept);
}

#[test]
fn what_nobody_told_us_is_said_and_not_filled_in() {
    let found = ask(INFIRMARY, "maternity", Way::Ambulance, Some(30.0));
    assert_eq!(found.unknown.len(), 1);
    assert!(found.choices.iter().all(|choice| choice.prospect.step == 1));
}

proptest::proptest! {
    #[test]
    fn people_more_add_no_less_and_never_more_than_is_waited_for_now(
        median in 0..400_i64, line in 0..80_u32, fresh in 0.0..40.0_f64, more in 0.0..20.0_f64
    ) {
        let (some, all) = (adds(median, line, fresh), adds(median, line, fresh + more));
        proptest::prop_assert!(0 <= some && some <= all && all <= median);
        proptest::prop_assert_eq!(adds(median, line, 0.0), 0);
    }
}

#[test]
fn without_any_wait_known_the_nearest_is_recommended_and_no_chance_is_claimed() {
    let found = ask(INFIRMARY, "minor_injury", Way::WalkIn, Some(30.0));
    let said = found.recommended.unwrap();
    assert!(!said.is_nudge);
    let nearest = found
        .choices
        .iter()
        .map(|c| c.prospect.drive)
        .min()
        .unwrap();
    assert_eq!(found.choices[said.place].prospect.drive, nearest);
    assert_eq!(found.holds, None);
}
