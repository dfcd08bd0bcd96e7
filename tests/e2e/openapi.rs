//! The OpenAPI document, held to the route table and to what is answered.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::json_schema::{faults, resolve};
use super::server::{Server, now};

/// What is pushed is in the AsyncAPI document.
const PUSHED: [&str; 2] = ["/api/v1/push", "/api/v1/push/sse"];
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn document() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/faces/directory/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Every operation of the document: method, path, what is said of it.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if METHODS.contains(&method.as_str()) {
                all.push((method.as_str(), path.as_str(), operation));
            }
        }
    }
    all
}

/// Every `.route(…)` of a source file: method and path.
fn routes_in(text: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for rest in text.split(".route(").skip(1) {
        let Some((path, rest)) = rest
            .trim_start()
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'))
        else {
            continue;
        };
        let mut depth = 1;
        let end = rest.find(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        });
        let handlers = &rest[..end.unwrap()];
        for method in METHODS {
            if handlers.contains(&format!("{method}(")) {
                found.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    found
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let place = entry.unwrap().path();
        if place.is_dir() {
            sources(&place, into);
        } else if place.extension().is_some_and(|kind| kind == "rs") {
            into.push(place);
        }
    }
}

#[test]
fn every_route_for_software_is_in_the_document_and_the_other_way_round() {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let served: BTreeSet<(String, String)> = files
        .iter()
        .flat_map(|file| routes_in(&std::fs::read_to_string(file).unwrap()))
        .filter(|(_, path)| path.starts_with("/api/") || path == "/livez" || path == "/readyz")
        .filter(|(_, path)| !PUSHED.contains(&path.as_str()))
        .collect();
    let document = document();
    let written: BTreeSet<(String, String)> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| (method.to_owned(), path.to_owned()))
        .collect();
    assert!(
        served.len() >= 22,
        "the scan of the sources found {served:?}"
    );
    assert_eq!(served, written);
}

#[test]
fn every_example_of_a_parameter_or_a_body_keeps_to_its_own_schema() {
    let document = document();
    let mut count = 0;
    for (method, path, operation) in operations(&document) {
        let own = operation["parameters"].as_array().into_iter().flatten();
        let shared = document["paths"][path]["parameters"].as_array();
        for parameter in own.chain(shared.into_iter().flatten()) {
            let parameter = resolve(&document, parameter);
            if let Some(example) = parameter.get("example") {
                count += 1;
                let why = faults(&document, &parameter["schema"], example);
                assert!(
                    why.is_empty(),
                    "{method} {path} {}: {why:?}",
                    parameter["name"]
                );
            }
        }
        for (kind, body) in operation["requestBody"]["content"]
            .as_object()
            .into_iter()
            .flatten()
        {
            if let Some(example) = body.get("example") {
                count += 1;
                let why = faults(&document, &body["schema"], example);
                assert!(why.is_empty(), "{method} {path} {kind}: {why:?}");
            }
        }
    }
    assert!(count > 40, "only {count} examples were looked at");
}

/// Asks what an example asks, and holds the answer to what the document says of it.
async fn call(server: &Server, document: &Value, method: &str, operation: &Value, call: &Value) {
    let address = call["address"].as_str().unwrap();
    let answer = server
        .ask(method, address, call.get("body"))
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let headers = answer.headers().clone();
    let text = answer.text().await.unwrap();
    let place = format!("{method} {address}: {status}");
    if let Some(expected) = call["status"].as_u64() {
        assert_eq!(u64::from(status), expected, "{place}: {text}");
    }
    let said = &operation["responses"][status.to_string()];
    assert!(!said.is_null(), "{place} is not in the document: {text}");
    let said = resolve(document, said);
    for name in said["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
    {
        assert!(headers.contains_key(name), "{place} without {name}");
    }
    let kind = headers["content-type"].to_str().unwrap();
    let kind = kind.split(';').next().unwrap();
    let schema = &said["content"][kind]["schema"];
    assert!(!schema.is_null(), "{place}: {kind} is not in the document");
    let value = if kind == "text/plain" {
        Value::String(text)
    } else {
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{place}: {why}: {text}"))
    };
    let why = faults(document, schema, &value);
    assert!(why.is_empty(), "{place}: {why:#?}");
}

/// Visits, so that there are figures, a status and a closure.
fn a_busy_hour() -> String {
    let at = now();
    let arrival = |number: usize| {
        json!({
            "id": format!("a-{number}"), "feed": "dhu-oadby", "type": "visit.arrived", "happened_at": at,
            "service": "oadby-utc", "visit": format!("v-{number}"), "mode": "walk_in", "acuity": 4,
            "origin": {"postcode": "LE2 5BJ"},
        })
    };
    let status = json!({
        "id": "s-1", "feed": "dhu-oadby", "type": "status.set", "happened_at": at, "service": "oadby-utc",
        "status": "amber", "by": "front desk", "note": "Very busy.", "reset_in_minutes": 60,
    });
    let slot = |number: usize| {
        json!({
            "slot": format!("example-{number}"), "start": format!("2036-01-02T1{number}:00:00Z"),
            "end": format!("2036-01-02T1{number}:15:00Z"), "kind": "in person",
        })
    };
    let slots: Vec<Value> = (1..=5).map(slot).collect();
    let slots = json!({
        "id": "p-1", "feed": "dhu-oadby", "type": "slots.published", "happened_at": at,
        "service": "oadby-utc", "slots": slots,
    });
    let lines: Vec<String> = (0..8)
        .map(arrival)
        .chain([status, slots])
        .map(|e| e.to_string())
        .collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_answered_as_the_document_says_and_so_it_is_when_no_service_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let taken = server.post(&a_busy_hour()).await.unwrap();
    assert_eq!(taken["accepted"], 10, "{taken}");
    let document = document();
    for (method, path, operation) in operations(&document) {
        let calls = operation["x-calls"].as_array();
        let calls = calls.unwrap_or_else(|| panic!("{method} {path} has no example"));
        assert!(!calls.is_empty(), "{method} {path} has no example");
        for one in calls {
            call(&server, &document, method, operation, one).await;
        }
    }
    let all = server.json("/api/v1/directory/services?limit=500").await;
    let ids: Vec<&Value> = all["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["id"])
        .collect();
    assert!(
        all["next_after"].is_null() && ids.len() > 30,
        "{} services",
        ids.len()
    );
    let end = json!({"why": "All of it ends.", "withdraw": ids});
    let changes = server.ask("post", "/api/v1/directory/changes", Some(&end));
    assert_eq!(changes.send().await.unwrap().status(), 200);
    let left = server.json("/api/v1/directory/services").await;
    assert_eq!(left["services"], json!([]));
    for (method, _, operation) in operations(&document) {
        for one in operation["x-calls"].as_array().unwrap() {
            // What is answered is another thing now; that it is answered as documented is not.
            let mut one = one.clone();
            one.as_object_mut().unwrap().remove("status");
            call(&server, &document, method, operation, &one).await;
        }
    }
    let (status, _) = server.get("/").await;
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn software_is_refused_in_json_also_where_nothing_of_ours_saw_the_question() {
    let server = Server::open_to_read();
    let huge = json!({"why": "x".repeat(9 << 20)});
    let asked = [
        ("get", "/api/v1/nothing", None, 404, "not_found"),
        ("delete", "/api/v1/waits", None, 405, "method_not_allowed"),
        ("get", "/api/v1/events", None, 405, "method_not_allowed"),
        ("get", "/api/v1/services/%FF", None, 400, "cannot_be_read"),
        (
            "get",
            "/api/v1/heat?kind=a&kind=b",
            None,
            400,
            "cannot_be_read",
        ),
        (
            "get",
            "/api/v1/state?at=1&at=2",
            None,
            400,
            "cannot_be_read",
        ),
        (
            "post",
            "/api/v1/directory/changes",
            Some(&huge),
            413,
            "too_large",
        ),
    ];
    let (status, page) = server.get("/nothing").await;
    assert!(
        status == 404 && page.contains("<html"),
        "people are told in a page"
    );
    // The one that is too large comes last: its connection is closed behind it.
    for (method, path, body, status, code) in asked {
        let answer = server.ask(method, path, body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(answer.headers().contains_key("allow"), status == 405);
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(body["error"]["code"], code, "{method} {path}");
    }
}
