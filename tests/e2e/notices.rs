//! Patients are told by a carrier that checks what it is sent, and services' own systems by message.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::{Path as Part, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::server::Server;
use super::until::until;

pub const SERVICE_ID: &str = "26785a09-ab16-4eb0-8407-a37497a57506";
pub const SECRET: &str = "3d844edf-8d35-48ac-975b-e847b4f122b0";
const SERVICE: &str = "oadby-utc";

/// What the stand-in for Notify has seen, and how it is to answer.
#[derive(Default)]
pub struct Seen {
    pub sent: Vec<Value>,
    /// Statuses of the next sends; 201 when there are none. 0 never answers.
    answers: VecDeque<u16>,
    /// The status of every message.
    pub status: &'static str,
}

pub type Notify = Arc<Mutex<Seen>>;

/// The token must be what the documentation of Notify asks for.
fn check_token(headers: &HeaderMap) {
    let token = headers["authorization"]
        .to_str()
        .unwrap()
        .strip_prefix("Bearer ")
        .unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let [head, claims, tag] = parts[..] else {
        panic!("not a JWT")
    };
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let head_of: Value = serde_json::from_slice(&decode(head)).unwrap();
    assert_eq!(head_of, json!({"typ": "JWT", "alg": "HS256"}));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::verify(&key, format!("{head}.{claims}").as_bytes(), &decode(tag)).unwrap();
    let claims: Value = serde_json::from_slice(&decode(claims)).unwrap();
    assert_eq!(claims["iss"], SERVICE_ID);
    let now = domain::At::parse(&super::server::now()).unwrap().0 / 1_000;
    assert!(
        (claims["iat"].as_i64().unwrap() - now).abs() <= 30,
        "{claims}"
    );
}

async fn send(
    State(seen): State<Notify>,
    Part(kind): Part<String>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    check_token(&headers);
    assert_eq!(headers["content-type"], "application/json");
    let body: Value = serde_json::from_str(&body).unwrap();
    let to = if kind == "sms" {
        "phone_number"
    } else {
        "email_address"
    };
    let known = [to, "template_id", "personalisation", "reference"];
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert!(
        fields.iter().all(|field| known.contains(&field.as_str())),
        "{fields:?}"
    );
    let id = uuid::Uuid::new_v4().to_string();
    let status = {
        let mut seen = seen.lock().unwrap();
        let status = seen.answers.pop_front().unwrap_or(201);
        if matches!(status, 0 | 201) {
            seen.sent
                .push(json!({"id": id, "kind": kind, "body": body}));
        }
        status
    };
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let answer = json!({"id": id, "reference": body["reference"]});
    (StatusCode::from_u16(status).unwrap(), answer.to_string())
}

async fn status(State(seen): State<Notify>, headers: HeaderMap) -> String {
    check_token(&headers);
    json!({"status": seen.lock().unwrap().status}).to_string()
}

async fn find(
    State(seen): State<Notify>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> String {
    check_token(&headers);
    let seen = seen.lock().unwrap();
    let found: Vec<Value> = seen
        .sent
        .iter()
        .filter(|sent| sent["body"]["reference"] == query["reference"].as_str())
        .map(|sent| json!({"id": sent["id"]}))
        .collect();
    json!({"notifications": found}).to_string()
}

pub async fn notify() -> (Notify, String) {
    let seen = Notify::default();
    let router = Router::new()
        .route("/v2/notifications/{kind}", post(send).get(status))
        .route("/v2/notifications", get(find))
        .with_state(Arc::clone(&seen));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (seen, base)
}

fn config(folder: &Path, text: &str) -> String {
    std::fs::write(
        folder.join("notify.key"),
        format!("test-{SERVICE_ID}-{SECRET}\n"),
    )
    .unwrap();
    let file = folder.join("uec.toml");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

pub fn by_notify(base: &str) -> String {
    format!(
        "[notices]\ncarrier = \"govuk\"\napi_key_file = \"notify.key\"\nbase = \"{base}\"\n\
         [notices.templates]\nmade_sms = \"t-made\"\nmade_email = \"t-made-mail\"\nmoved_sms = \"t-moved\"\n\
         cancelled_sms = \"t-cancelled\"\n"
    )
}

async fn call(server: &Server, method: &str, path: &str, body: Value) -> Value {
    let (status, text) = server.send_as(method, path, "Bearer x", &body).await;
    assert!(status < 300, "{method} {path}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

async fn with_slots(server: &Server) {
    let rule = json!({"periods": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "until": "24:00",
                                   "places": 1}]});
    call(
        server,
        "PUT",
        &format!("/api/v1/services/{SERVICE}/slots/rule"),
        rule,
    )
    .await;
}

async fn free_slots(server: &Server) -> Vec<Value> {
    let path = format!("/api/v1/services/{SERVICE}/slots");
    let all = call(server, "GET", &path, Value::Null).await;
    let slots = all["slots"].as_array().unwrap().clone();
    slots
        .into_iter()
        .filter(|slot| slot["status"] == "free")
        .collect()
}

async fn book(server: &Server, instead_of: Value, phone: &str) -> String {
    let slot = free_slots(server).await[1].clone();
    let patient = json!({"family": "Patient-One", "given": "Test", "birth_date": "1984-03-27",
                         "phone": phone, "email": "one@example.org", "reason": "Chest pain",
                         "tell_by_sms": true, "tell_by_email": true});
    let mut asked = json!({"service": SERVICE, "slot": slot["slot"], "patient": patient});
    if !instead_of.is_null() {
        asked["instead_of"] = instead_of;
    }
    let booked = call(server, "POST", "/api/v1/bookings", asked).await;
    booked["booking"].as_str().unwrap().to_owned()
}

/// Waits until the notices of a booking are so.
async fn until_told(server: &Server, id: &str, expected: &[(&str, &str, &str)]) {
    let path = format!("/api/v1/bookings/{id}");
    until(async || {
        let booking = call(server, "GET", &path, Value::Null).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut told: Vec<_> = booking["notices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| (text(&n["topic"]), text(&n["channel"]), text(&n["delivery"])))
            .collect();
        told.sort();
        let expected = expected
            .iter()
            .map(|(t, c, d)| ((*t).to_owned(), (*c).to_owned(), (*d).to_owned()));
        if told.iter().cloned().eq(expected.clone()) {
            return Ok(());
        }
        Err(format!("{told:?}, not {:?}", expected.collect::<Vec<_>>()))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_is_told_of_the_place_its_change_and_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (seen, base) = notify().await;
    seen.lock().unwrap().status = "sending";
    let config = config(folder.path(), &by_notify(&base));
    let server = Server::serve(folder.path(), &["--open", "--config", &config]);
    with_slots(&server).await;
    let id = book(&server, Value::Null, "07700 900123").await;
    until_told(
        &server,
        &id,
        &[("made", "email", "sent"), ("made", "sms", "sent")],
    )
    .await;
    {
        let seen = seen.lock().unwrap();
        let sms = seen.sent.iter().find(|sent| sent["kind"] == "sms").unwrap();
        assert_eq!(sms["body"]["phone_number"], "+447700900123");
        assert_eq!(sms["body"]["template_id"], "t-made");
        assert_eq!(sms["body"]["reference"], format!("{id}-made-sms"));
        let filled = sms["body"]["personalisation"].as_object().unwrap();
        assert!(filled["place"].as_str().unwrap().contains("Oadby"));
        let all = serde_json::to_string(&seen.sent).unwrap();
        assert!(
            !all.contains("Chest pain") && !all.contains("Patient-One"),
            "{all}"
        );
    }
    seen.lock().unwrap().status = "delivered";
    let delivered = [("made", "email", "delivered"), ("made", "sms", "delivered")];
    until_told(&server, &id, &delivered).await;
    let moved = book(&server, id.clone().into(), "07700 900123").await;
    // There is no template for a mail of this kind: that is said, and the text goes out.
    let told = [("made", "email", "failed"), ("made", "sms", "delivered")];
    until_told(&server, &moved, &told).await;
    call(
        &server,
        "DELETE",
        &format!("/api/v1/bookings/{moved}"),
        Value::Null,
    )
    .await;
    let told = [
        ("cancelled", "email", "failed"),
        ("cancelled", "sms", "delivered"),
        ("made", "email", "failed"),
        ("made", "sms", "delivered"),
    ];
    until_told(&server, &moved, &told).await;
    let templates: Vec<Value> = seen
        .lock()
        .unwrap()
        .sent
        .iter()
        .map(|s| s["body"]["template_id"].clone())
        .collect();
    assert_eq!(templates.len(), 4, "{templates:?}");
    assert!(templates.contains(&json!("t-moved")) && templates.contains(&json!("t-cancelled")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_fails_is_tried_again_and_one_that_refuses_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (seen, base) = notify().await;
    seen.lock().unwrap().status = "permanent-failure";
    let config = config(folder.path(), &by_notify(&base));
    let server = Server::serve(folder.path(), &["--open", "--config", &config]);
    with_slots(&server).await;
    seen.lock().unwrap().answers = VecDeque::from([500, 429]);
    let id = book(&server, Value::Null, "0116 496 0123").await;
    // A landline gets no text, the mail is tried until it is taken, and then it turns out not to arrive.
    until_told(
        &server,
        &id,
        &[("made", "email", "retrying"), ("made", "sms", "failed")],
    )
    .await;
    until_told(
        &server,
        &id,
        &[("made", "email", "failed"), ("made", "sms", "failed")],
    )
    .await;
    assert_eq!(seen.lock().unwrap().sent.len(), 1);
    seen.lock().unwrap().answers = VecDeque::from([400, 400]);
    let id = book(&server, Value::Null, "07700 900123").await;
    until_told(
        &server,
        &id,
        &[("made", "email", "failed"), ("made", "sms", "failed")],
    )
    .await;
    assert_eq!(
        seen.lock().unwrap().sent.len(),
        1,
        "refused, and not tried again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_sending_and_knowing_sends_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (seen, base) = notify().await;
    seen.lock().unwrap().status = "delivered";
    let config = config(folder.path(), &by_notify(&base));
    let args = ["--open", "--config", &config];
    let id = {
        let server = Server::serve(folder.path(), &args);
        with_slots(&server).await;
        // Taken, and the answer never comes.
        seen.lock().unwrap().answers = VecDeque::from([0]);
        let id = book(&server, Value::Null, "07700 900123").await;
        until(async || match seen.lock().unwrap().sent.len() {
            0 => Err("nothing was sent".to_owned()),
            _ => Ok(()),
        })
        .await;
        id
        // The server is killed here.
    };
    let server = Server::serve(folder.path(), &args);
    let delivered = [("made", "email", "delivered"), ("made", "sms", "delivered")];
    until_told(&server, &id, &delivered).await;
    assert_eq!(seen.lock().unwrap().sent.len(), 2, "one text and one mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_out_by_smtp_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mails = Arc::new(Mutex::new(Vec::<String>::new()));
    tokio::spawn(mail_server(listener, Arc::clone(&mails)));
    let text = format!(
        "[notices]\ncarrier = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\nprivacy = \"plain\"\n\
         from = \"Urgent care <no-reply@example.org>\"\n"
    );
    let config = config(folder.path(), &text);
    let server = Server::serve(folder.path(), &["--open", "--config", &config]);
    with_slots(&server).await;
    let id = book(&server, Value::Null, "07700 900123").await;
    until_told(&server, &id, &[("made", "email", "sent")]).await;
    let mail = mails.lock().unwrap()[0].clone();
    for part in [
        "To: one@example.org",
        "From: \"Urgent care\" <no-reply@example.org>",
        &format!("Message-ID: <{id}-made-email@example.org>"),
        "Auto-Submitted: auto-generated",
        "Oadby",
        "call 111",
    ] {
        assert!(mail.contains(part), "{part} is not in\n{mail}");
    }
    assert!(!mail.contains("Chest pain"), "{mail}");
}

/// Speaks enough SMTP to take mails.
async fn mail_server(listener: TcpListener, mails: Arc<Mutex<Vec<String>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let mails = Arc::clone(&mails);
        tokio::spawn(async move {
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write
                .write_all(b"220 mail.example ESMTP\r\n")
                .await
                .unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match line.get(..4).unwrap_or_default().to_uppercase().as_str() {
                    "EHLO" => "250-mail.example\r\n250 8BITMIME\r\n",
                    "DATA" => {
                        write.write_all(b"354 go on\r\n").await.unwrap();
                        let mut mail = String::new();
                        while let Ok(Some(line)) = lines.next_line().await {
                            if line == "." {
                                break;
                            }
                            mail.push_str(&line);
                            mail.push('\n');
                        }
                        mails.lock().unwrap().push(mail);
                        "250 taken\r\n"
                    }
                    "QUIT" => "221 bye\r\n",
                    _ => "250 ok\r\n",
                };
                write.write_all(answer.as_bytes()).await.unwrap();
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_carrier_nobody_is_told_and_switching_one_on_tells_nothing_of_before() {
    let folder = tempfile::tempdir().unwrap();
    {
        let server = Server::serve(folder.path(), &["--open"]);
        with_slots(&server).await;
        let id = book(&server, Value::Null, "07700 900123").await;
        until_told(&server, &id, &[]).await;
    }
    let (seen, base) = notify().await;
    seen.lock().unwrap().status = "delivered";
    let config = config(folder.path(), &by_notify(&base));
    let server = Server::serve(folder.path(), &["--open", "--config", &config]);
    let id = book(&server, Value::Null, "07700 900123").await;
    let delivered = [("made", "email", "delivered"), ("made", "sms", "delivered")];
    until_told(&server, &id, &delivered).await;
    assert_eq!(seen.lock().unwrap().sent.len(), 2, "only of the new one");
}
