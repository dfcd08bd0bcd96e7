//! What a connection needs, and its place among those that may be open.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::fanout::{FanoutSender, Id};
use crate::hub::Hub;
use crate::session::Close;
use app::connections::{ConnectionLimit, ConnectionPermit, TrustedProxies};
use app::history::HistoryTurns;
use app::{AppState, error_response};

/// Seconds after which a client that found no place may ask again.
const RETRY_SECONDS: u32 = 30;

/// What a connection needs.
#[derive(Clone)]
pub struct PushState {
    /// Works out each change once.
    pub hub: Hub,
    /// The published value.
    pub shared: AppState,
    /// How many may be open.
    pub places: ConnectionLimit,
    /// Proxies of ours.
    pub proxies: TrustedProxies,
    /// How many connections were opened.
    pub opened: Arc<AtomicU64>,
    /// How many were said goodbye to.
    pub goodbyes: Arc<AtomicU64>,
    /// Who sends what all are sent.
    pub speakers: Arc<[FanoutSender]>,
    /// What was shown before.
    pub past: HistoryTurns,
    /// Tells connections to end.
    pub stop: CancellationToken,
    /// Every open socket.
    pub tasks: TaskTracker,
}

impl PushState {
    /// A place for whoever calls, if there is one.
    pub fn place(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        transport: &'static str,
    ) -> Option<CountedConnection> {
        let place = self.places.take(self.proxies.caller(peer, headers))?;
        telemetry::push_connections(transport, 1.0);
        Some(CountedConnection {
            transport,
            _place: place,
        })
    }

    /// The name of a new connection.
    pub fn new_id(&self) -> Id {
        self.opened.fetch_add(1, Ordering::Relaxed)
    }

    /// Who speaks to a connection.
    pub fn speaker(&self, id: Id) -> FanoutSender {
        self.speakers[id as usize % self.speakers.len()].clone()
    }
}

/// A place that shows in the metrics.
pub struct CountedConnection {
    transport: &'static str,
    _place: ConnectionPermit,
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        telemetry::push_connections(self.transport, -1.0);
    }
}

pub fn too_many() -> Response {
    let mut answer = error_response(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_connections",
        Close::TryLater.reason(),
        "close connections that are not used, or ask /api/v1/waits now and then",
    );
    let fields = answer.headers_mut();
    fields.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
    answer
}
