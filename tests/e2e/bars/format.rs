//! JSON and XML, and versions.

use fhir::model;
use serde_json::{Value, json};

use super::messages::{Bars, booking, resource};

#[tokio::test]
async fn a_body_is_read_whole_and_told_what_is_wrong_with_it_and_where() {
    let bars = Bars::to_read().await;
    let xml = "<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"message\"/></Bundle>";
    let (fhir, in_xml) = (
        "application/fhir+json",
        "application/fhir+xml; version=1.1.0",
    );
    for (kind, body, status, words) in [
        ("text/plain", "{}", 415, "Content-Type"),
        (fhir, "{}", 400, "resourceType"),
        (fhir, "Test Patient-One", 400, "is not JSON"),
        (fhir, "{\"resourceType\":\"Bundle\"}", 400, "Bundle.type"),
        (
            fhir,
            "{\"resourceType\":\"Bundle\",\"type\":\"message\",\"party\":1}",
            400,
            "does not have",
        ),
        (
            "application/json",
            "{\"resourceType\":\"Bundle\",\"type\":\"message\"}",
            400,
            "versionId",
        ),
        (in_xml, xml, 400, "versionId"),
        (in_xml, "<!DOCTYPE x><Bundle/>", 400, "document type"),
    ] {
        let call = bars.call().set("Content-Type", kind);
        let answer = bars
            .send("POST", "$process-message", &call, Some(body.to_owned()))
            .await;
        assert_eq!(answer.problem().0, status, "{}", answer.text);
        let text = &answer.text;
        assert!(
            text.contains(words) && !text.contains("Test Patient"),
            "{text}"
        );
        assert_eq!(model::check(&answer.body), []);
    }
    let large = " ".repeat(model::BYTES_MAX + 1);
    let answer = bars
        .send("POST", "$process-message", &bars.call(), Some(large))
        .await;
    assert_eq!(answer.problem().0, 413);
}

#[tokio::test]
async fn a_booking_can_be_made_in_xml_with_fractions_of_seven_digits() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let text = model::to_xml(&booking(&bars, &slot)).unwrap();
    assert!(text.contains("09:00:00.8185338+00:00"), "mistake 10");
    let call = bars.call().set("Content-Type", "application/fhir+xml");
    let call = call.set("Accept", "application/fhir+xml; version=1.1.0");
    let answer = bars
        .send("POST", "$process-message", &call, Some(text))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told = model::from_xml(answer.text.as_bytes()).unwrap();
    assert_eq!(model::check(&told), []);
    assert_eq!(resource(&told, "Appointment")["start"], slot["start"]);
    let again = bars
        .send("POST", "$process-message", &call, Some("<x/>".to_owned()))
        .await;
    let told: Value = model::from_xml(again.text.as_bytes()).unwrap();
    assert_eq!(told["resourceType"], "OperationOutcome", "errors too");
}

#[tokio::test]
async fn the_version_is_chosen_from_those_listed_and_another_is_refused() {
    let bars = Bars::to_read().await;
    for (accept, path, status) in [
        ("application/fhir+json; version=2.0.0", bars.question(), 406),
        (
            "application/fhir+json; version=2.0.0, application/fhir+json; version=1.0.0",
            bars.question(),
            200,
        ),
        ("text/html", bars.question(), 406),
        ("text/html", format!("{}&_format=xml", bars.question()), 200),
        (
            "application/fhir+json; version=1.0.0",
            "DocumentReference?patient:identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018"
                .to_owned(),
            406,
        ),
    ] {
        let answer = bars
            .send("GET", &path, &bars.call().set("Accept", accept), None)
            .await;
        assert_eq!(
            answer.status, status,
            "mistake 10, {accept}: {}",
            answer.text
        );
        if status == 406 {
            assert_eq!(
                answer.body["issue"][0]["details"]["coding"][0]["code"],
                json!("REC_NOT_ACCEPTABLE")
            );
        }
    }
}
