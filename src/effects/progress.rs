//! How far all effects have come: what one of them still needs is kept in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The entries that each effect has dealt with.
#[derive(Debug, Clone)]
pub struct Progress {
    parts: Arc<[AtomicU64]>,
    /// The least of them: up to there the log may be given up.
    least: Arc<AtomicU64>,
}

impl Progress {
    /// Effects that have come so far; one that is off has dealt with everything.
    pub fn of(parts: &[Option<u64>]) -> Self {
        let parts: Arc<[AtomicU64]> = parts
            .iter()
            .map(|seq| AtomicU64::new(seq.unwrap_or(u64::MAX)))
            .collect();
        let progress = Self {
            parts,
            least: Arc::default(),
        };
        progress.settle();
        progress
    }

    /// The least of them, kept up to date.
    pub fn least(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.least)
    }

    /// One of them has come so far.
    pub fn came(&self, part: usize, seq: u64) {
        if let Some(part) = self.parts.get(part) {
            part.store(seq, Ordering::Release);
        }
        self.settle();
    }

    fn settle(&self) {
        let all = self.parts.iter().map(|part| part.load(Ordering::Acquire));
        self.least
            .store(all.min().unwrap_or(u64::MAX), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_effect_says_how_much_of_the_log_is_needed() {
        let progress = Progress::of(&[Some(5), None, Some(9)]);
        let least = || progress.least().load(Ordering::Acquire);
        assert_eq!(least(), 5);
        progress.came(0, 20);
        assert_eq!(least(), 9);
        progress.came(2, 30);
        assert_eq!(least(), 20);
        assert_eq!(
            Progress::of(&[None]).least().load(Ordering::Acquire),
            u64::MAX
        );
    }
}
