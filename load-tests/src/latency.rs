//! From POST of an event to the changed value in a subscribed socket, one event at a time.

use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use futures_util::{SinkExt, StreamExt};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{now, push_address};

/// An event whose change never shows is an error after this.
const SHOWN_MAX: Duration = Duration::from_secs(10);

/// `load-tests latency`
#[derive(Debug, Args)]
pub struct Arguments {
    /// The server, for instance `http://127.0.0.1:8080`.
    #[arg(long)]
    url: String,
    /// Access token; not needed by a server started with `--open`.
    #[arg(long, default_value = "")]
    token: String,
    /// Send for this feed.
    #[arg(long)]
    feed: String,
    /// Arrivals at this service.
    #[arg(long)]
    service: String,
    /// Events to send, 100,000 at most.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// Events sent before measuring begins.
    #[arg(long, default_value_t = 100)]
    warm_up: u32,
}

/// Sends, waits for the change, measures, prints a table and one line of JSON.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut socket, _) = tokio_tungstenite::connect_async(push_address(&arguments.url)?).await?;
    let topic = format!("service:{}", arguments.service);
    let subscribe = json!({"type": "subscribe", "topics": [topic]}).to_string();
    socket.send(Message::text(subscribe)).await?;
    let client = reqwest::Client::new();
    // Microseconds up to a minute, three digits.
    let mut shown = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
    let mut answered = shown.clone();
    let mut expected = loop {
        let frame = next(&mut socket).await?;
        if frame["type"] == "snapshot" {
            break frame["data"]["arrivals_today"]["value"]
                .as_i64()
                .unwrap_or(0);
        }
    };
    let started = now().as_millisecond();
    for number in 0..arguments.warm_up + arguments.count {
        expected += 1;
        let sent = Instant::now();
        let post = post(&client, arguments, format!("latency-{started}-{number}"));
        let seen = async {
            loop {
                let frame = next(&mut socket).await?;
                if frame["data"]["set"]["arrivals_today"]["value"] == expected {
                    return Ok::<_, anyhow::Error>(sent.elapsed());
                }
            }
        };
        let ((), seen) = tokio::try_join!(
            async {
                post.await?;
                if number >= arguments.warm_up {
                    answered.record(micros(sent.elapsed()))?;
                }
                Ok(())
            },
            async {
                timeout(SHOWN_MAX, seen)
                    .await
                    .context("the change never showed")?
            }
        )?;
        if number >= arguments.warm_up {
            shown.record(micros(seen))?;
        }
    }
    print(arguments.count, &shown, &answered);
    Ok(())
}

fn print(count: u32, shown: &Histogram<u64>, answered: &Histogram<u64>) {
    println!("one event at a time, {count} measured, microseconds");
    println!(
        "{:<28} {:>8} {:>8} {:>8} {:>8}",
        "", "p50", "p90", "p99", "max"
    );
    for (what, histogram) in [
        ("POST to changed value shown", shown),
        ("POST to answer", answered),
    ] {
        let at = |quantile| histogram.value_at_quantile(quantile);
        let (half, most, nearly) = (at(0.5), at(0.9), at(0.99));
        println!(
            "{what:<28} {half:>8} {most:>8} {nearly:>8} {:>8}",
            histogram.max()
        );
    }
    println!(
        "{}",
        json!({"count": shown.len(), "p50_us": shown.value_at_quantile(0.5),
               "p99_us": shown.value_at_quantile(0.99), "max_us": shown.max()})
    );
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn next(socket: &mut Socket) -> anyhow::Result<Value> {
    loop {
        match socket
            .next()
            .await
            .context("the server closed the socket")??
        {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Close(_) => anyhow::bail!("the server closed the socket"),
            _ => {}
        }
    }
}

async fn post(client: &reqwest::Client, arguments: &Arguments, id: String) -> anyhow::Result<()> {
    let event = json!({
        "id": id, "feed": arguments.feed, "type": "visit.arrived", "happened_at": now().to_string(),
        "service": arguments.service, "visit": id, "mode": "walk_in",
    });
    let answer = client
        .post(format!(
            "{}/api/v1/events",
            arguments.url.trim_end_matches('/')
        ))
        .bearer_auth(&arguments.token)
        .json(&event)
        .send()
        .await?;
    let text = answer.text().await?;
    let taken: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    ensure!(taken["accepted"] == 1, "the event was not taken: {text}");
    Ok(())
}

fn micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX).max(1)
}
