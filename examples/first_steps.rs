//! Sends an arrival, follows the push, books a slot. See examples/README.md.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

const SERVICE: &str = "oadby-utc";
const FEED: &str = "dhu-oadby";

type Done<T> = Result<T, Box<dyn Error>>;

struct Server {
    base: String,
    client: Client,
}

impl Server {
    /// One request; what is answered as JSON. A refusal is an error with its words.
    async fn ask(&self, method: Method, path: &str, token: &str, body: &Value) -> Done<Value> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .body(body.to_string());
        if let Ok(token) = std::env::var(token) {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// `id` makes it safe to send the same again: it is taken once.
    async fn send_arrival(&self) -> Done<Value> {
        #[expect(clippy::disallowed_methods, reason = "a sender has a clock of its own")]
        let now = Timestamp::now();
        let event = json!({
            "id": Uuid::new_v4(), "feed": FEED, "type": "visit.arrived", "service": SERVICE,
            "visit": Uuid::new_v4(), "mode": "walk_in", "happened_at": now,
        });
        let to = "/api/v1/events";
        self.ask(Method::POST, to, "UEC_FEED_TOKEN", &event).await
    }

    /// First a snapshot, then what changed: `set` and `unset`. Prints until somebody has arrived.
    async fn follow(&self) -> Done<()> {
        let address = format!("{}/api/v1/push", self.base.replacen("http", "ws", 1));
        let (mut socket, _) = connect_async(address).await?;
        let topics = [format!("service:{SERVICE}")];
        let subscribe = json!({"type": "subscribe", "topics": topics}).to_string();
        socket.send(Message::text(subscribe)).await?;
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message? else {
                continue;
            };
            let message: Value = serde_json::from_str(&text)?;
            if message["type"] == "snapshot" {
                println!("waiting now: {}", told(&message["data"]["waiting"]));
                println!("sent: {}", self.send_arrival().await?);
            }
            if let Some(people) = message["data"]["set"]["waiting"].get("value") {
                println!("waiting then: {people}");
                return Ok(());
            }
        }
        Err("the server closed the socket".into())
    }

    /// Takes the first free slot; somebody else may be quicker, which is answered with 409.
    async fn book(&self) -> Done<()> {
        let token = "UEC_CLINICIAN_TOKEN";
        let path = format!("/api/v1/services/{SERVICE}/slots");
        let all = self.ask(Method::GET, &path, token, &Value::Null).await?;
        let mut slots = all["slots"].as_array().into_iter().flatten();
        let Some(free) = slots.find(|slot| slot["status"] == "free") else {
            println!("no free slot");
            return Ok(());
        };
        let patient = json!({"family": "Nobody", "given": "Example", "birth_date": "1984-03-27",
                             "phone": "07700 900123"});
        let booking = json!({"service": SERVICE, "slot": free["slot"], "patient": patient});
        let to = "/api/v1/bookings";
        let made = self.ask(Method::POST, to, token, &booking).await?;
        println!(
            "booked: {} {} {}",
            made["booking"], made["status"], free["start"]
        );
        Ok(())
    }
}

/// A figure that cannot be trusted has no value, and says why.
fn told(reading: &Value) -> String {
    match reading.get("value") {
        Some(value) => value.to_string(),
        None => format!("withheld: {}", reading["reason"]),
    }
}

#[tokio::main]
async fn main() -> Done<()> {
    // The client of this workspace names no provider of TLS by itself; plain HTTP needs one too.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let base = std::env::args().nth(1);
    let server = Server {
        base: base.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned()),
        client: Client::new(),
    };
    server.follow().await?;
    server.book().await
}
