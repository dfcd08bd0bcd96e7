//! The wards behind the emergency department: how fast beds become free decides how long admitted
//! patients stay on the department's trolleys, and so how long ambulances stand outside.
//!
//! Days come in regimes that last. A regime says only how many patients go home; everything that
//! follows (boarding, blocked spaces, late hand-overs) follows by itself.

use std::collections::VecDeque;

use super::dice::{Dice, Sequence};
use super::happening::VisitNo;
use super::rhythm::HOURS;

/// What sort of day it is for the flow out of the hospital.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Regime {
    Calm,
    Mid,
    Pressured,
}

impl Regime {
    const ALL: [Self; 3] = [Self::Calm, Self::Mid, Self::Pressured];

    /// How far the beds freed in a day are above or below what is needed. An assumption, set by
    /// the published regimes of hand-over.
    fn drift(self) -> f64 {
        match self {
            Self::Calm => CALM_DRIFT,
            Self::Mid => MID_DRIFT,
            Self::Pressured => PRESSURED_DRIFT,
        }
    }

    /// The chances of tomorrow's regime. They last several days, and settle at the published
    /// shares of days: a half calm, a quarter mid, a quarter pressured.
    fn tomorrow(self) -> [f64; 3] {
        match self {
            Self::Calm => [0.84, 0.12, 0.04],
            Self::Mid => [0.24, 0.54, 0.22],
            Self::Pressured => [0.08, 0.22, 0.70],
        }
    }
}

/// Drifts of the regimes.
const CALM_DRIFT: f64 = 0.10;
const MID_DRIFT: f64 = -0.02;
const PRESSURED_DRIFT: f64 = -0.16;
/// Beds a day that adult emergency admissions need on average.
const BEDS_A_DAY: f64 = 190.0;
/// Each weekday's share of a day's freed beds, Monday first: discharges by weekday (NHSE discharge
/// sitrep, Sep 2024 to Aug 2025) less the planned admissions, which come on weekdays.
const BY_WEEKDAY: [f64; 7] = [0.92, 1.07, 1.05, 1.05, 1.10, 0.97, 0.84];
/// Beds freed by hour of the day: 46% after 17:00 (NHSE discharge sitrep, 2022-23).
const BY_HOUR: [f64; HOURS] = [
    0.5, 0.4, 0.3, 0.3, 0.3, 0.4, 0.6, 1.0, 2.0, 3.0, 4.5, 6.0, 7.0, 8.0, 9.0, 9.5, 9.5, 10.0, 9.0,
    8.0, 6.0, 4.5, 3.0, 1.5,
];
/// Spread of a day's discharges around what its regime and weekday say.
const DAY_SPREAD: f64 = 0.04;
/// Patients boarding at the morning bed meeting that nobody acts on; of those beyond, so large a
/// share is found a bed during the day (escalation beds, discharges brought forward).
const BOARDERS_USUAL: f64 = 14.0;
const RELIEF: f64 = 0.45;
/// Empty beds beyond which nobody hurries: planned patients take them.
const FREE_BEDS_MAX: u32 = 14;

/// The beds adult emergency patients can get.
#[derive(Debug, Clone)]
pub(super) struct Wards {
    regime: Regime,
    pinned: Option<Regime>,
    free: u32,
    waiting: VecDeque<VisitNo>,
    dice: Dice,
}

impl Wards {
    pub(super) fn new(seed: u64, pinned: Option<Regime>) -> Self {
        let mut dice = Dice::new(seed, Sequence::Wards);
        let drawn = Regime::ALL[dice.pick(&[0.5, 0.25, 0.25])];
        Self {
            regime: pinned.unwrap_or(drawn),
            pinned,
            free: 4,
            waiting: VecDeque::new(),
            dice,
        }
    }

    pub(super) fn regime(&self) -> Regime {
        self.regime
    }

    pub(super) fn free(&self) -> u32 {
        self.free
    }

    /// A new day: its regime, and how many beds it frees.
    pub(super) fn begin_day(&mut self, weekday: usize) -> usize {
        let next = Regime::ALL[self.dice.pick(&self.regime.tomorrow())];
        self.regime = self.pinned.unwrap_or(next);
        let mean = BEDS_A_DAY * BY_WEEKDAY[weekday] * (1.0 + self.regime.drift());
        let spread = self.dice.factor(DAY_SPREAD);
        self.dice.whole(mean * spread)
    }

    /// The morning bed meeting: how many more beds will be found today.
    pub(super) fn meet(&mut self) -> usize {
        let excess = self.waiting.len() as f64 - BOARDERS_USUAL;
        self.dice.whole(RELIEF * excess.max(0.0))
    }

    /// Into which hour of the day a discharge falls, and how far into it, in minutes.
    pub(super) fn discharge_minute(&mut self, from_hour: usize) -> f64 {
        let hour = from_hour + self.dice.pick(&BY_HOUR[from_hour..]);
        (hour as f64 + self.dice.unit()) * 60.0
    }

    /// A bed is needed: true when there is one now, else the patient waits in line.
    pub(super) fn ask(&mut self, visit: VisitNo) -> bool {
        if self.free > 0 {
            self.free -= 1;
            return true;
        }
        self.waiting.push_back(visit);
        false
    }

    /// A bed became free: who gets it?
    pub(super) fn free_bed(&mut self) -> Option<VisitNo> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.free = (self.free + 1).min(FREE_BEDS_MAX);
        }
        next
    }
}
