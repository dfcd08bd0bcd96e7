//! An HL7 library of another ecosystem speaks to us, and the page follows.

use std::path::PathBuf;
use std::process::Command;

use super::python;
use super::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_follows_a_python_hl7_client() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let (host, port) = server.mllp.split_once(':').unwrap();
    let client = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers/hl7_client.py");
    let python = python::with("requirements.txt");
    let run = |steps: &str| {
        let out = Command::new(&python)
            .arg(&client)
            .args([host, port, steps])
            .output()
            .unwrap();
        let (said, also) = (
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr),
        );
        assert!(out.status.success(), "{steps}: {said}{also}");
    };
    let people = |service: &'static str| {
        let server = &server;
        async move {
            let answer = server.json(&format!("/api/v1/services/{service}")).await;
            answer["readings"]["in_department"]["value"].as_i64()
        }
    };
    assert_eq!(
        people("lri-ed").await,
        None,
        "nothing was heard yet: no figure, not zero"
    );

    run("admit");
    assert_eq!(people("lri-ed").await, Some(2));
    let (_, page) = server.get("/services/lri-ed").await;
    assert!(page.contains("2 people"), "the page says so");

    run("transfer");
    assert_eq!(
        (people("lri-ed").await, people("lri-eye").await),
        (Some(1), Some(1))
    );

    run("discharge");
    assert_eq!(
        (people("lri-ed").await, people("lri-eye").await),
        (Some(1), Some(0))
    );

    run("cancel");
    assert_eq!(people("lri-ed").await, Some(0));
}
