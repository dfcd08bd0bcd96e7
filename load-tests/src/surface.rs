//! How long the time-to-care surface takes: of the area, and of a country of made-up places.

use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

use anyhow::Context;
use clap::Args;
use config::directory;
use domain::{Cell, Directory, Position, Service, ServiceId, gazetteer};
use views::time_to_care::{
    DriveTable, DriveTables, Fineness, HOURS_AHEAD, PatientGroup, Surface, Waits,
};

/// Options of `surface`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Times each is worked out; the median and the slowest are printed.
    #[arg(long, default_value_t = 200)]
    times: u32,
    /// Made-up places across England: emergency departments and centres.
    #[arg(long, default_value_t = 600)]
    sites: usize,
}

/// A box around England, degrees: south, north, west, east.
const ENGLAND: (f64, f64, f64, f64) = (49.95, 55.8, -5.7, 1.8);

/// Measures and prints.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let demo = directory::demo().context("the demonstration directory")?;
    let tables = DriveTables::new(&demo);
    let begun = Instant::now();
    let table = Arc::clone(tables.table(Fineness::Eight));
    println!(
        "area, level 8: {} hexes, {} places; drives once: {:.0} ms",
        table.cells().len(),
        table.sites().len(),
        millis(begun.elapsed())
    );
    measure("area, level 8", arguments.times, &table);

    let cells = england();
    let sites = made_up(&demo, arguments.sites)?;
    let begun = Instant::now();
    let table = Arc::new(DriveTable::new(cells, sites));
    println!(
        "England, level 7: {} hexes, {} places; drives once: {:.0} ms",
        table.cells().len(),
        table.sites().len(),
        millis(begun.elapsed())
    );
    measure("England, level 7", arguments.times.div_ceil(10), &table);
    Ok(())
}

fn measure(what: &str, times: u32, table: &Arc<DriveTable>) {
    let mut took = Vec::new();
    let mut rows = 0;
    for round in 0..times.max(1) {
        // Every place waits differently in every round, so that nothing can be taken over.
        let waits = Waits::made_up(table.sites().len(), |site, step, group| {
            let mixed = (site * 7_919 + step * 31 + group * 17 + round as usize * 101) % 180;
            mixed as u16
        });
        let begun = Instant::now();
        let surface = Surface::of(table, &waits);
        took.push(begun.elapsed());
        for group in PatientGroup::ALL {
            rows += (0..HOURS_AHEAD)
                .map(|hours| surface.rows(group, hours).count())
                .sum::<usize>();
        }
    }
    took.sort_unstable();
    let median = took[took.len() / 2];
    println!(
        "{what}: three groups, {HOURS_AHEAD} hours: median {:.2} ms, slowest {:.2} ms of {} ({} values each)",
        millis(median),
        took.last().map_or(0.0, |slowest| millis(*slowest)),
        took.len(),
        rows / took.len()
    );
}

fn millis(length: Duration) -> f64 {
    length.as_secs_f64() * 1e3
}

/// Hexes of level 7 whose middle lies in England, roughly: looked for along a fine net.
fn england() -> Vec<Cell> {
    let (south, north, west, east) = ENGLAND;
    let mut cells = std::collections::BTreeSet::new();
    let mut lat = south;
    while lat < north {
        let mut lng = west;
        while lng < east {
            let at = Position { lat, lng };
            if gazetteer::is_in_england(at) {
                cells.extend(at.cell(h3o::Resolution::Seven));
            }
            lng += 0.015;
        }
        lat += 0.01;
    }
    cells.into_iter().collect()
}

/// Copies of the demonstration's places all over the country, in a fixed pattern.
fn made_up(demo: &Directory, count: usize) -> anyhow::Result<Vec<Arc<Service>>> {
    let patterns: Vec<&Arc<Service>> = demo
        .services()
        .filter(|service| service.kind.has_waits())
        .collect();
    let (south, north, west, east) = ENGLAND;
    let mut sites = Vec::new();
    let mut number = 0_u32;
    while sites.len() < count {
        number += 1;
        // Two irrational steps spread points evenly.
        let part = |step: f64| (f64::from(number) * step).fract();
        let at = Position {
            lat: south + (north - south) * part(0.618_033_988),
            lng: west + (east - west) * part(0.754_877_666),
        };
        if !gazetteer::is_in_england(at) {
            continue;
        }
        let mut service = patterns[sites.len() % patterns.len()].as_ref().clone();
        service.id = ServiceId::new(&format!("made-up-{number}")).context("an id")?;
        service.position = at;
        sites.push(Arc::new(service));
    }
    Ok(sites)
}
