//! People and programs that ask: the list, one service, the waits as JSON; and how long they wait.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use hdrhistogram::Histogram;
use tokio::time::{Instant, interval};

/// What is asked in turn.
const PATHS: [&str; 7] = [
    "/",
    "/?show=utc",
    "/services/oadby-utc",
    "/api/v1/waits",
    "/api/v1/services",
    "/api/v1/state",
    "/api/v1/heat.geojson?kind=demand&window=60m",
];

/// `load-tests searches`
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The server, for instance 127.0.0.1:8080.
    #[arg(long)]
    server: SocketAddr,
    /// Searches a second.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    /// How long, seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

/// Someone who asks again and again and keeps what has not changed.
pub struct Searches {
    server: SocketAddr,
    client: reqwest::Client,
    tags: BTreeMap<&'static str, String>,
    took: Option<Histogram<u64>>,
    /// Questions asked.
    pub asked: u64,
    /// Answers that said that nothing had changed.
    pub unchanged: u64,
}

impl Searches {
    /// Has asked nothing yet.
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            client: reqwest::Client::new(),
            tags: BTreeMap::new(),
            // Microseconds up to a minute, three digits.
            took: Histogram::new_with_bounds(1, 60_000_000, 3).ok(),
            asked: 0,
            unchanged: 0,
        }
    }

    /// Asks the next thing.
    pub async fn next(&mut self) -> anyhow::Result<()> {
        let path = PATHS[self.asked as usize % PATHS.len()];
        let mut request = self.client.get(format!("http://{}{path}", self.server));
        if let Some(tag) = self.tags.get(path) {
            request = request.header("if-none-match", tag);
        }
        let began = Instant::now();
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        ensure!(status == 200 || status == 304, "{path}: {status}");
        self.unchanged += u64::from(status == 304);
        if let Some(tag) = answer
            .headers()
            .get("etag")
            .and_then(|tag| tag.to_str().ok())
        {
            self.tags.insert(path, tag.to_owned());
        }
        answer.bytes().await?;
        self.asked += 1;
        if let Some(took) = &mut self.took {
            took.saturating_record((began.elapsed().as_micros() as u64).max(1));
        }
        Ok(())
    }

    /// A quantile of how long they took, milliseconds.
    pub fn ms(&self, quantile: f64) -> f64 {
        let took = self.took.as_ref();
        took.map_or(0.0, |took| took.value_at_quantile(quantile) as f64 / 1e3)
    }
}

/// Asks at a steady rate and prints.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(
        arguments.server.ip().is_loopback(),
        "only a server on this machine may be loaded"
    );
    let mut searches = Searches::new(arguments.server);
    let until = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut ticks = interval(Duration::from_secs(1) / arguments.rate);
    while Instant::now() < until {
        ticks.tick().await;
        searches.next().await?;
    }
    println!(
        "{} searches, {} of them unchanged",
        searches.asked, searches.unchanged
    );
    for quantile in [0.5, 0.9, 0.99, 1.0] {
        println!(
            "  p{:<4} {:>8.2} ms",
            quantile * 100.0,
            searches.ms(quantile)
        );
    }
    Ok(())
}
