//! What counting costs: events read, decided, made durable and published, with metrics recorded and without, in
//! turns within one run.
//!
//! The stream is cut into pieces. Of two passes one records every even piece and the other every odd one, so that
//! each piece is timed both ways and neither the hour of the simulated day nor the machine's mood is in the ratio.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use config::directory;
use domain::time::HOUR;
use domain::{At, Directory, Fact};
use faces::metrics as face;
use fold::Limits;
use log::disk::Folder;
use log::embedded::EmbeddedLog;
use log::snapshot::Snapshots;
use log::{Log, Submission};
use metrics::with_local_recorder;
use metrics_exporter_prometheus::{PrometheusHandle, PrometheusRecorder};
use runtime::clock::WorldClock;
use runtime::snapshot_schedule::{Schedule, SnapshotKeeper, SnapshotThread};
use runtime::writer::Writer;
use sources::wire_event;
use tokio::sync::{oneshot, watch};
use views::Published;

use crate::days;

/// Requests that are recorded together or not; the timer is read once for so many.
const PIECE: usize = 20;
/// A fact may be so late; the stream is in order, so none is.
const LATE_MAX: i64 = 24 * HOUR;
/// How often the calls alone are made.
const CALLS: u32 = 200_000;
/// Scrapes that are timed.
const SCRAPES: usize = 200;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Days of the simulated area.
    #[arg(long, default_value_t = 2)]
    days: i64,
    /// Pairs of passes; the median of their ratios is said.
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// Where the log is written: in memory, so that no disk hides the cost.
    #[arg(long, default_value = "/dev/shm")]
    scratch: PathBuf,
}

/// Runs the passes and prints shares, scrape and series.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let lines = days::lines(arguments.days)?;
    let directory = Arc::new(directory::demo().map_err(|why| anyhow::anyhow!("{why}"))?);
    let recorder = face::builder()?.build_recorder();
    with_local_recorder(&recorder, || {
        telemetry::describe();
        telemetry::start_at_zero(directory.feeds().map(|feed| feed.id.as_str()));
    });
    let (count, days, pairs) = (lines.len(), arguments.days, arguments.pairs);
    println!("{count} events of {days} days, {pairs} pairs of passes, in turns");
    let mut last = None;
    for batch in [1, 100] {
        let bench = Bench {
            lines: &lines,
            directory: &directory,
            recorder: &recorder,
            scratch: &arguments.scratch,
            batch,
        };
        last = Some(bench.compare(arguments.pairs)?);
    }
    if let Some((published, now)) = last {
        scrapes(&recorder.handle(), &published, now);
    }
    Ok(())
}

struct Bench<'a> {
    lines: &'a [String],
    directory: &'a Arc<Directory>,
    recorder: &'a PrometheusRecorder,
    scratch: &'a Path,
    /// Events in one request.
    batch: usize,
}

/// How long the pieces of a pass took with metrics and without.
#[derive(Default)]
struct Pass {
    with: Duration,
    without: Duration,
}

impl Bench<'_> {
    fn compare(&self, pairs: usize) -> anyhow::Result<(Arc<Published>, At)> {
        let mut shares = Vec::new();
        let (mut fastest, mut last) = (Duration::MAX, None);
        for _ in 0..pairs {
            let (even, _) = self.pass(0)?;
            let (odd, published) = self.pass(1)?;
            let (with, without) = (even.with + odd.with, even.without + odd.without);
            shares.push((with.as_secs_f64() / without.as_secs_f64() - 1.0) * 100.0);
            // Each piece was timed once without.
            fastest = fastest.min(without);
            last = Some(published);
        }
        shares.sort_by(f64::total_cmp);
        let each = fastest.as_nanos() as f64 / self.lines.len() as f64;
        let calls = with_local_recorder(self.recorder, || self.calls()) / self.batch as f64;
        println!("{} events a request:", self.batch);
        println!(
            "  read, decide, append, publish           {each:>8.0} ns an event without metrics ({:.0} a second)",
            1e9 / each
        );
        println!(
            "  more with metrics recorded              {:>8.2} % (median; from {:.2} to {:.2})",
            shares[shares.len() / 2],
            shares[0],
            shares[shares.len() - 1]
        );
        println!(
            "  the calls alone                         {calls:>8.0} ns an event, {:.2} %",
            calls / each * 100.0
        );
        last.ok_or_else(|| anyhow::anyhow!("there was no pass"))
    }

    /// Takes the whole stream; records the pieces whose number is even, or odd.
    #[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
    fn pass(&self, recorded: usize) -> anyhow::Result<(Pass, (Arc<Published>, At))> {
        let folder = tempfile::tempdir_in(self.scratch)?;
        let start = wire_event::read(&self.lines[0]).map_err(|why| anyhow::anyhow!("{why}"))?;
        let clock = WorldClock::starting(start.fact.happened_at);
        let (mut writer, published) = self.writer(folder.path(), &clock)?;
        let mut pass = Pass::default();
        for (number, piece) in self.lines.chunks(self.batch * PIECE).enumerate() {
            let started = Instant::now();
            if number % 2 == recorded {
                with_local_recorder(self.recorder, || self.take(piece, &mut writer, &clock))?;
                self.recorder.handle().run_upkeep();
                pass.with += started.elapsed();
            } else {
                self.take(piece, &mut writer, &clock)?;
                pass.without += started.elapsed();
            }
        }
        let published = Arc::clone(&published.borrow());
        let now = published.as_of;
        Ok((pass, (published, now)))
    }

    fn writer(
        &self,
        folder: &Path,
        clock: &WorldClock,
    ) -> anyhow::Result<(Writer, watch::Receiver<Arc<Published>>)> {
        let log: Box<dyn Log> = Box::new(EmbeddedLog::open(folder)?);
        let kept = Snapshots::on(Box::new(Folder::make(&folder.join("snapshots"))?));
        let schedule = Schedule {
            entries: u64::MAX,
            retention: None,
            work: SnapshotThread::Here,
        };
        let keeper = SnapshotKeeper::new(kept, schedule, Arc::new(AtomicU64::new(u64::MAX)));
        let limits = Limits { late_max: LATE_MAX };
        let (directory, clock) = (Arc::clone(self.directory), Arc::new(clock.clone()));
        let (writer, outputs) = Writer::open(log, keeper, limits, directory, clock)?;
        Ok((writer, outputs.published))
    }

    /// What a server does with some requests.
    fn take(
        &self,
        piece: &[String],
        writer: &mut Writer,
        clock: &WorldClock,
    ) -> anyhow::Result<()> {
        for request in piece.chunks(self.batch) {
            let read = |line: &String| wire_event::read(line).map(|claim| claim.fact);
            let facts: Result<Vec<Fact>, _> = request.iter().map(read).collect();
            let facts = facts.map_err(|why| anyhow::anyhow!("{why}"))?;
            if let Some(newest) = facts.iter().map(|fact| fact.happened_at).max() {
                clock.advance_to(newest);
            }
            let (reply, mut answer) = oneshot::channel();
            writer.take(vec![Submission::new(facts, reply)]);
            anyhow::ensure!(answer.try_recv()?.is_ok(), "a request was not taken");
            telemetry::http_answered("/api/v1/events", "POST", 202, 0.001);
        }
        Ok(())
    }

    /// Everything that is counted for a request of one feed, nanoseconds.
    #[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
    fn calls(&self) -> f64 {
        let started = Instant::now();
        for number in 0..CALLS {
            telemetry::facts_accepted("uhl-adt", self.batch as u64);
            telemetry::facts_duplicate("uhl-adt", 0);
            telemetry::log_committed(0.0001, u64::from(number));
            telemetry::http_answered("/api/v1/events", "POST", 202, 0.001);
            if number % 1_000 == 0 {
                self.recorder.handle().run_upkeep();
            }
        }
        started.elapsed().as_nanos() as f64 / f64::from(CALLS)
    }
}

/// How long the text of a scrape takes, and how many series it holds.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn scrapes(handle: &PrometheusHandle, published: &Published, now: At) {
    let mut took = Vec::new();
    let mut text = String::new();
    for _ in 0..SCRAPES {
        let started = Instant::now();
        text = face::text(handle, published, now);
        took.push(started.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    println!(
        "a scrape of this area: {series} series, {} bytes; made in {:.2} ms (median of {SCRAPES}; most {:.2})",
        text.len(),
        took[SCRAPES / 2],
        took[SCRAPES - 1]
    );
}
