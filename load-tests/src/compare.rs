//! The same viewers on the product, on the bound and on a peer, in turns; and how they compare.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::launch::Launched;
use crate::peer::Kind;
use crate::plot;
use crate::viewers::Measured;

/// `load-tests compare`
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The product's binary.
    #[arg(long, default_value = "target/release/uec-live")]
    product: PathBuf,
    /// A folder for what the servers keep.
    #[arg(long, required_unless_present = "from")]
    scratch: Option<PathBuf>,
    /// Measure nothing, and print and plot this report (JSON) again.
    #[arg(long)]
    from: Option<PathBuf>,
    /// How often each is measured; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Leave nchan out: it needs nginx and its nchan module.
    #[arg(long)]
    without_nchan: bool,
    /// Where a report as JSON and a plot (SVG) are put, without their endings.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// The server's core and the viewers' core.
const CORES: (u32, u32) = (0, 1);

/// One way to load a server.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    kinds: &'static [Kind],
}

const ALL: &[Kind] = &[Kind::Product, Kind::Bound, Kind::Nchan];

const CASES: [Case; 5] = [
    Case {
        name: "1,000 sockets, 8 updates in flight",
        arguments: &["--sockets", "1000", "--in-flight", "8", "--seconds", "4"],
        kinds: ALL,
    },
    Case {
        name: "1,000 sockets, 1 update in flight",
        arguments: &["--sockets", "1000", "--in-flight", "1", "--seconds", "4"],
        kinds: ALL,
    },
    Case {
        name: "5,000 sockets, 10 updates a second",
        arguments: &["--sockets", "5000", "--rate", "10", "--seconds", "6"],
        kinds: ALL,
    },
    Case {
        name: STOPPED_NONE,
        arguments: &["--sockets", "1000", "--rate", "40", "--seconds", "5"],
        kinds: &[Kind::Product],
    },
    Case {
        name: STOPPED_ONE,
        arguments: &[
            "--sockets",
            "1000",
            "--rate",
            "40",
            "--seconds",
            "5",
            "--stopped",
            "1",
        ],
        kinds: &[Kind::Product],
    },
];
const STOPPED_NONE: &str = "1,000 sockets, 40 updates a second";
const STOPPED_ONE: &str = "the same, and one socket that is never read";

/// Everything measured: by case and kind, a measurement a round.
type Results = BTreeMap<String, BTreeMap<String, Vec<Measured>>>;

/// Measures in turns and prints tables.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let results = match (&arguments.from, &arguments.scratch) {
        (Some(file), _) => serde_json::from_slice::<Report>(&std::fs::read(file)?)?.results,
        (None, Some(scratch)) => measure_all(arguments, scratch)?,
        (None, None) => anyhow::bail!("give --scratch FOLDER"),
    };
    for case in &CASES {
        if let Some(by_kind) = results.get(case.name) {
            print(case.name, by_kind);
        }
    }
    print_stopped(&results);
    match &arguments.out {
        Some(out) => write(out, results),
        None => Ok(()),
    }
}

fn measure_all(arguments: &Arguments, scratch: &Path) -> anyhow::Result<Results> {
    let mut results = Results::new();
    for round in 0..arguments.rounds {
        for case in &CASES {
            let kinds = case.kinds.iter();
            for kind in kinds.filter(|kind| **kind != Kind::Nchan || !arguments.without_nchan) {
                let measured = measure(arguments, scratch, case, *kind)?;
                ensure!(measured.lost == 0, "{kind:?} lost {} frames", measured.lost);
                let by_kind = results.entry(case.name.to_owned()).or_default();
                let rounds = by_kind.entry(kind.name().to_owned()).or_default();
                rounds.push(measured);
            }
        }
        println!("round {} of {}", round + 1, arguments.rounds);
    }
    Ok(results)
}

fn measure(
    arguments: &Arguments,
    scratch: &Path,
    case: &Case,
    kind: Kind,
) -> anyhow::Result<Measured> {
    let folder = scratch.join(kind.name());
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let server = Launched::start(kind, &arguments.product, &folder, Some(CORES.0))?;
    let mut command = Command::new("taskset");
    command
        .args(["-c", &CORES.1.to_string()])
        .arg(std::env::current_exe()?);
    command
        .args(["viewers", "--json", "--kind", kind.name()])
        .args(case.arguments);
    command.args([
        "--server",
        &server.address.to_string(),
        "--pid",
        &server.pid().to_string(),
    ]);
    if let Some(control) = server.control {
        command.args(["--control", &control.to_string()]);
    }
    let output = command.output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}, {kind:?}: {error}", case.name);
    serde_json::from_slice(&output.stdout).context("no report")
}

/// The middle one.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What is said of a measurement: its name, and the figure.
type Figure = (&'static str, fn(&Measured) -> f64);

const FIGURES: [Figure; 5] = [
    ("frames/s", |m| m.delivered_per_second),
    ("CPU s/million", |m| m.cpu_seconds_per_million),
    ("p50 ms", |m| m.latency(50.0)),
    ("p99 ms", |m| m.latency(99.0)),
    ("bytes/socket", |m| m.bytes_per_socket),
];

fn print(name: &str, by_kind: &BTreeMap<String, Vec<Measured>>) {
    println!("\n### {name}\n");
    let names: Vec<&str> = FIGURES.iter().map(|(name, _)| *name).collect();
    println!("| server | {} |", names.join(" | "));
    println!("|---|{}", "---|".repeat(FIGURES.len()));
    for (kind, rounds) in by_kind {
        let figure = |(_, of): &Figure| round(median(rounds.iter().map(of)));
        let figures: Vec<String> = FIGURES.iter().map(figure).collect();
        println!("| {kind} | {} |", figures.join(" | "));
    }
    let Some(ours) = by_kind.get(Kind::Product.name()) else {
        return;
    };
    for (kind, theirs) in by_kind
        .iter()
        .filter(|(kind, _)| *kind != Kind::Product.name())
    {
        let ratio = |(_, of): &Figure| {
            let ratios = ours.iter().zip(theirs).map(|(a, b)| of(a) / of(b));
            let all: Vec<f64> = ratios.collect();
            let (low, high) = all.iter().fold((f64::MAX, 0_f64), |(low, high), ratio| {
                (low.min(*ratio), high.max(*ratio))
            });
            format!("{:.2} ({low:.2} to {high:.2})", median(all.into_iter()))
        };
        let ratios: Vec<String> = FIGURES.iter().map(ratio).collect();
        println!("| product to {kind}, by round | {} |", ratios.join(" | "));
    }
}

fn round(value: f64) -> String {
    if value >= 1_000.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

fn print_stopped(results: &Results) {
    let p99 = |case| {
        let rounds = results
            .get(case)
            .and_then(|by_kind| by_kind.get(Kind::Product.name()));
        rounds.map(|rounds| rounds.iter().map(|m| m.latency(99.0)).collect::<Vec<_>>())
    };
    if let (Some(without), Some(with)) = (p99(STOPPED_NONE), p99(STOPPED_ONE)) {
        let ratios = with
            .iter()
            .zip(&without)
            .map(|(with, without)| with / without);
        println!(
            "\np99 of the others with one that stops reading: {:.2} times that without",
            median(ratios)
        );
    }
}

#[derive(Serialize, Deserialize)]
struct Report {
    results: Results,
}

fn write(out: &Path, results: Results) -> anyhow::Result<()> {
    let report = Report { results };
    let text = serde_json::to_string(&report)?;
    std::fs::write(out.with_extension("json"), text + "\n")?;
    let case = &CASES[2];
    let by_kind = report
        .results
        .get(case.name)
        .context("nothing was measured")?;
    let lines: Vec<plot::Line> = by_kind
        .iter()
        .map(|(kind, rounds)| {
            let percentiles = rounds[0]
                .latency_ms
                .iter()
                .map(|(percentile, _)| *percentile);
            let points = percentiles
                .map(|p| (p, median(rounds.iter().map(|round| round.latency(p)))))
                .collect();
            plot::Line {
                name: kind.clone(),
                points,
            }
        })
        .collect();
    std::fs::write(
        out.with_extension("svg"),
        plot::percentiles(case.name, &lines),
    )?;
    Ok(())
}
