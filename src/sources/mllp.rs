//! HL7 v2 over MLLP: `0x0B` message `0x1C 0x0D`, each answered in turn.
//!
//! A sender may send the next message before the last is answered: messages are read and queued as
//! they come, and answered in order once they are durable. `AA` taken (or known already), `AE` refused
//! with an ERR segment that says why (sending it again unchanged is useless), `AR` not taken now (send
//! it again later).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::codec::{Decoder, FramedRead};
use tracing::Span;

use crate::SourcesState;
use crate::adt;
use crate::hl7::Message;
use domain::{Refused, Verdict};
use log::{NotTaken, Receipt};

/// Longest message, bytes.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Connections open at once; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 64;
/// Messages of one connection read ahead of their answers.
const IN_FLIGHT_MAX: usize = 256;
/// A connection that says nothing, or stops in the middle of a message, is closed after this.
const IDLE: Duration = Duration::from_mins(15);

const START: u8 = 0x0b;
const END: [u8; 2] = [0x1c, 0x0d];

/// Accepts connections until `stop` resolves.
pub async fn serve(listener: TcpListener, parts: SourcesState, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::pin!(stop);
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let (stream, peer) = tokio::select! {
            () = &mut stop => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(why) => {
                    tracing::warn!(%why, "an MLLP connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let parts = parts.clone();
        tokio::spawn(async move {
            telemetry::mllp_connections(1.0);
            converse(stream, peer, parts).await;
            telemetry::mllp_connections(-1.0);
            drop(place);
        });
    }
}

/// A message read and what its answer waits for.
struct PendingAck {
    control: String,
    raw: Vec<u8>,
    feed: String,
    outcome: MessageOutcome,
    /// From the message to its answer, where that is traced.
    _traced: Span,
}

enum MessageOutcome {
    Refused(Refused),
    NotTaken(NotTaken),
    Submitted(oneshot::Receiver<Result<Receipt, NotTaken>>),
}

async fn converse(stream: TcpStream, peer: SocketAddr, parts: SourcesState) {
    // An answer is a hundred bytes; waiting to fill a packet would only delay the sender.
    if let Err(why) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %why, "TCP_NODELAY was not set");
    }
    let (incoming, outgoing) = stream.into_split();
    let (pending, answers) = mpsc::channel(IN_FLIGHT_MAX);
    let answering = tokio::spawn(answer(outgoing, answers, parts.clone()));
    if let Err(why) = read(incoming, &pending, &parts).await {
        tracing::info!(%peer, %why, "an MLLP connection was closed");
    }
    drop(pending);
    if answering.await.is_err() {
        tracing::error!(%peer, "answering an MLLP connection failed");
    }
}

async fn read(
    incoming: OwnedReadHalf,
    pending: &mpsc::Sender<PendingAck>,
    parts: &SourcesState,
) -> std::io::Result<()> {
    let mut frames = FramedRead::new(incoming, Mllp::default());
    loop {
        let Ok(frame) = tokio::time::timeout(IDLE, frames.next()).await else {
            return Err(std::io::Error::other(
                "nothing came for a quarter of an hour",
            ));
        };
        let Some(frame) = frame else { return Ok(()) };
        let next = submit(frame?, parts);
        if pending.send(next).await.is_err() {
            return Ok(());
        }
    }
}

/// Reads a message and queues its facts.
fn submit(raw: Vec<u8>, parts: &SourcesState) -> PendingAck {
    let traced = tracing::debug_span!(parent: None, "HL7 message", feed = tracing::field::Empty);
    let receiving = tracing::debug_span!(parent: &traced, "receive");
    let text = decode(&raw);
    let mut control = String::new();
    let mut feed = telemetry::FEED_UNKNOWN.to_owned();
    let outcome = match Message::parse(&text) {
        Err(why) => MessageOutcome::Refused(why),
        Ok(message) => {
            message
                .find_value("MSH", 10, 1)
                .unwrap_or_default()
                .clone_into(&mut control);
            if let Some(known) = adt::find_feed(&parts.directory, &message) {
                feed = known.id.to_string();
            }
            match adt::admit(&parts.directory, &message, parts.clock.now()) {
                Err(why) => MessageOutcome::Refused(why),
                Ok(admitted) => {
                    drop(receiving);
                    match traced.in_scope(|| parts.submitter.enqueue(admitted.facts)) {
                        Ok(receipt) => MessageOutcome::Submitted(receipt),
                        Err(why) => MessageOutcome::NotTaken(why),
                    }
                }
            }
        }
    };
    traced.record("feed", &feed);
    PendingAck {
        control,
        raw,
        feed,
        outcome,
        _traced: traced,
    }
}

/// UTF-8, or ISO 8859-1 where the bytes are not UTF-8: every byte has a meaning there.
fn decode(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => raw.iter().map(|byte| char::from(*byte)).collect(),
    }
}

async fn answer(
    mut outgoing: OwnedWriteHalf,
    mut answers: mpsc::Receiver<PendingAck>,
    parts: SourcesState,
) {
    let mut ready = Vec::new();
    while let Some(pending) = answers.recv().await {
        ready.extend(settle(pending, &parts).await);
        // One write for all that is settled already.
        if answers.is_empty() || ready.len() > FRAME_BYTES_MAX {
            if outgoing.write_all(&ready).await.is_err() {
                return;
            }
            ready.clear();
        }
    }
    // The sender may have closed its end already; its messages are durable all the same.
    let _closed = outgoing.shutdown().await;
}

/// Waits for the verdicts and words the answer.
async fn settle(pending: PendingAck, parts: &SourcesState) -> Vec<u8> {
    let PendingAck {
        control,
        raw,
        feed,
        outcome,
        _traced,
    } = pending;
    let verdict = match outcome {
        MessageOutcome::Refused(why) => Err(Ok(why)),
        MessageOutcome::NotTaken(why) => Err(Err(why)),
        MessageOutcome::Submitted(receipt) => match receipt.await {
            Ok(Ok(receipt)) => first_refusal(receipt).map_or(Ok(()), |why| Err(Ok(why))),
            Ok(Err(why)) => Err(Err(why)),
            Err(_) => Err(Err(NotTaken::Unavailable(
                "the server is stopping".to_owned(),
            ))),
        },
    };
    let now = parts.clock.now();
    match verdict {
        Ok(()) => acknowledgement(&now.london(), "AA", &control, None),
        Err(Ok(why)) => {
            telemetry::message_rejected(&feed, why.reason);
            let text = decode(&raw);
            let kept = parts.quarantine.keep(now, &feed, &why, &text);
            tracing::debug!(%feed, %why, kept, "an HL7 message was refused");
            acknowledgement(&now.london(), "AE", &control, Some(&why.to_string()))
        }
        Err(Err(why)) => acknowledgement(&now.london(), "AR", &control, Some(&why.to_string())),
    }
}

fn first_refusal(receipt: Receipt) -> Option<Refused> {
    receipt
        .verdicts
        .into_iter()
        .find_map(|verdict| match verdict {
            Verdict::Refused(why) => Some(why),
            Verdict::Accepted { .. } | Verdict::Duplicate => None,
        })
}

/// An ACK in its frame. ERR-8 holds the words for a person.
fn acknowledgement(now: &jiff::Zoned, code: &str, control: &str, why: Option<&str>) -> Vec<u8> {
    let stamp = now.strftime("%Y%m%d%H%M%S%z");
    let mut text = format!(
        "MSH|^~\\&|UECLIVE||||{stamp}||ACK|{stamp}-{control}|P|2.4\rMSA|{code}|{control}\r"
    );
    if let Some(why) = why {
        let why = why.replace(['|', '^', '~', '&', '\\', '\r', '\n'], " ");
        text.extend(["ERR|||207|E||||", &why, "\r"]);
    }
    let mut frame = vec![START];
    frame.extend(text.into_bytes());
    frame.extend(END);
    frame
}

/// Finds frames; bytes between frames are skipped.
#[derive(Default)]
struct Mllp {
    /// How far the buffer was searched for the end.
    searched: usize,
}

impl Decoder for Mllp {
    type Item = Vec<u8>;
    type Error = std::io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> std::io::Result<Option<Vec<u8>>> {
        if self.searched == 0 {
            let junk = buffer
                .iter()
                .position(|byte| *byte == START)
                .unwrap_or(buffer.len());
            buffer.advance(junk);
        }
        let from = self.searched.saturating_sub(1);
        let end = buffer
            .get(from..)
            .and_then(|rest| rest.windows(2).position(|pair| pair == END))
            .map(|place| from + place);
        if let Some(end) = end {
            let frame = buffer.split_to(end + END.len());
            self.searched = 0;
            return Ok(Some(frame[1..end].to_vec()));
        }
        self.searched = buffer.len();
        if buffer.len() > FRAME_BYTES_MAX {
            return Err(std::io::Error::other(
                "a message is longer than 1 MiB, or never ends",
            ));
        }
        Ok(None)
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> std::io::Result<Option<Vec<u8>>> {
        let frame = self.decode(buffer)?;
        if frame.is_none() && !buffer.is_empty() {
            return Err(std::io::Error::other(
                "the connection ended in the middle of a message",
            ));
        }
        Ok(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_however_the_bytes_are_cut() {
        let bytes = b"junk\x0bone\x1c\x0d\n\x0btwo\r\x1c\x0d\x0bhal";
        for cut in 1..bytes.len() {
            let mut codec = Mllp::default();
            let mut buffer = BytesMut::new();
            let mut found = Vec::new();
            for piece in bytes.chunks(cut) {
                buffer.extend_from_slice(piece);
                while let Some(frame) = codec.decode(&mut buffer).unwrap() {
                    found.push(String::from_utf8(frame).unwrap());
                }
            }
            assert_eq!(found, ["one", "two\r"], "cut at {cut}");
            assert!(
                codec.decode_eof(&mut buffer).is_err(),
                "the last message is cut short"
            );
        }
    }

    #[test]
    fn a_message_that_never_ends_is_given_up() {
        let mut buffer = BytesMut::from(&[START][..]);
        buffer.resize(FRAME_BYTES_MAX + 2, b'x');
        assert!(Mllp::default().decode(&mut buffer).is_err());
    }

    #[test]
    fn an_answer_names_the_message_and_cannot_be_broken_by_its_own_words() {
        let now = domain::At(0).london();
        let frame = acknowledgement(&now, "AE", "m1", Some("PV1-19 is|missing\r"));
        let text = String::from_utf8(frame).unwrap();
        assert!(
            text.contains("\rMSA|AE|m1\rERR|||207|E||||PV1-19 is missing \r"),
            "{text}"
        );
    }
}
