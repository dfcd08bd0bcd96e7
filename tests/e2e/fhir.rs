//! The Directory by FHIR R4: an outside validator takes every resource, and what goes out comes in again.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use uec_live::config::directory;
use uec_live::domain::At;
use uec_live::domain::time::MINUTE;

use super::python;
use super::server::Server;

/// Lets the validator check every resource.
pub fn validate(resources: &[Value]) -> String {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers/fhir_validate.py");
    let mut child = Command::new(python::with("fhir-requirements.txt"))
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<String> = resources.iter().map(Value::to_string).collect();
    let mut input = child.stdin.take().unwrap();
    input.write_all(lines.join("\n").as_bytes()).unwrap();
    drop(input);
    let out = child.wait_with_output().unwrap();
    let also = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{also}");
    String::from_utf8(out.stdout).unwrap()
}

/// A page of everything, and the pages after it.
async fn pages(server: &Server, first: &str) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut next = Some(first.to_owned());
    while let Some(address) = next {
        let page = server.json(&format!("/FHIR/R4/{address}")).await;
        let links = page["link"].as_array().unwrap();
        let onward = links.iter().find(|link| link["relation"] == "next");
        next = onward.map(|link| link["url"].as_str().unwrap().to_owned());
        pages.push(page);
    }
    pages
}

const EVERYTHING: &str = "HealthcareService?_count=25&_include=HealthcareService:location\
                          &_include=HealthcareService:organization&_revinclude=Schedule:actor";

#[tokio::test(flavor = "multi_thread")]
async fn an_outside_validator_takes_every_resource_that_we_give_out() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let mut all = pages(&server, EVERYTHING).await;
    let services = all.iter().map(|page| page["total"].as_u64().unwrap());
    assert_eq!(services.max(), Some(63));
    for address in [
        "metadata",
        "HealthcareService/lri-ed",
        "Location/lri-ed",
        "Organization/RWE",
        "Location?near=52.63|-1.13|5|km",
        "Organization?name=leicester",
        "HealthcareService?identifier=http://fhir.nhs.uk/id/dos-service-id|2000000001",
    ] {
        all.push(server.json(&format!("/FHIR/R4/{address}")).await);
    }
    for (address, status) in [
        ("HealthcareService/nowhere", 404),
        ("HealthcareService?favourite=yes", 400),
        ("HealthcareService?_count=1000", 400),
        ("Location?near=here", 400),
        ("HealthcareService?_format=xml", 406),
        ("Schedule", 404),
        ("Patient/1", 404),
        ("Slot", 400),
        ("Appointment/1", 400),
        ("Location/lri-ed/history/1", 404),
    ] {
        let (found, text) = server.get(&format!("/FHIR/R4/{address}")).await;
        assert_eq!(found, status, "{address}: {text}");
        all.push(serde_json::from_str(&text).unwrap());
    }
    let said = validate(&all);
    assert!(said.contains("OperationOutcome"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_echoed_and_nothing_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &[]);
    let ask = server.request("/FHIR/R4/HealthcareService/nowhere");
    let answer = ask.header("X-Request-Id", "9b2f").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["x-request-id"], "9b2f");
    let kind = "application/fhir+json";
    let (status, text) = server
        .send("/FHIR/R4/Location", kind, "{}".to_owned())
        .await;
    assert_eq!(status, 405, "{text}");
    let (status, _) = server
        .send("/FHIR/R4/$process-message", kind, "{}".to_owned())
        .await;
    assert_eq!(status, 401, "nobody books without being known");
    // What is for professionals is not there for the public.
    assert_eq!(server.get("/FHIR/R4/HealthcareService/gh-cdu").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_comes_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let mut entries = Vec::new();
    for page in pages(&server, EVERYTHING).await {
        entries.extend(page["entry"].as_array().unwrap().clone());
    }
    // A week in words only cannot be read back; such a record is refused and said.
    let known = directory::demo().unwrap();
    let bundle =
        serde_json::json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    let services = directory::read_services(&bundle.to_string()).unwrap();
    assert_eq!(services.len(), known.services().count());
    let monday = At::parse("2026-11-23T00:00:00Z").unwrap();
    for service in services {
        let before = known.find_service(service.id.as_str()).unwrap();
        assert_eq!(service.kind, before.kind);
        assert_eq!(service.position, before.position);
        assert_eq!(
            (&service.ods, &service.dos_id),
            (&before.ods, &before.dos_id)
        );
        assert_eq!(
            (&service.name, service.active),
            (&before.name, before.active)
        );
        assert_eq!(service.audience, before.audience, "{}", service.id);
        for step in 0..7 * 48 {
            let at = monday.plus(step * 30 * MINUTE + 7 * MINUTE);
            let (now, then) = (service.hours.at(at), before.hours.at(at));
            let text = service.hours.text();
            assert_eq!(
                now.is_open(),
                then.is_open(),
                "{} at {at}: {text}",
                service.id
            );
        }
    }
}
