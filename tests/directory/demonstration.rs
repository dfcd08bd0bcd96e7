//! The demonstration's tables held against its Directory: which place may take whom, and how long the drive is.

use config::directory;
use domain::pathway::{Confidence, Pathways};
use domain::travel::minutes_by_car;
use domain::{Position, ServiceId};

#[test]
fn a_table_for_another_directory_is_refused_with_every_fault() {
    let demo = directory::demo().unwrap();
    let table = Pathways::demonstration();
    assert_eq!(demo.faults_of(table), Vec::<String>::new());
    let mut wrong = Pathways::clone(table);
    wrong.need.retain(|need| need.id != "general");
    wrong.need[0].step[0].services = vec![ServiceId::new("elsewhere").unwrap()];
    let faults = demo.faults_of(&wrong).join("\n");
    assert!(faults.contains("\"general\" is missing"), "{faults}");
    assert!(
        faults.contains("elsewhere is not in the Directory"),
        "{faults}"
    );
}

#[test]
fn every_place_that_is_named_is_in_the_directory_and_every_step_has_a_source() {
    let demo = directory::demo().unwrap();
    for need in &Pathways::demonstration().need {
        for step in &need.step {
            assert!(!step.source.is_empty() && !step.why.is_empty());
            for id in &step.services {
                assert!(demo.find_service(id.as_str()).is_some(), "{id}");
            }
            let is_empty = step.kinds.is_empty() && step.services.is_empty();
            assert!(!is_empty || step.confidence == Confidence::Unknown);
        }
    }
}

fn away(centre: Position, km: f64, bearing: f64) -> Position {
    let (north, east) = (bearing.cos() * km, bearing.sin() * km);
    Position {
        lat: centre.lat + north / 111.2,
        lng: centre.lng + east / (111.2 * centre.lat.to_radians().cos()),
    }
}

#[test]
fn near_is_soon_and_too_far_is_not_said() {
    let demo = directory::demo().unwrap();
    for service in demo.services() {
        let at = service.position;
        let minutes = |km: f64| minutes_by_car(away(at, km, 0.0), at);
        assert_eq!(minutes(0.0), Some(1));
        assert_eq!(minutes(0.5), Some(2));
        assert!((5..=8).contains(&minutes(2.0).unwrap()), "{}", service.id);
        let far = minutes(20.0).unwrap();
        assert!((18..=45).contains(&far), "{} {far}", service.id);
        assert_eq!(minutes(61.0), None);
    }
}

#[test]
fn going_further_away_is_never_much_sooner() {
    let demo = directory::demo().unwrap();
    for service in demo.services() {
        for bearing in 0..12 {
            let bearing = f64::from(bearing) * std::f64::consts::TAU / 12.0;
            let minutes = |km: i32| {
                let from = away(service.position, f64::from(km), bearing);
                minutes_by_car(from, service.position).unwrap()
            };
            let all: Vec<i64> = (0..60).map(minutes).collect();
            for (km, pair) in all.windows(2).enumerate() {
                let grown = pair[1] - pair[0];
                assert!((-1..=8).contains(&grown), "{} {bearing} {km}", service.id);
            }
        }
    }
}
