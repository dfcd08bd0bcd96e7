//! Bad input over HTTP: what is wrong is named, its neighbours are taken, nothing is lost.

use super::server::{Server, binary, now};

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_is_refused_by_number_and_its_neighbours_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let good = |id: &str| {
        format!(
            "{{\"id\":\"{id}\",\"feed\":\"dhu-oadby\",\"type\":\"visit.arrived\",\
             \"happened_at\":\"{}\",\"service\":\"oadby-utc\",\"visit\":\"v-{id}\",\
             \"mode\":\"walk_in\"}}",
            now()
        )
    };
    let first = good("b-1");
    let lines = [
        first.clone(),
        "{\"id\":\"b-2\",\"feed\":\"dhu-oadby\"".to_owned(),
        good("b-3").replace("oadby-utc", "nowhere"),
        good("b-4").replace("dhu-oadby", "dhu-melton"),
        good("b-5").replace("walk_in", "by camel"),
        good("b-6"),
        first,
    ];
    let answer = server.post(&lines.join("\n")).await.unwrap();
    assert_eq!(
        (answer["accepted"].as_i64(), answer["duplicate"].as_i64()),
        (Some(2), Some(1))
    );
    let refused: Vec<(i64, &str)> = answer["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["line"].as_i64().unwrap(),
                line["reason"].as_str().unwrap(),
            )
        })
        .collect();
    let mut refused = refused;
    refused.sort_unstable();
    assert_eq!(
        refused,
        [
            (2, "not_json"),
            (3, "unknown_service"),
            (4, "unknown_service"),
            (5, "bad_field")
        ]
    );
    let (_, metrics) = server.get("/metrics").await;
    let counted = "uec_messages_rejected_total{feed=\"dhu-oadby\",reason=\"bad_field\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    assert_eq!(server.terminate(), Some(0));
    let kept = std::fs::read_to_string(folder.path().join("quarantine/refused.ndjson")).unwrap();
    assert_eq!(kept.lines().count(), 4, "every refused message is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_need_a_token_that_may_speak_for_the_feed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &[]);
    let client = reqwest::Client::new();
    let post = |token: &str| {
        client
            .post(format!("{}/api/v1/events", server.http))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .body(format!(
                "{{\"id\":\"t-1\",\"feed\":\"dhu-oadby\",\"type\":\"feed.heartbeat\",\
                 \"happened_at\":\"{}\"}}",
                now()
            ))
            .send()
    };
    assert_eq!(post("uec_guess").await.unwrap().status(), 401);
    let mint = |role: &str, feed: &str| {
        let out = binary()
            .args([
                "token", "new", "--role", role, "--feed", feed, "--label", "x", "--data",
            ])
            .arg(folder.path())
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(
        post(&mint("crew", "dhu-oadby")).await.unwrap().status(),
        403
    );
    let other = post(&mint("feed", "dhu-melton"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(other.contains("unknown_feed"), "{other}");
    assert_eq!(
        post(&mint("feed", "dhu-oadby")).await.unwrap().status(),
        202
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_known_is_not_sent_again() {
    let server = Server::open_to_read();
    let client = reqwest::Client::new();
    let address = format!("{}/api/v1/waits", server.http);
    let first = client.get(&address).send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    let second = client
        .get(&address)
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(second.status(), 304);
    let (status, text) = server.get("/api/v1/services/nowhere").await;
    assert_eq!(status, 404);
    assert!(text.contains("GET /api/v1/services lists them"), "{text}");
    assert_eq!(server.get("/api/v1/heat?kind=weather").await.0, 400);
}
