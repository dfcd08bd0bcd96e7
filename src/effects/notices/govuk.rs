//! GOV.UK Notify: a signed token of the moment and one POST a message.
//!
//! As its public documentation has it: the key is `name-service id-secret`, of which the last 73 characters are the
//! two UUIDs; the token is a JWT by HS256 with the service id and the present second.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use compact_str::{CompactString, ToCompactString};
use serde_json::{Value, json};

use crate::notices::outbox::SendOutcome;
use crate::notices::templates::BookedPlace;
use domain::At;
use domain::time::SECOND;

/// Letters of a UUID.
const UUID: usize = 36;
const REQUEST_MAX: Duration = Duration::from_secs(20);

/// One service at Notify.
pub struct Notify {
    base: String,
    service: String,
    key: hmac::Key,
    client: reqwest::Client,
}

/// A message to be sent.
pub struct Letter<'a> {
    /// `sms` or `email`.
    pub kind: &'static str,
    /// Number or address.
    pub to: &'a str,
    /// The template at Notify.
    pub template: &'a str,
    /// What is filled in there.
    pub place: &'a BookedPlace,
    /// Our name for it; nothing of a person.
    pub reference: &'a str,
}

impl Notify {
    /// A service by its key.
    pub fn new(base: &str, api_key: &str) -> anyhow::Result<Self> {
        let api_key = api_key.trim();
        let place = api_key.len().checked_sub(2 * UUID + 1);
        let tail = place.and_then(|place| api_key.get(place..));
        let parts = tail.and_then(|tail| Some((tail.get(..UUID)?, tail.get(UUID + 1..)?)));
        let (service, secret) = parts
            .filter(|(a, b)| uuid::Uuid::try_parse(a).is_ok() && uuid::Uuid::try_parse(b).is_ok())
            .ok_or_else(|| anyhow::anyhow!("the key of Notify does not end in two UUIDs"))?;
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            service: service.to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            client: reqwest::Client::builder().timeout(REQUEST_MAX).build()?,
        })
    }

    fn token(&self, now: At) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = encode(&json!({"alg": "HS256", "typ": "JWT"}));
        let claims = encode(&json!({"iss": self.service, "iat": now.0.div_euclid(SECOND)}));
        let signed = format!("{head}.{claims}");
        let tag = hmac::sign(&self.key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Sends a message.
    pub async fn send(&self, letter: &Letter<'_>, now: At) -> SendOutcome {
        let to = match letter.kind {
            "sms" => "phone_number",
            _ => "email_address",
        };
        let place = letter.place;
        let mut body = json!({
            "template_id": letter.template,
            "personalisation": {
                "date": place.date(), "time": place.time(),
                "place": place.name, "address": place.address,
            },
            "reference": letter.reference,
        });
        body[to] = letter.to.into();
        let url = format!("{}/v2/notifications/{}", self.base, letter.kind);
        let request = self.client.post(url).bearer_auth(self.token(now));
        let request = request.header("content-type", "application/json");
        match answer(request.body(body.to_string())).await {
            Ok((201, told)) => match told["id"].as_str() {
                Some(id) => SendOutcome::Taken(Some(id.into())),
                None => SendOutcome::Later("no_id".into()),
            },
            // Too many, their fault, or our token or clock, which an operator mends: it is tried again.
            Ok((status, _)) if status == 403 || status == 429 || status >= 500 => {
                if status == 403 {
                    tracing::error!("Notify refuses the key or this machine's clock is wrong");
                }
                SendOutcome::Later(status.to_compact_string())
            }
            Ok((status, _)) => SendOutcome::Refused(status.to_compact_string()),
            Err(why) => SendOutcome::Later(why),
        }
    }

    /// How far a message has come.
    pub async fn status(&self, id: &str, now: At) -> SendOutcome {
        let url = format!("{}/v2/notifications/{id}", self.base);
        match answer(self.client.get(url).bearer_auth(self.token(now))).await {
            Ok((200, told)) => delivery(&told),
            Ok((status, _)) => SendOutcome::Later(status.to_compact_string()),
            Err(why) => SendOutcome::Later(why),
        }
    }

    /// The message of that reference, if one was taken before.
    pub async fn find(
        &self,
        reference: &str,
        now: At,
    ) -> Result<Option<CompactString>, SendOutcome> {
        let url = format!("{}/v2/notifications?reference={reference}", self.base);
        match answer(self.client.get(url).bearer_auth(self.token(now))).await {
            Ok((200, told)) => {
                let all = told["notifications"].as_array().into_iter().flatten();
                let mut ids = all.filter_map(|found| found["id"].as_str());
                Ok(ids.next().map(Into::into))
            }
            Ok((status, _)) => Err(SendOutcome::Later(status.to_compact_string())),
            Err(why) => Err(SendOutcome::Later(why)),
        }
    }
}

/// What Notify says of a message. The words of a status are not promised; the status is.
fn delivery(told: &Value) -> SendOutcome {
    match told["status"].as_str().unwrap_or_default() {
        "delivered" => SendOutcome::Arrived,
        failed @ ("permanent-failure" | "temporary-failure" | "technical-failure"
        | "validation-failed") => SendOutcome::Refused(failed.into()),
        _ => SendOutcome::Waiting,
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<(u16, Value), CompactString> {
    // What went wrong may have the address in it; only its kind is told.
    let code = |why: &reqwest::Error| {
        CompactString::from(if why.is_timeout() {
            "timeout"
        } else {
            "unreachable"
        })
    };
    let answer = request.send().await.map_err(|why| code(&why))?;
    let status = answer.status().as_u16();
    let text = answer.text().await.map_err(|why| code(&why))?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
}

/// A mobile number of the United Kingdom as it is dialled from abroad; none of another kind can get a text.
pub fn mobile(number: &str) -> Option<String> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let rest = match digits.as_str() {
        d if d.starts_with("0044") => &d[4..],
        d if d.starts_with("44") && d.len() == 12 => &d[2..],
        d if d.starts_with('0') => &d[1..],
        _ => return None,
    };
    (rest.len() == 10 && rest.starts_with('7')).then(|| format!("+44{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "test-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0";

    #[test]
    fn a_token_is_signed_by_the_secret_half_of_the_key_alone() {
        // Another test may have set the provider before.
        let _set = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let notify = Notify::new("http://127.0.0.1", KEY).unwrap();
        let token = notify.token(At(1_700_000_000_500));
        let parts: Vec<&str> = token.split('.').collect();
        let read = |text: &str| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
        };
        assert_eq!(read(parts[0]), json!({"typ": "JWT", "alg": "HS256"}));
        let claims = json!({"iss": "26785a09-ab16-4eb0-8407-a37497a57506", "iat": 1_700_000_000});
        assert_eq!(read(parts[1]), claims);
        let secret = hmac::Key::new(hmac::HMAC_SHA256, b"3d844edf-8d35-48ac-975b-e847b4f122b0");
        let signed = format!("{}.{}", parts[0], parts[1]);
        let tag = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        assert!(hmac::verify(&secret, signed.as_bytes(), &tag).is_ok());
        assert!(Notify::new("http://127.0.0.1", "short").is_err());
        assert!(Notify::new("http://127.0.0.1", &"x".repeat(80)).is_err());
    }

    #[test]
    fn only_a_mobile_number_gets_a_text() {
        for number in [
            "07700 900123",
            "+44 7700 900123",
            "0044 7700 900 123",
            "447700900123",
        ] {
            assert_eq!(mobile(number).as_deref(), Some("+447700900123"), "{number}");
        }
        for number in ["0116 496 0123", "999", "+1 202 555 0100", ""] {
            assert_eq!(mobile(number), None, "{number}");
        }
    }
}
