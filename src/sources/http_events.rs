//! `POST /api/v1/events`: one JSON event, or many as NDJSON, streamed line by line.
//!
//! A batch with bad lines still takes the good ones. The answer leaves when what was taken is durable.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::{Buf, BytesMut};
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::json;
use tracing::Span;

use crate::SourcesState;
use crate::wire_event;
use domain::{Caller, Fact, Reason, Refused, Verdict};
use log::NotTaken;

/// Longest line, bytes.
pub const LINE_BYTES_MAX: usize = 64 << 10;
/// Longest body, bytes.
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// Lines handed to the writer together.
const CHUNK_LINES: usize = 500;
/// Refusals listed in one answer; all are counted and kept.
const REFUSALS_LISTED_MAX: usize = 1_000;
/// When to come back, seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// One refused line in the answer.
#[derive(Debug, Serialize)]
struct RefusedLine {
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    reason: &'static str,
    detail: String,
}

/// The answer.
#[derive(Debug, Default, Serialize)]
struct EventsAnswer {
    accepted: u64,
    duplicate: u64,
    rejected: Vec<RefusedLine>,
    #[serde(skip)]
    parsed: u64,
    #[serde(skip)]
    refused: u64,
}

/// A line that was read and waits for its verdict.
struct ReadLine {
    line: usize,
    text: String,
    fact: Fact,
}

/// Why the request as a whole ended early.
enum Stopped {
    TooLarge,
    Broken,
    NotTaken(NotTaken),
}

/// The handler.
pub async fn post(
    State(parts): State<SourcesState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let content = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let many = match content.map(|text| text.split(';').next().unwrap_or_default().trim()) {
        Some("application/x-ndjson") => true,
        Some("application/json") => false,
        _ => {
            let what = "send application/json (one event) or application/x-ndjson (many)";
            return failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", what);
        }
    };
    let mut intake = Intake {
        parts,
        caller,
        answer: EventsAnswer::default(),
        reads: Vec::new(),
        line: 0,
        receiving: tracing::debug_span!("receive"),
    };
    match intake.all(body, many).await {
        Ok(()) if intake.answer.parsed == 0 => {
            (StatusCode::BAD_REQUEST, Json(intake.answer)).into_response()
        }
        Ok(()) => (StatusCode::ACCEPTED, Json(intake.answer)).into_response(),
        Err(Stopped::TooLarge) => {
            let what = "a body may be 64 MiB and a line 64 KiB; send less at once. What came \
                        before is taken: sending it again is harmless";
            failure(StatusCode::PAYLOAD_TOO_LARGE, "too_large", what)
        }
        Err(Stopped::Broken) => failure(
            StatusCode::BAD_REQUEST,
            "broken_body",
            "the body ended early; send it again",
        ),
        Err(Stopped::NotTaken(why)) => not_taken(&why),
    }
}

/// One request being taken in.
struct Intake {
    parts: SourcesState,
    caller: Caller,
    answer: EventsAnswer,
    reads: Vec<ReadLine>,
    line: usize,
    /// From the body to facts, up to the next that are handed to the writer.
    receiving: Span,
}

impl Intake {
    async fn all(&mut self, body: Body, many: bool) -> Result<(), Stopped> {
        let mut pieces = body.into_data_stream();
        let mut buffer = BytesMut::new();
        let mut bytes = 0;
        while let Some(piece) = pieces.next().await {
            let Ok(piece) = piece else {
                return Err(Stopped::Broken);
            };
            bytes += piece.len();
            if bytes > BODY_BYTES_MAX {
                return Err(Stopped::TooLarge);
            }
            buffer.extend_from_slice(&piece);
            while let Some(end) = many
                .then(|| buffer.iter().position(|b| *b == b'\n'))
                .flatten()
            {
                let line = buffer.split_to(end);
                buffer.advance(1);
                self.line(&line).await?;
            }
            if buffer.len() > LINE_BYTES_MAX {
                return Err(Stopped::TooLarge);
            }
        }
        self.line(&buffer).await?;
        self.submit().await
    }

    async fn line(&mut self, line: &[u8]) -> Result<(), Stopped> {
        self.line += 1;
        if self.receiving.is_none() {
            self.receiving = tracing::debug_span!("receive");
        }
        let text = String::from_utf8_lossy(line);
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        match self.read(text) {
            Ok(fact) => {
                self.answer.parsed += 1;
                self.reads.push(ReadLine {
                    line: self.line,
                    text: text.to_owned(),
                    fact,
                });
            }
            Err(why) => self.refuse(self.line, why, text),
        }
        if self.reads.len() >= CHUNK_LINES {
            self.submit().await
        } else {
            Ok(())
        }
    }

    /// Reads a line as a fact that this caller may send.
    fn read(&self, text: &str) -> Result<Fact, Refused> {
        let claim = wire_event::read(text)?;
        let feed = &claim.fact.feed;
        if !self.caller.may_send_for(feed) {
            let why = format!("this token may not send for feed {feed}");
            return Err(Refused::new(Reason::UnknownFeed, why));
        }
        if claim.unknown_fields > 0 && self.parts.directory.find_feed(feed.as_str()).is_some() {
            telemetry::fields_ignored(feed.as_str(), claim.unknown_fields);
        }
        Ok(claim.fact)
    }

    async fn submit(&mut self) -> Result<(), Stopped> {
        if self.reads.is_empty() {
            return Ok(());
        }
        self.receiving = Span::none();
        let reads = std::mem::take(&mut self.reads);
        let facts = reads.iter().map(|read| read.fact.clone()).collect();
        let receipt = self
            .parts
            .submitter
            .submit(facts)
            .await
            .map_err(Stopped::NotTaken)?;
        for (read, verdict) in reads.into_iter().zip(receipt.verdicts) {
            match verdict {
                Verdict::Accepted { .. } => self.answer.accepted += 1,
                Verdict::Duplicate => self.answer.duplicate += 1,
                Verdict::Refused(why) => self.refuse(read.line, why, &read.text),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, line: usize, why: Refused, text: &str) {
        let label = wire_event::label_of(text);
        // Only a feed of ours, named by one who may send for it, is a metric's label.
        let feed = label
            .feed
            .filter(|feed| self.caller.may_send_for(feed))
            .and_then(|feed| self.parts.directory.find_feed(feed.as_str()))
            .map_or(telemetry::FEED_UNKNOWN, |feed| feed.id.as_str());
        telemetry::message_rejected(feed, why.reason);
        self.parts
            .quarantine
            .keep(self.parts.clock.now(), feed, &why, text);
        self.answer.refused += 1;
        if self.answer.rejected.len() < REFUSALS_LISTED_MAX {
            self.answer.rejected.push(RefusedLine {
                line,
                id: label.id.map(|id| id.to_string()),
                reason: why.reason.label(),
                detail: why.detail,
            });
        }
    }
}

fn failure(status: StatusCode, code: &str, message: &str) -> Response {
    (
        status,
        Json(json!({"error": {"code": code, "message": message}})),
    )
        .into_response()
}

fn not_taken(why: &NotTaken) -> Response {
    let (status, code) = match why {
        NotTaken::Busy => (StatusCode::TOO_MANY_REQUESTS, "busy"),
        NotTaken::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "log_unavailable"),
    };
    let mut answer = failure(status, code, &why.to_string());
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, RETRY_AFTER);
    answer
}
