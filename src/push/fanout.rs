//! Speaks to many sockets: a few tasks, each of which writes to its share of the clients in turn.
//!
//! What is new is written to each client that wants it straight from the bytes that all share, one write
//! each. A client that takes no more is left alone until it does, and is then brought up to date as one
//! that comes back is: nothing is kept for it meanwhile, and nobody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use indexmap::IndexMap;
use tokio::net::TcpStream;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::task::TaskTracker;

use crate::client::{Client, WriteResult};
use crate::hub::{Frame, Hub, News, PHASES};
use crate::message::Message;
use crate::session::{Close, Session};

/// Names a connection for as long as the server runs.
pub type Id = u64;

/// What was heard and waits to be dealt with.
const COMMANDS_MAX: usize = 1_024;
/// Batches dealt with in one go.
const BATCHES_AT_ONCE: usize = 64;
/// More batches than this that wait are sent as one: those who are late want the newest, not all.
const BATCHES_APART_MAX: usize = 8;
/// Clients written to before others may run.
const CLIENTS_AT_ONCE: usize = 64;
/// Beats after which a client that takes nothing, or does not close, is given up: 12 seconds or a little
/// more.
const BLOCKED_BEATS_MAX: u32 = 4;
/// How long clients may take to close once the server stops.
const GOODBYE: Duration = Duration::from_secs(2);

/// What the hearing side of a socket tells the speaking side.
pub enum Command {
    /// A client came; this is where to write, and what ends its hearing side when it is dropped.
    Came(Id, Arc<TcpStream>, oneshot::Sender<()>),
    /// It said something; the library's own reply to it.
    Heard(Id, ClientInput, Vec<u8>),
    /// It is gone.
    Went(Id),
}

/// What a client said.
pub enum ClientInput {
    /// A message.
    Text(Utf8Bytes),
    /// A ping, a pong or a close.
    Control,
    /// What nobody may say.
    Wrong(Close),
}

/// Where the hearing side reaches the speaking side.
#[derive(Clone)]
pub struct FanoutSender(mpsc::Sender<Command>);

impl FanoutSender {
    /// Starts a task that speaks to its clients until the server stops.
    pub fn start(hub: &Hub, goodbyes: &Arc<AtomicU64>, tasks: &TaskTracker) -> Self {
        let (sender, commands) = mpsc::channel(COMMANDS_MAX);
        let share = FanoutShard {
            hub: hub.clone(),
            news: hub.listen(),
            commands,
            clients: IndexMap::new(),
            blocked: FuturesUnordered::new(),
            goodbyes: Arc::clone(goodbyes),
            stops_at: None,
        };
        tasks.spawn(share.run());
        Self(sender)
    }

    /// False when the server stops.
    pub async fn tell(&self, command: Command) -> bool {
        self.0.send(command).await.is_ok()
    }
}

/// A share of the clients.
struct FanoutShard {
    hub: Hub,
    news: Receiver<News>,
    commands: mpsc::Receiver<Command>,
    clients: IndexMap<Id, Client>,
    /// Clients whose sockets had no room; each ends when there may be.
    blocked: FuturesUnordered<BoxFuture<'static, Id>>,
    goodbyes: Arc<AtomicU64>,
    /// When those who have not closed by then are given up.
    stops_at: Option<Instant>,
}

/// What the last client was told, most often what the next one is told too.
#[derive(Default)]
struct Piece {
    wanted: Vec<usize>,
    joined: Option<Message>,
}

impl Piece {
    fn of<'a>(&'a mut self, wanted: &[usize], frames: &[&'a Frame]) -> &'a Message {
        if let [only] = wanted {
            return &frames[*only].message;
        }
        if self.wanted != wanted {
            wanted.clone_into(&mut self.wanted);
            self.joined = None;
        }
        let messages = wanted.iter().map(|number| &frames[*number].message);
        self.joined.get_or_insert_with(|| Message::join(messages))
    }
}

enum Met {
    Told(Result<News, RecvError>),
    Asked(Option<Command>),
    Room(Id),
    End,
}

impl FanoutShard {
    async fn run(mut self) {
        loop {
            let stops_at = self.stops_at;
            if stops_at.is_some() && self.clients.is_empty() {
                return;
            }
            let met = tokio::select! {
                told = self.news.recv(), if stops_at.is_none() => Met::Told(told),
                command = self.commands.recv() => Met::Asked(command),
                Some(id) = self.blocked.next() => Met::Room(id),
                () = until(stops_at) => Met::End,
            };
            match met {
                Met::Told(Ok(News::Frames(first))) => self.tell_from(first).await,
                Met::Told(Ok(News::Beat(phase))) => self.beat(phase),
                Met::Told(Ok(News::Stopping) | Err(RecvError::Closed)) => self.stop(),
                Met::Told(Err(RecvError::Lagged(_))) => self.catch_all_up().await,
                Met::Asked(Some(command)) => self.take(command),
                Met::Room(id) => self.resume(id),
                Met::Asked(None) | Met::End => return,
            }
        }
    }

    /// Tells what a batch, and those that wait behind it, changed.
    async fn tell_from(&mut self, first: Arc<Vec<Frame>>) {
        let mut batches = vec![first];
        let mut other = None;
        while other.is_none() && batches.len() < BATCHES_AT_ONCE {
            match self.news.try_recv() {
                Ok(News::Frames(batch)) => batches.push(batch),
                Ok(news) => other = Some(news),
                // Falling behind here is met again by the next `recv`.
                Err(_) => break,
            }
        }
        let frames = batches.iter().flat_map(|batch| batch.iter());
        if batches.len() > BATCHES_APART_MAX {
            let merged = self.hub.merge(frames);
            self.tell(&merged.iter().collect::<Vec<_>>()).await;
        } else {
            self.tell(&frames.collect::<Vec<_>>()).await;
        }
        match other {
            Some(News::Beat(phase)) => self.beat(phase),
            Some(News::Stopping) => self.stop(),
            Some(News::Frames(_)) | None => {}
        }
    }

    /// Writes to each client what it wants of some frames.
    async fn tell(&mut self, frames: &[&Frame]) {
        let mut wanted = Vec::with_capacity(frames.len());
        let mut piece = Piece::default();
        let mut blocked = Vec::new();
        let mut broken = Vec::new();
        let mut told = 0;
        for index in 0..self.clients.len() {
            if index % CLIENTS_AT_ONCE == CLIENTS_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            let Some((id, client)) = self.clients.get_index_mut(index) else {
                break;
            };
            // One that is blocked is caught up once it has room.
            if client.is_blocked() || client.is_closing {
                continue;
            }
            let session = &mut client.session;
            let numbers = 0..frames.len();
            wanted.clear();
            wanted.extend(numbers.filter(|number| session.wants(frames[*number])));
            if wanted.is_empty() {
                continue;
            }
            told += wanted.len();
            match client.speak(piece.of(&wanted, frames)) {
                WriteResult::All | WriteResult::Waiting => {}
                WriteResult::Blocked => blocked.push(*id),
                WriteResult::Broken => broken.push(*id),
            }
        }
        telemetry::push_frames(told as u64);
        for id in blocked {
            self.wait_for_room(id);
        }
        for id in broken {
            self.clients.swap_remove(&id);
        }
    }

    fn wait_for_room(&mut self, id: Id) {
        if let Some(client) = self.clients.get(&id) {
            let stream = client.stream();
            self.blocked.push(Box::pin(async move {
                // A connection that broke is noticed by the write that follows.
                let _broken = stream.writable().await;
                id
            }));
        }
    }

    /// Says something to one client.
    fn say(&mut self, id: Id, messages: &[Message]) {
        let Some(client) = self.clients.get_mut(&id).filter(|_| !messages.is_empty()) else {
            return;
        };
        telemetry::push_frames(messages.len() as u64);
        let written = match messages {
            [only] => client.speak(only),
            several => client.speak(&Message::join(several)),
        };
        self.follow_up(id, written);
    }

    fn follow_up(&mut self, id: Id, written: WriteResult) {
        match written {
            WriteResult::All | WriteResult::Waiting => {}
            WriteResult::Blocked => self.wait_for_room(id),
            WriteResult::Broken => {
                self.clients.swap_remove(&id);
            }
        }
    }

    /// A socket may have room again: writes what waits, then brings its client up to date.
    fn resume(&mut self, id: Id) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        match client.resume() {
            WriteResult::All => {
                client.beats = 0;
                self.catch_up(id);
            }
            other => self.follow_up(id, other),
        }
    }

    fn catch_up(&mut self, id: Id) {
        let Some(client) = self
            .clients
            .get_mut(&id)
            .filter(|client| !client.is_closing)
        else {
            return;
        };
        match client.session.catch_up(&self.hub) {
            Ok(messages) => self.say(id, &messages),
            Err(close) => self.close(id, close),
        }
    }

    /// So much was new that some of it was lost to us.
    async fn catch_all_up(&mut self) {
        for index in 0..self.clients.len() {
            if index % CLIENTS_AT_ONCE == CLIENTS_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            // A client may be removed on the way; the one that takes its place comes first next time.
            let found = self.clients.get_index(index);
            if let Some(id) = found
                .filter(|(_, client)| !client.is_blocked())
                .map(|(id, _)| *id)
            {
                self.catch_up(id);
            }
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Came(id, stream, hearing) => {
                let phase = (id % u64::from(PHASES)) as u32;
                self.clients.insert(id, Client::new(stream, phase, hearing));
                self.say(id, &[Session::hello(&self.hub)]);
                if self.stops_at.is_some() {
                    self.close(id, Close::Restart);
                }
            }
            Command::Heard(id, heard, replies) => {
                let Some(client) = self.clients.get_mut(&id).filter(|one| !one.is_closing) else {
                    return;
                };
                let answer = match (client.session.on_sign_of_life(Instant::now()), heard) {
                    (Err(close), _) | (Ok(()), ClientInput::Wrong(close)) => Err(close),
                    (Ok(()), ClientInput::Control) => Ok(Vec::new()),
                    (Ok(()), ClientInput::Text(text)) => {
                        client.session.on_message(&text, &self.hub)
                    }
                };
                if !replies.is_empty() {
                    self.say(id, &[Message::of_frames(replies)]);
                }
                match answer {
                    Ok(messages) => self.say(id, &messages),
                    Err(close) => self.close(id, close),
                }
            }
            Command::Went(id) => {
                self.clients.swap_remove(&id);
            }
        }
    }

    /// Time has passed.
    fn beat(&mut self, phase: u32) {
        let mut late = Vec::new();
        let mut due = Vec::new();
        for (id, client) in &mut self.clients {
            if client.is_blocked() || client.is_closing {
                client.beats += 1;
                if client.beats > BLOCKED_BEATS_MAX {
                    late.push(*id);
                }
            } else if client.phase == phase {
                due.push(*id);
            }
        }
        for id in late {
            // Nothing more can be said to it.
            telemetry::push_closed(Close::TooSlow.code());
            self.clients.swap_remove(&id);
        }
        for id in due {
            let Some(client) = self.clients.get_mut(&id) else {
                continue;
            };
            match client.session.on_beat(&self.hub) {
                Ok(messages) => self.say(id, &messages),
                Err(close) => self.close(id, close),
            }
        }
    }

    /// Says why, and when to come back; the client closes.
    fn close(&mut self, id: Id, close: Close) {
        telemetry::push_closed(close.code());
        let mut last = Vec::new();
        if close == Close::Restart {
            let number = self.goodbyes.fetch_add(1, Ordering::Relaxed);
            last.push(Session::bye(number));
        }
        last.push(Message::close(close.code(), close.reason()));
        if let Some(client) = self.clients.get_mut(&id) {
            client.is_closing = true;
        }
        self.say(id, &last);
    }

    fn stop(&mut self) {
        self.stops_at = Some(Instant::now() + GOODBYE);
        let all: Vec<Id> = self.clients.keys().copied().collect();
        for id in all {
            self.close(id, Close::Restart);
        }
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
