//! How fast events become a picture on one core, beside a bare loop over the same lines.
//!
//! The bare loop does the least that any such program must: parse each line, turn a position into a
//! hex, keep a sliding window of waits and ask it for its median and nine-in-ten. Ours reads the
//! line as a fact, decides about it and folds it: visits, handovers, corrections, duplicates.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use config::directory;
use domain::geo::{DEMAND_RESOLUTION, Position};
use domain::{At, Directory, Entry, Record};
use fold::{FactDecision, FoldState, Limits};
use serde::Deserialize;
use sources::wire_event;

use crate::days;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Days of the simulated area.
    #[arg(long, default_value_t = 20)]
    days: i64,
    /// How often each loop is run, in turns; the fastest of each counts.
    #[arg(long, default_value_t = 5)]
    turns: u32,
}

/// Runs the loops in turns and prints the ratio.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut lines = days::lines(arguments.days)?;
    let directory = Arc::new(directory::demo().map_err(|why| anyhow::anyhow!("{why}"))?);
    compare(
        "all events as they are sent, half of them heartbeats",
        &lines,
        &directory,
        arguments,
    )?;
    // The case of the bare loop: every event has a place to turn into a hex.
    lines.retain(|line| line.contains("\"lat\""));
    compare(
        "events that carry a position",
        &lines,
        &directory,
        arguments,
    )
}

fn compare(
    what: &str,
    lines: &[String],
    directory: &Arc<Directory>,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let (mut bare, mut read, mut whole) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..arguments.turns {
        bare = bare.min(timed(|| bare_loop(lines))?);
        read = read.min(timed(|| read_loop(lines))?);
        whole = whole.min(timed(|| fold_loop(lines, directory))?);
    }
    let each = |took: Duration| took.as_nanos() as f64 / lines.len() as f64;
    let (count, days, turns) = (lines.len(), arguments.days, arguments.turns);
    println!("{what}: {count} of {days} days, fastest of {turns}");
    println!(
        "  bare loop (parse, hex, sliding quantile)  {:>7.0} ns an event",
        each(bare)
    );
    println!(
        "  read as a fact                            {:>7.0} ns an event",
        each(read)
    );
    println!(
        "  read, decide, fold                        {:>7.0} ns an event",
        each(whole)
    );
    println!(
        "  rate of ours to the bare loop             {:>7.2}",
        each(bare) / each(whole)
    );
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn timed(work: impl FnOnce() -> anyhow::Result<u64>) -> anyhow::Result<Duration> {
    let started = Instant::now();
    std::hint::black_box(work()?);
    Ok(started.elapsed())
}

/// The fields that the bare loop looks at.
#[derive(Deserialize)]
struct Bare<'a> {
    id: &'a str,
    feed: &'a str,
    r#type: &'a str,
    happened_at: &'a str,
    #[serde(borrow)]
    visit: Option<&'a str>,
    lat: Option<f64>,
    lng: Option<f64>,
    origin: Option<Place<'a>>,
}

#[derive(Deserialize)]
struct Place<'a> {
    lat: Option<f64>,
    lng: Option<f64>,
    #[serde(borrow)]
    postcode: Option<&'a str>,
}

/// Waits of the last hour in bins of a minute.
struct Window {
    recent: VecDeque<(i64, usize)>,
    bins: Vec<u32>,
}

const BINS: usize = 2_880;

impl Window {
    fn add(&mut self, at: At, wait: usize) -> (usize, usize) {
        self.recent.push_back((at.0, wait));
        self.bins[wait] += 1;
        while self
            .recent
            .front()
            .is_some_and(|(then, _)| at.0 - then > 3_600_000)
        {
            if let Some((_, old)) = self.recent.pop_front() {
                self.bins[old] -= 1;
            }
        }
        let count = self.recent.len() as u32;
        let mut so_far = 0;
        let mut median = 0;
        for (minute, people) in self.bins.iter().enumerate() {
            so_far += people;
            if so_far * 2 < count {
                median = minute;
            }
            if so_far * 10 >= count * 9 {
                return (median, minute);
            }
        }
        (median, BINS)
    }
}

fn bare_loop(lines: &[String]) -> anyhow::Result<u64> {
    let mut window = Window {
        recent: VecDeque::new(),
        bins: vec![0; BINS],
    };
    let mut sum = 0_u64;
    for line in lines {
        let event: Bare<'_> = serde_json::from_str(line)?;
        let at = At::parse(event.happened_at)?;
        let place = event.origin.as_ref();
        let lat = event.lat.or(place.and_then(|place| place.lat));
        let lng = event.lng.or(place.and_then(|place| place.lng));
        if let (Some(lat), Some(lng)) = (lat, lng) {
            let cell = Position::new(lat, lng).and_then(|place| place.cell(DEMAND_RESOLUTION));
            sum += u64::from(cell.is_some());
        }
        if let Some(visit) = event.visit {
            let (median, high) = window.add(at, (visit.len() * 7) % 300);
            sum += (median + high) as u64;
        }
        let postcode = place.and_then(|place| place.postcode).map_or(0, str::len);
        sum += (event.id.len() + event.feed.len() + event.r#type.len() + postcode) as u64;
    }
    Ok(sum)
}

fn read_loop(lines: &[String]) -> anyhow::Result<u64> {
    let mut sum = 0;
    for line in lines {
        let claim = wire_event::read(line).map_err(|why| anyhow::anyhow!("{why}"))?;
        sum += claim.fact.happened_at.0 as u64;
    }
    Ok(sum)
}

fn fold_loop(lines: &[String], directory: &Arc<Directory>) -> anyhow::Result<u64> {
    let mut fold_state = FoldState::new(Arc::clone(directory));
    let mut changes = Vec::new();
    for line in lines {
        let fact = wire_event::read(line)
            .map_err(|why| anyhow::anyhow!("{why}"))?
            .fact;
        let at = fact.happened_at.max(fold_state.at());
        if fold_state.decide(at, &fact, Limits::default()) == FactDecision::Take {
            changes.clear();
            let entry = Entry {
                seq: fold_state.seq() + 1,
                at,
                record: Record::Fact(fact),
            };
            fold_state.apply(&entry, &mut changes);
        }
    }
    Ok(fold_state.seq())
}
