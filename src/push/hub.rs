//! Works out what each new published value changed, once, and hands the same bytes to every socket.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::delta::SummedDelta;
use crate::message::Message;
use crate::topic::{self, Contents, Difference, Topic, Topics};
use app::{AppState, ServerMode};
use domain::{At, Clock};
use views::Published;

/// Recent frames kept for those who come back: so many,
pub const RING_FRAMES_MAX: usize = 8_192;
/// and of so many bytes.
pub const RING_BYTES_MAX: usize = 16 << 20;
/// Batches that a socket may fall behind before it is given a fresh snapshot.
pub const BATCHES_BEHIND_MAX: usize = 256;
/// How often a connection hears something.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// Connections do not all say that they live at the same moment, but a share of them at a time.
pub const PHASES: u32 = 5;
/// Someone who missed more frames of a topic than this is sent them as one.
const MISSED_APART_MAX: usize = 8;

/// A topic's number, quicker to compare than its name; it stays the same for as long as the hub lives.
pub type Number = u32;

/// One change of one topic, encoded once.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Of which topic, by its number in this hub.
    pub topic: Number,
    /// As of which entry.
    pub seq: u64,
    /// Encoded.
    pub message: Message,
    as_of: At,
}

/// What every connection hears.
#[derive(Debug, Clone)]
pub enum News {
    /// A published value changed these topics.
    Frames(Arc<Vec<Frame>>),
    /// Time passes; connections of this phase say that they live.
    Beat(u32),
    /// The server stops.
    Stopping,
}

/// Shared by all sockets.
#[derive(Clone)]
pub struct Hub {
    state: Arc<Mutex<HubState>>,
    news: broadcast::Sender<News>,
    mode: ServerMode,
    clock: Arc<dyn Clock>,
}

struct HubState {
    published: Arc<Published>,
    topics: Topics,
    names: Vec<Topic>,
    ring: VecDeque<Frame>,
    ring_bytes: usize,
    /// Changes up to this entry are no longer in the ring.
    floor: u64,
    /// Snapshots of this published value that someone asked for already.
    snapshots: BTreeMap<Number, Message>,
}

/// What someone who subscribes is sent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catchup {
    /// Messages to send, in order.
    pub messages: Vec<Message>,
    /// Changes up to this entry are included.
    pub seq: u64,
    /// They are a snapshot: the changes alone reach not so far back.
    pub is_whole: bool,
}

impl Hub {
    /// A hub that knows the present published value; [`Hub::follow`] keeps it up.
    pub fn new(shared: &AppState) -> Self {
        let published = shared.published();
        let topics = topic::contents(&published, &shared.mode, None);
        let floor = published.seq;
        let state = HubState {
            published,
            names: topics.keys().cloned().collect(),
            topics,
            ring: VecDeque::new(),
            ring_bytes: 0,
            floor,
            snapshots: BTreeMap::new(),
        };
        let (news, _) = broadcast::channel(BATCHES_BEHIND_MAX);
        Self {
            state: Arc::new(Mutex::new(state)),
            news,
            mode: shared.mode,
            clock: Arc::clone(&shared.clock),
        }
    }

    /// Follows the published values until the server stops, and beats the time.
    pub async fn follow(self, mut shared: AppState, stop: CancellationToken) {
        let mut beat = tokio::time::interval(HEARTBEAT / PHASES);
        let mut phase = 0;
        loop {
            tokio::select! {
                changed = shared.published.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let published = Arc::clone(&shared.published.borrow_and_update());
                    self.take(published);
                }
                _ = beat.tick() => {
                    phase = (phase + 1) % PHASES;
                    // Nobody is listening now and then.
                    let _listeners = self.news.send(News::Beat(phase));
                }
                () = stop.cancelled() => break,
            }
        }
        // Nobody may be listening.
        let _listeners = self.news.send(News::Stopping);
    }

    /// The state is plain data that is whole between statements, so a poisoned lock can be used.
    fn state(&self) -> MutexGuard<'_, HubState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next published value: one frame for each topic that changed. Only one caller takes.
    pub fn take(&self, published: Arc<Published>) {
        let (before, old) = {
            let state = self.state();
            (Arc::clone(&state.published), state.topics.clone())
        };
        let topics = topic::contents(&published, &self.mode, Some((&before, &old)));
        let changes = differences(&old, &topics);
        let mut state = self.state();
        let frames: Vec<Frame> = changes
            .into_iter()
            .map(|(topic, change)| state.frame(&published, topic, &change))
            .collect();
        state.published = published;
        state.topics = topics;
        state.snapshots.clear();
        state.remember(&frames);
        if !frames.is_empty() {
            // Nobody is listening now and then.
            let _listeners = self.news.send(News::Frames(Arc::new(frames)));
        }
    }

    /// Everything from now on. Frames that a [`Catchup`] included must be left out by their `seq`.
    pub fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// The history, the entry and the server's time that a new connection is told.
    pub fn position(&self) -> (String, u64, String) {
        let published = Arc::clone(&self.state().published);
        let now = self.clock.now().rfc3339_london();
        (published.epoch.to_string(), published.seq, now)
    }

    /// The number of a topic that there is.
    pub fn number(&self, topic: &str) -> Option<Number> {
        let topic = Topic::parse(topic)?;
        let mut state = self.state();
        state.topics.get(&topic)?;
        Some(state.number(&topic))
    }

    /// What brings a topic up to date for someone who holds it as of `since` in history `epoch`: the
    /// changes, or a snapshot. `None` when there is no such topic.
    pub fn catch_up(&self, topic: Number, since: Option<(&str, u64)>) -> Option<Catchup> {
        let mut state = self.state();
        let seq = state.published.seq;
        let held = since.filter(|(epoch, held)| {
            *epoch == state.published.epoch && (state.floor..=seq).contains(held)
        });
        let messages = match held {
            Some((_, held)) => {
                let first = state.ring.partition_point(|frame| frame.seq <= held);
                let missed = state.ring.range(first..);
                let missed: Vec<&Frame> = missed.filter(|frame| frame.topic == topic).collect();
                if missed.len() > MISSED_APART_MAX {
                    let merged = state.merge(missed.into_iter());
                    merged.into_iter().map(|frame| frame.message).collect()
                } else {
                    missed.iter().map(|frame| frame.message.clone()).collect()
                }
            }
            None => vec![state.snapshot(topic)?],
        };
        Some(Catchup {
            messages,
            seq,
            is_whole: held.is_none(),
        })
    }

    /// Some frames as one for each topic: the latest value of each key wins.
    pub fn merge<'a>(&self, frames: impl Iterator<Item = &'a Frame>) -> Vec<Frame> {
        self.state().merge(frames)
    }

    /// Every topic's contents, as `GET /api/v1/state` gives them.
    pub fn all(&self) -> (Arc<Published>, Value) {
        let (published, topics) = {
            let state = self.state();
            (Arc::clone(&state.published), state.topics.clone())
        };
        (published, topic::all(&topics))
    }
}

impl HubState {
    fn number(&mut self, topic: &Topic) -> Number {
        let known = self.names.iter().position(|name| name == topic);
        let number = known.unwrap_or_else(|| {
            self.names.push(topic.clone());
            self.names.len() - 1
        });
        number as Number
    }

    fn frame(&mut self, published: &Published, topic: &Topic, change: &Difference) -> Frame {
        let (seq, as_of) = (published.seq, published.as_of);
        Frame {
            topic: self.number(topic),
            seq,
            message: delta(&published.epoch, topic, (seq, as_of), change),
            as_of,
        }
    }

    fn remember(&mut self, frames: &[Frame]) {
        for frame in frames {
            self.ring_bytes += frame.message.frame().len();
            self.ring.push_back(frame.clone());
        }
        while self.ring.len() > RING_FRAMES_MAX || self.ring_bytes > RING_BYTES_MAX {
            let Some(dropped) = self.ring.pop_front() else {
                break;
            };
            self.ring_bytes -= dropped.message.frame().len();
            self.floor = dropped.seq;
        }
    }

    fn merge<'a>(&self, frames: impl Iterator<Item = &'a Frame>) -> Vec<Frame> {
        let mut by_topic: BTreeMap<Number, Vec<&Frame>> = BTreeMap::new();
        for frame in frames {
            by_topic.entry(frame.topic).or_default().push(frame);
        }
        let epoch = &self.published.epoch;
        let one = |(topic, frames): (Number, Vec<&Frame>)| match frames.as_slice() {
            [] => None,
            [only] => Some((*only).clone()),
            [.., last] => {
                let name = self.names.get(topic as usize)?;
                let texts = frames.iter().map(|frame| frame.message.text());
                let sum = SummedDelta::sum(texts)?;
                let message = delta(epoch, name, (last.seq, last.as_of), &sum);
                Some(Frame {
                    message,
                    ..(*last).clone()
                })
            }
        };
        by_topic.into_iter().filter_map(one).collect()
    }

    /// A topic's snapshot, encoded once for all who come before the next published value.
    fn snapshot(&mut self, number: Number) -> Option<Message> {
        if let Some(known) = self.snapshots.get(&number) {
            return Some(known.clone());
        }
        let topic = self.names.get(number as usize)?;
        let contents = self.topics.get(topic)?;
        let published = &self.published;
        let value = json!({
            "type": "snapshot",
            "topic": topic.to_string(),
            "epoch": published.epoch.as_str(),
            "seq": published.seq,
            "as_of": published.as_of.rfc3339_london(),
            "data": contents.as_ref(),
        });
        let message = Message::new(&value, Some(published.seq));
        self.snapshots.insert(number, message.clone());
        Some(message)
    }
}

fn differences<'a>(old: &Topics, new: &'a Topics) -> Vec<(&'a Topic, Difference)> {
    let empty = Arc::new(Contents::new());
    let changed = |(topic, contents): (&'a Topic, &Arc<Contents>)| {
        let before = old.get(topic).unwrap_or(&empty);
        if Arc::ptr_eq(before, contents) {
            return None;
        }
        let difference = Difference::between(before, contents);
        (!difference.is_empty()).then_some((topic, difference))
    };
    new.iter().filter_map(changed).collect()
}

fn delta(epoch: &str, topic: &Topic, at: (u64, At), change: &impl Serialize) -> Message {
    let (seq, as_of) = at;
    let value = json!({
        "type": "delta",
        "topic": topic.to_string(),
        "epoch": epoch,
        "seq": seq,
        "as_of": as_of.rfc3339_london(),
        "data": change,
    });
    Message::new(&value, Some(seq))
}
