//! One patient's way: 111 finds a slot, books it, the patient gets a text, comes, and is seen.

use serde_json::{Value, json};

use super::bars::messages::{Bars, SERVICE, booking, resource};
use super::notices::{SECRET, SERVICE_ID, by_notify, notify};
use super::server::now;
use super::until::until;

async fn get(bars: &Bars, path: &str) -> Value {
    let (status, text) = bars
        .server
        .send_as("GET", path, "Bearer x", &Value::Null)
        .await;
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

async fn tell(bars: &Bars, id: &str, fields: Value) {
    let mut event = json!({"id": id, "feed": "dhu-oadby", "visit": "v-1", "happened_at": now()});
    event
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let (status, text) = bars
        .server
        .send_as("POST", "/api/v1/events", "Bearer x", &event)
        .await;
    assert!(status == 202 && text.contains("\"accepted\":1"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_111_to_slot_to_text_to_arrival_to_seen() {
    let (seen, base) = notify().await;
    seen.lock().unwrap().status = "delivered";
    let key = tempfile::tempdir().unwrap();
    let file = key.path().join("notify.key");
    std::fs::write(&file, format!("test-{SERVICE_ID}-{SECRET}")).unwrap();
    let settings = by_notify(&base).replace("notify.key", file.to_str().unwrap());
    let bars = Bars::start_with(&settings).await;

    let slot = bars.free_slot().await;
    let answer = bars.post(&bars.call(), &booking(&bars, &slot)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let id = resource(&answer.body, "Appointment")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let appointment = async || {
        let answer = bars.get(&format!("Appointment/{id}")).await;
        answer.body["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(appointment().await, "booked");

    let path = format!("/api/v1/bookings/{id}");
    until(async || {
        let notices = get(&bars, &path).await["notices"].clone();
        let mut all = notices.as_array().unwrap().iter();
        let is_told = all.any(|n| n["channel"] == "sms" && n["delivery"] == "delivered");
        is_told
            .then_some(())
            .ok_or_else(|| format!("the text did not arrive: {notices}"))
    })
    .await;
    let text = seen
        .lock()
        .unwrap()
        .sent
        .iter()
        .find(|sent| sent["kind"] == "sms")
        .unwrap()
        .clone();
    assert_eq!(text["body"]["phone_number"], "+447700900123");

    let arrived =
        json!({"type": "visit.arrived", "service": SERVICE, "mode": "booked", "booking": id});
    tell(&bars, "a-1", arrived).await;
    assert_eq!(appointment().await, "arrived");
    tell(&bars, "a-2", json!({"type": "visit.seen"})).await;
    assert_eq!(appointment().await, "fulfilled");
    let told = get(&bars, &path).await;
    assert_eq!(told["status"], "seen");
    assert!(told["booked_to_seen_minutes"].is_i64());

    let page = bars
        .server
        .get(&format!("/clinician/bookings/{id}"))
        .await
        .1;
    for words in [
        "Seen by a clinician",
        "Text message of the booking: delivered at",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("Patient-One"), "not before it is asked for");
}
