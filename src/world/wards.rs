//! The wards behind the emergency department: how fast beds become free decides how long admitted
//! patients stay on the department's trolleys, and so how long ambulances stand outside.
//!
//! Days come in regimes that last. A regime says only how many patients go home; everything that
//! follows (boarding, blocked spaces, late hand-overs) follows by itself.

use std::collections::VecDeque;

use super::arrival_profile::HOURS;
use super::happening::VisitNo;
use super::random::{Dice, Sequence};

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

    /// What follows, and how likely: pressure mostly builds and eases through the middle.
    fn next(self) -> [f64; 3] {
        match self {
            Self::Calm => [0.0, 0.75, 0.25],
            Self::Mid => [0.40, 0.0, 0.60],
            Self::Pressured => [0.65, 0.35, 0.0],
        }
    }

    /// The least and the most days it lasts. With what follows what, days settle at about the
    /// published shares: a half calm, a quarter mid, a quarter pressured.
    fn days(self) -> (f64, f64) {
        match self {
            Self::Calm => (5.0, 11.0),
            Self::Mid => (2.0, 6.0),
            Self::Pressured => (3.0, 7.0),
        }
    }
}

/// Drifts of the regimes.
const CALM_DRIFT: f64 = 0.067;
const MID_DRIFT: f64 = -0.035;
const PRESSURED_DRIFT: f64 = -0.121;
/// Beds a day that adult emergency admissions need on average.
const BEDS_A_DAY: f64 = 183.5;
/// Each weekday's share of a day's freed beds, Monday first. Discharges fall at weekends (Sunday 154,
/// Friday 324: NHSE discharge sitrep, Sep 2024 to Aug 2025), but so do planned admissions: what is
/// left for emergencies swings in the same direction and less.
const BY_WEEKDAY: [f64; 7] = [0.97, 1.03, 1.02, 1.02, 1.04, 0.99, 0.94];
/// Beds freed by hour of the day: 46% after 17:00 (NHSE discharge sitrep, 2022-23).
const BY_HOUR: [f64; HOURS] = [
    0.5, 0.4, 0.3, 0.3, 0.3, 0.4, 0.6, 1.0, 2.0, 3.0, 4.5, 6.0, 7.0, 8.0, 9.0, 9.5, 9.5, 10.0, 9.0,
    8.0, 6.0, 4.5, 3.0, 1.5,
];
/// Spread of a day's discharges around what its regime and weekday say.
const DAY_SPREAD: f64 = 0.025;
/// Patients boarding at the morning bed meeting that nobody acts on; of those beyond, so large a
/// share is found a bed during the day (escalation beds, discharges brought forward).
const BOARDERS_USUAL: f64 = 19.0;
const RELIEF: f64 = 0.40;
/// A free bed is on one ward, for one sex, in a bay or a side room: the chance that it suits a
/// patient, the share of patients who are hard to place, and the chance that it suits them.
const SUITS: f64 = 0.6;
const HARD_TO_PLACE: f64 = 0.28;
const SUITS_HARD: f64 = 0.005;
/// Empty beds beyond which nobody hurries: planned patients take them.
const FREE_BEDS_MAX: u32 = 19;

/// The beds adult emergency patients can get.
#[derive(Debug, Clone)]
pub(super) struct Wards {
    regime: Regime,
    days_left: usize,
    /// Draws regimes only, so that the same seed has the same ones whatever else is changed.
    spells: Dice,
    pinned: Option<Regime>,
    free: u32,
    /// Who waits for a bed, longest first, and whether they are hard to place.
    waiting: VecDeque<(VisitNo, bool)>,
    dice: Dice,
}

impl Wards {
    pub(super) fn new(seed: u64, pinned: Option<Regime>) -> Self {
        let mut spells = Dice::new(seed, Sequence::Regimes);
        let drawn = Regime::ALL[spells.pick(&[0.5, 0.25, 0.25])];
        Self {
            regime: pinned.unwrap_or(drawn),
            pinned,
            free: 4,
            waiting: VecDeque::new(),
            days_left: spells.whole(drawn.days().0),
            spells,
            dice: Dice::new(seed, Sequence::Wards),
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
        if self.days_left == 0 {
            let next = Regime::ALL[self.spells.pick(&self.regime.next())];
            let (least, most) = next.days();
            let days = least + self.spells.unit() * (most - least);
            self.days_left = self.spells.whole(days);
            self.regime = self.pinned.unwrap_or(next);
        }
        self.days_left = self.days_left.saturating_sub(1);
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
        let is_hard = self.dice.chance(HARD_TO_PLACE);
        self.waiting.push_back((visit, is_hard));
        false
    }

    /// A bed became free: the first in line whom it suits gets it, or failing that the first.
    pub(super) fn free_bed(&mut self) -> Option<VisitNo> {
        if self.waiting.is_empty() {
            self.free = (self.free + 1).min(FREE_BEDS_MAX);
            return None;
        }
        let mut place = 0;
        for (index, (_, is_hard)) in self.waiting.iter().enumerate() {
            let suits = if *is_hard { SUITS_HARD } else { SUITS };
            if self.dice.chance(suits) {
                place = index;
                break;
            }
        }
        self.waiting.remove(place).map(|(visit, _)| visit)
    }
}
