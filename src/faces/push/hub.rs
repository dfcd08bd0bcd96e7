//! Works out what each new picture changed, once, and hands the same bytes to every socket.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use serde_json::json;
use tokio::sync::broadcast;

use crate::faces::push::topic::{self, Contents, Difference, Topic, Topics};
use crate::faces::{Mode, Shared};
use crate::views::Published;

/// Recent frames kept for those who come back.
pub const RING_FRAMES_MAX: usize = 8_192;
/// Batches that a socket may fall behind before it is given a fresh snapshot.
pub const BATCHES_BEHIND_MAX: usize = 256;

/// One change of one topic, encoded once.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Of which topic.
    pub topic: Topic,
    /// As of which entry.
    pub seq: u64,
    /// The JSON text.
    pub text: Utf8Bytes,
}

/// Shared by all sockets.
#[derive(Clone)]
pub struct Hub {
    state: Arc<Mutex<State>>,
    batches: broadcast::Sender<Arc<Vec<Frame>>>,
}

struct State {
    picture: Arc<Published>,
    mode: Mode,
    topics: Topics,
    ring: VecDeque<Frame>,
    /// Changes up to this entry are no longer in the ring.
    floor: u64,
}

/// What someone who subscribes is sent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catchup {
    /// Frames to send, in order.
    pub frames: Vec<Utf8Bytes>,
    /// Changes up to this entry are included.
    pub seq: u64,
}

impl Hub {
    /// A hub that knows the present picture; [`Hub::follow`] keeps it up.
    pub fn new(shared: &Shared) -> Self {
        let picture = shared.picture();
        let topics = topic::contents(&picture, &shared.mode, None);
        let floor = picture.seq;
        let state = State {
            picture,
            mode: shared.mode,
            topics,
            ring: VecDeque::new(),
            floor,
        };
        let (batches, _) = broadcast::channel(BATCHES_BEHIND_MAX);
        Self {
            state: Arc::new(Mutex::new(state)),
            batches,
        }
    }

    /// Follows the published pictures until there are no more.
    pub async fn follow(self, mut shared: Shared) {
        while shared.published.changed().await.is_ok() {
            let picture = Arc::clone(&shared.published.borrow_and_update());
            self.take(picture);
        }
    }

    /// The state is plain data that is whole between statements, so a poisoned lock can be used.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next picture: one frame for each topic that changed.
    pub fn take(&self, picture: Arc<Published>) {
        let mut state = self.state();
        let old = (state.picture.as_ref(), &state.topics);
        let topics = topic::contents(&picture, &state.mode, Some(old));
        let mut frames = Vec::new();
        for (topic, new) in &topics {
            let old = state.topics.get(topic);
            if old.is_some_and(|old| Arc::ptr_eq(old, new)) {
                continue;
            }
            let empty = Contents::new();
            let old = old.map_or(&empty, Arc::as_ref);
            let difference = Difference::between(old, new);
            if !difference.is_empty() {
                frames.push(delta(topic, &picture, &difference));
            }
        }
        state.topics = topics;
        state.picture = picture;
        for frame in &frames {
            state.ring.push_back(frame.clone());
        }
        while state.ring.len() > RING_FRAMES_MAX {
            if let Some(dropped) = state.ring.pop_front() {
                state.floor = dropped.seq;
            }
        }
        if !frames.is_empty() {
            // Nobody is listening now and then.
            let _listeners = self.batches.send(Arc::new(frames));
        }
    }

    /// Everything from now on. Frames that a [`Catchup`] included must be left out by their `seq`.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Vec<Frame>>> {
        self.batches.subscribe()
    }

    /// The history and the entry that a new connection is told.
    pub fn position(&self) -> (String, u64, String) {
        let picture = &self.state().picture;
        (
            picture.epoch.to_string(),
            picture.seq,
            picture.as_of.rfc3339_london(),
        )
    }

    /// What brings a topic up to date for someone who holds it as of `since` in history `epoch`: the
    /// changes, or a snapshot. `None` when there is no such topic.
    pub fn catch_up(&self, topic: &Topic, since: Option<(&str, u64)>) -> Option<Catchup> {
        let state = self.state();
        let contents = state.topics.get(topic)?;
        let seq = state.picture.seq;
        let held = since.filter(|(epoch, held)| {
            *epoch == state.picture.epoch && (state.floor..=seq).contains(held)
        });
        let frames = match held {
            Some((_, held)) => state
                .ring
                .iter()
                .filter(|frame| frame.seq > held && frame.topic == *topic)
                .map(|frame| frame.text.clone())
                .collect(),
            None => vec![snapshot(topic, &state.picture, contents)],
        };
        Some(Catchup { frames, seq })
    }

    /// Every topic's contents, as `GET /api/v1/state` gives them.
    pub fn all(&self) -> (Arc<Published>, serde_json::Value) {
        let state = self.state();
        (Arc::clone(&state.picture), topic::all(&state.topics))
    }
}

fn delta(topic: &Topic, picture: &Published, difference: &Difference) -> Frame {
    let text = json!({
        "type": "delta",
        "topic": topic.to_string(),
        "epoch": picture.epoch.as_str(),
        "seq": picture.seq,
        "as_of": picture.as_of.rfc3339_london(),
        "data": {"set": difference.set, "unset": difference.unset},
    });
    Frame {
        topic: topic.clone(),
        seq: picture.seq,
        text: text.to_string().into(),
    }
}

fn snapshot(topic: &Topic, picture: &Published, contents: &Contents) -> Utf8Bytes {
    let text = json!({
        "type": "snapshot",
        "topic": topic.to_string(),
        "epoch": picture.epoch.as_str(),
        "seq": picture.seq,
        "as_of": picture.as_of.rfc3339_london(),
        "data": contents,
    });
    text.to_string().into()
}
