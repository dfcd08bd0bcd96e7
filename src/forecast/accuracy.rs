//! How right a way of estimating was: sums over visits, and what follows from them.

use serde::{Deserialize, Serialize};

/// A way of estimating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Estimator {
    /// Ours.
    Forecast,
    /// Mean of the waits that ended within the window.
    Rolling,
    /// Wait of the one started last (LES).
    LastEntered,
    /// Wait so far of the one who came first (HOL).
    HeadOfLine,
}

/// All ways, in the order they are said and shown.
pub const ESTIMATORS: [Estimator; 4] = [
    Estimator::Forecast,
    Estimator::Rolling,
    Estimator::LastEntered,
    Estimator::HeadOfLine,
];

impl Estimator {
    /// Its name in tables and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Forecast => "forecast",
            Self::Rolling => "rolling_mean",
            Self::LastEntered => "last_to_enter_service",
            Self::HeadOfLine => "head_of_line",
        }
    }
}

/// Sums over the visits of one way; seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Visits scored.
    pub count: u64,
    absolute: f64,
    squared: f64,
    signed: f64,
    truth: f64,
    under: u64,
    pinball: [f64; 3],
    inside: [u64; 2],
    within: u64,
    width: [f64; 2],
}

const SHARES: [f64; 3] = [0.1, 0.5, 0.9];

impl Accuracy {
    /// Scores what was said (10, 50 and 90) of one visit, and the ranges that should hold 80% and 90%.
    /// Without ranges the first is from 10 to 90 and there is no second.
    pub fn add(&mut self, words: &[f64; 3], ranges: Option<[[f64; 2]; 2]>, truth: f64) {
        let error = words[1] - truth;
        self.count += 1;
        self.absolute += error.abs();
        self.squared += error * error;
        self.signed += error;
        self.truth += truth;
        self.under += u64::from(error < 0.0);
        self.within += u64::from(truth <= words[2]);
        for ((sum, share), said) in self.pinball.iter_mut().zip(SHARES).zip(words) {
            *sum += (share * (truth - said)).max((share - 1.0) * (truth - said));
        }
        let plain = [Some([words[0], words[2]]), None];
        let bands = ranges.map_or(plain, |ranges| ranges.map(Some));
        for (place, band) in bands.into_iter().enumerate() {
            if let Some([low, high]) = band {
                self.inside[place] += u64::from(truth >= low && truth <= high);
                self.width[place] += high - low;
            }
        }
    }

    /// Adds the visits of another.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.absolute += other.absolute;
        self.squared += other.squared;
        self.signed += other.signed;
        self.truth += other.truth;
        self.under += other.under;
        self.within += other.within;
        for (sum, one) in self.pinball.iter_mut().zip(other.pinball) {
            *sum += one;
        }
        for (sum, one) in self.inside.iter_mut().zip(other.inside) {
            *sum += one;
        }
        for (sum, one) in self.width.iter_mut().zip(other.width) {
            *sum += one;
        }
    }

    fn mean(&self, sum: f64) -> f64 {
        if self.count == 0 {
            f64::NAN
        } else {
            sum / self.count as f64
        }
    }

    /// Mean absolute error, seconds.
    pub fn mae(&self) -> f64 {
        self.mean(self.absolute)
    }

    /// Root of the mean squared error, seconds.
    pub fn rmse(&self) -> f64 {
        self.mean(self.squared).sqrt()
    }

    /// Mean error, seconds; negative says too little.
    pub fn bias(&self) -> f64 {
        self.mean(self.signed)
    }

    /// Mean wait, seconds.
    pub fn mean_wait(&self) -> f64 {
        self.mean(self.truth)
    }

    /// Share of visits of which too little was said, per cent.
    pub fn under_percent(&self) -> f64 {
        100.0 * self.mean(self.under as f64)
    }

    /// Share of visits that took no longer than the upper end said, per cent.
    pub fn within_percent(&self) -> f64 {
        100.0 * self.mean(self.within as f64)
    }

    /// Pinball loss at 10, 50 and 90, seconds.
    pub fn pinball(&self) -> [f64; 3] {
        self.pinball.map(|sum| self.mean(sum))
    }

    /// Share inside the 80% and the 90% range, per cent.
    pub fn coverage_percent(&self) -> [f64; 2] {
        self.inside.map(|count| 100.0 * self.mean(count as f64))
    }

    /// Mean width of the 80% and the 90% range, seconds.
    pub fn width(&self) -> [f64; 2] {
        self.width.map(|sum| self.mean(sum))
    }
}
