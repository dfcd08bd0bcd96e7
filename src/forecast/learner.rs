//! A forecast that learns: one for each stream, online, from what was said and what then happened.
//!
//! The median is a weighted sum of what can be seen of the queue. The weights are fitted again and
//! again to recent visits by least absolute deviations (iterated weighted least squares) and held
//! to sensible ones while there are few. A small running correction keeps half of the visits on
//! either side. The range is conformal: quantiles of recent errors, relative to what was said, at
//! levels that adapt until they hold what they promise (Gibbs and Candès 2021).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::domain::At;
use crate::forecast::line::{Sight, london_hour, seconds};

const FEATURES: usize = 13;
/// Visits that the weights are fitted to.
const VISITS_KEPT: usize = 2_500;
/// The weights are fitted again after so many visits, and when a twentieth of them is new.
const FIT_EVERY: usize = 8;
/// Errors that the range is read off.
const ERRORS_KEPT: usize = 400;
/// Visits after which one counts half in a fit.
const HALF_LIFE: f64 = 1_500.0;
/// How firmly the sensible weights are held to, as if so many visits had said so.
const PRIOR_VISITS: f64 = 12.0;
/// Steps of the fit.
const FIT_STEPS: usize = 3;
/// Step of the running correction of the median, relative to the usual wait.
const CORRECTION_STEP: f64 = 0.002;
/// Step by which an end of the range moves when it was on the wrong side.
const OFFSET_STEP: f64 = 0.02;
/// The quantiles of the range.
pub const QUANTILES: [f64; 4] = [0.05, 0.10, 0.90, 0.95];
/// Before any error is known a range is this many times what was said.
const FIRST_RANGE: [f64; 4] = [0.2, 0.3, 2.0, 2.5];
/// Weights to begin with: the waits of those started lately, the pace, the usual.
const SENSIBLE: [f64; FEATURES] = [
    0.0, 0.05, 0.15, 0.35, 0.05, 0.0, 0.15, 0.15, 0.10, 0.0, 0.0, 0.0, 0.0,
];

/// What was said to someone who joined, seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Half are started sooner.
    pub median: f64,
    /// The quantiles of [`QUANTILES`].
    pub range: [f64; 4],
    features: [f64; FEATURES],
    scale: f64,
    hour: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Example {
    features: [f32; FEATURES],
    truth: f32,
    scale: f32,
}

/// Learns one stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learner {
    weights: [f64; FEATURES],
    examples: VecDeque<Example>,
    since_fit: usize,
    /// The usual wait of the stream, and of each hour of the day in London, seconds.
    usual: f64,
    by_hour: [Option<f64>; 24],
    correction: f64,
    /// Errors relative to what was said, oldest first, and the same in order of size.
    errors: VecDeque<f64>,
    sorted: Vec<f64>,
    /// What is added to each quantile of the errors so that it holds what it promises.
    offsets: [f64; 4],
}

impl Default for Learner {
    fn default() -> Self {
        Self {
            weights: SENSIBLE,
            examples: VecDeque::new(),
            since_fit: 0,
            usual: 0.0,
            by_hour: [None; 24],
            correction: 0.0,
            errors: VecDeque::new(),
            sorted: Vec::new(),
            offsets: [0.0; 4],
        }
    }
}

impl Learner {
    /// What to say to someone who joins now.
    pub fn say(&self, sight: &Sight, by_ambulance: bool, now: At) -> Said {
        let other = if by_ambulance { 1.0 } else { 0.0 };
        let usual = self.usual_at(now).unwrap_or(sight.last_many);
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
        ]
        .map(|feature| feature / scale);
        let raw = dot(&self.weights, &features) + self.correction;
        let median = (raw * scale).max(0.0);
        Said {
            median,
            range: self.range(median, scale),
            features,
            scale,
            hour: london_hour(now),
        }
    }

    /// What then happened: the wait in seconds.
    pub fn learn(&mut self, said: &Said, wait: f64) {
        let rate = if self.examples.is_empty() { 1.0 } else { 0.02 };
        self.usual += rate * (wait - self.usual);
        let hour = &mut self.by_hour[said.hour];
        *hour = Some(hour.map_or(wait, |known| known + 0.05 * (wait - known)));
        self.learn_range(said, wait);
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

    fn usual_at(&self, now: At) -> Option<f64> {
        self.by_hour[london_hour(now)].or((self.usual > 0.0).then_some(self.usual))
    }

    fn range(&self, median: f64, scale: f64) -> [f64; 4] {
        let width = spread(median, scale);
        let mut range = [0.0; 4];
        for (place, share) in QUANTILES.into_iter().enumerate() {
            range[place] = if self.sorted.len() < 20 {
                median * FIRST_RANGE[place]
            } else {
                let error = quantile(&self.sorted, share) + self.offsets[place];
                (median + width * error).max(0.0)
            };
        }
        // Each adapts on its own; a range is never inside out.
        for place in [1, 0] {
            range[place] = range[place].min(if place == 1 { median } else { range[1] });
        }
        for place in [2, 3] {
            range[place] = range[place].max(if place == 2 { median } else { range[2] });
        }
        range
    }

    fn learn_range(&mut self, said: &Said, wait: f64) {
        let error = (wait - said.median) / spread(said.median, said.scale);
        self.errors.push_back(error);
        let place = self.sorted.partition_point(|known| *known < error);
        self.sorted.insert(place, error);
        if self.errors.len() > ERRORS_KEPT
            && let Some(oldest) = self.errors.pop_front()
        {
            let place = self.sorted.partition_point(|known| *known < oldest);
            if place < self.sorted.len() {
                self.sorted.remove(place);
            }
        }
        for (place, wanted) in QUANTILES.into_iter().enumerate() {
            let below = if wait <= said.range[place] { 1.0 } else { 0.0 };
            self.offsets[place] += OFFSET_STEP * (wanted - below);
        }
    }

    /// Least absolute deviations over the recent visits, by weighted least squares again and again.
    fn fit(&mut self) {
        let mut weights = self.weights;
        for _ in 0..FIT_STEPS {
            let mut normal = [[0.0; FEATURES]; FEATURES];
            let mut right = [0.0; FEATURES];
            for (place, (row, prior)) in normal.iter_mut().zip(SENSIBLE).enumerate() {
                row[place] = PRIOR_VISITS;
                right[place] = PRIOR_VISITS * prior;
            }
            let newest_first = self.examples.iter().rev().enumerate();
            for (behind, example) in newest_first {
                let features = example.features.map(f64::from);
                let truth = f64::from(example.truth);
                let error = (truth - dot(&weights, &features)).abs();
                let recent = 1.0 / (1.0 + behind as f64 / HALF_LIFE);
                let size = f64::from(example.scale) / self.usual.max(1.0);
                let weight = recent * size / error.max(0.05);
                for (row, a) in normal.iter_mut().zip(features) {
                    for (cell, b) in row.iter_mut().zip(features) {
                        *cell += weight * a * b;
                    }
                }
                for (cell, a) in right.iter_mut().zip(features) {
                    *cell += weight * a * truth;
                }
            }
            match solve(normal, right) {
                Some(found) => weights = found,
                None => return,
            }
        }
        self.weights = weights;
    }
}

/// What an error is measured against: wide when much was said, never nothing.
fn spread(median: f64, scale: f64) -> f64 {
    0.3 * scale + 0.7 * median
}

fn dot(a: &[f64; FEATURES], b: &[f64; FEATURES]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The value below which a share lies, between neighbours where it falls between.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share.clamp(0.0, 1.0) * (sorted.len().saturating_sub(1)) as f64;
    let low = place as usize;
    let high = (low + 1).min(sorted.len().saturating_sub(1));
    match (sorted.get(low), sorted.get(high)) {
        (Some(a), Some(b)) => a + (b - a) * (place - low as f64),
        _ => 0.0,
    }
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
    use crate::domain::time::SECOND;

    fn sight(wait: f64) -> Sight {
        Sight {
            ahead: 3.0,
            head: wait,
            age: wait / 2.0,
            last: wait,
            last_few: wait,
            last_many: wait,
            alike: wait,
            drain: wait,
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
