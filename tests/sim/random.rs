//! Chance by a seed: the same seed, the same simulation.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A seeded source of draws.
pub struct Chance(ChaCha8Rng);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// From 0 up to, never reaching, `most`; 0 when there is nothing to choose from.
    pub fn below(&mut self, most: u64) -> u64 {
        if most == 0 {
            0
        } else {
            self.0.next_u64() % most
        }
    }

    pub fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}
