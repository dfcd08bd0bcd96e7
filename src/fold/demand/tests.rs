//! Sums against slow sums, and what is learned.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use domain::Position;
use domain::geo::DEMAND_RESOLUTION;

fn cell(number: usize) -> Cell {
    let lat = 52.60 + 0.03 * (number % 4) as f64;
    let lng = -1.20 + 0.05 * (number / 4) as f64;
    let place = Position::new(lat, lng).unwrap();
    place.cell(DEMAND_RESOLUTION).unwrap()
}

fn start() -> At {
    At::parse("2026-11-23T09:00:00Z").unwrap()
}

const WAYS: [DemandSource; 3] = [
    DemandSource::Contact,
    DemandSource::CallOut,
    DemandSource::Arrival,
];

proptest! {
    #[test]
    fn sums_are_what_the_minutes_add_up_to_whatever_comes_late_or_is_taken_back(
        steps in prop::collection::vec((0..90_i64, -2_000..20_i64, 0..8_usize, 0..3_usize, 0..4_u8), 1..80)
    ) {
        let mut demand = Demand::default();
        let mut now = start();
        let mut people: Vec<(At, Cell, usize)> = Vec::new();
        for (gap, told, place, way, back) in steps {
            now = now.plus(gap * MINUTE);
            demand.advance(now);
            let at = now.plus(told * MINUTE);
            demand.put((at, cell(place)), WAYS[way]);
            people.push((at, cell(place), way));
            if back == 0 {
                let (at, cell, way) = people.remove(people.len() / 2);
                demand.take_back((at, cell), WAYS[way]);
            }
        }
        let last = minute_of(now);
        let mut slow: BTreeMap<Cell, WindowCounts> = BTreeMap::new();
        for (at, cell, way) in &people {
            let age = last - minute_of(*at);
            for (index, window) in WINDOWS.into_iter().enumerate() {
                if (0..window / MINUTE).contains(&age) {
                    slow.entry(*cell).or_default().0[index][*way] += 1;
                }
            }
        }
        prop_assert_eq!(sums(&demand), slow.clone());
        let again: Demand = serde_json::from_slice(&serde_json::to_vec(&demand).unwrap()).unwrap();
        prop_assert_eq!(sums(&again), slow);
        prop_assert_eq!(
            serde_json::to_vec(&again).unwrap(),
            serde_json::to_vec(&demand).unwrap()
        );
    }
}

fn sums(demand: &Demand) -> BTreeMap<Cell, WindowCounts> {
    let all = demand.tallies().iter().copied();
    all.filter(|(_, tally)| *tally != WindowCounts::default())
        .collect()
}

#[test]
fn hexes_that_nobody_is_left_of_are_forgotten_and_the_others_keep_their_people() {
    let mut minutes = Minutes::default();
    let begin = minute_of(start());
    minutes.advance(begin);
    let all: Vec<Cell> = cell(0)
        .0
        .grid_disk::<Vec<_>>(20)
        .into_iter()
        .map(Cell)
        .collect();
    for cell in &all {
        minutes.put(begin, *cell, DemandSource::Contact);
    }
    let days = begin + 2 * DAY / MINUTE;
    minutes.advance(days);
    minutes.put(days, all[700], DemandSource::Arrival);
    minutes.advance(begin + KEPT / MINUTE);
    minutes.tidy();
    let left: Vec<_> = minutes
        .tallies()
        .iter()
        .map(|(cell, tally)| (*cell, tally.people(2)))
        .collect();
    assert_eq!(left, [(all[700], 1)]);
    minutes.take_back(days, all[700], DemandSource::Arrival);
    assert_eq!(minutes.tallies()[0].1, WindowCounts::default());
}

/// Weeks of two places: one with four people in each hour of the day, one with one.
fn weeks(demand: &mut Demand, from: At, weeks: i64) -> At {
    let hours = weeks * 7 * 24;
    for hour in 0..hours {
        let at = from.plus(hour * HOUR);
        for minute in 0..60 {
            demand.advance(at.plus(minute * MINUTE));
            if minute % 15 == 0 {
                demand.put((at.plus(minute * MINUTE), cell(0)), DemandSource::Contact);
            }
            if minute == 30 {
                demand.put((at.plus(minute * MINUTE), cell(5)), DemandSource::Arrival);
            }
        }
    }
    from.plus(hours * HOUR)
}

#[test]
fn what_is_usual_is_known_after_four_weeks_and_not_before() {
    let mut demand = Demand::default();
    let end = weeks(&mut demand, start(), 4);
    // The last day is not learned from yet.
    assert!(!demand.usual().is_known(end.plus(-HOUR)));
    let end = weeks(&mut demand, end, 2);
    assert!(demand.usual().is_known(end));
    let usual = demand.usual().between(end, end.plus(4 * HOUR)).unwrap();
    let people = |number: usize| usual[&cell(number).parent(settled_hours::FINEST)] as f64 / 256.0;
    assert!((people(0) - 16.0).abs() < 0.3, "{}", people(0));
    assert!((people(5) - 4.0).abs() < 0.1, "{}", people(5));
}

#[test]
fn a_change_of_habit_is_learned_and_forgotten_again() {
    let mut demand = Demand::default();
    let end = weeks(&mut demand, start(), 12);
    let usual = demand.usual().between(end, end.plus(HOUR)).unwrap();
    let people = usual[&cell(0).parent(settled_hours::FINEST)] as f64 / 256.0;
    assert!((people - 4.0).abs() < 0.2, "{people}");
}

#[test]
fn one_outbreak_is_one_hot_spot_and_it_ends() {
    let mut demand = Demand::default();
    let end = weeks(&mut demand, start(), 5);
    assert!(demand.hot_spots().is_empty());
    let mut found = Vec::new();
    for minute in 0..8 * 60 {
        let now = end.plus(minute * MINUTE);
        demand.advance(now);
        if minute < 90 {
            demand.put((now, cell(0)), DemandSource::Contact);
        }
        let spots = demand.hot_spots();
        assert!(spots.len() <= 1, "{spots:?}");
        found.extend(spots.iter().map(|spot| spot.found));
    }
    found.dedup();
    assert_eq!(found.len(), 1);
    assert!(found[0].since(end) <= 45 * MINUTE);
    assert!(demand.hot_spots().is_empty());
}
