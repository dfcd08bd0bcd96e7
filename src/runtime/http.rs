//! The web server's connections: taken, timed and counted.
//!
//! A connection that sends its request a byte a minute, or none at all, is given up; one address cannot
//! take every place; and what a dead network swallowed is noticed by the operating system.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use app::connections::{ConnectionLimit, TrustedProxies};
use push;

/// Connections that are no push connections: pages, feeds, metrics.
const OTHERS_MAX: usize = 3_000;
/// A request's head must be whole within this of the connection or of the answer before it.
const HEAD: Duration = Duration::from_secs(10);
/// Most that a request's head may hold, bytes.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// What was sent and not acknowledged for so long was sent in vain: the connection is dead.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);
/// What the system may hold of an answer until the client takes it, bytes.
const SEND_BUFFER_BYTES: usize = 64 << 10;
/// Pause after the system could not give a connection, most likely for want of file descriptors.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Serves until told to stop, then lets the requests under way finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    proxies: TrustedProxies,
    stop: CancellationToken,
) {
    let places = ConnectionLimit::new(
        push::CONNECTIONS_MAX + OTHERS_MAX,
        push::CONNECTIONS_PER_ADDRESS_MAX,
    );
    let connections = TaskTracker::new();
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            () = stop.cancelled() => break,
        };
        let (stream, peer) = match taken {
            Ok(taken) => taken,
            Err(why) => {
                tracing::warn!(%why, "a connection could not be taken");
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        let place = places.take(peer.ip());
        if place.is_none() && !proxies.include(peer.ip()) {
            telemetry::http_refused();
            continue;
        }
        if prepare(&stream).is_err() {
            // It is gone already.
            continue;
        }
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            converse(stream, peer, router, stop).await;
            drop(place);
        });
    }
    connections.close();
    connections.wait().await;
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    // A frame must not wait for the acknowledgement of the one before it.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))
}

/// Answers the requests of a connection; told to stop, it finishes the one under way.
async fn converse(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = ended {
        tracing::debug!(%why, "a connection ended");
    }
}
