//! The deterministic simulation: one seed drives feeds, clock, disk and restarts.
//!
//! `make sim` runs ten thousand seeds; `UEC_SIM_SEEDS=7..8 cargo test sim::` runs one of them again.

mod disk;
mod invariants;
mod kill;
mod plan;
mod random;
mod run;
mod silence;
mod simulated_day;

use std::panic::{AssertUnwindSafe, catch_unwind};

use plan::Plan;
use run::{Tally, run};

/// Runs a plan; a panic of the server is a failure like any other.
fn outcome(plan: &Plan) -> Result<Tally, String> {
    let ran = catch_unwind(AssertUnwindSafe(|| run(plan)));
    ran.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or(panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(format!("panic: {}", text.unwrap_or_default()))
    })
}

/// Seeds from `UEC_SIM_SEEDS`, as `from..to`; a short set without it.
fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("UEC_SIM_SEEDS") else {
        return 0..60;
    };
    let (from, to) = text
        .split_once("..")
        .expect("UEC_SIM_SEEDS is not FROM..TO");
    from.parse().unwrap()..to.parse().unwrap()
}

#[test]
fn nothing_is_lost_doubled_or_shown_wrong_whatever_fails() {
    let mut tally = Tally::default();
    let seeds = seeds();
    let is_large = seeds.end - seeds.start > 1;
    for seed in seeds {
        let plan = Plan::of(seed);
        match outcome(&plan) {
            Ok(seen) => tally.add(&seen),
            Err(why) => {
                let (small, small_why) = plan.shrink(|plan| outcome(plan).err());
                panic!(
                    "seed {seed}: {why}\nsmallest that fails: {} patients, {:?}: {small_why}",
                    small.patients,
                    small.faults()
                );
            }
        }
    }
    for (what, count) in &tally.0 {
        println!("{count:>10}  {what}");
    }
    if is_large {
        invariants::went_through_everything(&tally);
    }
}

#[test]
fn one_seed_gives_one_simulation() {
    let plan = Plan::of(3);
    assert_eq!(run(&plan), run(&plan));
}
