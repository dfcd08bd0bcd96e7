//! The places of one kind as a plain list, for questions that few of them fit: going through a list that
//! says of each place only where it is, which care and which hours, is faster than walking the tree
//! outwards past thousands that do not fit.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use crate::search::matcher::Matcher;
use domain::Service;

/// One place.
#[derive(Debug)]
struct FlatEntry {
    point: [i32; 2],
    service: u32,
    care: u32,
    hours: u32,
}

/// The places of a kind; each care and each set of hours is named by one place that has it.
#[derive(Debug, Default)]
pub struct FlatList {
    seats: Vec<FlatEntry>,
    cares: Vec<u32>,
    hours: Vec<u32>,
}

impl FlatList {
    /// Of places on the national grid.
    pub fn of(services: &[Arc<Service>], places: &[([i32; 2], u32)]) -> Self {
        let mut roll = Self::default();
        let mut cares: BTreeMap<usize, u32> = BTreeMap::new();
        let mut hours: BTreeMap<usize, u32> = BTreeMap::new();
        for (point, index) in places {
            let service = &services[*index as usize];
            let care = Arc::as_ptr(&service.care).addr();
            roll.seats.push(FlatEntry {
                point: *point,
                service: *index,
                care: number_of(&mut cares, care, &mut roll.cares, *index),
                hours: number_of(&mut hours, service.hours.key(), &mut roll.hours, *index),
            });
        }
        roll
    }

    /// Those that may fit within so many metres east or west and north or south, nearest first, each with
    /// its squared distance: a few more than do fit, never fewer.
    pub fn likely(
        &self,
        services: &[Arc<Service>],
        judge: &mut Matcher<'_>,
        origin: [i64; 2],
        half: i64,
    ) -> impl Iterator<Item = (i64, u32)> + use<> {
        let takes = |index: &u32| judge.takes(&services[*index as usize].care);
        let cares: Vec<bool> = self.cares.iter().map(takes).collect();
        let mut likely = BinaryHeap::new();
        if cares.contains(&true) {
            let may_open = |index: &u32| judge.may_open(&services[*index as usize]);
            let hours: Vec<bool> = self.hours.iter().map(may_open).collect();
            let seats = self
                .seats
                .iter()
                .filter(|seat| cares[seat.care as usize] && hours[seat.hours as usize]);
            let mut found = Vec::new();
            for seat in seats {
                let east = i64::from(seat.point[0]) - origin[0];
                let north = i64::from(seat.point[1]) - origin[1];
                if east.abs() <= half && north.abs() <= half {
                    found.push(Reverse((east * east + north * north, seat.service)));
                }
            }
            likely = BinaryHeap::from(found);
        }
        std::iter::from_fn(move || likely.pop().map(|Reverse(place)| place))
    }
}

/// The number of what a key stands for; a new one is named by this place.
fn number_of(
    known: &mut BTreeMap<usize, u32>,
    key: usize,
    examples: &mut Vec<u32>,
    index: u32,
) -> u32 {
    *known.entry(key).or_insert_with(|| {
        examples.push(index);
        examples.len() as u32 - 1
    })
}
