//! Push over a real WebSocket and over server-sent events.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::server::{Server, now};

pub type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(server: &Server) -> Socket {
    connect_as(server, None).await
}

/// A socket of whoever holds a token, or of the public.
pub async fn connect_as(server: &Server, token: Option<&str>) -> Socket {
    let address = format!("{}/api/v1/push", server.http.replace("http", "ws"));
    let mut request = address.into_client_request().unwrap();
    if let Some(token) = token {
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
    }
    tokio_tungstenite::connect_async(request).await.unwrap().0
}

pub async fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text.to_owned())).await.unwrap();
}

/// The next frame of a type.
async fn frame(socket: &mut Socket, kind: &str) -> Value {
    frame_of(socket, &[kind]).await
}

/// The next frame of one of those types.
pub async fn frame_of(socket: &mut Socket, kinds: &[&str]) -> Value {
    loop {
        let message = tokio::time::timeout(std::time::Duration::from_secs(20), socket.next());
        let Message::Text(text) = message.await.unwrap().unwrap().unwrap() else {
            continue;
        };
        let frame: Value = serde_json::from_str(&text).unwrap();
        if kinds.iter().any(|kind| frame["type"] == *kind) {
            return frame;
        }
    }
}

async fn arrive(server: &Server, id: &str) {
    let line = format!(
        "{{\"id\":\"{id}\",\"feed\":\"dhu-oadby\",\"type\":\"visit.arrived\",\
         \"happened_at\":\"{}\",\"service\":\"oadby-utc\",\"visit\":\"v-{id}\",\"mode\":\"walk_in\"}}",
        now()
    );
    assert_eq!(server.post(&line).await.unwrap()["accepted"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_a_socket_and_a_returning_one_is_sent_only_what_it_missed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let mut socket = connect(&server).await;
    assert_eq!(frame(&mut socket, "hello").await["proto"], 1);
    say(
        &mut socket,
        r#"{"type":"subscribe","topics":["service:oadby-utc"]}"#,
    )
    .await;
    let snapshot = frame(&mut socket, "snapshot").await;
    assert_eq!(snapshot["data"]["waiting"]["reason"], "silent_feed");

    arrive(&server, "p-1").await;
    let delta = frame(&mut socket, "delta").await;
    assert_eq!(delta["data"]["set"]["waiting"]["value"], 1);
    say(&mut socket, r#"{"type":"ping"}"#).await;
    assert!(frame(&mut socket, "pong").await["server_time"].is_string());
    drop(socket);

    arrive(&server, "p-2").await;
    let mut socket = connect(&server).await;
    let since = format!(
        "{{\"type\":\"subscribe\",\"topics\":[\"service:oadby-utc\"],\
         \"since\":{{\"epoch\":{},\"seq\":{}}}}}",
        delta["epoch"], delta["seq"]
    );
    say(&mut socket, &since).await;
    let missed = frame(&mut socket, "delta").await;
    assert_eq!(missed["data"]["set"]["waiting"]["value"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_speak_the_protocol_is_told_not_to_come_back() {
    let server = Server::open_to_read();
    let mut socket = connect(&server).await;
    say(&mut socket, "GET / HTTP/1.1").await;
    loop {
        if let Message::Close(Some(close)) = socket.next().await.unwrap().unwrap() {
            assert_eq!(u16::from(close.code), 4400);
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sent_events_carry_the_same_frames() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let address = format!("{}/api/v1/push/sse?topics=service:oadby-utc", server.http);
    let mut stream = reqwest::get(address).await.unwrap().bytes_stream();
    let mut text = String::new();
    let mut has_sent = false;
    while !text.contains("\"type\":\"delta\"") {
        text.push_str(&String::from_utf8_lossy(
            &stream.next().await.unwrap().unwrap(),
        ));
        if text.contains("\"type\":\"snapshot\"") && !has_sent {
            arrive(&server, "s-1").await;
            has_sent = true;
        }
    }
    assert!(text.starts_with("data: {"), "{text}");
    assert!(text.contains("\nid: "), "{text}");
}
