//! One connection's side of the protocol, without I/O: messages in, frames out.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use smallvec::SmallVec;
use tokio::time::Instant;

use crate::hub::{Frame, HEARTBEAT, Hub, Number};
use crate::message::Message;

/// Topics that one connection may subscribe to.
pub const TOPICS_MAX: usize = 64;
/// Heartbeats without an answer after which a client is gone, whatever its connection says.
const UNANSWERED_MAX: u32 = 3;
/// Heartbeats without a topic after which a connection is not worth keeping.
const IDLE_MAX: u32 = 4;
/// Times a client may fall behind, within so many heartbeats, before it is closed.
const BEHIND_MAX: u32 = 3;
/// Messages that a client may send at once.
pub const MESSAGES_AT_ONCE: u32 = 128;
/// A message that was sent is forgiven after this.
const MESSAGE_EVERY: Duration = Duration::from_millis(500);
/// Clients that come back in one second after the server stopped.
const RETURNS_PER_SECOND: u64 = 1_500;
/// Those who come back wait this long at the least, milliseconds: the server must have started.
const RETURN_MS_MIN: u64 = 1_000;

/// Topics that are kept beside the rest of a session, where they are quickest to reach; most screens
/// have one or two.
const TOPICS_INLINE: usize = 8;

/// Why a connection is closed, and whether the client should come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The server stops; come back after a moment.
    Restart,
    /// Too many connections; come back later.
    TryLater,
    /// The client broke the protocol; do not come back with the same.
    Protocol,
    /// More messages than a client has reason to send.
    TooMany,
    /// Nothing was subscribed to.
    Idle,
    /// Nothing was heard from the client, which is told in vain.
    Gone,
    /// The client could not keep up; come back for a fresh snapshot.
    TooSlow,
}

impl Close {
    /// The WebSocket close code.
    pub fn code(self) -> u16 {
        match self {
            Self::Restart => 1012,
            Self::TryLater => 1013,
            Self::Protocol | Self::TooMany | Self::Idle => 4400,
            Self::Gone => 1001,
            Self::TooSlow => 4408,
        }
    }

    /// In words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Restart => "the server restarts; come back",
            Self::TryLater => "too many connections; come back later",
            Self::Protocol => "that was not the protocol",
            Self::TooMany => "too many messages",
            Self::Idle => "nothing was subscribed to",
            Self::Gone => "nothing was heard from you",
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

impl Since {
    /// From the `id` of a server-sent event, `epoch:seq`.
    pub fn parse(id: &str) -> Option<Self> {
        let (epoch, seq) = id.split_once(':')?;
        Some(Self {
            epoch: epoch.to_owned(),
            seq: seq.parse().ok()?,
        })
    }
}

/// What one connection has subscribed to, up to where it was sent, and how it behaves.
#[derive(Debug, Default)]
pub struct Session {
    topics: SmallVec<[Subscribed; TOPICS_INLINE]>,
    /// When all that was sent by the client is forgiven.
    forgiven: Option<Instant>,
    unanswered: u32,
    idle: u32,
    behind: u32,
}

/// A topic, and the entry up to which the client was sent it.
#[derive(Debug)]
struct Subscribed {
    topic: Number,
    sent: u64,
}

impl Session {
    /// The first message.
    pub fn hello(hub: &Hub) -> Message {
        let (epoch, seq, server_time) = hub.position();
        let hello = json!({
            "type": "hello",
            "proto": 1,
            "epoch": epoch,
            "seq": seq,
            "server_time": server_time,
            "heartbeat_s": HEARTBEAT.as_secs(),
        });
        Message::new(&hello, Some(seq))
    }

    /// What to say when nothing else was.
    pub fn heartbeat(hub: &Hub) -> Message {
        Self::sign_of_life("heartbeat", hub)
    }

    fn sign_of_life(kind: &str, hub: &Hub) -> Message {
        let (_, seq, server_time) = hub.position();
        Message::new(
            &json!({"type": kind, "seq": seq, "server_time": server_time}),
            None,
        )
    }

    /// The last message before the server stops: when the client that is told as the `number`th is to
    /// come back, so that not all come at once.
    pub fn bye(number: u64) -> Message {
        let bye = json!({"type": "bye", "retry_ms": Self::retry_ms(number)});
        Message::new(&bye, None)
    }

    /// How long the client that is told as the `number`th should stay away.
    pub fn retry_ms(number: u64) -> u64 {
        RETURN_MS_MIN + number * 1_000 / RETURNS_PER_SECOND
    }

    /// Time has passed: what to send, or why the connection ends.
    pub fn on_beat(&mut self, hub: &Hub) -> Result<Vec<Message>, Close> {
        self.unanswered += 1;
        self.idle = if self.topics.is_empty() {
            self.idle + 1
        } else {
            0
        };
        self.behind = self.behind.saturating_sub(1);
        if self.unanswered > UNANSWERED_MAX {
            return Err(Close::Gone);
        }
        if self.idle > IDLE_MAX {
            return Err(Close::Idle);
        }
        Ok(vec![Self::heartbeat(hub), Message::ping()])
    }

    /// The client sent something, if only a pong.
    pub fn on_sign_of_life(&mut self, now: Instant) -> Result<(), Close> {
        self.unanswered = 0;
        let forgiven = self.forgiven.map_or(now, |then| then.max(now)) + MESSAGE_EVERY;
        self.forgiven = Some(forgiven);
        if forgiven > now + MESSAGE_EVERY * MESSAGES_AT_ONCE {
            return Err(Close::TooMany);
        }
        Ok(())
    }

    /// A client's message; what to answer, or why the connection ends.
    pub fn on_message(&mut self, text: &str, hub: &Hub) -> Result<Vec<Message>, Close> {
        match serde_json::from_str(text) {
            Ok(FromClient::Subscribe { topics, since }) => {
                let messages = topics
                    .iter()
                    .map(|topic| self.subscribe(topic, since.as_ref(), hub));
                Ok(messages.flatten().collect())
            }
            Ok(FromClient::Unsubscribe { topics }) => {
                for topic in topics.iter().filter_map(|topic| hub.number(topic)) {
                    self.topics.retain(|held| held.topic != topic);
                }
                Ok(Vec::new())
            }
            Ok(FromClient::Ping) => Ok(vec![Self::sign_of_life("pong", hub)]),
            Err(_) => Err(Close::Protocol),
        }
    }

    /// Subscribes to a topic and brings it up to date.
    pub fn subscribe(&mut self, text: &str, since: Option<&Since>, hub: &Hub) -> Vec<Message> {
        let is_full = self.topics.len() >= TOPICS_MAX;
        let is_held = |topic: &Number| self.topics.iter().any(|held| held.topic == *topic);
        let found = hub.number(text);
        let found = found.filter(|topic| !is_full || is_held(topic));
        let since = since.map(|since| (since.epoch.as_str(), since.seq));
        let caught_up = found.and_then(|topic| Some((topic, hub.catch_up(topic, since)?)));
        let Some((topic, catchup)) = caught_up else {
            let code = if is_full {
                "too_many_topics"
            } else {
                "unknown_topic"
            };
            return vec![Message::new(&json!({"type": "error", "code": code}), None)];
        };
        self.topics.retain(|held| held.topic != topic);
        self.topics.push(Subscribed {
            topic,
            sent: catchup.seq,
        });
        catchup.messages
    }

    /// Whether a frame is for this connection and newer than what it was sent; if so it counts as sent.
    pub fn wants(&mut self, frame: &Frame) -> bool {
        let mut topics = self.topics.iter_mut();
        match topics.find(|held| held.topic == frame.topic) {
            Some(held) if frame.seq > held.sent => {
                held.sent = frame.seq;
                true
            }
            _ => false,
        }
    }

    /// What the client missed while it took nothing. It is closed when again and again that reaches
    /// further back than the ring.
    pub fn catch_up(&mut self, hub: &Hub) -> Result<Vec<Message>, Close> {
        let (epoch, ..) = hub.position();
        let mut messages = Vec::new();
        let mut is_lost = false;
        for held in &mut self.topics {
            if let Some(catchup) = hub.catch_up(held.topic, Some((&epoch, held.sent))) {
                held.sent = catchup.seq;
                is_lost |= catchup.is_whole;
                messages.extend(catchup.messages);
            }
        }
        self.behind += u32::from(is_lost);
        if self.behind > BEHIND_MAX {
            return Err(Close::TooSlow);
        }
        Ok(messages)
    }
}
