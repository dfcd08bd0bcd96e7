//! The wait of those who will come later: what is usual then, and of what is out of the usual now the
//! part that proves to last so long.

use serde::{Deserialize, Serialize};

use crate::interval::{PredictionInterval, plain};
use domain::time::{HOUR, MINUTE, Millis};

/// Horizons that are learned; between them the nearest counts for the range.
pub const HORIZONS: [Millis; 4] = [30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];
/// The excess lasts so long (to one part in e) before anything was learned.
const FIRST_LASTING: f64 = 2.0;
/// How firmly that is held to, in visits whose excess is a whole usual wait.
const PRIOR: f64 = 3.0;
/// Errors that a range is read off: visits of one hour are wrong together, so it takes many hours.
const ERRORS_KEPT: usize = 2_000;
/// Step of the range.
const RANGE_STEP: f64 = 0.001;
/// Step of the correction.
const CORRECTION_STEP: f64 = 0.002;
/// A visit counts so much less than the one after it.
const FADE: f64 = 0.9995;

/// What was known of a visit so long before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// What was shown then, above what was usual then, seconds.
    pub excess: f64,
    /// What is usual when it came, seconds.
    pub usual: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Bin {
    /// Sums of what was and what came of it, in usual waits.
    both: f64,
    first: f64,
    visits: u32,
    /// Added to what is said, in usual waits, so that half of the visits are on either side.
    correction: f64,
    band: PredictionInterval,
}

impl Default for Bin {
    fn default() -> Self {
        Self {
            both: 0.0,
            first: 0.0,
            visits: 0,
            correction: 0.0,
            band: PredictionInterval::new(ERRORS_KEPT, RANGE_STEP),
        }
    }
}

/// Learns how long a queue's present lasts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Outlook {
    bins: [Bin; 4],
}

impl Outlook {
    /// The share of an excess that is left after so long, 0 to 1.
    fn lasting(&self, horizon: Millis) -> f64 {
        let next = HORIZONS.partition_point(|known| *known < horizon);
        let at = |place: usize| match place.checked_sub(1) {
            None => (0.0, 1.0),
            Some(bin) => (HORIZONS[bin] as f64, self.bins[bin].share(HORIZONS[bin])),
        };
        let (from, before) = at(next);
        let (to, after) = at((next + 1).min(HORIZONS.len()));
        if to <= from {
            return before;
        }
        before + (after - before) * (horizon as f64 - from) / (to - from)
    }

    /// Median and the range of [`crate::interval::QUANTILES`], seconds, for those who come
    /// after a horizon.
    pub fn say(&self, before: Before, horizon: Millis) -> (f64, [f64; 4]) {
        let bin = &self.bins[nearest(horizon)];
        let excess = before.excess * self.lasting(horizon);
        let median = (before.usual * (1.0 + bin.correction) + excess).max(0.0);
        (median, bin.band.around(median, plain(median, before.usual)))
    }

    /// What then happened, for the horizons of [`HORIZONS`] of which anything was known.
    pub fn learn(&mut self, before: &[Option<Before>; 4], wait: f64) {
        for (place, before) in before.iter().enumerate() {
            let Some(before) = before.filter(|before| before.usual > 0.0) else {
                continue;
            };
            let (median, range) = self.say(before, HORIZONS[place]);
            let bin = &mut self.bins[place];
            let widths = plain(median, before.usual);
            let ranges = bin.band.ranges(&range, median, widths);
            bin.band.learn(&range, &ranges, median, widths, wait);
            let (x, y) = (before.excess / before.usual, wait / before.usual - 1.0);
            bin.both = bin.both * FADE + x * y;
            bin.first = bin.first * FADE + x * x;
            bin.visits += 1;
            let side = if wait > median { 0.5 } else { -0.5 };
            bin.correction = (bin.correction + CORRECTION_STEP * side).clamp(-0.5, 0.5);
        }
    }

    /// Visits the longest horizon was learned from.
    pub fn visits(&self) -> u32 {
        self.bins.last().map_or(0, |bin| bin.visits)
    }
}

impl Bin {
    fn share(&self, horizon: Millis) -> f64 {
        let prior = libm::exp(-(horizon as f64) / (FIRST_LASTING * HOUR as f64));
        ((self.both + PRIOR * prior) / (self.first + PRIOR)).clamp(0.0, 1.0)
    }
}

fn nearest(horizon: Millis) -> usize {
    let off = |place: &usize| (HORIZONS[*place] - horizon).abs();
    (0..HORIZONS.len()).min_by_key(off).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excess(excess: f64) -> Before {
        Before {
            excess,
            usual: 3_600.0,
        }
    }

    #[test]
    fn at_first_the_present_fades_into_the_usual() {
        let outlook = Outlook::default();
        let minutes = [0, 30, 60, 120, 240, 600];
        let said = minutes.map(|m| outlook.say(excess(3_600.0), m * MINUTE).0);
        assert!((said[0] - 7_200.0).abs() < 1.0, "{said:?}");
        assert!(said.is_sorted_by(|a, b| a >= b), "{said:?}");
        assert!(
            (said[4] - 3_600.0 * (1.0 + libm::exp(-2.0))).abs() < 1.0,
            "{said:?}"
        );
        assert!(
            (said[5] - said[4]).abs() < 1e-6,
            "beyond the longest it holds"
        );
    }

    #[test]
    fn it_learns_that_an_excess_lasts() {
        let mut outlook = Outlook::default();
        for number in 0..3_000 {
            let x = f64::from(number % 21 - 10) * 200.0;
            outlook.learn(&[Some(excess(x)); 4], 3_600.0 + 0.8 * x);
        }
        let (median, range) = outlook.say(excess(1_000.0), 4 * HOUR);
        assert!((median - 4_400.0).abs() < 40.0, "{median}");
        assert!(range[1] <= median && median <= range[2]);
    }

    #[test]
    fn it_learns_that_an_excess_says_nothing() {
        let mut outlook = Outlook::default();
        for number in 0..3_000 {
            let x = f64::from(number % 21 - 10) * 200.0;
            outlook.learn(&[Some(excess(x)); 4], 3_600.0);
        }
        let (median, _) = outlook.say(excess(1_000.0), HOUR);
        assert!((median - 3_600.0).abs() < 60.0, "{median}");
    }
}
