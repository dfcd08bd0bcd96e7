//! `make run`, as a stranger meets it.

use std::process::{Command, Stdio};

use super::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_is_live_honest_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let server = Server::demo(&data, &["--speed", "10", "--seed", "7"]);

    let (status, page) = server.get("/").await;
    assert_eq!(status, 200);
    assert!(
        page.contains("Demonstration: simulated, 10 times real speed"),
        "the page says so"
    );
    assert!(page.contains("Leicester Royal Infirmary"));

    let waits = server.json("/api/v1/waits").await;
    let service = |id: &str| {
        let all = waits["services"].as_array().unwrap();
        all.iter()
            .find(|s| s["id"] == id)
            .unwrap_or_else(|| panic!("{id} is missing"))
            .clone()
    };
    let ed = service("lri-ed");
    assert!(
        ed["readings"]["wait"]["value"].as_i64().unwrap() > 0,
        "{ed}"
    );
    assert!(
        ed["readings"]["in_department"]["value"].as_i64().unwrap() > 20,
        "{ed}"
    );
    let neighbour = service("kgh-ed");
    assert_eq!(
        neighbour["readings"]["wait"]["reason"], "no_feed",
        "{neighbour}"
    );

    let (_, metrics) = server.get("/metrics").await;
    assert!(
        metrics.contains("uec_wait_seconds{service=\"lri-ed\""),
        "{metrics}"
    );
    checked_by_promtool(&metrics);
    assert_eq!(crate::dashboards::missing(&metrics), Vec::<String>::new());
    insta::assert_snapshot!("scrape", crate::dashboards::masked(&metrics));
    let series = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .count();
    assert!(series < 3_000, "{series} series");

    assert_eq!(server.get("/livez").await.0, 200);
    assert_eq!(server.get("/readyz").await.0, 200);
    assert_eq!(server.get("/nowhere").await.0, 404);

    // Restarting on the same folder as a plain server replays to the same people.
    let before = ed["readings"]["arrivals_today"]["value"].clone();
    assert!(before.as_i64().is_some());
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_world_has_nothing_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::demo(&folder.path().join("demo"), &["--dirt", "0"]);
    let (_, metrics) = server.get("/metrics").await;
    let refused: Vec<&str> = metrics
        .lines()
        .filter(|line| line.starts_with("uec_messages_rejected_total{") && !line.ends_with(" 0"))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let silent: Vec<&str> = metrics
        .lines()
        .filter(|line| line.starts_with("uec_feed_up{") && line.ends_with(" 0"))
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

fn checked_by_promtool(metrics: &str) {
    use std::io::Write;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed by `make tools`");
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(metrics.as_bytes())
        .unwrap();
    let out = promtool.wait_with_output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}
