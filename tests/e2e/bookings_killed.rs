//! One slot, many who want it, and a server that is killed again and again while they ask.

use std::time::Duration;

use serde_json::{Value, json};

use super::server::Server;

const SERVICE: &str = "oadby-utc";
const CLIENTS: usize = 120;
/// The server is killed so many times.
const KILLS: u64 = 6;

fn asking(booking: &str, slot: &str) -> Value {
    json!({"booking": booking, "service": SERVICE, "slot": slot, "patient": {
        "family": "Patient-One", "given": "Test", "birth_date": "1984-03-27", "phone": "07700 900123"}})
}

/// Asks once; `None` when the server was gone before it answered.
async fn ask(url: &str, body: &Value) -> Option<(u16, Value)> {
    let client = reqwest::Client::new();
    let request = client
        .post(format!("{url}/api/v1/bookings"))
        .header("content-type", "application/json")
        .timeout(Duration::from_secs(20))
        .body(body.to_string());
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let text = answer.text().await.ok()?;
    Some((status, serde_json::from_str(&text).ok()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_is_sold_once_however_often_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<String> = (0..CLIENTS)
        .map(|_| uuid::Uuid::new_v4().to_string())
        .collect();
    let mut slot = String::new();
    let mut winners: Vec<String> = Vec::new();
    for round in 0..=KILLS {
        let server = Server::serve(folder.path(), &["--open"]);
        if round == 0 {
            let rule = json!({"periods": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00",
                                           "until": "24:00", "places": 1}]});
            let path = format!("/api/v1/services/{SERVICE}/slots");
            let set = server
                .send_as("PUT", &format!("{path}/rule"), "Bearer x", &rule)
                .await;
            assert_eq!(set.0, 200);
            let (_, text) = server.send_as("GET", &path, "Bearer x", &Value::Null).await;
            let slots: Value = serde_json::from_str(&text).unwrap();
            // Late enough that it does not begin meanwhile.
            slots["slots"][4]["slot"]
                .as_str()
                .unwrap()
                .clone_into(&mut slot);
        }
        let asks = ids.iter().map(|id| {
            let (url, body) = (server.http.clone(), asking(id, &slot));
            tokio::spawn(async move { ask(&url, &body).await })
        });
        let asks: Vec<_> = asks.collect();
        let is_last = round == KILLS;
        if !is_last {
            // Somewhere in the middle, another time in each round.
            tokio::time::sleep(Duration::from_millis(3 + 9 * round)).await;
            drop(server);
        }
        for (id, ask) in ids.iter().zip(asks) {
            match ask.await.unwrap() {
                Some((200 | 201, told)) => {
                    assert_eq!(told["booking"], json!(id));
                    winners.push(id.clone());
                }
                Some((409, told)) => assert_eq!(told["error"]["code"], "conflict"),
                Some((status, told)) => panic!("{status}: {told}"),
                None => assert!(!is_last, "the last server answers everybody"),
            }
        }
    }
    winners.sort();
    winners.dedup();
    assert_eq!(winners.len(), 1, "whoever was told once stays the one");
    let server = Server::serve(folder.path(), &["--open"]);
    let day = &slot[2..10];
    let date = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]);
    let path = format!("/api/v1/bookings?service={SERVICE}&date={date}");
    let (_, text) = server.send_as("GET", &path, "Bearer x", &Value::Null).await;
    let list: Value = serde_json::from_str(&text).unwrap();
    let bookings = list["bookings"].as_array().unwrap();
    assert_eq!(bookings.len(), 1);
    assert_eq!(bookings[0]["booking"], json!(winners[0]));
}
