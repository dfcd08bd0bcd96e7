//! What an operator does: a full disk, looking back, the quarantine, a past taken in, an archive.

use super::command_line::run;
use super::server::{Server, now};
use super::until::until;

const NDJSON: &str = "application/x-ndjson";

fn arrival(number: usize) -> String {
    let at = now();
    format!(
        "{{\"id\":\"o{number}\",\"feed\":\"dhu-oadby\",\"type\":\"visit.arrived\",\"happened_at\":\"{at}\",\
         \"service\":\"oadby-utc\",\"visit\":\"v{number}\",\"mode\":\"walk_in\"}}\n"
    )
}

/// Events of another year, one a minute.
fn past(count: usize) -> String {
    let line = |number: usize| {
        let (hour, minute) = (number / 60, number % 60);
        format!(
            "{{\"id\":\"p{number}\",\"feed\":\"dhu-oadby\",\"type\":\"visit.arrived\",\
             \"happened_at\":\"2025-06-01T{hour:02}:{minute:02}:00Z\",\"service\":\"oadby-utc\",\
             \"visit\":\"v{number}\",\"mode\":\"walk_in\"}}\n"
        )
    };
    (0..count).map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_is_said_to_senders_and_operators_and_passes_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve_limited(folder.path(), 24);
    let mut taken = Vec::new();
    let refused = loop {
        let line = arrival(taken.len());
        let (status, text) = server.send("/api/v1/events", NDJSON, line.clone()).await;
        if status != 202 {
            break (status, text);
        }
        taken.push(line);
        assert!(taken.len() < 1_000, "the limit was never reached");
    };
    assert_eq!(refused.0, 503, "{}", refused.1);
    assert!(
        refused.1.contains("raise it, the server goes on by itself"),
        "{}",
        refused.1
    );
    let (ready, why) = server.get("/readyz").await;
    assert_eq!(ready, 503, "{why}");
    assert_eq!(server.get("/").await.0, 200, "readers see what was known");
    server.unlimit();
    let (status, text) = server.send("/api/v1/events", NDJSON, taken.concat()).await;
    assert_eq!(status, 202, "{text}");
    assert!(
        text.contains(&format!("\"duplicate\":{}", taken.len())),
        "{text}"
    );
    assert_eq!(server.get("/readyz").await.0, 200);
    assert_eq!(server.terminate(), Some(0));
    let data = folder.path().to_str().unwrap();
    let (code, text) = run(&["log", "verify", "--data", data]);
    assert_eq!(code, Some(0), "{text}");
}

/// Now, once it is another millisecond than that: what happens next happens later by the log's clock too.
async fn a_later_moment(than: &str) -> String {
    let at = |text: &str| domain::At::parse(text).unwrap();
    until(async || {
        let now = now();
        if at(&now) > at(than) {
            return Ok(now);
        }
        Err(format!("the clock stands still at {now}"))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_at_a_moment_can_be_asked_of_the_server_and_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    server.post(&arrival(1)).await.unwrap();
    let then = server.json("/api/v1/services/oadby-utc").await["as_of"].clone();
    let between = a_later_moment(then.as_str().unwrap()).await;
    a_later_moment(&between).await;
    server.post(&arrival(2)).await.unwrap();
    let shown = server.json(&format!("/api/v1/state?at={between}")).await;
    let reading = &shown["topics"]["service:oadby-utc"]["waiting"];
    assert_eq!(
        (&reading["value"], &shown["as_of"]),
        (&1.into(), &then),
        "{shown}"
    );
    for (at, status) in [
        ("soon", 400),
        ("2099-01-01T00:00:00Z", 400),
        ("2020-01-01T00:00:00Z", 404),
    ] {
        let (found, text) = server.get(&format!("/api/v1/state?at={at}")).await;
        assert_eq!(found, status, "{at}: {text}");
    }
    // The server is still running.
    let (code, text) = run(&[
        "log",
        "state",
        "--at",
        &between,
        "--service",
        "oadby-utc",
        "--data",
        data,
    ]);
    assert_eq!(code, Some(0), "{text}");
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        told["services"]["oadby-utc"]["readings"]["waiting"]["value"], 1,
        "{text}"
    );
    let why = ["--service", "oadby-utc", "--why", "waiting", "--data", data];
    let (code, text) = run(&[&["log", "state", "--at", &now()], &why[..]].concat());
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("v1") && text.contains("v2") && text.contains("2 entries"),
        "{text}"
    );
    let to = tempfile::tempdir().unwrap();
    let to = to.path().to_str().unwrap();
    let (code, text) = run(&["log", "archive", "--data", data, "--to", to]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("copied and checked"), "{text}");
    let (code, text) = run(&["log", "verify", "--data", to]);
    assert_eq!(code, Some(0), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quarantine_is_listed_shown_and_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let early = arrival(1).replace(&now()[..4], "2019");
    let nowhere = arrival(2).replace("oadby-utc", "the-moon");
    server.post(&(early + &nowhere)).await.unwrap();
    let listed = until(async || {
        let (code, text) = run(&["quarantine", "list", "--data", data]);
        assert_eq!(code, Some(0), "{text}");
        if text.contains("2 messages") {
            return Ok(text);
        }
        Err(text)
    })
    .await;
    assert!(
        listed.contains("too_late") && listed.contains("unknown_service"),
        "{listed}"
    );
    let (_, shown) = run(&[
        "quarantine",
        "show",
        "--data",
        data,
        "--reason",
        "unknown_service",
    ]);
    assert!(
        shown.contains("the-moon") && shown.contains("1 messages"),
        "{shown}"
    );
    let again = [
        "quarantine",
        "replay",
        "--data",
        data,
        "--reason",
        "unknown_service",
    ];
    let (code, text) = run(&[&again[..], &["--to", &server.http]].concat());
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("\"unknown_service\""),
        "still not in the directory: {text}"
    );
}

#[test]
fn a_past_is_taken_in_and_an_import_that_was_broken_off_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (data, file) = (data.to_str().unwrap(), folder.path().join("past.ndjson"));
    let whole = past(600) + "nonsense\n";
    std::fs::write(&file, &whole).unwrap();
    let import = ["log", "import", file.to_str().unwrap(), "--data", data];
    let (code, text) = run(&import);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("600 facts taken") && text.contains("line 601 refused: not_json"),
        "{text}"
    );
    let (_, text) = run(&import);
    assert!(
        text.contains("went on after line 601") && text.contains("0 facts taken"),
        "{text}"
    );
    // As if it had been broken off before the checkpoint of its last lines was written.
    std::fs::remove_file(folder.path().join("data/import.json")).unwrap();
    let (_, text) = run(&import);
    assert!(
        text.contains("0 facts taken") && text.contains("600 known already"),
        "{text}"
    );
    let at = [
        "log",
        "state",
        "--at",
        "2025-06-01T05:00:30Z",
        "--service",
        "oadby-utc",
    ];
    let (_, text) = run(&[&at[..], &["--data", data]].concat());
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        told["services"]["oadby-utc"]["readings"]["waiting"]["value"], 301,
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fhir_bundle_of_encounters_is_taken_and_a_bad_one_does_not_hold_up_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let at = now();
    let encounter = |number: u32, class: &str| {
        format!(
            "{{\"resource\":{{\"resourceType\":\"Encounter\",\"id\":\"f{number}\",\"status\":\"arrived\",\
             \"class\":{{\"code\":\"{class}\"}},\"period\":{{\"start\":\"{at}\"}},\
             \"subject\":{{\"display\":\"Made Up\"}},\
             \"location\":[{{\"location\":{{\"identifier\":{{\"value\":\"LRIED\"}}}}}}]}}}}"
        )
    };
    let entries = [
        encounter(1, "EMER"),
        encounter(2, "IMP"),
        encounter(3, "EMER"),
    ]
    .join(",");
    let bundle =
        format!("{{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{entries}]}}");
    let kind = "application/fhir+json";
    let base = "/feeds/uhl-adt/FHIR/R4";
    let (status, text) = server.send(base, kind, bundle.clone()).await;
    assert_eq!(status, 200, "{text}");
    assert!(
        text.contains("2 facts accepted") && text.contains("class is not EMER"),
        "{text}"
    );
    let (_, text) = server.send(base, kind, bundle).await;
    assert!(text.contains("0 facts accepted, 2 known already"), "{text}");
    let (status, text) = server
        .send("/feeds/nobody/FHIR/R4", kind, "{}".to_owned())
        .await;
    assert_eq!(status, 403, "{text}");
    let service = server.json("/api/v1/services/lri-ed").await;
    assert_eq!(service["readings"]["waiting"]["value"], 2, "{service}");
    assert_eq!(server.terminate(), Some(0));
    let kept = std::fs::read_to_string(folder.path().join("quarantine/refused.ndjson")).unwrap();
    assert!(kept.contains("IMP") && !kept.contains("Made Up"), "{kept}");
}
