//! The servers that viewers can be sent to, and how each is given an update.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, ensure};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;

use crate::{frames, now};

/// Services whose status is changed in turn; each change is one frame of its own topic.
pub const SERVICES: [&str; 8] = [
    "belgrave-hub",
    "coalville-hub",
    "hinckley-hub",
    "llr-ooh",
    "saffron-hub",
    "westcotes-hub",
    "dental-nelson",
    "ph-fd037",
];
/// Viewers that come from one address of this machine.
const PER_ADDRESS: u32 = 1_500;
/// Longest answer to a handshake, bytes.
const HEAD_BYTES_MAX: usize = 8 << 10;

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// uec-live: an update is an event, durable before it is shown.
    Product,
    /// `load-tests bound`.
    Bound,
    /// nginx with the nchan module.
    Nchan,
}

impl Kind {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Bound => "bound",
            Self::Nchan => "nchan",
        }
    }
}

/// A server and how it is told of updates.
pub struct Peer {
    kind: Kind,
    server: SocketAddr,
    control: Option<TcpStream>,
    client: reqwest::Client,
    run: i64,
}

impl Peer {
    /// Gets ready to publish; `control` is where the bound takes updates.
    pub async fn new(
        kind: Kind,
        server: SocketAddr,
        control: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        ensure!(
            server.ip().is_loopback(),
            "only a server on this machine may be loaded"
        );
        let control = match control {
            Some(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Some(stream)
            }
            None => None,
        };
        Ok(Self {
            kind,
            server,
            control,
            client: reqwest::Client::new(),
            run: now().as_millisecond(),
        })
    }

    /// A viewer's connection, subscribed, and what came with the handshake.
    pub async fn connect(
        &self,
        number: u32,
        topics: &[String],
    ) -> anyhow::Result<(TcpStream, Vec<u8>)> {
        let path = match self.kind {
            Kind::Product => "/api/v1/push",
            Kind::Bound => "/",
            Kind::Nchan => "/sub",
        };
        let (mut stream, rest) = upgrade(self.server, source(number), path).await?;
        if self.kind == Kind::Product {
            let ask = json!({"type": "subscribe", "topics": topics}).to_string();
            stream.write_all(&frames::text(&ask)).await?;
        }
        Ok((stream, rest))
    }

    /// Publishes updates, each a frame of about 300 bytes, told all at once.
    pub async fn publish(&mut self, marks: &[(u64, String)]) -> anyhow::Result<()> {
        match self.kind {
            Kind::Product => self.post(marks).await,
            Kind::Bound => {
                let lines: String = marks.iter().map(|(_, mark)| text(mark) + "\n").collect();
                let control = self.control.as_mut().context("no control connection")?;
                Ok(control.write_all(lines.as_bytes()).await?)
            }
            Kind::Nchan => {
                let url = format!("http://{}/pub", self.server);
                let posts = marks
                    .iter()
                    .map(|(_, mark)| self.client.post(&url).body(text(mark)).send());
                for answer in futures_util::future::join_all(posts).await {
                    answer?.error_for_status()?;
                }
                Ok(())
            }
        }
    }

    async fn post(&self, marks: &[(u64, String)]) -> anyhow::Result<()> {
        let at = now();
        let event = |(number, mark): &(u64, String)| {
            let service = SERVICES[*number as usize % SERVICES.len()];
            let event = json!({
                "id": format!("load-{}-{number}", self.run), "feed": "nhs111", "type": "status.set",
                "happened_at": at.to_string(), "service": service, "status": "green", "by": "load",
                "note": mark,
            });
            event.to_string() + "\n"
        };
        let body: String = marks.iter().map(event).collect();
        let request = self
            .client
            .post(format!("http://{}/api/v1/events", self.server));
        let request = request.header("content-type", "application/x-ndjson");
        let answer: serde_json::Value = request.body(body).send().await?.json().await?;
        ensure!(
            answer["accepted"] == marks.len(),
            "not all were taken: {answer}"
        );
        Ok(())
    }
}

/// A frame like the product's own, for the servers that know no services.
fn text(mark: &str) -> String {
    format!(
        "{{\"type\":\"delta\",\"topic\":\"service:loughborough-utc\",\"epoch\":\"0123456789abcdef\",\
         \"seq\":123456,\"as_of\":\"2026-11-24T10:00:00+00:00\",\"data\":{{\"set\":{{\"state\":\
         {{\"heard\":\"2026-11-24T10:00:00+00:00\",\"open\":{{\"state\":\"open\"}},\"status\":\
         {{\"note\":\"{mark}\",\"rag\":\"green\",\"since\":\"2026-11-24T10:00:00+00:00\"}}}}}},\"unset\":[]}}}}"
    )
}

/// The address that a viewer comes from: one alone has not ports for all.
fn source(number: u32) -> IpAddr {
    let [.., high, low] = (number / PER_ADDRESS + 2).to_be_bytes();
    Ipv4Addr::new(127, 0, high, low).into()
}

async fn upgrade(
    server: SocketAddr,
    from: IpAddr,
    path: &str,
) -> anyhow::Result<(TcpStream, Vec<u8>)> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(from, 0))?;
    let mut stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    let key = generate_key();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(1_024);
    let end = loop {
        ensure!(
            stream.read_buf(&mut answer).await? > 0,
            "closed in the handshake"
        );
        ensure!(
            answer.len() <= HEAD_BYTES_MAX,
            "no end of the answer's head"
        );
        if let Some(at) = memchr::memmem::find(&answer, b"\r\n\r\n") {
            break at + 4;
        }
    };
    let status = String::from_utf8_lossy(&answer[..end.min(40)]).into_owned();
    ensure!(status.contains(" 101 "), "not let in: {status}");
    Ok((stream, answer.split_off(end)))
}
