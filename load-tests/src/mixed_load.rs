//! A mixed night: screens that come, go and break off, feeds, searches, a server that is stopped and
//! killed; and after every round the question whether each screen shows what the server shows.
//!
//! Bookings are not in it: there is nothing to book yet.

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::{Instant, interval, sleep};

use crate::launch::Launched;
use crate::patients::Patients;
use crate::peer::Kind;
use crate::process;
use crate::searches::Searches;
use crate::simulated_viewer::{Heard, Screen};

/// A round: load, then a pause in which every screen is compared.
const ROUND: Duration = Duration::from_mins(1);
/// Screens may take so long to show the last change before one is called wrong.
const AGREE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// A screen that was cut off comes back within this, as browsers do.
const BACK_MS: u64 = 1_000;
/// Every so many screens one reads slowly.
const SLOW_EVERY: usize = 50;
/// The pause of a slow screen before each frame.
const SLOW: Duration = Duration::from_millis(200);
/// What screens show in turn.
const TOPICS: [&[&str]; 4] = [
    &["waits"],
    &["service:oadby-utc"],
    &["waits", "status"],
    &["service:lboro-utc", "heat:demand:60m:7"],
];
/// Of so many screens one is asked what it showed in the middle of the load, none of them slow.
const AUDITED_EVERY: usize = 10;
/// How often, and how long after that moment.
const AUDIT: Duration = Duration::from_secs(3);
/// Growth of memory in the second half of the night that is taken for a leak, bytes.
const LEAK_BYTES: u64 = 32 << 20;

/// `load-tests night`
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The product's binary.
    #[arg(long, default_value = "target/release/uec-live")]
    product: PathBuf,
    /// A folder for what the server keeps.
    #[arg(long)]
    scratch: PathBuf,
    /// Screens.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    sockets: u32,
    /// Events a second.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    rate: u32,
    /// Searches a second.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    searches: u32,
    /// Screens cut off a second.
    #[arg(long, default_value_t = 4)]
    cut: u32,
    /// How long, minutes.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=720))]
    minutes: u64,
}

/// What all share.
struct Night {
    server: Cell<SocketAddr>,
    screens: Vec<(RefCell<Screen>, Notify)>,
    is_over: Cell<bool>,
    cuts: Cell<u64>,
    audits: Cell<u64>,
    fault: RefCell<Option<String>>,
}

/// Runs the night; an error is a gap, a leak or a loss.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    LocalSet::new().run_until(through(arguments)).await
}

async fn through(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = arguments.scratch.join("night");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let server = Launched::start(Kind::Product, &arguments.product, &folder, None)?;
    let files_before = files(server.pid())?;
    let night = Rc::new(Night {
        server: Cell::new(server.address),
        screens: (0..arguments.sockets as usize)
            .map(|number| {
                let mut screen = Screen::new(TOPICS[number % TOPICS.len()]);
                screen.is_audited = number % AUDITED_EVERY == AUDITED_EVERY / 2;
                screen
            })
            .map(|screen| (RefCell::new(screen), Notify::new()))
            .collect(),
        is_over: Cell::new(false),
        cuts: Cell::new(0),
        audits: Cell::new(0),
        fault: RefCell::default(),
    });
    for number in 0..night.screens.len() {
        tokio::task::spawn_local(watch(Rc::clone(&night), number));
    }
    let mut searches = Searches::new(server.address);
    let server = rounds(arguments, &folder, server, &night, &mut searches).await?;
    night.is_over.set(true);
    for (_, cut) in &night.screens {
        cut.notify_one();
    }
    sleep(AGREE / 2).await;
    let files_after = files(server.pid())?;
    println!(
        "files and sockets open before the first screen {files_before}, after the last {files_after}"
    );
    ensure!(
        files_after <= files_before + 2,
        "connections were left open"
    );
    let (snapshots, deltas) = night.screens.iter().fold((0, 0), |(a, b), (screen, _)| {
        let screen = screen.borrow();
        (a + screen.snapshots, b + screen.deltas)
    });
    println!(
        "{snapshots} snapshots, {deltas} changes on {} screens",
        night.screens.len()
    );
    println!(
        "searches: p50 {:.1} ms, p99 {:.1} ms",
        searches.ms(0.5),
        searches.ms(0.99)
    );
    let audits = night.audits.get();
    println!("{audits} topics of screens were right in the middle of the load");
    ensure!(audits > 0, "nothing was audited");
    println!("no gap, no leak");
    server.stop()
}

/// Every round, with a stop or a kill now and then; the server that runs in the end.
async fn rounds(
    arguments: &Arguments,
    folder: &Path,
    mut server: Launched,
    night: &Night,
    searches: &mut Searches,
) -> anyhow::Result<Launched> {
    let address = server.address;
    let mut patients = Patients::new(address);
    let mut memory = Vec::new();
    for round in 1..=arguments.minutes {
        load(arguments, night, &mut patients, searches).await?;
        compare(night)
            .await
            .with_context(|| format!("round {round}"))?;
        memory.push(process::resident_bytes(&[server.pid()])?);
        println!(
            "{round:>4} min   {:>7} events   {:>6} searches   {:>6} cuts   {:>6.1} MB   every screen right",
            patients.told,
            searches.asked,
            night.cuts.get(),
            memory[memory.len() - 1] as f64 / 1e6
        );
        if round % 10 == 5 && round < arguments.minutes {
            // Stopped in order, and the next time killed.
            if round % 20 == 5 {
                server.stop()?;
            } else {
                server.kill()?;
            }
            let (kind, product) = (Kind::Product, &arguments.product);
            server = Launched::start_at(kind, product, folder, None, address)?;
        }
    }
    leaks(&memory)?;
    Ok(server)
}

/// One round of everything at once.
async fn load(
    arguments: &Arguments,
    night: &Night,
    patients: &mut Patients,
    searches: &mut Searches,
) -> anyhow::Result<()> {
    let until = Instant::now() + ROUND;
    let mut events = interval(Duration::from_secs(1) / arguments.rate);
    let mut asks = interval(Duration::from_secs(1) / arguments.searches);
    let mut cuts = interval(Duration::from_secs(1) / arguments.cut.max(1));
    let mut audits = interval(AUDIT);
    let mut asked: Option<Value> = None;
    while Instant::now() < until {
        tokio::select! {
            _ = audits.tick() => {
                if let Some(state) = asked.take() {
                    audit(night, &state)?;
                }
                asked = Some(state(night).await?);
            }
            _ = events.tick() => patients.next().await?,
            _ = asks.tick() => searches.next().await?,
            _ = cuts.tick(), if arguments.cut > 0 => {
                let number = patients.dice(night.screens.len() as u64) as usize;
                night.screens[number].1.notify_one();
                night.cuts.set(night.cuts.get() + 1);
            }
        }
        if let Some(fault) = night.fault.borrow().as_ref() {
            bail!("{fault}");
        }
    }
    Ok(())
}

/// One screen until the night is over: it connects, hears, is cut off, and comes back.
async fn watch(night: Rc<Night>, number: usize) {
    let (screen, cut) = &night.screens[number];
    let [.., high, low] = (number as u32 / 1_000 + 2).to_be_bytes();
    let from: IpAddr = Ipv4Addr::new(127, 1, high, low).into();
    while !night.is_over.get() {
        let mut pause = Duration::from_millis(number as u64 * 37 % BACK_MS);
        // Only this task changes the screen, and nobody looks at it in the middle of a frame.
        let mut held = screen.take();
        if let Ok(mut connection) = held.connect(night.server.get(), from).await {
            loop {
                screen.replace(held);
                let slow = if number % SLOW_EVERY == SLOW_EVERY - 1 {
                    SLOW
                } else {
                    Duration::ZERO
                };
                let ready = async {
                    sleep(slow).await;
                    connection.wait().await;
                };
                let is_cut = tokio::select! {
                    () = cut.notified() => true,
                    () = ready => false,
                };
                held = screen.take();
                if is_cut {
                    break;
                }
                match held.hear(&mut connection).await {
                    Ok(Heard::End) => break,
                    Ok(Heard::Bye(retry_ms)) => pause = Duration::from_millis(retry_ms),
                    Ok(_) => {}
                    Err(why) => {
                        *night.fault.borrow_mut() = Some(format!("screen {number}: {why}"));
                        break;
                    }
                }
            }
        }
        screen.replace(held);
        sleep(pause).await;
    }
}

/// The state that the server says it is in.
async fn state(night: &Night) -> anyhow::Result<Value> {
    let url = format!("http://{}/api/v1/state", night.server.get());
    Ok(reqwest::get(url).await?.json().await?)
}

/// What screens showed at that moment must have been that state.
fn audit(night: &Night, state: &Value) -> anyhow::Result<()> {
    let seq = state["seq"].as_u64().context("no seq")?;
    for (number, (screen, _)) in night.screens.iter().enumerate() {
        for (topic, held) in &screen.borrow().held {
            let values = state["topics"][topic]
                .as_object()
                .context("no such topic")?;
            match held.was(seq, values) {
                Some(true) => night.audits.set(night.audits.get() + 1),
                Some(false) => bail!("screen {number} showed something else of {topic} at {seq}"),
                None => {}
            }
        }
    }
    Ok(())
}

/// Every screen must come to show what the server shows.
async fn compare(night: &Night) -> anyhow::Result<()> {
    let until = Instant::now() + AGREE;
    loop {
        let state = state(night).await?;
        let wrong = night
            .screens
            .iter()
            .enumerate()
            .find_map(|(number, (screen, _))| {
                let screen = screen.borrow();
                let topics = TOPICS[number % TOPICS.len()];
                let differs = topics.iter().find(|topic| {
                    let held = screen.held.get(**topic).map(|held| &held.values);
                    held != state["topics"][**topic].as_object()
                });
                differs.map(|topic| {
                    format!("screen {number} does not show {topic} as the server does")
                })
            });
        match wrong {
            None => return Ok(()),
            Some(wrong) if Instant::now() > until => bail!(wrong),
            Some(_) => sleep(LOOK).await,
        }
    }
}

/// The memory must not grow without end.
fn leaks(memory: &[u64]) -> anyhow::Result<()> {
    let half = memory.get(memory.len() / 2).copied().unwrap_or(0);
    let last = memory.last().copied().unwrap_or(0);
    ensure!(
        last <= half + LEAK_BYTES,
        "memory grew from {half} to {last} bytes in the second half"
    );
    Ok(())
}

fn files(pid: u32) -> anyhow::Result<usize> {
    Ok(std::fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}
