//! One connection's side of the protocol, without I/O: messages in, frames out.

use std::collections::BTreeMap;

use axum::extract::ws::Utf8Bytes;
use serde::Deserialize;
use serde_json::json;

use crate::faces::push::hub::{Frame, Hub};
use crate::faces::push::topic::Topic;

/// Topics that one connection may subscribe to.
pub const TOPICS_MAX: usize = 64;
/// How often a connection hears something, seconds.
pub const HEARTBEAT_SECONDS: u64 = 15;

/// Why a connection is closed, and whether the client should come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The server stops; come back after a moment.
    Restart,
    /// Too many connections; come back later.
    TryLater,
    /// The client broke the protocol; do not come back with the same.
    Protocol,
    /// The client could not keep up; come back for a fresh snapshot.
    TooSlow,
}

impl Close {
    /// The WebSocket close code.
    pub fn code(self) -> u16 {
        match self {
            Self::Restart => 1012,
            Self::TryLater => 1013,
            Self::Protocol => 4400,
            Self::TooSlow => 4408,
        }
    }

    /// In words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Restart => "the server restarts; come back",
            Self::TryLater => "too many connections; come back later",
            Self::Protocol => "that was not the protocol",
            Self::TooSlow => "too slow; come back for a fresh snapshot",
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum FromClient {
    Subscribe {
        topics: Vec<String>,
        since: Option<Since>,
    },
    Unsubscribe {
        topics: Vec<String>,
    },
    Ping,
}

/// Where a client stood when it lost its connection.
#[derive(Debug, Clone, Deserialize)]
pub struct Since {
    /// In which history.
    pub epoch: String,
    /// At which entry.
    pub seq: u64,
}

/// What one connection has subscribed to, and up to where it was sent.
#[derive(Debug, Default)]
pub struct Session {
    topics: BTreeMap<Topic, u64>,
}

impl Session {
    /// The first frame.
    pub fn hello(hub: &Hub) -> Utf8Bytes {
        let (epoch, seq, server_time) = hub.position();
        let text = json!({
            "type": "hello",
            "proto": 1,
            "epoch": epoch,
            "seq": seq,
            "server_time": server_time,
            "heartbeat_s": HEARTBEAT_SECONDS,
        });
        text.to_string().into()
    }

    /// What to say when nothing else was.
    pub fn heartbeat(hub: &Hub) -> Utf8Bytes {
        let (_, seq, server_time) = hub.position();
        json!({"type": "heartbeat", "seq": seq, "server_time": server_time})
            .to_string()
            .into()
    }

    /// A client's message; the frames to answer with, or why the connection ends.
    pub fn on_message(&mut self, text: &str, hub: &Hub) -> Result<Vec<Utf8Bytes>, Close> {
        match serde_json::from_str(text) {
            Ok(FromClient::Subscribe { topics, since }) => {
                let frames = topics
                    .iter()
                    .map(|topic| self.subscribe(topic, since.as_ref(), hub));
                Ok(frames.flatten().collect())
            }
            Ok(FromClient::Unsubscribe { topics }) => {
                for topic in topics.iter().filter_map(|topic| Topic::parse(topic)) {
                    self.topics.remove(&topic);
                }
                Ok(Vec::new())
            }
            Ok(FromClient::Ping) => {
                let (_, seq, server_time) = hub.position();
                let pong = json!({"type": "pong", "seq": seq, "server_time": server_time});
                Ok(vec![pong.to_string().into()])
            }
            Err(_) => Err(Close::Protocol),
        }
    }

    /// Subscribes to a topic and brings it up to date.
    pub fn subscribe(&mut self, text: &str, since: Option<&Since>, hub: &Hub) -> Vec<Utf8Bytes> {
        let topic = Topic::parse(text);
        let is_full = self.topics.len() >= TOPICS_MAX;
        let since = since.map(|since| (since.epoch.as_str(), since.seq));
        let found = topic.filter(|topic| !is_full || self.topics.contains_key(topic));
        let caught_up = found.and_then(|topic| Some((hub.catch_up(&topic, since)?, topic)));
        let Some((catchup, topic)) = caught_up else {
            let code = if is_full {
                "too_many_topics"
            } else {
                "unknown_topic"
            };
            return vec![json!({"type": "error", "code": code}).to_string().into()];
        };
        self.topics.insert(topic, catchup.seq);
        catchup.frames
    }

    /// Whether a frame is for this connection and newer than what it was sent.
    pub fn wants(&mut self, frame: &Frame) -> bool {
        match self.topics.get_mut(&frame.topic) {
            Some(sent) if frame.seq > *sent => {
                *sent = frame.seq;
                true
            }
            _ => false,
        }
    }

    /// Snapshots of everything subscribed to, for one who fell behind.
    pub fn start_over(&mut self, hub: &Hub) -> Vec<Utf8Bytes> {
        let mut frames = Vec::new();
        for (topic, sent) in &mut self.topics {
            if let Some(catchup) = hub.catch_up(topic, None) {
                *sent = catchup.seq;
                frames.extend(catchup.frames);
            }
        }
        frames
    }
}
