//! Push: a snapshot, then what changes, over WebSocket or server-sent events.
//!
//! `hub` works out each change once, `message` encodes it once, `session` is the protocol without I/O;
//! `socket` and `events` move the bytes.

mod client;
mod delta;
mod fanout;
mod hub;
mod message;
mod poll;
mod session;
mod socket;
mod socket_reader;
mod sse;
mod state;
#[cfg(test)]
mod tests;
mod topic;

use std::num::NonZero;
use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use app::AppState;
use app::connections::{ConnectionLimit, TrustedProxies};
use app::history::HistoryTurns;
use fanout::FanoutSender;
use hub::Hub;
use state::PushState;

/// Connections in all; beyond them a client is told to come back later.
pub const CONNECTIONS_MAX: usize = 15_000;
/// Connections from one address; a hospital may be behind one.
pub const CONNECTIONS_PER_ADDRESS_MAX: u32 = 2_000;
/// What push needs from outside.
pub struct PushSettings {
    /// The published value.
    pub shared: AppState,
    /// What was shown before.
    pub past: HistoryTurns,
    /// Proxies of ours.
    pub proxies: TrustedProxies,
    /// Tells connections to end.
    pub stop: CancellationToken,
    /// Every open socket, so that the server can wait for their goodbyes.
    pub tasks: TaskTracker,
}

/// The routes; a task that follows the published values is started.
pub fn router(needs: PushSettings) -> Router {
    let PushSettings {
        shared,
        past,
        proxies,
        stop,
        tasks,
    } = needs;
    let hub = Hub::new(&shared);
    tokio::spawn(hub.clone().follow(shared.clone(), stop.clone()));
    let goodbyes = Arc::default();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let speakers = (0..cores)
        .map(|_| FanoutSender::start(&hub, &goodbyes, &tasks))
        .collect();
    Router::new()
        .route("/api/v1/push", get(socket::upgrade))
        .route("/api/v1/push/sse", get(sse::events))
        .route("/api/v1/state", get(poll::state))
        .route("/api/asyncapi.json", get(asyncapi))
        .with_state(PushState {
            hub,
            shared,
            places: ConnectionLimit::new(CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX),
            proxies,
            opened: Arc::default(),
            goodbyes,
            speakers,
            past,
            stop,
            tasks,
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
