//! A tester of another ecosystem reads the OpenAPI document and asks whatever it can think of.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::python;
use super::server::{Server, binary};

/// Questions to each operation, beside those at the bounds of its parameters; `make fuzz` asks for more.
const CASES: &str = "6";
/// The same questions each time, unless another seed is asked for.
const SEED: &str = "1";

/// Asks everything; fails with what was found.
fn ask_everything(server: &Server, more: &[&str]) {
    let peers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let python = python::with("schemathesis-requirements.txt");
    let scratch = tempfile::tempdir().unwrap();
    let set = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    let out = Command::new(python.with_file_name("st"))
        .arg("--config-file")
        .arg(peers.join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/api/openapi.json", server.http))
        .args(["--phases", "coverage,fuzzing", "--no-color"])
        .args(["--seed", &set("UEC_API_SEED", SEED)])
        .args(["--max-examples", &set("UEC_API_CASES", CASES)])
        .args(more)
        .env("SCHEMATHESIS_HOOKS", peers.join("schemathesis_hooks.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(scratch.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    let also = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}{also}");
    assert!(said.contains("No issues found"), "{said}{also}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_of_an_open_server_is_answered_as_the_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    ask_everything(&server, &["--generation-with-security-parameters", "false"]);
    let changes = server.json("/api/v1/directory/changes").await;
    let changes = changes["changes"].as_array().unwrap().len();
    assert!(
        changes > 10,
        "the directory was changed {changes} times: too little was asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_without_a_token_is_answered_as_the_document_says_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &[]);
    // What is meant badly is refused before or after the token is looked at; the open server has heard it.
    ask_everything(&server, &["--mode", "positive"]);
    let made = binary()
        .args(["token", "new", "--role", "operator", "--label", "test"])
        .arg("--data")
        .arg(folder.path())
        .output()
        .unwrap();
    let secret = String::from_utf8(made.stdout).unwrap();
    let changes = server
        .request("/api/v1/directory/changes")
        .bearer_auth(secret.trim())
        .send()
        .await
        .unwrap();
    let changes: Value = serde_json::from_str(&changes.text().await.unwrap()).unwrap();
    assert_eq!(changes["changes"], Value::Array(Vec::new()));
    let feeds = server.json("/api/v1/feeds").await;
    for feed in feeds["feeds"].as_array().unwrap() {
        assert_eq!(feed["accepted"], 0, "{feed}");
    }
}
