//! A Directory of the size of the nation's: how long a search takes, beside PostGIS, Redis and a plain scan;
//! how long it takes to read, and what it weighs.

mod nation;
mod postgis;
mod postgres;
mod questions;
mod random;
mod redis;
mod towns;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::ensure;
use config::directory::read_services;
use domain::national_grid::GridRef;
use domain::{Directory, Service, ServiceId};
use hdrhistogram::Histogram;
use views::search::{LiveStatus, Query, Quota, SearchIndex};

use crate::process;
use questions::{Reader, ranked};

/// Questions whose answers are compared.
const COMPARED: usize = 1_000;

/// What to measure; without a peer's folder or socket that peer is left out.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Write the services to this file, one JSON record a line, and measure nothing.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Read the services from this file.
    #[arg(long, required_unless_present = "write")]
    file: Option<PathBuf>,
    /// Only read them and say how long it took and what is held.
    #[arg(long)]
    import: bool,
    /// Services to write.
    #[arg(long, default_value_t = 100_000)]
    services: u32,
    /// Questions to ask.
    #[arg(long, default_value_t = 6_000)]
    questions: u32,
    /// Seed of everything that is thrown.
    #[arg(long, default_value_t = 6)]
    seed: u64,
    /// Folder of the socket of a PostgreSQL server with PostGIS.
    #[arg(long)]
    postgres: Option<PathBuf>,
    /// Socket of a Redis server.
    #[arg(long)]
    redis: Option<PathBuf>,
}

/// Writes, reads or measures.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(file) = &arguments.write {
        return write(file, arguments);
    }
    let file = arguments.file.clone().unwrap_or_default();
    if arguments.import {
        return import(&file);
    }
    measure(&file, arguments)
}

fn write(file: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let services = nation::services(arguments.services, arguments.seed)?;
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    for service in &services {
        serde_json::to_writer(&mut out, service)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    println!("{} services, seed {}", services.len(), arguments.seed);
    Ok(())
}

fn import(file: &Path) -> anyhow::Result<()> {
    let ((text, file_took), mib) = (timed(|| std::fs::read_to_string(file)), resident);
    let text = text?;
    let megabytes = text.len() as f64 / 1e6;
    let (services, read_took) = timed(|| read_services(&text));
    let services = services.map_err(|why| anyhow::anyhow!("{why}"))?;
    let count = services.len();
    drop(text);
    let (directory, directory_took) = timed(|| Directory::new(services, []));
    let (finder, finder_took) = timed(|| SearchIndex::of(&directory));
    let all = file_took + read_took + directory_took + finder_took;
    println!("import of {count} services, {megabytes:.0} MB of JSON lines");
    println!("  file                {:>8.2} s", file_took.as_secs_f64());
    println!("  read and check      {:>8.2} s", read_took.as_secs_f64());
    println!(
        "  put in order        {:>8.2} s",
        directory_took.as_secs_f64()
    );
    println!("  index               {:>8.2} s", finder_took.as_secs_f64());
    println!("  in all              {:>8.2} s", all.as_secs_f64());
    println!("  resident at once    {:>8.0} MiB", mib()?);
    // The allocator gives pages back a little later, when it is next at work.
    std::thread::sleep(Duration::from_secs(1));
    for _ in 0..20 {
        std::hint::black_box(SearchIndex::of(&directory));
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("  resident once given back {:>3.0} MiB", mib()?);
    std::hint::black_box((&directory, &finder));
    Ok(())
}

fn resident() -> anyhow::Result<f64> {
    Ok(process::resident_bytes(&[std::process::id()])? as f64 / f64::from(1 << 20))
}

/// What all who answer are given.
struct World {
    services: Vec<Service>,
    live: Vec<LiveStatus>,
    grid: Vec<GridRef>,
    questions: Vec<Query>,
}

fn measure(file: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let services = read_services(&text).map_err(|why| anyhow::anyhow!("{why}"))?;
    drop(text);
    ensure!(
        services.is_sorted_by(|a, b| a.id < b.id),
        "the file is not one of --write"
    );
    let world = World {
        live: nation::live(services.len(), arguments.seed),
        grid: services.iter().map(|s| GridRef::of(s.position)).collect(),
        questions: questions::questions(&services, arguments.questions, arguments.seed + 2),
        services,
    };
    println!(
        "{} services, {} questions, microseconds",
        world.services.len(),
        world.questions.len()
    );
    println!("                        p50      p99      max  same answers as ours");
    let (ours, told) = search(&world)?;
    print_row("in process", &told, None);
    let (scanned, took) = answer(COMPARED, |index| {
        let query = &world.questions[index];
        Ok(Reader::new(&world.services, &world.live, query).scan(&world.grid))
    })?;
    ensure!(
        same(&ours, &scanned) == COMPARED,
        "the scan answers otherwise"
    );
    print_row("plain scan", &took, Some((COMPARED, COMPARED)));
    if let Some(folder) = &arguments.postgres {
        let mut peer = postgis::Peer::fill(folder, &world)?;
        for way in postgis::WAYS {
            peer.prepare(way.1)?;
            peer_row(way.0, &world, &ours, &told, |index| peer.ask(&world, index))?;
        }
    }
    if let Some(socket) = &arguments.redis {
        let mut peer = redis::Peer::fill(socket, &world)?;
        peer_row("Redis", &world, &ours, &told, |index| {
            peer.ask(&world, index)
        })?;
    }
    Ok(())
}

/// Answers every question twice; the first time warms up.
fn search(world: &World) -> anyhow::Result<(Vec<Vec<String>>, Histogram<u64>)> {
    let directory = Directory::new(world.services.iter().cloned(), []);
    let finder = SearchIndex::of(&directory);
    // As long to look up as the published views.
    let views: BTreeMap<ServiceId, LiveStatus> = world
        .services
        .iter()
        .zip(&world.live)
        .map(|(service, live)| (service.id.clone(), *live))
        .collect();
    let live = |service: &Service| views.get(&service.id).copied().unwrap_or_default();
    let mut answers = Vec::new();
    for query in &world.questions {
        answers.push(ranked(&finder.search(query, Quota::National, &live)));
    }
    let mut told = Histogram::new(3)?;
    for query in &world.questions {
        let (answer, took) = timed(|| finder.search(query, Quota::National, &live));
        std::hint::black_box(answer);
        told.record(took.as_nanos() as u64)?;
    }
    let offered: usize = answers.iter().map(Vec::len).sum();
    println!(
        "  (ours offers {:.1} places a question by rank)",
        offered as f64 / answers.len() as f64
    );
    Ok((answers, told))
}

fn peer_row(
    name: &str,
    world: &World,
    ours: &[Vec<String>],
    told: &Histogram<u64>,
    mut ask: impl FnMut(usize) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<()> {
    answer(200.min(world.questions.len()), &mut ask)?;
    let (answers, took) = answer(world.questions.len(), ask)?;
    print_row(name, &took, Some((same(ours, &answers), answers.len())));
    let times = |quantile: f64| {
        took.value_at_quantile(quantile) as f64 / told.value_at_quantile(quantile) as f64
    };
    println!("  times ours     {:>8.1} {:>8.1}", times(0.5), times(0.99));
    Ok(())
}

fn answer(
    count: usize,
    mut ask: impl FnMut(usize) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<(Vec<Vec<String>>, Histogram<u64>)> {
    let mut told = Histogram::new(3)?;
    let mut answers = Vec::new();
    for index in 0..count {
        let (answer, took) = timed(|| ask(index));
        answers.push(answer?);
        told.record(took.as_nanos() as u64)?;
    }
    Ok((answers, told))
}

fn same(ours: &[Vec<String>], theirs: &[Vec<String>]) -> usize {
    ours.iter().zip(theirs).filter(|(a, b)| a == b).count()
}

fn print_row(name: &str, told: &Histogram<u64>, same: Option<(usize, usize)>) {
    let micros = |nanos: u64| nanos as f64 / 1e3;
    let same = same.map_or_else(String::new, |(same, of)| format!("{same} of {of}"));
    println!(
        "{name:<16} {:>10.1} {:>8.1} {:>8.1}  {same}",
        micros(told.value_at_quantile(0.5)),
        micros(told.value_at_quantile(0.99)),
        micros(told.max())
    );
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}
