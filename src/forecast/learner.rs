//! A forecast that learns: one for each stream, online, from what was said and what then happened.
//!
//! The median is a weighted sum of what can be seen of the queue. The weights are fitted again and
//! again to recent visits by least absolute deviations (iterated weighted least squares) and held
//! to sensible ones while there are few. A small running correction keeps half of the visits on
//! either side. Around it lies a [`PredictionInterval`].

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::interval::{PredictionInterval, Widths, plain};
use crate::queue::{QueueFeatures, london_hour, seconds};
use domain::At;
use domain::time::DAY;

const FEATURES: usize = 18;
/// Visits that the weights are fitted to.
const VISITS_KEPT: usize = 2_500;
/// The weights are fitted again after so many visits, and when a twentieth of them is new.
const FIT_EVERY: usize = 8;
/// Visits after which one counts half in a fit.
const HALF_LIFE: f64 = 1_500.0;
/// How firmly the sensible weights are held to, as if so many visits had said so.
const PRIOR_VISITS: f64 = 12.0;
/// Steps of the fit.
const FIT_STEPS: usize = 3;
/// Step of the running correction of the median, relative to the usual wait.
const CORRECTION_STEP: f64 = 0.002;
/// Share by which a visit moves what is usual at its hour.
const HOUR_STEP: f64 = 0.01;
/// The usual wait of the stream counts as much as so many days of an hour.
const DAYS_HELD: f64 = 1.0;
/// One in ten and nine in ten.
const TAILS: [f64; 2] = [0.1, 0.9];
/// What they are of the middle to begin with.
const TAIL_TIMES: [f64; 2] = [0.5, 1.7];
/// Visits before they are used.
const TAILS_MIN: usize = 300;
/// They are kept within so many times the plain width.
const WIDTH_TIMES: [f64; 2] = [0.15, 3.0];
/// Weights to begin with: the waits of those started lately, the pace, the usual.
const SENSIBLE: [f64; FEATURES] = [
    0.0, 0.05, 0.15, 0.35, 0.05, 0.0, 0.10, 0.15, 0.10, 0.0, 0.0, 0.0, 0.0, 0.05, 0.0, 0.0, 0.0,
    0.0,
];

/// What was said to someone who joined, seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Half are started sooner.
    pub median: f64,
    /// The quantiles of [`crate::interval::QUANTILES`].
    pub range: [f64; 4],
    /// Ranges that hold 80% and 90%.
    pub ranges: [[f64; 2]; 2],
    widths: Widths,
    features: [f64; FEATURES],
    scale: f64,
    hour: usize,
    day: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Example {
    features: [f32; FEATURES],
    truth: f32,
    scale: f32,
}

/// What is usual at an hour of the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Hour {
    mean: f64,
    /// Days on which someone was started then, and the last of them.
    days: u16,
    last: i64,
}

impl Hour {
    fn learn(&mut self, day: i64, wait: f64) {
        if self.days == 0 || self.last < day {
            self.days = self.days.saturating_add(1);
            self.last = day;
        }
        let rate = if self.mean == 0.0 { 1.0 } else { HOUR_STEP };
        self.mean += rate * (wait - self.mean);
    }
}

/// Learns one stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learner {
    weights: [f64; FEATURES],
    /// The same for one in ten and for nine in ten: how far apart they are is how sure one can be.
    tails: [[f64; FEATURES]; 2],
    examples: VecDeque<Example>,
    since_fit: usize,
    /// The usual wait of the stream, and of each hour of the day in London, seconds.
    usual: f64,
    by_hour: [Hour; 24],
    correction: f64,
    band: PredictionInterval,
}

impl Default for Learner {
    fn default() -> Self {
        Self {
            weights: SENSIBLE,
            tails: TAIL_TIMES.map(|times| SENSIBLE.map(|weight| weight * times)),
            examples: VecDeque::new(),
            since_fit: 0,
            usual: 0.0,
            by_hour: [Hour::default(); 24],
            correction: 0.0,
            band: PredictionInterval::default(),
        }
    }
}

impl Learner {
    /// What to say to someone who joins now.
    pub fn say(&self, sight: &QueueFeatures, by_ambulance: bool, now: At) -> Prediction {
        let other = if by_ambulance { 1.0 } else { 0.0 };
        let nobody = if sight.ahead < 0.5 { 1.0 } else { 0.0 };
        let usual = self
            .usual_at(now)
            .map_or(sight.last_many, |(usual, _)| usual);
        let scale = self.usual.max(sight.last_many).max(1.0);
        let features = [
            scale,
            sight.last,
            sight.last_few,
            sight.last_many,
            sight.head,
            sight.age,
            sight.drain.min(3.0 * scale),
            usual,
            sight.drain_by_hour.min(3.0 * scale),
            other * scale,
            other * sight.last_many,
            sight.alike,
            sight.urgent * sight.drain_by_hour.min(3.0 * scale),
            sight.busy_drain.min(3.0 * scale),
            nobody * scale,
            nobody * sight.last_many,
            sight.pause.min(3.0 * scale),
            nobody * sight.pause.min(3.0 * scale),
        ]
        .map(|feature| feature / scale);
        let raw = dot(&self.weights, &features) + self.correction;
        let median = (raw * scale).max(0.0);
        let widths = self.widths(median, &features, scale);
        let range = self.band.around(median, widths);
        Prediction {
            median,
            ranges: self.band.ranges(&range, median, widths),
            range,
            widths,
            features,
            scale,
            hour: london_hour(now),
            day: now.0.div_euclid(DAY),
        }
    }

    /// What then happened: the wait in seconds.
    pub fn learn(&mut self, said: &Prediction, wait: f64) {
        let rate = if self.examples.is_empty() { 1.0 } else { 0.02 };
        self.usual += rate * (wait - self.usual);
        self.by_hour[said.hour].learn(said.day, wait);
        self.band
            .learn(&said.range, &said.ranges, said.median, said.widths, wait);
        let side = if wait > said.median { 0.5 } else { -0.5 };
        self.correction = (self.correction + CORRECTION_STEP * side).clamp(-0.5, 0.5);
        self.examples.push_back(Example {
            features: said.features.map(|feature| feature as f32),
            truth: (wait / said.scale) as f32,
            scale: said.scale as f32,
        });
        if self.examples.len() > VISITS_KEPT {
            self.examples.pop_front();
        }
        self.since_fit += 1;
        if self.since_fit >= FIT_EVERY.max(self.examples.len() / 20) {
            self.since_fit = 0;
            self.fit();
        }
    }

    /// Visits it was learned from, of those that still count.
    pub fn visits(&self) -> usize {
        self.examples.len()
    }

    /// The mean wait that is usual at this hour of the day, seconds, and on how many days it was
    /// learned; `None` before anyone was started. Of few days the hour says little by itself.
    pub fn usual_at(&self, now: At) -> Option<(f64, u16)> {
        let hour = self.by_hour[london_hour(now)];
        let days = f64::from(hour.days);
        let mean = (hour.mean * days + self.usual * DAYS_HELD) / (days + DAYS_HELD);
        (self.usual > 0.0).then_some((mean, hour.days))
    }

    fn widths(&self, median: f64, features: &[f64; FEATURES], scale: f64) -> Widths {
        let plain = plain(median, scale);
        if self.examples.len() < TAILS_MIN {
            return plain;
        }
        let [low, high] = self.tails.map(|weights| dot(&weights, features) * scale);
        let [least, most] = WIDTH_TIMES.map(|times| times * plain[0]);
        [median - low, high - median].map(|width| width.clamp(least, most))
    }

    fn fit(&mut self) {
        for _ in 0..FIT_STEPS {
            if let Some(found) = self.step(&self.weights, &SENSIBLE, 0.5) {
                self.weights = found;
            }
        }
        for place in 0..TAILS.len() {
            let prior = SENSIBLE.map(|weight| weight * TAIL_TIMES[place]);
            if let Some(found) = self.step(&self.tails[place], &prior, TAILS[place]) {
                self.tails[place] = found;
            }
        }
    }

    /// One step towards the weights of least pinball loss over the recent visits: least squares,
    /// weighted by the error so far. `None` when there is no solution.
    fn step(
        &self,
        weights: &[f64; FEATURES],
        prior: &[f64; FEATURES],
        share: f64,
    ) -> Option<[f64; FEATURES]> {
        let mut normal = [[0.0; FEATURES]; FEATURES];
        let mut right = [0.0; FEATURES];
        for (place, (row, prior)) in normal.iter_mut().zip(prior).enumerate() {
            row[place] = PRIOR_VISITS;
            right[place] = PRIOR_VISITS * prior;
        }
        for (behind, example) in self.examples.iter().rev().enumerate() {
            let features = example.features.map(f64::from);
            let truth = f64::from(example.truth);
            let error = truth - dot(weights, &features);
            let side = 2.0 * if error > 0.0 { share } else { 1.0 - share };
            let recent = 1.0 / (1.0 + behind as f64 / HALF_LIFE);
            let size = f64::from(example.scale) / self.usual.max(1.0);
            let weight = side * recent * size / error.abs().max(0.05);
            for (row, a) in normal.iter_mut().zip(features) {
                for (cell, b) in row.iter_mut().zip(features) {
                    *cell += weight * a * b;
                }
            }
            for (cell, a) in right.iter_mut().zip(features) {
                *cell += weight * a * truth;
            }
        }
        solve(normal, right)
    }
}

fn dot(a: &[f64; FEATURES], b: &[f64; FEATURES]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Gaussian elimination; the matrix is symmetric and its diagonal is held up by the prior.
fn solve(mut a: [[f64; FEATURES]; FEATURES], mut b: [f64; FEATURES]) -> Option<[f64; FEATURES]> {
    for pivot in 0..FEATURES {
        let (pivot_row, pivot_right) = (a[pivot], b[pivot]);
        if pivot_row[pivot].abs() < 1e-9 {
            return None;
        }
        let below = a.iter_mut().zip(&mut b).skip(pivot + 1);
        for (row, right) in below {
            let factor = row[pivot] / pivot_row[pivot];
            for (cell, above) in row.iter_mut().zip(pivot_row) {
                *cell -= factor * above;
            }
            *right -= factor * pivot_right;
        }
    }
    let mut x = [0.0; FEATURES];
    for row in (0..FEATURES).rev() {
        let known: f64 = (row + 1..FEATURES)
            .map(|column| a[row][column] * x[column])
            .sum();
        x[row] = (b[row] - known) / a[row][row];
    }
    x.iter().all(|weight| weight.is_finite()).then_some(x)
}

/// A wait in seconds.
pub fn wait_seconds(joined: At, started: At) -> f64 {
    seconds(started.since(joined).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::SECOND;

    fn sight(wait: f64) -> QueueFeatures {
        QueueFeatures {
            ahead: 3.0,
            head: wait,
            age: wait / 2.0,
            last: wait,
            last_few: wait,
            last_many: wait,
            alike: wait,
            drain: wait,
            busy_drain: wait,
            pause: 0.0,
            drain_by_hour: wait,
            urgent: 0.0,
        }
    }

    #[test]
    fn equations_are_solved() {
        let mut a = [[0.0; FEATURES]; FEATURES];
        for (place, row) in a.iter_mut().enumerate() {
            row[place] = 2.0;
        }
        a[0][1] = 1.0;
        a[1][0] = 1.0;
        let mut b = [4.0; FEATURES];
        b[0] = 5.0;
        let x = solve(a, b).unwrap();
        assert!(
            (2.0 * x[0] + x[1] - 5.0).abs() < 1e-9 && (x[7] - 2.0).abs() < 1e-9,
            "{x:?}"
        );
    }

    #[test]
    fn it_learns_that_waits_are_twice_what_is_seen() {
        let mut learner = Learner::default();
        for number in 0..2_000_i64 {
            let seen = 600.0 + (number * 37 % 101) as f64 * 10.0;
            let at = At(number * 300 * SECOND);
            let said = learner.say(&sight(seen), false, at);
            learner.learn(&said, 2.0 * seen);
        }
        let said = learner.say(&sight(1_000.0), false, At(0));
        assert!((said.median - 2_000.0).abs() < 150.0, "{said:?}");
    }

    #[test]
    fn the_range_holds_what_it_promises() {
        let mut learner = Learner::default();
        let (mut inside, mut asked) = (0, 0);
        let mut dice = 12_345_u64;
        for number in 0..4_000_i64 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let chance = (dice >> 11) as f64 / (1_u64 << 53) as f64;
            let at = At(number * 300 * SECOND);
            let said = learner.say(&sight(1_200.0), false, at);
            let wait = 600.0 + 1_800.0 * chance;
            if number >= 1_000 {
                asked += 1;
                inside += i32::from(wait >= said.range[1] && wait <= said.range[2]);
            }
            learner.learn(&said, wait);
        }
        let share = f64::from(inside) / f64::from(asked);
        assert!((0.78..0.82).contains(&share), "{share}");
    }
}
