//! Everyone at once: the memory of a full house, and what happens when the server restarts under it.

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::{StreamExt, stream};
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::launch::Launched;
use crate::peer::Kind;
use crate::simulated_viewer::{Heard, Screen};
use crate::{now, process};

/// Handshakes at once while the house fills.
const OPENING: usize = 64;
/// Screens of one address of this machine.
const PER_ADDRESS: u32 = 1_500;
/// Longest that the house may take to be full again.
const FULL: Duration = Duration::from_mins(1);
/// Pause before memory is looked at.
const SETTLE: Duration = Duration::from_secs(5);
/// Pause before a screen that was not let in tries again.
const AGAIN: Duration = Duration::from_millis(500);

/// `load-tests storm`
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The product's binary.
    #[arg(long, default_value = "target/release/uec-live")]
    product: PathBuf,
    /// A folder for what the server keeps.
    #[arg(long)]
    scratch: PathBuf,
    /// Screens.
    #[arg(long, default_value_t = 15_000, value_parser = clap::value_parser!(u32).range(1..=15_000))]
    sockets: u32,
    /// Events posted a second, each of which changes every screen.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=50))]
    rate: u32,
    /// How long the calm is measured, seconds.
    #[arg(long, default_value_t = 20)]
    calm: u64,
    /// What the screens show.
    #[arg(long, default_value = "waits")]
    topic: String,
}

/// What all screens share.
struct House {
    server: SocketAddr,
    topic: String,
    full: Cell<u32>,
    refused: Cell<u32>,
    restarted: Cell<Option<Instant>>,
    changed: Notify,
    since_restart: RefCell<Histogram<u64>>,
}

/// Measures and prints.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    LocalSet::new().run_until(measure(arguments)).await
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = arguments.scratch.join("storm");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let server = Launched::start(Kind::Product, &arguments.product, &folder, None)?;
    let address = server.address;
    let house = Rc::new(House {
        server: address,
        topic: arguments.topic.clone(),
        full: Cell::new(0),
        refused: Cell::new(0),
        restarted: Cell::new(None),
        changed: Notify::new(),
        since_restart: RefCell::new(histogram()?),
    });
    // The first event brings figures to the screens.
    post(address, "first").await?;
    sleep(SETTLE).await;
    fill(arguments, &house, server.pid()).await?;

    let ingest = Rc::new(RefCell::new(histogram()?));
    let post_on =
        || tokio::task::spawn_local(post_for_ever(address, arguments.rate, Rc::clone(&ingest)));
    let posting = post_on();
    sleep(Duration::from_secs(arguments.calm)).await;
    let calm = ingest.replace(histogram()?);
    posting.abort();

    tokio::task::spawn_blocking(move || server.stop()).await??;
    let shown = house.full.replace(0);
    ensure!(
        shown == arguments.sockets,
        "only {shown} screens showed anything"
    );
    let product = arguments.product.clone();
    let starting = move || Launched::start_at(Kind::Product, &product, &folder, None, address);
    let server = tokio::task::spawn_blocking(starting).await??;
    house.restarted.set(Some(Instant::now()));
    let posting = post_on();
    let all_back = async {
        while house.full.get() < arguments.sockets {
            house.changed.notified().await;
        }
    };
    let back = timeout(FULL, all_back).await;
    back.with_context(|| format!("{} of {} are back", house.full.get(), arguments.sockets))?;
    let storm = ingest.replace(histogram()?);
    posting.abort();
    report(arguments, &house, &calm, &storm);
    let after = process::resident_bytes(&[server.pid()])?;
    println!(
        "  server's memory after it            {:>6.1} MB",
        mb(after)
    );
    Ok(())
}

/// Opens every screen and says what they cost the server.
async fn fill(arguments: &Arguments, house: &Rc<House>, pid: u32) -> anyhow::Result<()> {
    let before = process::resident_bytes(&[pid])?;
    stream::iter(0..arguments.sockets)
        .for_each_concurrent(OPENING, |number| async move {
            let ready = Rc::new(Notify::new());
            tokio::task::spawn_local(watch(number, Rc::clone(house), Rc::clone(&ready)));
            ready.notified().await;
        })
        .await;
    sleep(SETTLE).await;
    let after = process::resident_bytes(&[pid])?;
    let each = after.saturating_sub(before) as f64 / f64::from(arguments.sockets);
    println!("{} screens of topic {}", arguments.sockets, arguments.topic);
    println!(
        "  server's memory without and with    {:>6.1} MB, {:.1} MB",
        mb(before),
        mb(after)
    );
    println!("  a screen                            {each:>6.0} bytes");
    Ok(())
}

fn report(arguments: &Arguments, house: &House, calm: &Histogram<u64>, storm: &Histogram<u64>) {
    let back = house.since_restart.borrow();
    let seconds = |quantile| back.value_at_quantile(quantile) as f64 / 1e6;
    println!("after a restart");
    println!(
        "  all screens full again after        {:>6.1} s",
        seconds(1.0)
    );
    println!(
        "  half of them after                  {:>6.1} s",
        seconds(0.5)
    );
    println!(
        "  tries that were not let in          {:>6}",
        house.refused.get()
    );
    println!(
        "POST to answer, {} events a second, each shown on every screen",
        arguments.rate
    );
    for (what, histogram) in [("calm", calm), ("in the storm", storm)] {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1e3;
        let (half, nearly, most) = (at(0.5), at(0.99), at(1.0));
        println!(
            "  {what:<14} {:>5} events   p50 {half:>7.2} ms   p99 {nearly:>7.2} ms   \
             most {most:>7.2} ms",
            histogram.len()
        );
    }
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Microseconds up to two minutes, three digits.
fn histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 120_000_000, 3)?)
}

/// One screen for ever.
async fn watch(number: u32, house: Rc<House>, ready: Rc<Notify>) {
    let mut screen = Screen::new(&[house.topic.as_str()]);
    let [.., high, low] = (number / PER_ADDRESS + 2).to_be_bytes();
    let from: IpAddr = Ipv4Addr::new(127, 0, high, low).into();
    loop {
        let Ok(mut connection) = screen.connect(house.server, from).await else {
            house.refused.set(house.refused.get() + 1);
            sleep(AGAIN).await;
            continue;
        };
        let mut is_full = false;
        let mut pause = AGAIN;
        loop {
            match screen.hear(&mut connection).await {
                Ok(Heard::Snapshot | Heard::Delta) if !is_full => {
                    is_full = true;
                    house.filled();
                    ready.notify_one();
                }
                Ok(Heard::Bye(retry_ms)) => pause = Duration::from_millis(retry_ms),
                Ok(Heard::End) | Err(_) => break,
                Ok(_) => {}
            }
        }
        sleep(pause).await;
    }
}

impl House {
    /// One more screen shows what it should.
    fn filled(&self) {
        self.full.set(self.full.get() + 1);
        if let Some(restarted) = self.restarted.get() {
            let micros = restarted.elapsed().as_micros() as u64;
            self.since_restart
                .borrow_mut()
                .saturating_record(micros.max(1));
        }
        self.changed.notify_one();
    }
}

async fn post_for_ever(
    server: SocketAddr,
    rate: u32,
    took: Rc<RefCell<Histogram<u64>>>,
) -> anyhow::Result<()> {
    let mut ticks = interval(Duration::from_secs(1) / rate);
    let mut number = 0_u64;
    let run = now().as_millisecond();
    loop {
        ticks.tick().await;
        number += 1;
        let began = Instant::now();
        post(server, &format!("{run}-{number}")).await?;
        let micros = began.elapsed().as_micros() as u64;
        took.borrow_mut().saturating_record(micros.max(1));
    }
}

/// Someone arrives: the queue grows on every screen.
async fn post(server: SocketAddr, id: &str) -> anyhow::Result<()> {
    let event = json!({
        "id": format!("storm-{id}"), "feed": "dhu-oadby", "type": "visit.arrived", "mode": "walk_in",
        "happened_at": now().to_string(), "service": "oadby-utc", "visit": format!("storm-{id}"),
    });
    let url = format!("http://{server}/api/v1/events");
    let answer = reqwest::Client::new().post(url).json(&event).send().await?;
    let taken: serde_json::Value = answer.json().await?;
    ensure!(taken["accepted"] == 1, "the event was not taken: {taken}");
    Ok(())
}
