//! Push: a snapshot, then what changes, over WebSocket or server-sent events.
//!
//! `session` is the protocol without I/O, `hub` works out each change once; this file moves bytes.

mod hub;
mod past;
mod session;
#[cfg(test)]
mod tests;
mod topic;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dashmap::DashMap;
use futures_util::{SinkExt, stream};
use serde::Deserialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::faces::{Shared, failure, wire};
use crate::telemetry;
use hub::{Frame, Hub};
use past::LookingBack;
use session::{Close, HEARTBEAT_SECONDS, Session, Since};

/// Connections in all; beyond them a client is told to come back later.
pub const CONNECTIONS_MAX: usize = 15_000;
/// Connections from one address; a hospital may be behind one.
pub const CONNECTIONS_PER_ADDRESS_MAX: u32 = 2_000;
/// Longest message from a client, bytes.
pub const MESSAGE_BYTES_MAX: usize = 16 << 10;
/// Read and write buffer of one socket, bytes; the default of 128 KiB is most of a socket's memory.
const BUFFER_BYTES: usize = 4 << 10;
/// A client that does not take a frame within this is too slow.
const SEND: Duration = Duration::from_secs(10);
/// Times a client may fall behind before it is closed.
const BEHIND_MAX: u32 = 3;
/// Batches written in one go.
const BATCHES_AT_ONCE: usize = 64;

type Batches = Receiver<Arc<Vec<Frame>>>;

/// What push needs.
#[derive(Clone)]
struct Parts {
    hub: Hub,
    shared: Shared,
    places: Arc<Semaphore>,
    addresses: Arc<DashMap<IpAddr, u32>>,
    past: LookingBack,
    stop: CancellationToken,
}

/// The routes; a task that follows the published pictures is started.
pub fn router(shared: Shared, stop: CancellationToken) -> Router {
    let hub = Hub::new(&shared);
    tokio::spawn(hub.clone().follow(shared.clone()));
    Router::new()
        .route("/api/v1/push", get(websocket))
        .route("/api/v1/push/sse", get(events))
        .route("/api/v1/state", get(state))
        .route("/api/asyncapi.json", get(asyncapi))
        .with_state(Parts {
            hub,
            shared,
            places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            addresses: Arc::default(),
            past: LookingBack::default(),
            stop,
        })
}

/// The protocol for programs that read AsyncAPI; a test holds it to what is sent.
const ASYNCAPI: &str = include_str!("asyncapi.json");

async fn asyncapi() -> Response {
    let fields = [
        (
            header::CONTENT_TYPE,
            "application/vnd.aai.asyncapi+json;version=3.0.0",
        ),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (fields, ASYNCAPI).into_response()
}

/// Counts one connection of an address for as long as it lives.
struct Place {
    addresses: Arc<DashMap<IpAddr, u32>>,
    address: IpAddr,
    transport: &'static str,
    _one_of_all: OwnedSemaphorePermit,
}

impl Place {
    fn take(parts: &Parts, address: IpAddr, transport: &'static str) -> Option<Self> {
        let one_of_all = Arc::clone(&parts.places).try_acquire_owned().ok()?;
        let mut count = parts.addresses.entry(address).or_default();
        if *count >= CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        *count += 1;
        telemetry::push_connections(transport, 1.0);
        Some(Self {
            addresses: Arc::clone(&parts.addresses),
            address,
            transport,
            _one_of_all: one_of_all,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        telemetry::push_connections(self.transport, -1.0);
        if let Some(mut count) = self.addresses.get_mut(&self.address) {
            *count -= 1;
        }
        self.addresses
            .remove_if(&self.address, |_, count| *count == 0);
    }
}

fn too_many() -> Response {
    failure(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_connections",
        Close::TryLater.reason(),
        "close connections that are not used, or ask /api/v1/waits now and then",
    )
}

async fn websocket(
    State(parts): State<Parts>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(place) = Place::take(&parts, peer.ip(), "websocket") else {
        return too_many();
    };
    upgrade
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            converse(socket, &parts).await;
            drop(place);
        })
}

/// What a connection's loop met.
enum Met {
    Said(Option<Result<Message, axum::Error>>),
    Changed(Result<Arc<Vec<Frame>>, RecvError>),
    Quiet,
    Stopping,
}

async fn converse(mut socket: WebSocket, parts: &Parts) {
    let mut session = Session::default();
    let mut batches = parts.hub.listen();
    let mut behind = 0;
    let mut heartbeat = tokio::time::interval(Duration::from_secs(HEARTBEAT_SECONDS));
    heartbeat.reset();
    let mut frames = vec![Session::hello(&parts.hub)];
    let close = loop {
        if send(&mut socket, std::mem::take(&mut frames))
            .await
            .is_err()
        {
            break Some(Close::TooSlow);
        }
        let met = tokio::select! {
            said = socket.recv() => Met::Said(said),
            changed = batches.recv() => Met::Changed(changed),
            _ = heartbeat.tick() => Met::Quiet,
            () = parts.stop.cancelled() => Met::Stopping,
        };
        frames = match met {
            Met::Said(Some(Ok(Message::Text(text)))) => {
                match session.on_message(&text, &parts.hub) {
                    Ok(frames) => frames,
                    Err(close) => break Some(close),
                }
            }
            Met::Said(Some(Ok(Message::Binary(_)))) => break Some(Close::Protocol),
            Met::Said(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => Vec::new(),
            Met::Said(Some(Ok(Message::Close(_)) | Err(_)) | None) => break None,
            Met::Changed(Ok(batch)) => wanted(&mut session, batch, &mut batches),
            Met::Changed(Err(RecvError::Lagged(_))) if behind < BEHIND_MAX => {
                behind += 1;
                session.start_over(&parts.hub)
            }
            Met::Changed(Err(RecvError::Lagged(_))) => break Some(Close::TooSlow),
            Met::Changed(Err(RecvError::Closed)) | Met::Stopping => break Some(Close::Restart),
            Met::Quiet => vec![Session::heartbeat(&parts.hub)],
        };
    };
    if let Some(close) = close {
        let frame = CloseFrame {
            code: close.code(),
            reason: close.reason().into(),
        };
        // The client may be gone already.
        let _gone = tokio::time::timeout(SEND, socket.send(Message::Close(Some(frame)))).await;
    }
}

/// The frames of a batch, and of those that wait behind it, that this session wants.
fn wanted(session: &mut Session, first: Arc<Vec<Frame>>, batches: &mut Batches) -> Vec<Utf8Bytes> {
    let mut frames = Vec::new();
    let mut next = Some(first);
    let mut taken = 0;
    while let Some(batch) = next {
        frames.extend(
            batch
                .iter()
                .filter(|f| session.wants(f))
                .map(|f| f.text.clone()),
        );
        taken += 1;
        // Falling behind here is met again by the next `recv`.
        next = if taken < BATCHES_AT_ONCE {
            batches.try_recv().ok()
        } else {
            None
        };
    }
    frames
}

/// Writes all frames and flushes once.
async fn send(socket: &mut WebSocket, frames: Vec<Utf8Bytes>) -> Result<(), ()> {
    if frames.is_empty() {
        return Ok(());
    }
    let count = frames.len() as u64;
    let writing = async {
        for frame in frames {
            socket.feed(Message::Text(frame)).await?;
        }
        socket.flush().await
    };
    match tokio::time::timeout(SEND, writing).await {
        Ok(Ok(())) => {
            telemetry::push_frames(count);
            Ok(())
        }
        Ok(Err(_)) | Err(_) => Err(()),
    }
}

#[derive(Deserialize)]
struct EventsQuery {
    topics: Option<String>,
}

/// Server-sent events: the same frames, `id` is `epoch:seq`.
async fn events(
    State(parts): State<Parts>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Response {
    let Some(place) = Place::take(&parts, peer.ip(), "sse") else {
        return too_many();
    };
    let since = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let since = since.and_then(|text| {
        let (epoch, seq) = text.split_once(':')?;
        Some(Since {
            epoch: epoch.to_owned(),
            seq: seq.parse().ok()?,
        })
    });
    let mut session = Session::default();
    let batches = parts.hub.listen();
    let mut frames = vec![Session::hello(&parts.hub)];
    for topic in query.topics.as_deref().unwrap_or("waits").split(',') {
        frames.extend(session.subscribe(topic, since.as_ref(), &parts.hub));
    }
    let start = (session, batches, parts, Some(frames), place);
    let pieces = stream::unfold(
        start,
        |(mut session, mut batches, parts, ready, place)| async move {
            let frames = match ready {
                Some(frames) => frames,
                None => next_events(&mut session, &mut batches, &parts).await?,
            };
            let piece: Result<Bytes, std::io::Error> = Ok(event_text(&frames, &parts.hub));
            Some((piece, (session, batches, parts, None, place)))
        },
    );
    let fields = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (fields, Body::from_stream(pieces)).into_response()
}

async fn next_events(
    session: &mut Session,
    batches: &mut Batches,
    parts: &Parts,
) -> Option<Vec<Utf8Bytes>> {
    loop {
        let frames = tokio::select! {
            changed = batches.recv() => match changed {
                Ok(batch) => wanted(session, batch, batches),
                Err(RecvError::Lagged(_)) => session.start_over(&parts.hub),
                Err(RecvError::Closed) => return None,
            },
            () = tokio::time::sleep(Duration::from_secs(HEARTBEAT_SECONDS)) => {
                vec![Session::heartbeat(&parts.hub)]
            }
            () = parts.stop.cancelled() => return None,
        };
        if !frames.is_empty() {
            telemetry::push_frames(frames.len() as u64);
            return Some(frames);
        }
    }
}

/// The `id` of the last event is where the client stands once it has read them all.
fn event_text(frames: &[Utf8Bytes], hub: &Hub) -> Bytes {
    let mut text = String::new();
    for frame in frames {
        text.push_str("data: ");
        text.push_str(frame.as_str());
        if let Some((epoch, seq)) = place_of(frame.as_str()) {
            text.extend(["\nid: ", &epoch, ":", &seq.to_string()]);
        }
        text.push_str("\n\n");
    }
    if text.is_empty() {
        text.extend([": up to ", &hub.position().1.to_string(), "\n\n"]);
    }
    text.into()
}

fn place_of(frame: &str) -> Option<(String, u64)> {
    #[derive(Deserialize)]
    struct PlaceOf {
        epoch: String,
        seq: u64,
    }
    let place: PlaceOf = serde_json::from_str(frame).ok()?;
    Some((place.epoch, place.seq))
}

/// What may be asked of the state.
#[derive(Deserialize)]
struct StateQuery {
    at: Option<String>,
}

/// Every topic at once: as it is, for those who poll, or as it was shown at a moment.
async fn state(
    State(parts): State<Parts>,
    Query(query): Query<StateQuery>,
    headers: HeaderMap,
) -> Response {
    let known = headers.get(header::IF_NONE_MATCH);
    let known = known.and_then(|tag| tag.to_str().ok());
    if let (None, Some(known)) = (&query.at, known) {
        let (epoch, seq, _) = parts.hub.position();
        if known.contains(&state_tag(&epoch, seq)) {
            return (StatusCode::NOT_MODIFIED, state_fields(&epoch, seq)).into_response();
        }
    }
    let (picture, topics) = match query.at {
        None => parts.hub.all(),
        Some(at) => match parts.past.at(&at, &parts.shared).await {
            Ok(past) => past,
            Err(why) => return why.into_response(),
        },
    };
    let body = wire::envelope(&picture, &parts.shared.mode, "topics", &topics);
    let fields = state_fields(&picture.epoch, picture.seq);
    (fields, axum::Json(body)).into_response()
}

fn state_tag(epoch: &str, seq: u64) -> String {
    format!("\"{epoch}-{seq}\"")
}

fn state_fields(epoch: &str, seq: u64) -> [(HeaderName, String); 3] {
    [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, state_tag(epoch, seq)),
    ]
}
