//! The message of a booking or referral, sent on to the service's own system (BaRS `$process-message`).

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use compact_str::{CompactString, ToCompactString};
use serde_json::{Value, json};

use crate::notices::outbox::{NoticeKey, NoticeTask, SendOutcome};

const REQUEST_MAX: Duration = Duration::from_secs(30);
/// What an endpoint of the Directory is called that takes such messages.
const INTERACTION: &str = "bars";

/// Where a service's own system is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The base, to which `/$process-message` is added.
    pub address: String,
    /// The service's id in the national Directory.
    pub dos_id: String,
}

/// Whether an endpoint of the Directory is one for such messages.
pub fn is_for_messages(transport: &str, interaction: &str, address: &str) -> bool {
    let is_http = transport.eq_ignore_ascii_case("http") || transport.eq_ignore_ascii_case("https");
    is_http && interaction.eq_ignore_ascii_case(INTERACTION) && address.starts_with("http")
}

/// Sends messages on.
pub struct Onward {
    client: reqwest::Client,
}

impl Onward {
    /// A client.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            client: reqwest::Client::builder().timeout(REQUEST_MAX).build()?,
        })
    }

    /// Sends the message as it came, under a request id that is the same at every attempt.
    pub async fn send(
        &self,
        target: &Target,
        key: &NoticeKey,
        task: &NoticeTask,
        message: &Value,
    ) -> SendOutcome {
        let url = format!("{}/$process-message", target.address.trim_end_matches('/'));
        let system = "https://fhir.nhs.uk/Id/dos-service-id";
        let identifier = json!({"value": target.dos_id, "system": system});
        let correlation = task
            .correlation
            .clone()
            .unwrap_or_else(|| stable_uuid(&key.about));
        let answer = self
            .client
            .post(url)
            .header("content-type", "application/fhir+json")
            .header("accept", "application/fhir+json; version=1.1.0")
            .header("X-Request-Id", stable_uuid(&key.reference()).as_str())
            .header("X-Correlation-Id", correlation.as_str())
            .header(
                "NHSD-Target-Identifier",
                STANDARD.encode(identifier.to_string()),
            )
            .body(message.to_string())
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) if why.is_timeout() => return SendOutcome::Later("timeout".into()),
            Err(_why) => return SendOutcome::Later("unreachable".into()),
        };
        let status = answer.status().as_u16();
        let told = answer.text().await.unwrap_or_default();
        let told: Value = serde_json::from_str(&told).unwrap_or(Value::Null);
        match status {
            200..=299 => SendOutcome::Arrived,
            // It has it already: an earlier attempt came through.
            409 if told["issue"][0]["code"] == "duplicate" => SendOutcome::Arrived,
            408 | 425 | 429 | 500.. => SendOutcome::Later(status.to_compact_string()),
            _ => SendOutcome::Refused(status.to_compact_string()),
        }
    }
}

fn stable_uuid(name: &str) -> CompactString {
    let hash = digest(&SHA256, name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    id.to_compact_string()
}
