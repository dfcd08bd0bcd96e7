//! Plain mail by SMTP, for those who have no account at Notify.

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::notices::outbox::SendOutcome;

/// How the connection is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// TLS from the first byte.
    Tls,
    /// TLS after the greeting; no mail without it.
    StartTls,
    /// None: a relay on this machine only.
    Plain,
}

/// A mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// The part of our message ids behind the `@`.
    host: String,
}

/// Where mail is handed over.
pub struct Relay<'a> {
    /// Name of the server.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub privacy: Privacy,
    /// Name and password, where it asks for them.
    pub login: Option<(String, String)>,
    /// Whom mails are from, for instance `NHS 111 <no-reply@example.org>`.
    pub from: &'a str,
}

impl Smtp {
    /// A mail server that mails are handed to.
    pub fn new(relay: Relay<'_>) -> anyhow::Result<Self> {
        type Transport = AsyncSmtpTransport<Tokio1Executor>;
        let builder = match relay.privacy {
            Privacy::Tls => Transport::relay(relay.host)?,
            Privacy::StartTls => Transport::starttls_relay(relay.host)?,
            Privacy::Plain => Transport::builder_dangerous(relay.host),
        };
        let mut builder = builder.port(relay.port);
        if let Some((name, password)) = relay.login {
            builder = builder.credentials(Credentials::new(name, password));
        }
        let from: Mailbox = relay.from.parse()?;
        Ok(Self {
            transport: builder.build(),
            host: from.email.domain().to_owned(),
            from,
        })
    }

    /// Sends one mail. The same reference gives the same message id, by which a mail system knows a repeat.
    pub async fn send(
        &self,
        to: &str,
        (subject, body): (&str, &str),
        reference: &str,
    ) -> SendOutcome {
        let Ok(to) = to.parse::<Mailbox>() else {
            return SendOutcome::Refused("not_an_address".into());
        };
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{reference}@{}>", self.host)))
            .raw_header(automatic())
            .header(ContentType::TEXT_PLAIN)
            .body(body.to_owned());
        let message = match message {
            Ok(message) => message,
            Err(_why) => return SendOutcome::Refused("not_a_mail".into()),
        };
        match self.transport.send(message).await {
            Ok(_) => SendOutcome::Taken(None),
            // The server says that it will never take it. What it says may hold the address.
            Err(why) if why.is_permanent() => {
                let code = why
                    .status()
                    .map_or_else(|| "refused".to_owned(), |c| c.to_string());
                SendOutcome::Refused(code.into())
            }
            Err(why) => {
                let code = why
                    .status()
                    .map_or_else(|| "unreachable".to_owned(), |c| c.to_string());
                SendOutcome::Later(code.into())
            }
        }
    }
}

/// Nobody's holiday note shall answer (RFC 3834).
fn automatic() -> lettre::message::header::HeaderValue {
    let name = lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted");
    lettre::message::header::HeaderValue::new(name, "auto-generated".to_owned())
}
