//! Chance, seeded. Every draw goes through here and through `libm`, so that one seed gives the same
//! world on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use domain::Millis;
use domain::time::{MINUTE, SECOND};

/// Separate sequences of one seed: changing how one part draws leaves the others as they were.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sequence {
    Demand = 1,
    Care = 2,
    Wards = 3,
    Dirt = 4,
    Post = 5,
    Regimes = 6,
    Outbreak = 7,
    Neighbour = 8,
}

/// A seeded source of draws.
#[derive(Debug, Clone)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, sequence: Sequence) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(sequence as u64);
        Self(rng)
    }

    /// Any 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 up to, never reaching, 1.
    pub(super) fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.bits() >> 11) as f64 * STEP
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// The index of a weight, in proportion to it.
    pub(super) fn pick(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// The gap to the next of events that come at random, with this mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }

    /// A length made of `stages` random parts: the more stages, the closer to its mean.
    pub(super) fn erlang(&mut self, mean: f64, stages: u32) -> f64 {
        let product: f64 = (0..stages).map(|_| 1.0 - self.unit()).product();
        -mean / f64::from(stages) * libm::log(product)
    }

    /// An Erlang length in minutes, to the whole second: the wire carries no more.
    pub(super) fn minutes(&mut self, mean: f64, stages: u32) -> Millis {
        whole_seconds(self.erlang(mean, stages))
    }

    /// Any length up to `minutes`, to the whole second.
    pub(super) fn within(&mut self, minutes: f64) -> Millis {
        whole_seconds(self.unit() * minutes)
    }

    /// Normal with mean 0 and standard deviation 1 (Box and Muller).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.unit())
    }

    /// A factor around 1 with about this relative spread.
    pub(super) fn factor(&mut self, spread: f64) -> f64 {
        libm::exp(spread * self.normal() - spread * spread / 2.0)
    }

    /// A whole number whose mean is `mean`: rounded up or down by chance.
    pub(super) fn whole(&mut self, mean: f64) -> usize {
        (mean.max(0.0) + self.unit()) as usize
    }
}

/// Minutes as milliseconds, to the whole second.
pub(super) fn whole_seconds(minutes: f64) -> Millis {
    (minutes * MINUTE as f64) as Millis / SECOND * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_mean_they_are_asked_for() {
        let mut dice = Dice::new(1, Sequence::Care);
        let n = 20_000;
        let mean =
            |draw: &mut dyn FnMut() -> f64| (0..n).map(|_| draw()).sum::<f64>() / f64::from(n);
        assert!((mean(&mut || dice.erlang(20.0, 4)) - 20.0).abs() < 0.4);
        assert!((mean(&mut || dice.factor(0.3)) - 1.0).abs() < 0.02);
        assert!((mean(&mut || dice.whole(3.25) as f64) - 3.25).abs() < 0.02);
    }

    #[test]
    fn sequences_of_one_seed_differ_and_repeat() {
        let draw = |sequence| Dice::new(7, sequence).bits();
        assert_eq!(draw(Sequence::Demand), draw(Sequence::Demand));
        assert_ne!(draw(Sequence::Demand), draw(Sequence::Dirt));
    }

    #[test]
    fn a_pick_follows_its_weights() {
        let mut dice = Dice::new(3, Sequence::Care);
        let hits = (0..10_000).filter(|_| dice.pick(&[1.0, 3.0]) == 1).count();
        assert!((7_300..7_700).contains(&hits));
    }
}
