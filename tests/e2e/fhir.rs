//! The Directory by FHIR R4: an outside validator takes every resource, and what goes out comes in again.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use config::directory;
use domain::At;
use domain::time::MINUTE;
use fhir::model;
use serde_json::Value;

use super::python;
use super::server::{Server, binary};

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
    let server = Server::open_to_read();
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
        ("HealthcareService?_format=turtle", 406),
        ("HealthcareService?active=maybe&_id=nowhere", 400),
        ("Location?_id=nowhere&near=52.63|-1.13|abc", 400),
        ("HealthcareService?name=%zz", 400),
        ("HealthcareService/%ff", 400),
        ("Nothing/at/all/of/this", 404),
        ("Location/", 404),
        ("", 404),
        ("$process-message", 405),
        ("Schedule", 404),
        ("Patient/1", 404),
        ("Slot", 400),
        ("Appointment/1", 400),
        ("Location/lri-ed/history/1", 404),
    ] {
        let (found, text) = server.get(&format!("/FHIR/R4/{address}")).await;
        assert_eq!(found, status, "{address}: {text}");
        all.push(serde_json::from_str(&text).expect(address));
    }
    let said = validate(&all);
    assert!(said.contains("OperationOutcome"), "{said}");
}

#[test]
fn an_outside_validator_takes_our_messages_as_json_and_as_they_come_back_from_xml() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bars");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read(file.unwrap().path()).unwrap();
        let message: Value = serde_json::from_slice(&text).unwrap();
        let xml = model::to_xml(&message).unwrap();
        all.push(model::from_xml(xml.as_bytes()).unwrap());
        all.push(message);
    }
    assert!(validate(&all).contains(&format!("'Bundle': {}", all.len())));
    assert!(all.len() >= 40);
}

#[test]
fn files_are_checked_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let good = write("good.json", r#"{"resourceType":"Patient","active":true}"#);
    let xml = "<Patient xmlns=\"http://hl7.org/fhir\"><birthDate value=\"Test\"/></Patient>";
    let bad = write("bad.xml", xml);
    let run = |files: &[&PathBuf]| {
        let out = binary()
            .args(["fhir", "check"])
            .args(files)
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    assert_eq!(run(&[&good]), (Some(0), "1 files, no fault\n".to_owned()));
    let (code, said) = run(&[&good, &bad]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("bad.xml: Patient.birthDate: must be a date"),
        "{said}"
    );
    assert!(!said.contains("Test"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn xml_says_the_same_as_json() {
    let server = Server::open_to_read();
    for address in [
        "metadata",
        EVERYTHING,
        "Location/lri-ed",
        "Organization?name=leicester",
        "HealthcareService/nowhere",
        "HealthcareService?favourite=yes",
        "Location?near=here",
        "HealthcareService?name=%zz",
        "Slot",
        "Nothing/at/all",
    ] {
        let address = format!("/FHIR/R4/{address}");
        let (status, json) = server.get(&address).await;
        let expected: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(model::check(&expected), [], "{address}");
        let sign = if address.contains('?') { '&' } else { '?' };
        let by_parameter = server
            .request(&format!("{address}{sign}_format=xml"))
            .header("accept", "application/fhir+json");
        let by_header = server
            .request(&address)
            .header("accept", "application/fhir+xml; version=1.1.0");
        for (asked, is_by_parameter) in [(by_parameter, true), (by_header, false)] {
            let answer = asked.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{address}");
            assert_eq!(answer.headers()["content-type"], "application/fhir+xml");
            let text = answer.text().await.unwrap();
            let mut found = model::from_xml(text.as_bytes()).unwrap();
            // The pages of a search that asked for XML do so too.
            let links = found.get_mut("link").and_then(Value::as_array_mut);
            for link in links.into_iter().flatten() {
                let url = link["url"].as_str().unwrap();
                assert_eq!(url.contains("_format=xml"), is_by_parameter, "{url}");
                link["url"] = url.replace("_format=xml&", "").into();
            }
            assert_eq!(found, expected, "{address}");
        }
    }
    let newer = server
        .request("/FHIR/R4/metadata")
        .header("accept", "application/fhir+xml; version=2.0.0");
    let answer = newer.send().await.unwrap();
    assert_eq!(answer.status(), 406);
    assert_eq!(answer.headers()["content-type"], "application/fhir+xml");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_echoed_and_nothing_can_be_written() {
    let server = Server::closed_to_read();
    let kind = "application/fhir+json";
    for (method, path, status, allowed) in [
        ("GET", "HealthcareService/nowhere", 404, None),
        ("GET", "Location/%ff", 400, None),
        ("GET", "Nothing/at/all/of/this", 404, None),
        ("OPTIONS", "metadata", 405, Some("GET, HEAD")),
        ("OPTIONS", "Location/lri-ed", 405, Some("GET, HEAD")),
        ("DELETE", "Location", 405, Some("GET, HEAD")),
        ("PUT", "$process-message", 405, Some("POST")),
    ] {
        let ask = server.ask(method, &format!("/FHIR/R4/{path}"), None);
        let answer = ask.header("X-Request-Id", "9b2f").send().await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(answer.headers()["x-request-id"], "9b2f");
        assert_eq!(answer.headers()["content-type"], kind);
        let allow = answer.headers().get("allow");
        assert_eq!(allow.and_then(|allow| allow.to_str().ok()), allowed);
        let outcome: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(outcome["resourceType"], "OperationOutcome");
    }
    let head = server.ask("HEAD", "/FHIR/R4/Location/lri-ed", None);
    let answer = head.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "");
    // What is for professionals is not there for the public.
    assert_eq!(server.get("/FHIR/R4/HealthcareService/gh-cdu").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_comes_in_again() {
    let server = Server::open_to_read();
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
