//! The message of a booking goes on to the service's own system, with retries, and its failure shows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::bars::messages::{Bars, SERVICE, booking, resource};
use super::until::until;

#[derive(Default)]
struct Seen {
    messages: Vec<(HeaderMap, Value)>,
    answers: VecDeque<(u16, &'static str)>,
}

async fn take(
    State(seen): State<Arc<Mutex<Seen>>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, &'static str) {
    let mut seen = seen.lock().unwrap();
    seen.messages
        .push((headers, serde_json::from_str(&body).unwrap()));
    let (status, text) = seen.answers.pop_front().unwrap_or((200, "{}"));
    (StatusCode::from_u16(status).unwrap(), text)
}

async fn own_system() -> (Arc<Mutex<Seen>>, String) {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let router = Router::new()
        .route("/own/$process-message", post(take))
        .with_state(Arc::clone(&seen));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/own", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (seen, address)
}

async fn until_forwarded(bars: &Bars, id: &str, delivery: &str) {
    let path = format!("/api/v1/bookings/{id}");
    until(async || {
        let asked = bars.server.send_as("GET", &path, "Bearer x", &Value::Null);
        let text = asked.await.1;
        let booking: Value = serde_json::from_str(&text).unwrap();
        let notice = &booking["notices"][0];
        if notice["channel"] == "forward" && notice["delivery"] == delivery {
            return Ok(());
        }
        Err(format!("not {delivery}: {text}"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_on_as_it_came_until_it_is_taken() {
    let (seen, address) = own_system().await;
    let bars = Bars::start_with("[onward]\nenabled = true\n").await;
    let demo = config::directory::demo().unwrap();
    let mut record = serde_json::to_value(demo.find_service(SERVICE).unwrap()).unwrap();
    record["endpoints"] = json!([{"order": 1, "transport": "http", "interaction": "BaRS",
                                  "business_scenario": "Primary", "address": address}]);
    let change = json!({"put": [record], "why": "for a test"});
    let path = "/api/v1/directory/changes";
    let (status, text) = bars.server.send_as("POST", path, "Bearer x", &change).await;
    assert_eq!(status, 200, "{text}");
    seen.lock().unwrap().answers = VecDeque::from([(503, "{}")]);
    let slot = bars.free_slot().await;
    let call = bars.call();
    let message = booking(&bars, &slot);
    let answer = bars.post(&call, &message).await;
    let id = resource(&answer.body, "Appointment")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    until_forwarded(&bars, &id, "delivered").await;
    {
        let seen = seen.lock().unwrap();
        let [(first, body), (second, _)] = &seen.messages[..] else {
            panic!("{} messages", seen.messages.len())
        };
        assert_eq!(body["id"], message["id"], "the message of the sender");
        assert_eq!(
            first["x-request-id"], second["x-request-id"],
            "one request, tried twice"
        );
        let correlation = &call
            .headers
            .iter()
            .find(|(n, _)| *n == "X-Correlation-Id")
            .unwrap()
            .1;
        assert_eq!(first["x-correlation-id"], correlation.as_str());
    }
    seen.lock().unwrap().answers = VecDeque::from([(422, "{}")]);
    let slot = bars.free_slot().await;
    let id = bars.booked(&bars.call(), &slot).await;
    until_forwarded(&bars, &id, "failed").await;
    let duplicate = r#"{"issue":[{"code":"duplicate"}]}"#;
    seen.lock().unwrap().answers = VecDeque::from([(409, duplicate)]);
    let slot = bars.free_slot().await;
    let id = bars.booked(&bars.call(), &slot).await;
    until_forwarded(&bars, &id, "delivered").await;
}
