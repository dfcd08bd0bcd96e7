//! Simulated against published, row by row.
//!
//! It counts what happens, the same facts that leave the world on its wires.

mod rows;
mod tally;

use std::fmt;

pub use self::rows::Row;
use self::tally::Tally;
use super::engine::Area;
use super::scenario::Scenario;
use domain::time::DAY;
use domain::{At, Directory};

/// The first day of the published daily hand-overs: Monday 24 November 2025, London midnight.
const FIRST_DAY: At = At(1_763_942_400_000);
/// Days simulated before the first that counts, so that wards and lines are in their usual state.
const SETTLING_DAYS: i64 = 14;
/// Days simulated after the last that counts, so that its patients have left.
const DRAINING_DAYS: i64 = 3;

/// All rows of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Days counted for each seed.
    pub days: u32,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// In the order to print them.
    pub rows: Vec<Row>,
}

impl Report {
    /// Every row that has a tolerance is within it.
    pub fn passed(&self) -> bool {
        self.rows.iter().all(Row::passed)
    }
}

/// Runs the usual scenario for so many days with each seed and compares.
pub fn report(directory: &Directory, days: u32, seeds: &[u64]) -> Report {
    let tallies: Vec<Tally> = seeds
        .iter()
        .map(|seed| tally(directory, *seed, Scenario::Usual, days))
        .collect();
    Report {
        days,
        seeds: seeds.to_vec(),
        rows: rows::compare(&tallies),
    }
}

pub(super) fn tally(directory: &Directory, seed: u64, scenario: Scenario, days: u32) -> Tally {
    let settling = FIRST_DAY.plus(-SETTLING_DAYS * DAY);
    let mut area = Area::new(seed, scenario, settling, directory);
    let mut tally = Tally::new(FIRST_DAY, days);
    for day in -SETTLING_DAYS..i64::from(days) + DRAINING_DAYS {
        for happening in area.run_until(FIRST_DAY.plus((day + 1) * DAY)) {
            tally.count(&happening);
        }
    }
    tally
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seeds = self.seeds.len();
        writeln!(
            f,
            "Simulated against published: {} days, {seeds} seeds, averaged over the seeds\n",
            self.days
        )?;
        writeln!(
            f,
            "{:<52} {:>10} {:>10} {:>17}",
            "figure", "published", "simulated", "allowed"
        )?;
        for row in &self.rows {
            let digits = row.digits;
            let (allowed, mark) = match row.allowed {
                None => (String::new(), "      for information"),
                Some((least, most)) if most.is_infinite() => {
                    (format!("at least {least:.digits$}"), mark(row))
                }
                Some((least, most)) => (format!("{least:.digits$} to {most:.digits$}"), mark(row)),
            };
            writeln!(
                f,
                "{:<52} {:>10.digits$} {:>10.digits$} {allowed:>17}  {}",
                row.name,
                row.published,
                row.simulated,
                mark.trim_start()
            )?;
        }
        let failed = self.rows.iter().filter(|row| !row.passed()).count();
        match failed {
            0 => writeln!(f, "\nEvery row is within its tolerance."),
            n => writeln!(f, "\n{n} rows are outside their tolerance."),
        }
    }
}

fn mark(row: &Row) -> &'static str {
    if row.passed() { "pass" } else { "FAIL" }
}
