//! Real-world dirt: what feeds do wrong, at a settable rate. At zero the wires are clean.

use std::collections::BTreeMap;

use super::hl7::Hand;
use super::random::{Dice, Sequence};
use super::scenario::Scenario;
use domain::time::{DAY, HOUR, MINUTE, SECOND};
use domain::{At, FeedId, Millis};

/// How dirty the wires are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeedFaults {
    /// The chance of each kind of fault for each message it can befall, 0 to 1.
    pub rate: f64,
}

impl FeedFaults {
    /// No faults.
    pub const NONE: Self = Self { rate: 0.0 };
}

impl Default for FeedFaults {
    fn default() -> Self {
        Self { rate: 0.01 }
    }
}

/// A discharge is taken back half as often as other faults happen.
const REOPENED: f64 = 0.5;
/// A feed falls silent on a day so many times as often.
const SILENT: f64 = 5.0;
/// How long a silence lasts, minutes; random parts in it.
const SILENCE_MINUTES: (f64, u32) = (25.0, 2);
/// A late message: mean and most, minutes.
const LATE_MINUTES: (f64, Millis) = (25.0, 180);
/// The feed that falls silent in the scenario `feed-outage`: each day this long after the hour at
/// which the world started, and for how long. A demonstration that plays one day in goes live with it.
const OUTAGE: (&str, Millis, Millis) = ("dhu-oadby", 5 * MINUTE, 4 * HOUR);

/// Draws faults.
#[derive(Debug, Clone)]
pub(super) struct Soiling {
    rate: f64,
    seed: u64,
    dice: Dice,
    start: At,
    has_outage: bool,
    silences: BTreeMap<FeedId, (At, Option<(At, At)>)>,
}

impl Soiling {
    pub(super) fn new(dirt: FeedFaults, seed: u64, scenario: Scenario, start: At) -> Self {
        Self {
            rate: dirt.rate.clamp(0.0, 1.0),
            seed,
            dice: Dice::new(seed, Sequence::Dirt),
            start,
            has_outage: scenario == Scenario::FeedOutage,
            silences: BTreeMap::new(),
        }
    }

    fn befalls(&mut self) -> bool {
        self.rate > 0.0 && self.dice.chance(self.rate)
    }

    pub(super) fn hand(&mut self) -> Hand {
        Hand {
            drops_offset: self.befalls(),
            drops_structure: self.befalls(),
        }
    }

    /// How much later a message comes; mostly nothing.
    pub(super) fn lateness(&mut self) -> Millis {
        if self.befalls() {
            let drawn = MINUTE + self.dice.minutes(LATE_MINUTES.0, 1);
            drawn.min(LATE_MINUTES.1 * MINUTE)
        } else {
            0
        }
    }

    /// After how long the same message comes again, if it does.
    pub(super) fn repeat(&mut self) -> Option<Millis> {
        self.befalls().then(|| 5 * SECOND + self.dice.within(10.0))
    }

    /// After how long a registration in error is taken back, if there is one.
    pub(super) fn mistake(&mut self) -> Option<Millis> {
        self.befalls().then(|| 2 * MINUTE + self.dice.within(10.0))
    }

    /// After how long a double registration is merged, if there is one.
    pub(super) fn double(&mut self) -> Option<Millis> {
        self.befalls().then(|| 3 * MINUTE + self.dice.within(27.0))
    }

    /// After how long a departure is taken back, and then how long the patient stays.
    pub(super) fn return_of(&mut self) -> Option<(Millis, Millis)> {
        (self.rate > 0.0 && self.dice.chance(REOPENED * self.rate)).then(|| {
            let back = 3 * MINUTE + self.dice.within(12.0);
            (back, back + 10 * MINUTE + self.dice.within(30.0))
        })
    }

    /// The end of the silence a feed is in at a moment. The number gives each feed its own draws.
    pub(super) fn silent_until(&mut self, feed: &FeedId, number: usize, at: At) -> Option<At> {
        if self.has_outage && feed.as_str() == OUTAGE.0 {
            return self.outage_until(at);
        }
        if self.rate == 0.0 {
            return None;
        }
        let day = at.london_midnight();
        let known = self.silences.get(feed).filter(|(of, _)| *of == day);
        let span = if let Some((_, span)) = known {
            *span
        } else {
            let span = self.draw_silence(number, day);
            self.silences.insert(feed.clone(), (day, span));
            span
        };
        span.filter(|(from, to)| (*from..*to).contains(&at))
            .map(|(_, to)| to)
    }

    fn outage_until(&self, at: At) -> Option<At> {
        let (_, from, length) = OUTAGE;
        let into_the_day = at.since(self.start).rem_euclid(DAY);
        (from..from + length)
            .contains(&into_the_day)
            .then(|| at.plus(from + length - into_the_day))
    }

    fn draw_silence(&self, number: usize, day: At) -> Option<(At, At)> {
        // Drawn from day and feed alone, so that it does not matter when it is asked.
        let key = (day.0 as u64).wrapping_mul(31).wrapping_add(number as u64);
        let mut dice = Dice::new(self.seed ^ key, Sequence::Dirt);
        dice.chance((SILENT * self.rate).min(1.0)).then(|| {
            let from = day.plus(dice.within((DAY / MINUTE) as f64));
            let length = 2 * MINUTE + dice.minutes(SILENCE_MINUTES.0, SILENCE_MINUTES.1);
            (from, from.plus(length))
        })
    }
}
