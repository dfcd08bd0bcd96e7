//! Delivery against small servers that misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use super::*;
use domain::At;

const ANYWHERE: &str = "127.0.0.1:0";

fn message(id: &str) -> Wire {
    Wire {
        due: At(0),
        channel: Channel::Mllp,
        body: format!("MSH|^~\\&|A|B|ROUTE||20260101||ADT^A04|{id}|P|2.4\rEVN|A04\r"),
    }
}

fn event(feed: &str, n: usize) -> Wire {
    Wire {
        due: At(0),
        channel: Channel::Events(FeedId::new(feed).unwrap()),
        body: format!(r#"{{"id":"{feed}-{n}"}}"#),
    }
}

/// Answers frames; breaks off after so many on its first connection.
async fn mllp_server(breaks_after: usize) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(ANYWHERE).await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    tokio::spawn(async move {
        let mut left = breaks_after;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = Vec::new();
            let mut block = [0; 1024];
            'connection: loop {
                let read = stream.read(&mut block).await.unwrap_or(0);
                if read == 0 {
                    break;
                }
                buffer.extend_from_slice(&block[..read]);
                while let Some(end) = buffer.windows(2).position(|two| two == [0x1C, 0x0D]) {
                    let frame: Vec<u8> = buffer.drain(..end + 2).collect();
                    if left == 0 {
                        left = usize::MAX;
                        break 'connection;
                    }
                    left -= 1;
                    let text = String::from_utf8_lossy(&frame).into_owned();
                    let id = text.split('|').nth(9).unwrap().to_owned();
                    let code = if id.starts_with("bad") { "AE" } else { "AA" };
                    let ack = format!("\x0BMSH|^~\\&|S\rMSA|{code}|{id}\r\x1C\r");
                    hears.lock().await.push(id);
                    stream.write_all(ack.as_bytes()).await.unwrap();
                }
            }
        }
    });
    (address, heard)
}

#[derive(Clone, Default)]
struct Heard {
    bodies: Arc<Mutex<Vec<String>>>,
    busy: Arc<AtomicUsize>,
}

async fn take(State(heard): State<Heard>, headers: HeaderMap, body: String) -> impl IntoResponse {
    if headers
        .get("authorization")
        .is_none_or(|token| token != "Bearer good")
    {
        return (StatusCode::UNAUTHORIZED, HeaderMap::new(), String::new());
    }
    let is_busy = heard
        .busy
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
        .is_ok();
    if is_busy {
        let mut wait = HeaderMap::new();
        wait.insert("retry-after", "0".parse().unwrap());
        return (StatusCode::SERVICE_UNAVAILABLE, wait, String::new());
    }
    let lines = body.lines().count();
    heard.bodies.lock().await.push(body);
    let answer = format!(
        r#"{{"accepted":{},"duplicate":1,"rejected":[]}}"#,
        lines - 1
    );
    (StatusCode::ACCEPTED, HeaderMap::new(), answer)
}

async fn events_server(heard: Heard) -> String {
    let listener = TcpListener::bind(ANYWHERE).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new()
        .route("/api/v1/events", post(take))
        .with_state(heard);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

async fn sender(mllp: SocketAddr, heard: Heard, token: &str) -> Sender {
    // A second test of the same process finds the provider there.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Sender::new(Targets {
        mllp,
        events_url: events_server(heard).await,
        token: Some(token.to_owned()),
    })
    .unwrap()
}

#[tokio::test]
async fn every_message_is_answered_for_and_refusals_are_counted() {
    let (mllp, heard) = mllp_server(usize::MAX).await;
    let mut sender = sender(mllp, Heard::default(), "good").await;
    let mut wires: Vec<Wire> = (0..500).map(|n| message(&format!("m{n}"))).collect();
    wires.push(message("bad1"));
    wires.push(message("m3"));
    let sent = sender.send(wires).await.unwrap();
    assert_eq!((sent.mllp_acked, sent.mllp_refused), (501, 1));
    assert_eq!(sender.queued(), 0);
    let heard = heard.lock().await;
    assert!(
        heard[..500]
            .iter()
            .enumerate()
            .all(|(n, id)| *id == format!("m{n}"))
    );
}

#[tokio::test]
async fn a_broken_connection_loses_nothing_and_keeps_the_order() {
    let (mllp, heard) = mllp_server(3).await;
    let mut sender = sender(mllp, Heard::default(), "good").await;
    let wires = (0..8).map(|n| message(&format!("m{n}"))).collect();
    let sent = sender.send(wires).await.unwrap();
    assert_eq!(sent.mllp_acked, 8);
    let mut heard = heard.lock().await.clone();
    // What was heard but not answered in time is sent again; the receiver knows its id.
    heard.dedup();
    let mut distinct = heard.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 8);
    assert_eq!(heard.last().unwrap(), "m7");
}

#[tokio::test]
async fn the_lines_of_a_feed_go_together_and_a_busy_server_is_waited_for() {
    let (mllp, _) = mllp_server(usize::MAX).await;
    let heard = Heard::default();
    heard.busy.store(2, Ordering::SeqCst);
    let mut sender = sender(mllp, heard.clone(), "good").await;
    let mut wires: Vec<Wire> = (0..30).map(|n| event("dhu-oadby", n)).collect();
    wires.extend((0..20).map(|n| event("nhs111", n)));
    let sent = sender.send(wires).await.unwrap();
    assert_eq!((sent.accepted, sent.duplicate, sent.rejected), (48, 2, 0));
    let bodies = heard.bodies.lock().await;
    assert_eq!(bodies.len(), 2);
    let oadby = bodies.iter().find(|body| body.contains("oadby")).unwrap();
    let ids: Vec<&str> = oadby.lines().collect();
    assert_eq!(ids[29], r#"{"id":"dhu-oadby-29"}"#);
    assert_eq!(ids.len(), 30);
}

#[tokio::test]
async fn a_sender_without_leave_is_told_so_and_keeps_its_wires() {
    let (mllp, _) = mllp_server(usize::MAX).await;
    let mut sender = sender(mllp, Heard::default(), "stale").await;
    let refused = sender.send(vec![event("nhs111", 1)]).await.unwrap_err();
    assert!(matches!(refused, SendError::NotAllowed { status: 401, .. }));
    assert_eq!(sender.queued(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_away_ends_in_an_error_that_says_where() {
    let listener = TcpListener::bind(ANYWHERE).await.unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let mut line = MllpLine::new(gone);
    line.push(message("m1").body);
    let error = line.drain().await.unwrap_err();
    assert!(error.to_string().contains(&gone.to_string()), "{error}");
    assert_eq!(line.queued(), 1);
}
