//! A range around a median that holds what it promises: quantiles of recent errors, relative to what
//! was said, at levels that adapt (Gibbs and Candès 2021).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Errors that the range is read off, unless another number is asked for.
const ERRORS_KEPT: usize = 400;
/// Until so many are known the range is a multiple of what is said.
const ERRORS_MIN: usize = 20;
/// Step by which an end of the range moves when it was on the wrong side, unless another is asked for.
const OFFSET_STEP: f64 = 0.02;
/// The quantiles of the range.
pub const QUANTILES: [f64; 4] = [0.05, 0.10, 0.90, 0.95];
/// What the ranges hold.
const RANGES: [f64; 2] = [0.8, 0.9];
/// Before errors are known a range is this many times what was said.
const FIRST_RANGE: [f64; 4] = [0.2, 0.3, 2.0, 2.5];

/// What an error below the median, and one above it, are measured against.
pub type Widths = [f64; 2];

/// Learns how far off a median is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionInterval {
    kept: usize,
    step: f64,
    /// Errors relative to what was said, oldest first, and the same in order of size.
    errors: VecDeque<f64>,
    sorted: Vec<f64>,
    /// What is added to each quantile of the errors so that it holds what it promises.
    offsets: [f64; 4],
    /// The same for the upper ends of the ranges.
    tops: [f64; 2],
}

impl Default for PredictionInterval {
    fn default() -> Self {
        Self::new(ERRORS_KEPT, OFFSET_STEP)
    }
}

impl PredictionInterval {
    /// Nothing is known yet; so many errors will be kept, and the ends move by such steps. Where the
    /// truth comes hours after a range was said, steps must be small: a range that follows what is
    /// wrong now is wrong by the time it is used.
    pub fn new(kept: usize, step: f64) -> Self {
        Self {
            kept,
            step,
            errors: VecDeque::new(),
            sorted: Vec::new(),
            offsets: [0.0; 4],
            tops: [0.0; 2],
        }
    }

    /// The quantiles of [`QUANTILES`] around a median, never inside out and never below zero. The
    /// widths are what an error below and one above are measured against.
    pub fn around(&self, median: f64, widths: Widths) -> [f64; 4] {
        let mut range = FIRST_RANGE.map(|times| median * times);
        if self.sorted.len() >= ERRORS_MIN {
            let ends = range.iter_mut().zip(QUANTILES).zip(self.offsets);
            for ((end, share), offset) in ends {
                let width = widths[usize::from(share > 0.5)];
                *end = (median + width * (quantile(&self.sorted, share) + offset)).max(0.0);
            }
        }
        range[1] = range[1].min(median);
        range[0] = range[0].min(range[1]);
        range[2] = range[2].max(median);
        range[3] = range[3].max(range[2]);
        range
    }

    /// The ranges that hold 80% and 90%, given the quantiles around the same median. Where many do not
    /// wait at all the lower end is zero and nobody is below it: the upper end is lower then than the
    /// quantile, or the range would hold too many.
    pub fn ranges(&self, quantiles: &[f64; 4], median: f64, widths: Widths) -> [[f64; 2]; 2] {
        let [widest_low, low, high, widest_high] = *quantiles;
        let mut ranges = [[low, high], [widest_low, widest_high]];
        if self.sorted.len() >= ERRORS_MIN {
            for ((range, share), top) in ranges.iter_mut().zip([0.90, 0.95]).zip(self.tops) {
                range[1] = (median + widths[1] * (quantile(&self.sorted, share) + top)).max(median);
            }
        }
        ranges[1][1] = ranges[1][1].max(ranges[0][1]);
        ranges
    }

    /// What then happened, and what was said of it: quantiles, ranges, median.
    pub fn learn(
        &mut self,
        range: &[f64; 4],
        ranges: &[[f64; 2]; 2],
        median: f64,
        widths: Widths,
        truth: f64,
    ) {
        for ((top, wanted), [low, high]) in self.tops.iter_mut().zip(RANGES).zip(ranges) {
            let inside = if truth >= *low && truth <= *high {
                1.0
            } else {
                0.0
            };
            *top += self.step * (wanted - inside);
        }
        let error = (truth - median) / widths[usize::from(truth > median)];
        self.errors.push_back(error);
        let place = self.sorted.partition_point(|known| *known < error);
        self.sorted.insert(place, error);
        if self.errors.len() > self.kept
            && let Some(oldest) = self.errors.pop_front()
        {
            let place = self.sorted.partition_point(|known| *known < oldest);
            if place < self.sorted.len() {
                self.sorted.remove(place);
            }
        }
        for ((offset, wanted), end) in self.offsets.iter_mut().zip(QUANTILES).zip(range) {
            let below = if truth <= *end { 1.0 } else { 0.0 };
            *offset += self.step * (wanted - below);
        }
    }
}

/// What errors are measured against when nothing better is known: wide when much was said, never
/// nothing. `scale` is what is usual, in the unit of the median.
pub fn plain(median: f64, scale: f64) -> Widths {
    [(0.3 * scale + 0.7 * median).max(f64::MIN_POSITIVE); 2]
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
