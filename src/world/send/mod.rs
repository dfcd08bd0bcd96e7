//! Delivers wires over real sockets: HL7 by MLLP, events by HTTP. Order is kept within a channel;
//! the channels run side by side. A wire is let go of only once the server has answered for it.
//!
//! It never decides what to send, and it never drops a wire because a server is away: what was not
//! answered stays queued for the next call.

mod delivery;
mod events;
mod mllp;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use futures_util::future::join_all;

pub use self::delivery::{SendError, Sent};
use self::events::EventsLine;
use self::mllp::MllpLine;
use super::{Channel, Wire};
use domain::FeedId;

/// Where to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// The MLLP listener.
    pub mllp: SocketAddr,
    /// The server's address for HTTP, without a path: `http://127.0.0.1:8080`.
    pub events_url: String,
    /// The feed's token, where access control is on.
    pub token: Option<String>,
}

/// Delivers wires. Keeps its connections from one call to the next.
#[derive(Debug)]
pub struct Sender {
    mllp: MllpLine,
    events: EventsLine,
    queues: BTreeMap<FeedId, VecDeque<String>>,
}

impl Sender {
    /// Ready to send; connects with the first wire.
    pub fn new(targets: Targets) -> Result<Self, SendError> {
        Ok(Self {
            mllp: MllpLine::new(targets.mllp),
            events: EventsLine::new(&targets.events_url, targets.token)?,
            queues: BTreeMap::new(),
        })
    }

    /// Wires not answered for yet.
    pub fn queued(&self) -> usize {
        self.mllp.queued() + self.queues.values().map(VecDeque::len).sum::<usize>()
    }

    /// Delivers these wires after any left from before, and waits until each is answered for. On
    /// an error the rest stays queued; call again, with no new wires if there are none.
    pub async fn send(&mut self, wires: Vec<Wire>) -> Result<Sent, SendError> {
        for wire in wires {
            match wire.channel {
                Channel::Mllp => self.mllp.push(wire.body),
                Channel::Events(feed) => self.queues.entry(feed).or_default().push_back(wire.body),
            }
        }
        let feeds = self.queues.values_mut().filter(|queue| !queue.is_empty());
        let posts = feeds.map(|queue| self.events.drain(queue));
        let (mllp, events) = tokio::join!(self.mllp.drain(), join_all(posts));
        let mut sent = mllp?;
        for one in events {
            sent = sent.plus(one?);
        }
        Ok(sent)
    }
}

#[cfg(test)]
mod tests;
