//! What a person at a terminal meets: exit codes and plain sentences.

use super::server::binary;

pub fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let out = binary().args(arguments).output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    (out.status.code(), text)
}

#[test]
fn wrong_use_exits_with_two_and_says_what_is_wrong() {
    let (code, text) = run(&["demo", "--speed", "0"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("must be a number from 0.1 to 3600"), "{text}");
    assert_eq!(run(&[]).0, Some(2));
}

#[test]
fn open_access_is_refused_off_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let (code, text) = run(&["serve", "--open", "--listen", "0.0.0.0:0", "--data", data]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("every listener must be on loopback"),
        "{text}"
    );
}

#[test]
fn a_faulty_directory_is_explained_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("services.csv");
    std::fs::write(&file, "id,name\nx,y\n").unwrap();
    let (code, text) = run(&["directory", "check", file.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("services line 2: "), "{text}");
    let shipped = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/directory/services.csv"
    );
    assert_eq!(
        run(&["directory", "check", shipped]),
        (Some(0), "63 services, no fault\n".into())
    );
}

#[test]
fn a_token_is_printed_once_and_kept_only_as_a_hash() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let arguments = [
        "token",
        "new",
        "--role",
        "feed",
        "--feed",
        "dhu-oadby",
        "--label",
        "Oadby",
        "--data",
        data,
    ];
    let (code, secret) = run(&arguments);
    assert_eq!(code, Some(0), "{secret}");
    let kept = std::fs::read_to_string(folder.path().join("tokens.toml")).unwrap();
    assert!(!kept.contains(secret.trim()), "the secret is in the file");
    assert!(kept.contains("dhu-oadby"));
}

#[test]
fn anyone_can_score_the_forecast_on_events_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue.ndjson");
    let mut lines = String::from("nonsense\n");
    for number in 0..60 {
        let minute =
            |minute: usize| format!("2026-01-05T{:02}:{:02}:00Z", minute / 60, minute % 60);
        let mut tell = |kind: &str, at: usize, visit: usize| {
            let at = minute(at);
            let event =
                serde_json::json!({"type": kind, "happened_at": at, "visit": format!("v{visit}")});
            lines.push_str(&event.to_string());
            lines.push('\n');
        };
        if number >= 2 {
            tell("visit.seen", number * 10, number - 2);
        }
        tell("visit.arrived", number * 10, number);
    }
    std::fs::write(&file, lines).unwrap();
    let file = file.to_str().unwrap();
    let (code, text) = run(&["score", file, "--format", "json", "--warmup", "1"]);
    assert_eq!(code, Some(0), "{text}");
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rolling = &told["streams"]["all"]["rolling_mean"];
    assert_eq!(
        (&rolling["mae"], &rolling["mean_wait"]),
        (&0.0.into(), &1_200.0.into()),
        "{text}"
    );
    assert_eq!(told["not_read"]["not JSON"], 1, "{text}");
    assert!(
        told["overall"]["forecast"]["coverage_80_percent"].is_number(),
        "{text}"
    );
    let (code, text) = run(&["score", file]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("last_to_enter_service") && text.contains("not read: 1 lines"),
        "{text}"
    );
}
