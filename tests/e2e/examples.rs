//! The examples, run as a newcomer runs them, against a real server.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::server::Server;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

/// Where cargo puts the Rust one when it builds the tests.
fn built() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let profile = deps.parent().unwrap().parent().unwrap();
    profile.join("examples/first_steps")
}

async fn runs(mut command: Command) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    server.offer_slots("oadby-utc").await;
    command.arg(&server.http);
    let out = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}{told}");
    let lines: Vec<&str> = said.lines().collect();
    let [before, sent, after, booked] = lines[..] else {
        panic!("{said}");
    };
    // Nothing was heard from that feed yet, so nothing is told of its queue.
    assert!(before.starts_with("waiting now: withheld"), "{before}");
    assert!(sent.contains("accepted"), "{sent}");
    assert_eq!(after, "waiting then: 1");
    assert!(booked.starts_with("booked: ") && booked.contains("booked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_in_rust_does_its_three_steps() {
    runs(Command::new(built())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_in_python_does_its_three_steps() {
    let mut command = Command::new("python3");
    command.arg(example("first_steps.py"));
    runs(command).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_in_javascript_does_its_three_steps() {
    let mut command = Command::new("node");
    command.arg(example("first_steps.mjs"));
    runs(command).await;
}
