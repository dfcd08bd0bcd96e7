//! Chance that comes out the same for the same seed (splitmix64).

/// Throws.
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below.
    pub fn below(&mut self, end: u32) -> u32 {
        (((self.throw() >> 32) * u64::from(end)) >> 32) as u32
    }

    /// From the least to the most.
    pub fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.below(most - least + 1)
    }

    /// About 0, seldom beyond 2: the sum of three throws.
    pub fn bell(&mut self) -> f64 {
        let mut one = || f64::from(self.below(2_000)) / 1_000.0 - 1.0;
        one() + one() + one()
    }

    /// One of them; there must be one.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u32) as usize]
    }
}
