//! One patient: how ill, and what they will need. All of it is drawn before they come, so that a
//! change of staffing or beds meets the same patients.
//!
//! The national returns give totals only; the mixes below are assumptions, set so that the totals
//! of `report` come out as published.

use super::happening::IncidentNo;
use super::random::Dice;
use super::residents::Person;
use domain::event::{Acuity, ArrivalMode};
use domain::{At, Millis};

/// What sort of department it is, which settles who comes and what they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DepartmentSort {
    Adult,
    Children,
    Eye,
    Centre,
}

/// Where a patient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Coming,
    Outside,
    HandingOver,
    ForTriage,
    ForSpace,
    ForClinician,
    WithClinician,
    ForResults,
    ForBed,
    Leaving,
}

/// One patient.
#[derive(Debug, Clone)]
pub(super) struct Patient {
    pub(super) department: usize,
    pub(super) mode: ArrivalMode,
    pub(super) person: Person,
    pub(super) acuity: u8,
    pub(super) incident: Option<IncidentNo>,
    pub(super) stage: Stage,
    pub(super) arrived: At,
    /// The key by which they stand in the line they are in.
    pub(super) place_in_line: i64,
    /// Lies on a trolley: must have a space before a clinician can see them.
    pub(super) needs_space: bool,
    pub(super) holds_space: bool,
    pub(super) needs_bed: bool,
    /// Time with the clinician, then for results and treatment.
    pub(super) consult: Millis,
    pub(super) results: Millis,
    /// Leaves when not seen by then.
    pub(super) patience: Option<Millis>,
}

/// Shares and lengths by acuity, 1 first; lengths in minutes.
struct Mix {
    acuity: [f64; 5],
    needs_bed: [f64; 5],
    consult: [f64; 5],
    results: [f64; 5],
    needs_space: [f64; 5],
    impatient: f64,
}

const ADULT_AMBULANCE: Mix = Mix {
    acuity: [0.08, 0.42, 0.42, 0.08, 0.0],
    needs_bed: [0.88, 0.72, 0.54, 0.26, 0.0],
    consult: [66.0, 46.0, 37.0, 26.0, 19.0],
    results: [73.0, 92.0, 81.0, 47.0, 21.0],
    needs_space: [0.0, 1.0, 0.95, 0.60, 0.0],
    impatient: 0.03,
};
const ADULT_WALK_IN: Mix = Mix {
    acuity: [0.005, 0.08, 0.40, 0.43, 0.085],
    needs_bed: [0.70, 0.52, 0.32, 0.09, 0.02],
    results: [73.0, 89.0, 75.0, 35.0, 16.0],
    needs_space: [0.0, 0.9, 0.35, 0.0, 0.0],
    impatient: 0.22,
    ..ADULT_AMBULANCE
};
const CHILD_AMBULANCE: Mix = Mix {
    acuity: [0.08, 0.42, 0.40, 0.10, 0.0],
    needs_bed: [0.80, 0.52, 0.38, 0.15, 0.0],
    consult: [60.0, 38.0, 31.0, 23.0, 18.0],
    results: [94.0, 94.0, 73.0, 36.0, 16.0],
    needs_space: [0.0; 5],
    impatient: 0.0,
};
const CHILD_WALK_IN: Mix = Mix {
    acuity: [0.003, 0.05, 0.33, 0.50, 0.117],
    needs_bed: [0.70, 0.48, 0.24, 0.07, 0.01],
    impatient: 0.16,
    ..CHILD_AMBULANCE
};
const EYE: Mix = Mix {
    acuity: [0.0, 0.04, 0.26, 0.50, 0.20],
    needs_bed: [0.0, 0.10, 0.03, 0.0, 0.0],
    consult: [36.0, 30.0, 24.0, 20.0, 18.0],
    results: [40.0, 40.0, 30.0, 20.0, 10.0],
    needs_space: [0.0; 5],
    impatient: 0.05,
};
const CENTRE: Mix = Mix {
    acuity: [0.0, 0.01, 0.14, 0.60, 0.25],
    needs_bed: [0.0; 5],
    consult: [25.0, 20.0, 16.0, 13.0, 11.0],
    results: [30.0, 25.0, 15.0, 8.0, 4.0],
    needs_space: [0.0; 5],
    impatient: 0.06,
};

/// Random parts in a consultation, in the time for results and in patience.
const CONSULT_STAGES: u32 = 3;
const RESULTS_STAGES: u32 = 3;
const PATIENCE_STAGES: u32 = 2;
/// Mean patience of those who will not wait for ever, minutes.
const PATIENCE_MINUTES: f64 = 150.0;

impl Patient {
    /// Draws what this person will need.
    pub(super) fn draw(
        (department, sort): (usize, DepartmentSort),
        mode: ArrivalMode,
        person: Person,
        dice: &mut Dice,
    ) -> Self {
        let by_ambulance = mode == ArrivalMode::Ambulance;
        let mix = match (sort, by_ambulance) {
            (DepartmentSort::Adult, true) => &ADULT_AMBULANCE,
            (DepartmentSort::Adult, false) => &ADULT_WALK_IN,
            (DepartmentSort::Children, true) => &CHILD_AMBULANCE,
            (DepartmentSort::Children, false) => &CHILD_WALK_IN,
            (DepartmentSort::Eye, _) => &EYE,
            (DepartmentSort::Centre, _) => &CENTRE,
        };
        let level = dice.pick(&mix.acuity);
        Self {
            department,
            mode,
            person,
            acuity: level as u8 + 1,
            incident: None,
            stage: Stage::Coming,
            arrived: At::default(),
            place_in_line: 0,
            needs_space: dice.chance(mix.needs_space[level]),
            holds_space: false,
            needs_bed: dice.chance(mix.needs_bed[level]),
            consult: dice.minutes(mix.consult[level], CONSULT_STAGES),
            results: dice.minutes(mix.results[level], RESULTS_STAGES),
            patience: (level >= 2 && dice.chance(mix.impatient))
                .then(|| dice.minutes(PATIENCE_MINUTES, PATIENCE_STAGES)),
        }
    }

    pub(super) fn acuity(&self) -> Option<Acuity> {
        Acuity::new(self.acuity)
    }
}
