//! Writes days of the simulated area as events in the wire format, one a line, in the order sent.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use config::directory;
use domain::time::DAY;
use domain::{At, Directory};
use effects::forward;
use sources::{adt, hl7};
use world::{Channel, FeedFaults, Scenario, Settings, World};

/// What to write.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How many days.
    #[arg(long, default_value_t = 365)]
    days: i64,
    /// The same seed gives the same days.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file.
    #[arg(long)]
    out: PathBuf,
}

/// Writes the file.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let file = std::fs::File::create(&arguments.out)
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let mut lines = 0_u64;
    each_line(arguments.days, arguments.seed, &mut |line| {
        lines += 1;
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
        Ok(())
    })?;
    out.flush()?;
    println!("{lines} events of {} days", arguments.days);
    Ok(())
}

/// The events of some days of the first seed, each as a line of the wire format.
pub fn lines(days: i64) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    each_line(days, 1, &mut |line| {
        lines.push(line.to_owned());
        Ok(())
    })?;
    Ok(lines)
}

/// Hands on the events of some days, each as a line of the wire format.
pub fn each_line(
    days: i64,
    seed: u64,
    visit: &mut dyn FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let directory = directory::demo().map_err(|why| anyhow::anyhow!("{why}"))?;
    let start = At::parse("2026-01-05T00:00:00Z")?;
    let settings = Settings {
        seed,
        scenario: Scenario::Usual,
        start,
        dirt: FeedFaults { rate: 0.0 },
    };
    let mut world = World::new(settings, &directory);
    for day in 1..=days {
        for wire in world.next_until(start.plus(day * DAY)) {
            match &wire.channel {
                Channel::Events(_) => visit(wire.body.trim_end())?,
                Channel::Mllp => {
                    for line in from_hl7(&wire.body, wire.due, &directory)? {
                        visit(&line)?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn from_hl7(text: &str, due: At, directory: &Directory) -> anyhow::Result<Vec<String>> {
    let message = hl7::Message::parse(text).map_err(|why| anyhow::anyhow!("{why}"))?;
    let admitted = adt::admit(directory, &message, due).map_err(|why| anyhow::anyhow!("{why}"))?;
    let line = |fact| Ok(forward::wire(fact)?.to_string());
    admitted.facts.iter().map(line).collect()
}
