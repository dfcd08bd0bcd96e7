//! Opens many sockets on one topic and counts what arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use crate::push_address;

/// `load-tests viewers`
#[derive(Debug, Args)]
pub struct Arguments {
    /// The server, for instance `http://127.0.0.1:8080`.
    #[arg(long)]
    url: String,
    /// Sockets to open, 10,000 at most.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    sockets: u32,
    /// How long to listen, seconds; ten minutes at most.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// What to subscribe to.
    #[arg(long, default_value = "waits")]
    topic: String,
}

/// Listens and prints how many frames and bytes arrived.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let address = push_address(&arguments.url)?;
    let (frames, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut viewers = Vec::new();
    for _ in 0..arguments.sockets {
        let (mut socket, _) = tokio_tungstenite::connect_async(&address).await?;
        let text = serde_json::json!({"type": "subscribe", "topics": [arguments.topic]});
        socket.send(Message::text(text.to_string())).await?;
        let (frames, bytes) = (Arc::clone(&frames), Arc::clone(&bytes));
        viewers.push(tokio::spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                frames.fetch_add(1, Ordering::Relaxed);
                bytes.fetch_add(message.len() as u64, Ordering::Relaxed);
            }
        }));
    }
    println!("{} sockets open", arguments.sockets);
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    let lost = viewers.iter().filter(|viewer| viewer.is_finished()).count();
    let (frames, bytes) = (
        frames.load(Ordering::Relaxed),
        bytes.load(Ordering::Relaxed),
    );
    println!(
        "{frames} frames, {bytes} bytes, {lost} sockets lost, {} s",
        arguments.seconds
    );
    for viewer in viewers {
        viewer.abort();
    }
    Ok(())
}
