//! Events over HTTP: the lines of one feed go together as NDJSON.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;

use super::delivery::{Failure, Patience, SendError, Sent};

/// Most lines and bytes in one request.
const LINES_MAX: usize = 1_000;
const BYTES_MAX: usize = 512 * 1024;
/// Longest wait for a connection and for an answer.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Longest pause a server may ask for.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// The server's answer.
#[derive(Debug, Deserialize)]
struct EventsReply {
    accepted: u64,
    duplicate: u64,
}

/// The HTTP client and where it posts.
#[derive(Debug)]
pub(super) struct EventsLine {
    client: Client,
    url: String,
    token: Option<String>,
}

impl EventsLine {
    pub(super) fn new(base: &str, token: Option<String>) -> Result<Self, SendError> {
        let url = format!("{}/api/v1/events", base.trim_end_matches('/'));
        let client = Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .build()
            .map_err(|why| SendError::Unreachable {
                place: url.clone(),
                what: why.to_string(),
            })?;
        Ok(Self { client, url, token })
    }

    /// Posts one feed's queue until it is empty or patience ends.
    pub(super) async fn drain(&self, queue: &mut VecDeque<String>) -> Result<Sent, SendError> {
        let mut sent = Sent::default();
        let mut patience = Patience::default();
        let mut lines_max = LINES_MAX;
        while !queue.is_empty() {
            let (lines, body) = front(queue, lines_max);
            match self.post(body, lines).await {
                Ok(Some(answer)) => {
                    patience.progress();
                    sent = sent.plus(answer);
                    queue.drain(..lines);
                }
                // Too large: in halves, down to a single line that no server will take.
                Ok(None) if lines > 1 => lines_max = lines / 2,
                Ok(None) => {
                    sent.rejected += 1;
                    queue.pop_front();
                }
                Err(failure) => patience.after(failure, &self.url).await?,
            }
        }
        Ok(sent)
    }

    /// One request; nothing when it was too large.
    async fn post(&self, body: String, lines: usize) -> Result<Option<Sent>, Failure> {
        let request = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/x-ndjson")
            .body(body);
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await.map_err(Failure::passing)?;
        let status = response.status();
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Failure::Final(SendError::NotAllowed {
                    place: self.url.clone(),
                    status: status.as_u16(),
                }))
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Err(Failure::Passing {
                    what: format!("the server is busy ({status})"),
                    wait: pause_asked(&response),
                })
            }
            // Nothing could be read: every line is refused, with or without a list of them.
            StatusCode::BAD_REQUEST => Ok(Some(Sent {
                rejected: lines as u64,
                ..Sent::default()
            })),
            status if status.is_success() => self.read(response, lines).await.map(Some),
            status if status.is_server_error() => Err(Failure::passing(status)),
            status => Err(Failure::Final(self.not_understood(status))),
        }
    }

    async fn read(&self, response: Response, lines: usize) -> Result<Sent, Failure> {
        let text = response.bytes().await.map_err(Failure::passing)?;
        let answer: EventsReply = serde_json::from_slice(&text)
            .map_err(|why| Failure::Final(self.not_understood(why)))?;
        // The list of refusals may be cut short; the lines not taken are all refused.
        let taken = answer.accepted + answer.duplicate;
        let Some(rejected) = (lines as u64).checked_sub(taken) else {
            let what = format!("{lines} lines sent, {taken} taken");
            return Err(Failure::Final(self.not_understood(what)));
        };
        Ok(Sent {
            accepted: answer.accepted,
            duplicate: answer.duplicate,
            rejected,
            ..Sent::default()
        })
    }

    fn not_understood(&self, what: impl std::fmt::Display) -> SendError {
        SendError::NotUnderstood {
            place: self.url.clone(),
            what: what.to_string(),
        }
    }
}

/// As many lines from the front as one request may hold, and their text.
fn front(queue: &VecDeque<String>, lines_max: usize) -> (usize, String) {
    let mut body = String::new();
    let mut lines = 0;
    for line in queue.iter().take(lines_max) {
        if lines > 0 && body.len() + line.len() >= BYTES_MAX {
            break;
        }
        body.push_str(line);
        body.push('\n');
        lines += 1;
    }
    (lines, body)
}

/// `Retry-After` in seconds.
fn pause_asked(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let seconds = Duration::from_secs(text.trim().parse().ok()?);
    Some(seconds.min(PAUSE_MAX))
}
