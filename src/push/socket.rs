//! One WebSocket is opened and heard here; `fanout` speaks to it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Said};

use crate::fanout::{ClientInput, Command, FanoutSender, Id};
use crate::session::Close;
use crate::socket_reader::SocketReader;
use crate::state::{PushState, too_many};
use app::error_response;

/// Longest message from a client, bytes.
const MESSAGE_BYTES_MAX: usize = 16 << 10;
/// Read buffer of one socket, bytes; a client's message is short. The library's 128 KiB would be most
/// of a socket's memory.
const READ_BUFFER_BYTES: usize = 512;

type Socket = WebSocketStream<SocketReader>;

/// `GET /api/v1/push`
pub async fn upgrade(
    State(parts): State<PushState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    let answer = match create_response_with_body(&request, Body::empty) {
        Ok(answer) => answer,
        Err(why) => return not_a_websocket(&why),
    };
    let Some(upgrading) = request.extensions_mut().remove::<OnUpgrade>() else {
        return not_a_websocket(&Error::ConnectionClosed);
    };
    let Some(place) = parts.place(peer.ip(), request.headers(), "websocket") else {
        return too_many();
    };
    let id = parts.new_id();
    let speaker = parts.speaker(id);
    parts.tasks.spawn(async move {
        // A client that went away during the handshake is nothing to speak of.
        if let Some((stream, begun)) = upgrading.await.ok().and_then(parted) {
            let stream = Arc::new(stream);
            let (alive, mut ended) = oneshot::channel();
            if speaker
                .tell(Command::Came(id, Arc::clone(&stream), alive))
                .await
            {
                let config = WebSocketConfig::default()
                    .read_buffer_size(READ_BUFFER_BYTES)
                    .max_message_size(Some(MESSAGE_BYTES_MAX))
                    .max_frame_size(Some(MESSAGE_BYTES_MAX));
                let (tap, role) = (SocketReader::new(stream), Role::Server);
                let config = Some(config);
                let socket = Socket::from_partially_read(tap, begun, role, config).await;
                tokio::select! {
                    () = hear(socket, id, &speaker) => {}
                    // The speaking side gave it up.
                    _ = &mut ended => {}
                }
                speaker.tell(Command::Went(id)).await;
            }
        }
        drop(place);
    });
    answer
}

/// The connection under a request that became a socket, and what came on it already.
fn parted(upgraded: Upgraded) -> Option<(TcpStream, Vec<u8>)> {
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    // Copied, so that the connection's first buffer is not kept.
    Some((parts.io.into_inner(), parts.read_buf.to_vec()))
}

fn not_a_websocket(why: &Error) -> Response {
    error_response(
        StatusCode::UPGRADE_REQUIRED,
        "not_a_websocket",
        &format!("this address speaks WebSocket: {why}"),
        "connect with a WebSocket client, or use /api/v1/push/sse or /api/v1/state",
    )
}

/// Hears a client until it ends, or breaks the protocol.
async fn hear(mut socket: Socket, id: Id, speaker: &FanoutSender) {
    while let Some(said) = socket.next().await {
        let what = match said {
            Ok(Said::Text(text)) => ClientInput::Text(text),
            Ok(Said::Binary(_)) => ClientInput::Wrong(Close::Protocol),
            Ok(Said::Ping(_) | Said::Pong(_) | Said::Close(_) | Said::Frame(_)) => {
                ClientInput::Control
            }
            Err(Error::Capacity(_) | Error::Protocol(_) | Error::Utf8(_)) => {
                ClientInput::Wrong(Close::Protocol)
            }
            Err(_) => return,
        };
        // Makes the library write its answer to a ping or a close, if it has one.
        let _closed = socket.flush().await;
        let replies = std::mem::take(&mut socket.get_mut().replies);
        if !speaker.tell(Command::Heard(id, what, replies)).await {
            return;
        }
    }
}
