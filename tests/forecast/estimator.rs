//! The survival curve against a slow reference and closed forms; the band against what it promises.

use forecast::interval::{PredictionInterval, plain};
use forecast::survival::{Curve, Spell};
use proptest::prelude::*;

use super::Dice;

fn any_spells() -> impl Strategy<Value = Vec<Spell>> {
    let spell = (0..200_usize, 0..200_usize, any::<bool>());
    prop::collection::vec(spell, 1..80).prop_map(|spells| {
        let spell = |(enter, length, seen)| Spell {
            enter,
            leave: enter + length,
            seen,
        };
        spells.into_iter().map(spell).collect()
    })
}

/// The product over each minute of the share of those at risk who were not seen in it, counted anew
/// for each minute by looking at everyone.
fn slow_quantile(spells: &[Spell], percent: u32) -> Option<usize> {
    let mut share = 1.0;
    for minute in 0..=400 {
        let here = spells
            .iter()
            .filter(|s| s.enter <= minute && minute <= s.leave)
            .count();
        let seen = spells
            .iter()
            .filter(|s| s.seen && s.leave == minute)
            .count();
        if seen > 0 {
            share *= 1.0 - seen as f64 / here as f64;
        }
        if share <= 1.0 - f64::from(percent) / 100.0 + 1e-9 {
            return Some(minute);
        }
    }
    None
}

proptest! {
    #[test]
    fn the_curve_agrees_with_a_slow_reference(spells in any_spells()) {
        let curve = Curve::through(spells.clone());
        for percent in [10, 50, 90] {
            prop_assert_eq!(curve.quantile(percent), slow_quantile(&spells, percent));
        }
    }

    #[test]
    fn someone_more_who_still_waits_never_makes_the_wait_shorter(spells in any_spells()) {
        let before = Curve::through(spells.clone()).quantile(50);
        let waits = Spell { enter: 0, leave: 500, seen: false };
        let after = Curve::through(spells.into_iter().chain([waits])).quantile(50);
        prop_assert!(after.is_none() || before.is_some_and(|before| after >= Some(before)));
    }

    #[test]
    fn the_limits_lie_around_the_median(spells in any_spells()) {
        let curve = Curve::through(spells);
        if let (Some(median), Some((low, high))) = (curve.quantile(50), curve.limits(50)) {
            prop_assert!(low <= median && median <= high);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Waits that are exponential, most of them cut off before their end: the mean of those seen says
    /// far too little, the curve does not.
    #[test]
    fn it_finds_the_median_of_an_exponential_wait_behind_heavy_censoring(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut share = || (dice.below(1_000_000) + 1) as f64 / 1_000_001.0;
        let spells: Vec<Spell> = (0..16_000)
            .map(|_| {
                let wait = (-share().ln() * 144.27) as usize;
                let cut = (share() * 200.0) as usize;
                Spell { enter: 0, leave: wait.min(cut), seen: wait <= cut }
            })
            .collect();
        let seen: Vec<usize> = spells.iter().filter(|s| s.seen).map(|s| s.leave).collect();
        let mean = seen.iter().sum::<usize>() / seen.len();
        let median = Curve::through(spells).quantile(50).unwrap();
        prop_assert!((88..=112).contains(&median), "{median}, where 100 is true");
        prop_assert!(mean < 75, "{mean}: the plain mean of those seen");
    }

    /// Whatever the errors look like, and though they double half way, the ranges hold what they
    /// promise, before and after.
    #[test]
    fn the_band_holds_what_it_promises_through_a_change(
        seed in any::<u64>(), skew in 0..3_u32, times in 1..4_i64
    ) {
        let mut dice = Dice(seed);
        let mut band = PredictionInterval::default();
        let mut inside = [[0.0; 2]; 2];
        for number in 0..4_000 {
            let half = usize::from(number >= 2_000);
            let median = 36_000.0;
            let widths = plain(median, median);
            let range = band.around(median, widths);
            let ranges = band.ranges(&range, median, widths);
            prop_assert!(range.is_sorted() && range[1] <= median && median <= range[2]);
            let share = dice.below(10_000) as f64 / 10_000.0;
            let wide = 1_200.0 * if half == 1 { times as f64 } else { 1.0 };
            let error = match skew {
                0 => share - 0.5,
                1 => share * share - 0.25,
                _ => (1.0 - share).ln() + 0.7,
            };
            let truth = (median + wide * error).max(0.0);
            // A quarter of each half is left to it to find its feet.
            if number % 2_000 >= 500 {
                for (share, [low, high]) in inside[half].iter_mut().zip(ranges) {
                    *share += f64::from(u8::from(low <= truth && truth <= high)) / 15.0;
                }
            }
            band.learn(&range, &ranges, median, widths, truth);
        }
        for [eighty, ninety] in inside {
            prop_assert!((76.0..84.0).contains(&eighty), "{eighty} of 80");
            prop_assert!((87.0..93.0).contains(&ninety), "{ninety} of 90");
        }
    }
}
