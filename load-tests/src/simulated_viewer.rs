//! A viewer as a browser is one: it holds what it was sent, and comes back with where it stood.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Buffers of a socket, bytes: there are many.
const BUFFER_BYTES: usize = 4 << 10;
/// Versions of a topic that are kept to be looked at.
const VERSIONS_MAX: usize = 256;
/// A handshake takes no longer.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// What a screen holds of one topic, and as of which entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Held {
    /// As of which entry.
    pub seq: u64,
    /// Values by key.
    pub values: Map<String, Value>,
    /// What it was lately, if that is kept: as of which entry, and its fingerprint. A new connection begins
    /// anew, since what was missed comes as one change.
    versions: VecDeque<(u64, u64)>,
}

impl Held {
    /// Whether it was, as of an entry, what the server says it was; `None` when that cannot be told.
    pub fn was(&self, seq: u64, values: &Map<String, Value>) -> Option<bool> {
        let (newest, _) = self.versions.back()?;
        let last = self
            .versions
            .iter()
            .rev()
            .find(|(as_of, _)| *as_of <= seq)?;
        (*newest > seq).then(|| last.1 == fingerprint(values))
    }

    fn keep(&mut self) {
        self.versions
            .push_back((self.seq, fingerprint(&self.values)));
        if self.versions.len() > VERSIONS_MAX {
            self.versions.pop_front();
        }
    }
}

fn fingerprint(values: &Map<String, Value>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (key, value) in values {
        (key, value.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}

/// One screen.
#[derive(Debug, Default)]
pub struct Screen {
    topics: Vec<String>,
    epoch: String,
    /// What it holds, by topic.
    pub held: BTreeMap<String, Held>,
    /// It keeps what it was lately.
    pub is_audited: bool,
    /// Snapshots it was sent.
    pub snapshots: u64,
    /// Changes it was sent.
    pub deltas: u64,
}

/// What happened last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A snapshot of a topic.
    Snapshot,
    /// A change.
    Delta,
    /// Come back after so many milliseconds.
    Bye(u64),
    /// The connection ended.
    End,
    /// Anything else.
    Other,
}

/// An open connection of a screen.
pub struct Connection {
    socket: WebSocketStream<TcpStream>,
    next: Option<Result<Message, Error>>,
}

impl Connection {
    /// Waits until there is something to hear.
    pub async fn wait(&mut self) {
        if self.next.is_none() {
            self.next = self.socket.next().await;
        }
    }
}

impl Screen {
    /// A screen of some topics that holds nothing.
    pub fn new(topics: &[&str]) -> Self {
        Self {
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Connects from an address of this machine and asks for what it does not hold.
    pub async fn connect(
        &mut self,
        server: SocketAddr,
        from: IpAddr,
    ) -> anyhow::Result<Connection> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(from, 0))?;
        let opening = async {
            let stream = socket.connect(server).await?;
            let config = WebSocketConfig::default()
                .read_buffer_size(BUFFER_BYTES)
                .write_buffer_size(0);
            let url = format!("ws://{server}/api/v1/push");
            let opened =
                tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await?;
            anyhow::Ok(opened.0)
        };
        let mut socket = tokio::time::timeout(HANDSHAKE, opening)
            .await
            .context("no handshake")??;
        for topic in &self.topics {
            if let Some(held) = self.held.get_mut(topic) {
                held.versions.clear();
            }
            let since = self.held.get(topic);
            let since = since.map(|held| json!({"epoch": self.epoch, "seq": held.seq}));
            let ask = json!({"type": "subscribe", "topics": [topic], "since": since});
            socket.send(Message::text(ask.to_string())).await?;
        }
        Ok(Connection { socket, next: None })
    }

    /// Waits for the next thing and takes it in. An error is a fault of the server.
    pub async fn hear(&mut self, connection: &mut Connection) -> anyhow::Result<Heard> {
        connection.wait().await;
        let text = match connection.next.take() {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(Heard::End),
            Some(Ok(_)) => return Ok(Heard::Other),
        };
        self.take(&text)
    }

    fn take(&mut self, text: &str) -> anyhow::Result<Heard> {
        let mut frame: Value = serde_json::from_str(text)?;
        let topic = frame["topic"].as_str().unwrap_or_default().to_owned();
        let seq = frame["seq"].as_u64().unwrap_or(0);
        let kind = frame["type"].as_str().context("no type")?.to_owned();
        match (kind.as_str(), frame["data"].take()) {
            ("snapshot", Value::Object(values)) => {
                frame["epoch"]
                    .as_str()
                    .context("no epoch")?
                    .clone_into(&mut self.epoch);
                let mut held = Held {
                    seq,
                    values,
                    versions: VecDeque::new(),
                };
                if self.is_audited {
                    held.keep();
                }
                self.held.insert(topic, held);
                self.snapshots += 1;
                Ok(Heard::Snapshot)
            }
            ("delta", mut data) => {
                let held = self
                    .held
                    .get_mut(&topic)
                    .context("a change without a snapshot")?;
                ensure!(seq > held.seq, "{topic}: {seq} came after {}", held.seq);
                held.seq = seq;
                if let Value::Object(set) = data["set"].take() {
                    held.values.extend(set);
                }
                for key in data["unset"].as_array().context("no unset")? {
                    held.values.remove(key.as_str().context("no key")?);
                }
                if self.is_audited {
                    held.keep();
                }
                self.deltas += 1;
                Ok(Heard::Delta)
            }
            ("bye", _) => Ok(Heard::Bye(frame["retry_ms"].as_u64().context("no time")?)),
            ("error", _) => bail!("refused: {text}"),
            _ => Ok(Heard::Other),
        }
    }
}
