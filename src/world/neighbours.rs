//! Hospitals around the area that take ambulances, for trials in which crews choose: each has trolleys for those who
//! come by ambulance, ambulances of its own, and days on which patients leave slowly. Nothing else of them is
//! simulated. Their dice are their own, so that the rest of the area stays as it is.
//!
//! Their hand-over times are not in the figures that the area was calibrated on: each is taken to be as the Royal
//! Infirmary by its regimes, on days of its own. That is an assumption, and so is every number here without a source.

use std::collections::VecDeque;

use super::arrival_profile::HourOfWeek;
use super::engine::{Area, SimStep};
use super::happening::IncidentNo;
use super::patient_flow::HANDOVER_MINUTES;
use super::places::{AMBULANCES_A_DAY, TYPE_1_A_DAY};
use super::random::{Dice, Sequence};
use super::scenario::Scenario;
use super::wards::{Regime, Wards};
use domain::time::MINUTE;
use domain::{At, Directory, Position, ServiceId};

/// Type 1 attendances a day (NHSE A&E monthly returns 2025-26). Where a trust has two departments, half of it.
const TYPE_1: [(&str, f64); 8] = [
    ("geh-ed", 229.0),
    ("kgh-ed", 344.0),
    ("ngh-ed", 344.0),
    ("pch-ed", 250.0),
    ("qhb-ed", 365.0),
    ("qmc-ed", 420.0),
    ("rdh-ed", 365.0),
    ("uhcw-ed", 409.0),
];
/// Share of a hospital's ambulances that come from this area already. An assumption, set together with
/// [`STAY_LONGER`]; 62 a day of some 790 at all of them would be 0.08.
const FROM_HERE: f64 = 0.03;
/// Minutes on a trolley after hand-over, calm days; random parts in them.
const STAY_MINUTES: (f64, u32) = (300.0, 2);
/// How much longer patients stay in each regime. Set so that hand-over comes out near the published regimes of the
/// Royal Infirmary: 20, 27 and 48 minutes.
const STAY_LONGER: [f64; 3] = [1.0, 1.08, 1.20];
/// Share of the trolleys that is in use on a calm day.
const IN_USE: f64 = 0.80;
/// Trolleys put into the corridor, as at the Royal Infirmary: with so large a share of the trolleys outside, so
/// large a share more; taken back when almost nobody is outside.
const CORRIDOR_OUTSIDE: f64 = 0.10;
/// See [`CORRIDOR_OUTSIDE`].
const CORRIDOR: f64 = 0.16;

/// One hospital.
#[derive(Debug, Clone)]
pub(super) struct Neighbour {
    pub(super) service: ServiceId,
    pub(super) position: Position,
    per_day: f64,
    trolleys: f64,
    in_corridor: bool,
    busy: u32,
    /// Since when each ambulance waits for a trolley, and whose it is.
    line: VecDeque<(At, Option<IncidentNo>)>,
    /// Ambulances not handed over.
    pub(super) outside: u32,
    spells: Wards,
    dice: Dice,
}

/// Those of the Directory that are known here.
pub(super) fn neighbours(directory: &Directory, seed: u64, scenario: Scenario) -> Vec<Neighbour> {
    let known = (1_u64..).zip(TYPE_1);
    known
        .filter_map(|(number, (id, type_1))| {
            let service = directory.find_service(id)?;
            let per_day = type_1 * AMBULANCES_A_DAY / TYPE_1_A_DAY;
            let own_seed = seed.wrapping_mul(1_000_003).wrapping_add(number);
            Some(Neighbour {
                service: service.id.clone(),
                position: service.position,
                per_day: per_day * (1.0 - FROM_HERE),
                trolleys: libm::ceil(per_day / 1_440.0 * STAY_MINUTES.0 / IN_USE),
                in_corridor: false,
                busy: 0,
                line: VecDeque::new(),
                outside: 0,
                spells: Wards::new(own_seed, scenario.pinned_regime()),
                dice: Dice::new(own_seed, Sequence::Neighbour),
            })
        })
        .collect()
}

impl Neighbour {
    fn stay(&mut self) -> i64 {
        let longer = match self.spells.regime() {
            Regime::Calm => STAY_LONGER[0],
            Regime::Mid => STAY_LONGER[1],
            Regime::Pressured => STAY_LONGER[2],
        };
        self.dice.minutes(STAY_MINUTES.0 * longer, STAY_MINUTES.1)
    }

    fn has_room(&self) -> bool {
        let more = if self.in_corridor {
            1.0 + CORRIDOR
        } else {
            1.0
        };
        f64::from(self.busy) < self.trolleys * more
    }

    fn begin_hour(&mut self) {
        let outside = f64::from(self.outside);
        self.in_corridor = if self.in_corridor {
            outside > 2.0
        } else {
            outside >= (self.trolleys * CORRIDOR_OUTSIDE).max(3.0)
        };
    }
}

impl Area {
    /// From now on the hospitals around have ambulances of their own.
    pub(super) fn surround(&mut self, neighbours: Vec<Neighbour>) {
        self.neighbours = neighbours;
        for index in 0..self.neighbours.len() {
            self.plan(self.now, SimStep::NeighbourHour(index));
        }
    }

    /// Each hour: its regime at midnight, its corridor, and the ambulances that come in it.
    pub(super) fn neighbour_hour(&mut self, index: usize) {
        let when = HourOfWeek::of(self.now);
        let neighbour = &mut self.neighbours[index];
        if when.hour == 0 {
            // How many beds that frees is of no account here: only what sort of day it is.
            let _beds = neighbour.spells.begin_day(when.weekday);
        }
        neighbour.begin_hour();
        let mean_gap = 60.0
            / self
                .places
                .ambulances
                .expected(when, neighbour.per_day)
                .max(1e-9);
        let mut minute = neighbour.dice.exponential(mean_gap);
        let mut times = Vec::new();
        while minute < 60.0 {
            times.push(minute);
            minute += neighbour.dice.exponential(mean_gap);
        }
        for minute in times {
            self.plan_in(
                super::random::whole_seconds(minute),
                SimStep::NeighbourTakes(index, None),
            );
        }
        self.neighbour_next(index);
        self.plan_in(60 * MINUTE, SimStep::NeighbourHour(index));
    }

    /// An ambulance at its door.
    pub(super) fn neighbour_takes(&mut self, index: usize, incident: Option<IncidentNo>) {
        let now = self.now;
        let neighbour = &mut self.neighbours[index];
        neighbour.outside += 1;
        neighbour.line.push_back((now, incident));
        self.neighbour_next(index);
    }

    fn neighbour_next(&mut self, index: usize) {
        while self.neighbours[index].has_room() {
            let neighbour = &mut self.neighbours[index];
            let Some((since, incident)) = neighbour.line.pop_front() else {
                return;
            };
            neighbour.busy += 1;
            let length = neighbour
                .dice
                .minutes(HANDOVER_MINUTES.0, HANDOVER_MINUTES.1);
            self.plan_in(length, SimStep::NeighbourTook(index, since, incident));
        }
    }

    /// Handed over: the patient stays on the trolley.
    pub(super) fn neighbour_took(&mut self, index: usize, since: At, incident: Option<IncidentNo>) {
        let neighbour = &mut self.neighbours[index];
        neighbour.outside = neighbour.outside.saturating_sub(1);
        let stay = neighbour.stay();
        let service = neighbour.service.clone();
        self.plan_in(stay, SimStep::NeighbourFree(index));
        match (incident, &mut self.router) {
            (Some(incident), _) => self.handed_over(incident),
            (None, Some(router)) => router.neighbour_took(self.now, service, since),
            (None, None) => {}
        }
    }

    /// A trolley is free.
    pub(super) fn neighbour_free(&mut self, index: usize) {
        let neighbour = &mut self.neighbours[index];
        neighbour.busy = neighbour.busy.saturating_sub(1);
        self.neighbour_next(index);
    }
}
