//! Push under clients that are slow, many, rude or dead, and a server that stops.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::server::{Server, now};

/// Longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(40);

type Socket = WebSocketStream<TcpStream>;

fn address(server: &Server) -> SocketAddr {
    server.http.trim_start_matches("http://").parse().unwrap()
}

/// A socket from an address of this machine with so much room for what it has not read.
async fn connect(server: &Server, from: &str, room_bytes: u32) -> Socket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    socket.set_recv_buffer_size(room_bytes).unwrap();
    let stream = socket.connect(address(server)).await.unwrap();
    let url = format!("ws://{}/api/v1/push", address(server));
    tokio_tungstenite::client_async(url, stream)
        .await
        .unwrap()
        .0
}

async fn subscribe(socket: &mut Socket, topic: &str) {
    let ask = json!({"type": "subscribe", "topics": [topic]}).to_string();
    socket.send(Message::text(ask)).await.unwrap();
}

/// Sets the public status of a service; the note is the number.
async fn set_status(server: &Server, number: u32) {
    let event = json!({
        "id": format!("s-{number}"), "feed": "nhs111", "type": "status.set", "happened_at": now(),
        "service": "llr-ooh", "status": "amber", "by": "test", "note": format!("{number:0200}"),
    });
    assert_eq!(
        server.post(&event.to_string()).await.unwrap()["accepted"],
        1
    );
}

fn note(frame: &Value) -> Option<u32> {
    let state = match frame["type"].as_str()? {
        "delta" => &frame["data"]["set"]["state"],
        _ => &frame["data"]["state"],
    };
    state["status"]["note"].as_str()?.parse().ok()
}

/// Reads until a note is shown; how many frames that took.
async fn read_to(socket: &mut Socket, number: u32) -> u32 {
    let reading = async {
        let mut frames = 0;
        loop {
            let message = socket.next().await.unwrap().unwrap();
            if let Message::Text(text) = message {
                frames += 1;
                if note(&serde_json::from_str(&text).unwrap()) == Some(number) {
                    return frames;
                }
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("it was never told")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_stops_reading_holds_up_nobody_and_is_brought_up_to_date_in_few_frames() {
    const STEPS: u32 = 1_200;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let mut slow = connect(&server, "127.0.0.1", 4_096).await;
    subscribe(&mut slow, "service:llr-ooh").await;
    let mut brisk = connect(&server, "127.0.0.1", 1 << 20).await;
    subscribe(&mut brisk, "service:llr-ooh").await;
    let started = Instant::now();
    for number in 1..=STEPS {
        set_status(&server, number).await;
        if number % 100 == 0 {
            read_to(&mut brisk, number).await;
        }
    }
    assert!(started.elapsed() < PATIENCE, "the brisk one was held up");
    let frames = read_to(&mut slow, STEPS).await;
    assert!(
        frames < STEPS,
        "{frames} frames: nothing was left out for the slow one"
    );
    set_status(&server, STEPS + 1).await;
    read_to(&mut slow, STEPS + 1).await;
}

/// The code of the close that ends a socket, and what was said before it.
async fn end(mut socket: Socket) -> (u16, Vec<Value>) {
    let reading = async {
        let mut frames = Vec::new();
        loop {
            match socket
                .next()
                .await
                .expect("cut off without a word")
                .unwrap()
            {
                Message::Text(text) => frames.push(serde_json::from_str(&text).unwrap()),
                Message::Close(frame) => return (frame.unwrap().code.into(), frames),
                _ => {}
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("it went on")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_floods_is_closed() {
    let server = Server::open_to_read();
    let mut socket = connect(&server, "127.0.0.1", 1 << 20).await;
    for _ in 0..400 {
        // It may be closed already.
        let _closed = socket.feed(Message::text(r#"{"type":"ping"}"#)).await;
    }
    let _closed = socket.flush().await;
    assert_eq!(end(socket).await.0, 4400);
    let mut long = connect(&server, "127.0.0.1", 1 << 20).await;
    long.send(Message::text("x".repeat(20_000))).await.unwrap();
    assert_eq!(end(long).await.0, 4400);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_take_every_place() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let mut held = Vec::new();
    for _ in 0..2_100 {
        held.push(TcpStream::connect(address(&server)).await.unwrap());
    }
    let mut piece = [0; 1];
    let last = held.last_mut().unwrap();
    let closed = timeout(PATIENCE, last.read(&mut piece)).await.unwrap();
    assert_eq!(closed.unwrap_or(0), 0, "there was a place for it");
    let mut other = connect(&server, "127.0.0.2", 1 << 20).await;
    subscribe(&mut other, "service:llr-ooh").await;
    let first = timeout(PATIENCE, other.next()).await.expect("not served");
    assert!(first.unwrap().unwrap().to_text().unwrap().contains("hello"));
    // Those who went make room.
    drop(held);
    set_status(&server, 7).await;
    read_to(&mut other, 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_is_given_up() {
    let server = Server::open_to_read();
    let mut loris = TcpStream::connect(address(&server)).await.unwrap();
    loris
        .write_all(b"GET /api/v1/push HTTP/1.1\r\n")
        .await
        .unwrap();
    let mut silent = TcpStream::connect(address(&server)).await.unwrap();
    let dripping = async {
        loop {
            // A byte now and then does not keep it open. This pause is the attack, and no event to wait for.
            tokio::time::sleep(Duration::from_millis(500)).await;
            if loris.write_all(b"X").await.is_err() {
                return;
            }
        }
    };
    timeout(PATIENCE, dripping)
        .await
        .expect("a request may last for ever");
    let mut answer = Vec::new();
    let ended = timeout(PATIENCE, silent.read_to_end(&mut answer)).await;
    ended.expect("a connection may say nothing for ever").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_when_to_come_back_and_each_is_told_another_time() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let mut sockets = Vec::new();
    for _ in 0..20 {
        let mut socket = connect(&server, "127.0.0.1", 1 << 20).await;
        subscribe(&mut socket, "status").await;
        sockets.push(socket);
    }
    let ends = futures_util::future::join_all(sockets.into_iter().map(end));
    let stopping = tokio::task::spawn_blocking(move || server.terminate());
    let mut delays = Vec::new();
    for (code, frames) in ends.await {
        assert_eq!(code, 1012);
        let bye = frames.last().unwrap();
        assert_eq!(bye["type"], "bye");
        delays.push(bye["retry_ms"].as_u64().unwrap());
    }
    assert_eq!(stopping.await.unwrap(), Some(0));
    let (first, last) = (*delays.iter().min().unwrap(), *delays.iter().max().unwrap());
    assert!(last >= first + 10, "{delays:?}");
}

/// Opens an event stream, as a proxy does for a client; the status and the stream.
async fn stream_for(server: &Server, client: &str, last_id: Option<&str>) -> reqwest::Response {
    let path = "/api/v1/push/sse?topics=service:llr-ooh,status";
    let mut request = server.request(path).header("x-forwarded-for", client);
    if let Some(id) = last_id {
        request = request.header("last-event-id", id);
    }
    request.send().await.unwrap()
}

/// Reads events until the text holds all of some words.
async fn read_events(answer: &mut reqwest::Response, words: &[&str]) -> String {
    let mut text = String::new();
    let reading = async {
        while !words.iter().all(|word| text.contains(word)) {
            let Some(piece) = answer.chunk().await.unwrap() else {
                break;
            };
            text.push_str(&String::from_utf8_lossy(&piece));
        }
    };
    timeout(PATIENCE, reading)
        .await
        .expect("the words never came");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_events_has_one_id_at_its_end_and_a_returning_stream_is_sent_what_it_missed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let mut first = stream_for(&server, "198.51.100.1", None).await;
    let text = read_events(&mut first, &["\nid: "]).await;
    let events: Vec<&str> = text.trim().split("\n\n").collect();
    assert_eq!(events.len(), 3, "hello and two snapshots: {text}");
    assert!(
        !events[0].contains("\nid: ") && !events[1].contains("\nid: "),
        "{text}"
    );
    let id = events[2].rsplit_once("\nid: ").unwrap().1.to_owned();
    drop(first);
    set_status(&server, 3).await;
    let mut second = stream_for(&server, "198.51.100.1", Some(&id)).await;
    let text = read_events(&mut second, &["\"type\":\"delta\"", "\nid: "]).await;
    assert!(!text.contains("\"type\":\"snapshot\""), "{text}");
    assert!(text.contains(&format!("{:0200}", 3)), "{text}");
    let stopping = tokio::task::spawn_blocking(move || server.terminate());
    let text = read_events(&mut second, &["\"type\":\"bye\""]).await;
    assert!(text.contains("retry: "), "{text}");
    assert_eq!(stopping.await.unwrap(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_of_ours_each_client_has_its_own_places() {
    const MORE_THAN_ONE_ADDRESS_MAY: usize = 2_005;
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("uec.toml");
    std::fs::write(&settings, "trusted_proxies = [\"127.0.0.1\"]\n").unwrap();
    let settings = settings.to_str().unwrap();
    let server = Server::serve(folder.path(), &["--open", "--config", settings]);
    let mut held = Vec::new();
    for number in 0..MORE_THAN_ONE_ADDRESS_MAY {
        let client = format!("198.51.100.{}", number % 200);
        held.push(stream_for(&server, &client, None).await);
    }
    assert!(held.iter().all(|answer| answer.status() == 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_websocket_is_told_so() {
    let server = Server::open_to_read();
    let (status, text) = server.get("/api/v1/push").await;
    assert_eq!(status, 426, "{text}");
    assert!(text.contains("not_a_websocket"), "{text}");
}
