//! Many sockets on one server, and how fast updates reach them all.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};

use crate::frames::{self, Told};
use crate::peer::{Kind, Peer, SERVICES};
use crate::process;

/// Updates that may be on their way at once.
const IN_FLIGHT_MAX: usize = 64;
/// Read from one socket at a time, bytes.
const READ_BYTES: usize = 64 << 10;
/// An update that did not reach every viewer within this is lost.
const ARRIVE: Duration = Duration::from_secs(10);
/// Pause between opening the sockets and measuring.
const SETTLE: Duration = Duration::from_millis(500);
/// Percentiles of the report.
const PERCENTILES: [f64; 7] = [10.0, 50.0, 75.0, 90.0, 95.0, 99.0, 100.0];

/// `load-tests viewers`
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The server, for instance 127.0.0.1:8080.
    #[arg(long)]
    server: SocketAddr,
    /// What kind of server it is.
    #[arg(long, default_value = "product")]
    kind: Kind,
    /// Where the bound takes updates.
    #[arg(long)]
    control: Option<SocketAddr>,
    /// The server's process, whose time and memory are to be reported.
    #[arg(long)]
    pid: u32,
    /// Sockets that are read.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=16_000))]
    sockets: u32,
    /// Sockets that subscribe and never read.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    stopped: u32,
    /// Keep so many updates on their way, and see how many get through.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=32))]
    in_flight: Option<u32>,
    /// Else send so many updates a second.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// How long, seconds.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Print one line of JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// Frames that reached a viewer, a second.
    pub delivered_per_second: f64,
    /// Frames that reached a viewer.
    pub delivered: u64,
    /// Updates sent.
    pub updates: u64,
    /// Frames that never came.
    pub lost: u64,
    /// The server's seconds of computing for a million frames.
    pub cpu_seconds_per_million: f64,
    /// Memory of the server for each socket before the first update, bytes.
    pub bytes_per_socket: f64,
    /// From sending to reading, by percentile, milliseconds.
    pub latency_ms: Vec<(f64, f64)>,
}

impl Measured {
    /// A percentile of the latency, milliseconds; the nearest one at or above.
    pub fn latency(&self, percentile: f64) -> f64 {
        let found = self.latency_ms.iter().find(|(p, _)| *p >= percentile);
        found.map_or(f64::NAN, |(_, ms)| *ms)
    }
}

/// Measures and prints.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let measured = LocalSet::new().run_until(measure(arguments)).await?;
    if arguments.json {
        println!("{}", serde_json::to_string(&measured)?);
        return Ok(());
    }
    println!("{} sockets on {:?}", arguments.sockets, arguments.kind);
    println!(
        "  delivered        {:>10.0} frames/s",
        measured.delivered_per_second
    );
    println!("  updates          {:>10}", measured.updates);
    println!("  lost             {:>10} frames", measured.lost);
    println!(
        "  computing        {:>10.2} s a million frames",
        measured.cpu_seconds_per_million
    );
    println!(
        "  memory           {:>10.0} bytes a socket",
        measured.bytes_per_socket
    );
    for (percentile, ms) in &measured.latency_ms {
        println!("  p{percentile:<15} {ms:>10.2} ms");
    }
    Ok(())
}

async fn measure(arguments: &Arguments) -> anyhow::Result<Measured> {
    let mut peer = Peer::new(arguments.kind, arguments.server, arguments.control).await?;
    let pids = process::family(arguments.pid);
    let before = process::resident_bytes(&pids)?;
    let board = Rc::new(Board::new(arguments.sockets)?);
    let topics = SERVICES.map(|service| format!("service:{service}"));
    let mut stopped = Vec::new();
    for number in 0..arguments.sockets + arguments.stopped {
        let (stream, rest) = peer.connect(number, &topics).await?;
        if number < arguments.sockets {
            tokio::task::spawn_local(Viewer::new(stream, rest, Rc::clone(&board)).watch());
        } else {
            stopped.push(stream);
        }
    }
    tokio::task::spawn_local(stay_awake());
    sleep(SETTLE).await;
    let sockets = f64::from(arguments.sockets + arguments.stopped);
    let bytes_per_socket = process::resident_bytes(&pids)?.saturating_sub(before) as f64 / sockets;
    let computed = process::cpu_seconds(&pids)?;
    let started = Instant::now();
    let until = started + Duration::from_secs(arguments.seconds);
    match arguments.in_flight {
        Some(in_flight) => keep_in_flight(&mut peer, &board, in_flight, until).await?,
        None => keep_rate(&mut peer, &board, arguments.rate, until).await?,
    }
    // What is still on its way.
    let _late = timeout(ARRIVE, board.until_in_flight_below(1)).await;
    let seconds = started.elapsed().as_secs_f64();
    let computed = process::cpu_seconds(&pids)? - computed;
    let counts = board.counts.borrow();
    let delivered = counts.latency.len();
    ensure!(delivered > 0, "nothing arrived");
    let latency = |percentile: f64| {
        (
            percentile,
            counts.latency.value_at_percentile(percentile) as f64 / 1e6,
        )
    };
    Ok(Measured {
        delivered_per_second: delivered as f64 / seconds,
        delivered,
        updates: counts.updates,
        lost: counts.updates * u64::from(arguments.sockets) - delivered,
        cpu_seconds_per_million: computed * 1e6 / delivered as f64,
        bytes_per_socket,
        latency_ms: PERCENTILES.map(latency).to_vec(),
    })
}

/// Keeps the viewers' core busy. On loopback a server that writes to a viewer that sleeps pays for waking
/// it, which it would not over a network, and the slower server would pay more often.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

async fn keep_in_flight(
    peer: &mut Peer,
    board: &Board,
    in_flight: u32,
    until: Instant,
) -> anyhow::Result<()> {
    while Instant::now() < until {
        let sending = timeout(ARRIVE, board.until_in_flight_below(in_flight)).await;
        let free = in_flight - sending.context("an update did not reach every viewer")?;
        let marks: Vec<_> = (0..free).map(|_| board.next()).collect();
        peer.publish(&marks).await?;
    }
    Ok(())
}

async fn keep_rate(
    peer: &mut Peer,
    board: &Board,
    rate: u32,
    until: Instant,
) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    loop {
        ticks.tick().await;
        if Instant::now() >= until {
            return Ok(());
        }
        peer.publish(&[board.next()]).await?;
    }
}

/// Which updates are on their way, and what arrived.
struct Board {
    sockets: u32,
    began: Instant,
    counts: RefCell<Counts>,
    scratch: RefCell<Vec<u8>>,
    all_arrived: Notify,
}

struct Counts {
    updates: u64,
    in_flight: u32,
    /// By number modulo the length: the update, and how many viewers it has not reached.
    slots: [(u64, u32); IN_FLIGHT_MAX],
    latency: Histogram<u64>,
}

impl Board {
    fn new(sockets: u32) -> anyhow::Result<Self> {
        Ok(Self {
            sockets,
            began: Instant::now(),
            counts: RefCell::new(Counts {
                updates: 0,
                in_flight: 0,
                slots: [(u64::MAX, 0); IN_FLIGHT_MAX],
                // Nanoseconds up to a minute, three digits.
                latency: Histogram::new_with_bounds(1, 60_000_000_000, 3)?,
            }),
            scratch: RefCell::new(vec![0; READ_BYTES]),
            all_arrived: Notify::new(),
        })
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// A new update: its number and its mark.
    fn next(&self) -> (u64, String) {
        let mut counts = self.counts.borrow_mut();
        let number = counts.updates;
        counts.updates += 1;
        counts.in_flight += 1;
        counts.slots[number as usize % IN_FLIGHT_MAX] = (number, self.sockets);
        (number, frames::mark(number, self.now()))
    }

    fn arrived(&self, number: u64, sent: u64, now: u64) {
        let mut counts = self.counts.borrow_mut();
        let slot = &mut counts.slots[number as usize % IN_FLIGHT_MAX];
        if slot.0 != number || slot.1 == 0 {
            return;
        }
        slot.1 -= 1;
        let is_last = slot.1 == 0;
        counts
            .latency
            .saturating_record(now.saturating_sub(sent).max(1));
        if is_last {
            counts.in_flight -= 1;
            self.all_arrived.notify_one();
        }
    }

    /// Waits until fewer are on their way than this; how many are.
    async fn until_in_flight_below(&self, many: u32) -> u32 {
        loop {
            let in_flight = self.counts.borrow().in_flight;
            if in_flight < many {
                return in_flight;
            }
            self.all_arrived.notified().await;
        }
    }
}

/// One socket and the end of what it read that is no whole frame yet.
struct Viewer {
    stream: TcpStream,
    rest: Vec<u8>,
    board: Rc<Board>,
}

impl Viewer {
    fn new(stream: TcpStream, rest: Vec<u8>, board: Rc<Board>) -> Self {
        Self {
            stream,
            rest,
            board,
        }
    }

    async fn watch(mut self) {
        while let Ok(has_ping) = std::future::poll_fn(|context| self.poll_read(context)).await {
            // A socket that has no room for two bytes is not read either.
            let _full = has_ping.then(|| self.stream.try_write(&frames::pong()));
        }
    }

    /// Reads what there is; whether a ping was in it.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<bool>> {
        let board = Rc::clone(&self.board);
        let mut scratch = board.scratch.borrow_mut();
        let mut buffer = ReadBuf::new(&mut scratch);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        let read = buffer.filled();
        if read.is_empty() {
            return Poll::Ready(Err(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let now = board.now();
        let mut has_ping = false;
        let mut tell = |told| match told {
            Told::Update(number, sent) => board.arrived(number, sent, now),
            Told::Ping => has_ping = true,
            Told::Close | Told::Other => {}
        };
        if self.rest.is_empty() {
            let used = frames::walk(read, &mut tell);
            self.rest.extend_from_slice(&read[used..]);
        } else {
            self.rest.extend_from_slice(read);
            let used = frames::walk(&self.rest, &mut tell);
            self.rest.drain(..used);
        }
        Poll::Ready(Ok(has_ping))
    }
}
