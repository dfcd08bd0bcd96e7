//! One hospital around the area: its trolleys, its corridor, its line of ambulances.

use std::collections::VecDeque;

use super::happening::IncidentNo;
use super::places::{AMBULANCES_A_DAY, TYPE_1_A_DAY};
use super::random::{Dice, Sequence};
use super::scenario::Scenario;
use super::wards::{Regime, Wards};
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
    pub(super) per_day: f64,
    pub(super) trolleys: f64,
    pub(super) in_corridor: bool,
    pub(super) busy: u32,
    /// Since when each ambulance waits for a trolley, and whose it is.
    pub(super) line: VecDeque<(At, Option<IncidentNo>)>,
    /// Ambulances not handed over.
    pub(super) outside: u32,
    pub(super) spells: Wards,
    pub(super) dice: Dice,
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
    pub(super) fn stay(&mut self) -> i64 {
        let longer = match self.spells.regime() {
            Regime::Calm => STAY_LONGER[0],
            Regime::Mid => STAY_LONGER[1],
            Regime::Pressured => STAY_LONGER[2],
        };
        self.dice.minutes(STAY_MINUTES.0 * longer, STAY_MINUTES.1)
    }

    pub(super) fn has_room(&self) -> bool {
        let more = if self.in_corridor {
            1.0 + CORRIDOR
        } else {
            1.0
        };
        f64::from(self.busy) < self.trolleys * more
    }

    pub(super) fn begin_hour(&mut self) {
        let outside = f64::from(self.outside);
        self.in_corridor = if self.in_corridor {
            outside > 2.0
        } else {
            outside >= (self.trolleys * CORRIDOR_OUTSIDE).max(3.0)
        };
    }
}
