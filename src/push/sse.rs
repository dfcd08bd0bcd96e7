//! Server-sent events: the same messages for those whose network stops WebSockets.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::hub::{News, PHASES};
use crate::message::Message;
use crate::session::{Session, Since};
use crate::state::{CountedConnection, PushState, too_many};

/// What may be asked for.
#[derive(Deserialize)]
pub struct SseQuery {
    topics: Option<String>,
}

/// One stream of events.
struct Stream {
    session: Session,
    news: Receiver<News>,
    parts: PushState,
    ready: Vec<Message>,
    /// When it is told that the server lives.
    phase: u32,
    /// The goodbye: browsers come back by themselves after so many milliseconds.
    retry_ms: Option<u64>,
    is_over: bool,
    _place: CountedConnection,
}

/// `GET /api/v1/push/sse`
pub async fn events(
    State(parts): State<PushState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(asked): Query<SseQuery>,
    headers: HeaderMap,
) -> Response {
    let Some(place) = parts.place(peer.ip(), &headers, "sse") else {
        return too_many();
    };
    let since = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(Since::parse);
    let mut session = Session::default();
    let news = parts.hub.listen();
    let mut ready = vec![Session::hello(&parts.hub)];
    for topic in asked.topics.as_deref().unwrap_or("waits").split(',') {
        ready.extend(session.subscribe(topic, since.as_ref(), &parts.hub));
    }
    let start = Stream {
        session,
        news,
        phase: (parts.new_id() % u64::from(PHASES)) as u32,
        retry_ms: None,
        is_over: parts.stop.is_cancelled(),
        parts,
        ready,
        _place: place,
    };
    let pieces = stream::unfold(start, |mut stream| async move {
        if stream.ready.is_empty() {
            stream.ready = stream.next().await?;
        }
        let messages = std::mem::take(&mut stream.ready);
        telemetry::push_frames(messages.len() as u64);
        let piece: Result<Bytes, std::io::Error> = Ok(text(&messages, &stream));
        Some((piece, stream))
    });
    let fields = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (fields, Body::from_stream(pieces)).into_response()
}

impl Stream {
    /// What to send next; `None` at the end.
    async fn next(&mut self) -> Option<Vec<Message>> {
        let hub = self.parts.hub.clone();
        loop {
            if self.is_over {
                return None;
            }
            let messages = tokio::select! {
                told = self.news.recv() => match told {
                    Ok(News::Frames(batch)) => {
                        let wanted = batch.iter().filter(|frame| self.session.wants(frame));
                        wanted.map(|frame| frame.message.clone()).collect()
                    }
                    // The operating system notices when nobody reads.
                    Ok(News::Beat(phase)) if phase == self.phase => vec![Session::heartbeat(&hub)],
                    Ok(News::Beat(_)) => Vec::new(),
                    Ok(News::Stopping) | Err(RecvError::Closed) => {
                        self.is_over = true;
                        let number = self.parts.goodbyes.fetch_add(1, Ordering::Relaxed);
                        self.retry_ms = Some(Session::retry_ms(number));
                        vec![Session::bye(number)]
                    }
                    Err(RecvError::Lagged(_)) => self.session.catch_up(&hub).ok()?,
                },
            };
            if !messages.is_empty() {
                return Some(messages);
            }
        }
    }
}

/// The last event alone has an `id`: a client that was cut off before it must be sent all again.
fn text(messages: &[Message], stream: &Stream) -> Bytes {
    let mut text = Vec::new();
    if let Some(retry_ms) = stream.retry_ms {
        text.extend_from_slice(format!("retry: {retry_ms}\n").as_bytes());
    }
    let place = messages.iter().filter_map(|message| message.seq).max();
    for (number, message) in messages.iter().enumerate() {
        text.extend_from_slice(b"data: ");
        text.extend_from_slice(message.text());
        if let Some(seq) = place.filter(|_| number + 1 == messages.len()) {
            let id = format!("\nid: {}:{seq}", stream.parts.hub.position().0);
            text.extend_from_slice(id.as_bytes());
        }
        text.extend_from_slice(b"\n\n");
    }
    text.into()
}
