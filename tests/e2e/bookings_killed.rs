//! One slot, many who want it, and a server that is killed again and again while they ask.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::server::Server;

const SERVICE: &str = "oadby-utc";
const CLIENTS: usize = 120;
/// The server is killed so many times.
const KILLS: usize = 6;

fn asking(booking: &str, slot: &str) -> Value {
    json!({"booking": booking, "service": SERVICE, "slot": slot, "patient": {
        "family": "Patient-One", "given": "Test", "birth_date": "1984-03-27", "phone": "07700 900123"}})
}

/// What comes of asking.
enum Outcome {
    Answered(u16, Value),
    /// The server had the question, or part of it, and was gone before it answered.
    CutOff,
    /// The server was gone before.
    NotHeard,
}

async fn ask(url: &str, body: &Value) -> Outcome {
    let client = reqwest::Client::new();
    let request = client
        .post(format!("{url}/api/v1/bookings"))
        .header("content-type", "application/json")
        .timeout(Duration::from_secs(20))
        .body(body.to_string());
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(why) if why.is_connect() => return Outcome::NotHeard,
        Err(_) => return Outcome::CutOff,
    };
    let status = answer.status().as_u16();
    let Ok(text) = answer.text().await else {
        return Outcome::CutOff;
    };
    Outcome::Answered(status, serde_json::from_str(&text).unwrap())
}

/// The moment to kill: in the first round as soon as details are sealed and before anybody is answered, since the first
/// booking is then on its way to the disk; later when so many were answered, other numbers in each round.
async fn in_the_middle(data: &Path, round: usize, answers: &mut UnboundedReceiver<()>) {
    let work = async {
        if round == 0 {
            while std::fs::read_dir(data.join("sealed")).unwrap().count() == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        for _ in 0..round.pow(2) {
            answers.recv().await.unwrap();
        }
    };
    let limit = Duration::from_secs(30);
    let begun = tokio::time::timeout(limit, work).await;
    begun.expect("the server does nothing");
}

/// A place at any time, and one of them: late enough that it does not begin meanwhile.
async fn any_slot(server: &Server) -> String {
    let rule = json!({"periods": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00",
                                   "until": "24:00", "places": 1}]});
    let path = format!("/api/v1/services/{SERVICE}/slots");
    let set = server
        .send_as("PUT", &format!("{path}/rule"), "Bearer x", &rule)
        .await;
    assert_eq!(set.0, 200);
    let (_, text) = server.send_as("GET", &path, "Bearer x", &Value::Null).await;
    let slots: Value = serde_json::from_str(&text).unwrap();
    slots["slots"][4]["slot"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_is_sold_once_however_often_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<String> = (0..CLIENTS)
        .map(|_| uuid::Uuid::new_v4().to_string())
        .collect();
    let mut slot = String::new();
    let mut winners: Vec<String> = Vec::new();
    let mut cut_off = Vec::new();
    for round in 0..=KILLS {
        let server = Server::serve(folder.path(), &["--open"]);
        if round == 0 {
            slot = any_slot(&server).await;
        }
        let (answered, mut answers) = mpsc::unbounded_channel();
        let asks = ids.iter().map(|id| {
            let (url, body) = (server.http.clone(), asking(id, &slot));
            let answered = answered.clone();
            tokio::spawn(async move {
                let outcome = ask(&url, &body).await;
                // Nobody counts any more once the server is killed.
                let _counted = answered.send(());
                outcome
            })
        });
        let asks: Vec<_> = asks.collect();
        let is_last = round == KILLS;
        if !is_last {
            in_the_middle(folder.path(), round, &mut answers).await;
            drop(server);
        }
        let mut cut = 0;
        for (id, ask) in ids.iter().zip(asks) {
            match ask.await.unwrap() {
                Outcome::Answered(200 | 201, told) => {
                    assert_eq!(told["booking"], json!(id));
                    winners.push(id.clone());
                }
                Outcome::Answered(409, told) => assert_eq!(told["error"]["code"], "conflict"),
                Outcome::Answered(status, told) => panic!("{status}: {told}"),
                Outcome::CutOff => cut += 1,
                Outcome::NotHeard => assert!(!is_last, "the last server answers everybody"),
            }
        }
        cut_off.push(cut);
    }
    assert_eq!(cut_off.pop(), Some(0), "the last server answers everybody");
    println!("asking when a kill came: {cut_off:?}");
    assert!(
        cut_off.iter().any(|cut| *cut > 0),
        "no kill came while somebody was asking: {cut_off:?}"
    );
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
