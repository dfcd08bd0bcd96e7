//! How many events a second many senders get durably in over HTTP, beside the bare log that commits
//! groups of the same size.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use domain::event::{ContactChannel, Event};
use domain::{At, ContactId, Entry, EventId, Fact, FeedId, Record};
use log::Log;
use log::embedded::EmbeddedLog;
use tokio::time::Instant;

use crate::{now, push_address};

/// `load-tests feeds`
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The server, for instance `http://127.0.0.1:8080`, started with `--open`.
    #[arg(long)]
    url: String,
    /// Senders at once, each with one post under way.
    #[arg(long, default_value_t = 64)]
    senders: u64,
    /// Events in a post.
    #[arg(long, default_value_t = 100)]
    lines: u64,
    /// How long, seconds; the bare log is given as long.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// A folder on the disk of the server, for the bare log.
    #[arg(long)]
    scratch: std::path::PathBuf,
}

/// What was sent and taken.
#[derive(Default)]
struct Count {
    serial: AtomicU64,
    taken: AtomicU64,
    is_over: AtomicBool,
}

/// Loads the server, then the bare log, and prints the ratio.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    push_address(&arguments.url)?;
    let before = commits(&arguments.url).await?;
    let count = Arc::new(Count::default());
    let started = Instant::now();
    let senders: Vec<_> = (0..arguments.senders)
        .map(|_| tokio::spawn(send(arguments.clone(), Arc::clone(&count))))
        .collect();
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    count.is_over.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await??;
    }
    let seconds = started.elapsed().as_secs_f64();
    let commits = commits(&arguments.url).await? - before;
    let taken = count.taken.load(Ordering::Relaxed);
    ensure!(taken > 0 && commits > 0, "nothing was taken");
    let group = (taken / commits).max(1);
    let ours = taken as f64 / seconds;
    let bare = tokio::task::block_in_place(|| bare(arguments, group))?;
    let Arguments { senders, lines, .. } = arguments;
    println!("{senders} senders, {lines} events a post, every event durable before its answer");
    println!(
        "  over HTTP             {ours:>9.0} events/s, {:.0} commits/s",
        commits as f64 / seconds
    );
    println!("  events in a commit    {group:>9}");
    println!(
        "  bare log, such groups {bare:>9.0} events/s, {:.0} commits/s",
        bare / group as f64
    );
    println!("  ratio                 {:>9.2}", ours / bare);
    Ok(())
}

async fn send(arguments: Arguments, count: Arc<Count>) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let url = format!("{}/api/v1/events", arguments.url.trim_end_matches('/'));
    while !count.is_over.load(Ordering::Relaxed) {
        let first = count.serial.fetch_add(arguments.lines, Ordering::Relaxed);
        let at = now();
        let lines = first..first + arguments.lines;
        let body: Vec<String> = lines.map(|number| contact(number, &at)).collect();
        let request = client
            .post(&url)
            .header("content-type", "application/x-ndjson");
        let answer: serde_json::Value = request.body(body.join("\n")).send().await?.json().await?;
        let taken = answer["accepted"]
            .as_u64()
            .context("no count in the answer")?;
        ensure!(taken == arguments.lines, "not all were taken: {answer}");
        count.taken.fetch_add(taken, Ordering::Relaxed);
    }
    Ok(())
}

/// Someone rings 111: an event that leaves no queue behind, however many are sent.
fn contact(number: u64, at: &jiff::Timestamp) -> String {
    format!(
        "{{\"id\":\"f{number}\",\"feed\":\"nhs111\",\"type\":\"contact.recorded\",\"happened_at\":\"{at}\",\
         \"contact\":\"c{number}\",\"channel\":\"111\",\"disposition\":\"Dx02\",\
         \"origin\":{{\"postcode\":\"LE1 5WW\"}}}}"
    )
}

/// Batches that the server made durable so far.
async fn commits(url: &str) -> anyhow::Result<u64> {
    let text = reqwest::get(format!("{url}/metrics")).await?.text().await?;
    let line = text
        .lines()
        .find(|line| line.starts_with("uec_log_commit_seconds_count"));
    let number = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    Ok(number.unwrap_or(0))
}

/// The same events put straight into a log of their own, group by group.
fn bare(arguments: &Arguments, group: u64) -> anyhow::Result<f64> {
    let folder = arguments.scratch.join("bare");
    let mut log = EmbeddedLog::open(&folder)?;
    let limit = Duration::from_secs(arguments.seconds);
    let started = Instant::now();
    let mut seq = 0;
    while started.elapsed() < limit {
        let entries = (seq + 1..=seq + group)
            .map(entry)
            .collect::<Result<Vec<_>, _>>()?;
        log.append(&entries)?;
        seq += group;
    }
    let rate = seq as f64 / started.elapsed().as_secs_f64();
    drop(log);
    std::fs::remove_dir_all(&folder)?;
    Ok(rate)
}

fn entry(seq: u64) -> anyhow::Result<Entry> {
    let at = At(1_795_421_700_000 + seq as i64);
    Ok(Entry {
        seq,
        at,
        record: Record::Fact(Fact {
            id: EventId::new(&format!("f{seq}"))?,
            feed: FeedId::new("nhs111")?,
            happened_at: at,
            event: Event::ContactRecorded {
                contact: ContactId::new(&format!("c{seq}"))?,
                channel: ContactChannel::Phone111,
                origin: "88195126a5fffff".parse().ok(),
                disposition: Some("Dx02".into()),
                service: None,
            },
        }),
    })
}
