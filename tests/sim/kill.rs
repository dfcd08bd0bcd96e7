//! The real server under load, killed at random moments: no acknowledged event is lost or doubled,
//! and what it shows afterwards is what the auditor says.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use log::inspect;

use super::invariants;
use super::random::Chance;
use super::run::key;
use crate::e2e::server::{Server, now};
use crate::fold::auditor::audit;

const SENDERS: u64 = 8;
/// Longest life of a server, milliseconds from when it is ready.
const LIFE_MAX: u64 = 60;

/// Kills from `UEC_SIM_KILLS`; a few without it.
fn kills() -> u64 {
    let text = std::env::var("UEC_SIM_KILLS");
    text.map_or(8, |text| {
        text.parse().expect("UEC_SIM_KILLS is not a number")
    })
}

/// What one patient does, as the events of one post.
fn story(number: u64) -> (Vec<String>, String) {
    let all = [
        (
            "visit.arrived",
            ",\"service\":\"oadby-utc\",\"mode\":\"walk_in\"",
        ),
        ("visit.seen", ""),
        ("visit.departed", ",\"how\":\"discharged\""),
    ];
    let (mut ids, mut lines) = (Vec::new(), String::new());
    for (step, (kind, rest)) in all.iter().enumerate().take(1 + (number % 3) as usize) {
        let (id, at) = (format!("k{number}-{step}"), now());
        let line = format!(
            "{{\"id\":\"{id}\",\"feed\":\"dhu-oadby\",\"type\":\"{kind}\",\"happened_at\":\"{at}\",\
             \"visit\":\"v{number}\"{rest}}}\n"
        );
        lines.push_str(&line);
        ids.push(id);
    }
    (ids, lines)
}

/// Posts one patient after another until the wire is cut.
async fn send(server: &Server, serial: &AtomicU64, acknowledged: &Mutex<BTreeSet<String>>) {
    loop {
        let (ids, lines) = story(serial.fetch_add(1, Ordering::Relaxed));
        let Ok(answer) = server.post(&lines).await else {
            return;
        };
        assert_eq!(answer["accepted"], ids.len(), "{answer}");
        acknowledged.lock().unwrap().extend(ids);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_under_load_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut chance = Chance::of(1);
    let serial = AtomicU64::new(0);
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    for _ in 0..kills() {
        let mut server = Server::serve(folder.path(), &["--open"]);
        let senders = (0..SENDERS).map(|_| send(&server, &serial, &acknowledged));
        let life = Duration::from_millis(chance.below(LIFE_MAX));
        // The posts under way when the time is up are dropped unanswered, as a cut wire would.
        let _cut = tokio::time::timeout(life, futures_util::future::join_all(senders)).await;
        server.kill();
    }
    let server = Server::serve(folder.path(), &["--open"]);
    let shown = server.json("/api/v1/services/oadby-utc").await;
    assert_eq!(server.terminate(), Some(0));

    let files = inspect::open(folder.path()).unwrap();
    let mut entries = Vec::new();
    inspect::each(&files, &mut |entry| {
        entries.push(entry);
        Ok(())
    })
    .unwrap();
    invariants::entries_follow_on(&entries).unwrap();
    let acknowledged = acknowledged.lock().unwrap();
    let acknowledged = acknowledged
        .iter()
        .map(|id| ("dhu-oadby".to_owned(), id.clone()));
    let acknowledged: BTreeSet<_> = acknowledged.collect();
    invariants::everything_acknowledged_is_there(&entries, &acknowledged).unwrap();
    let facts = entries.iter().filter_map(key).count();
    println!(
        "{} kills, {} acknowledged, {facts} in the log",
        kills(),
        acknowledged.len()
    );
    assert!(acknowledged.len() as u64 > kills(), "there was no load");

    entries.truncate(shown["seq"].as_u64().unwrap() as usize);
    let truth = audit(&entries, "oadby-utc");
    let told = |name: &str| shown["readings"][name]["value"].as_i64();
    assert_eq!(told("waiting"), Some(truth.waiting));
    assert_eq!(told("in_department"), Some(truth.in_department));
    assert_eq!(told("arrivals_today"), Some(truth.arrivals_today));
}
