//! Headers, verbs, versions: what stands around every call.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::messages::{Bars, booking, uuid};

#[tokio::test]
async fn the_two_ids_come_back_on_every_answer_and_must_be_there() {
    let bars = Bars::to_read().await;
    let paths = [
        bars.question(),
        "Slot".to_owned(),
        "Appointment".to_owned(),
        "Appointment/none".to_owned(),
        "Nothing/at/all".to_owned(),
        "metadata".to_owned(),
    ];
    for path in paths {
        for method in ["GET", "DELETE"] {
            let call = bars.call();
            let answer = bars.send(method, &path, &call, None).await;
            for (name, value) in &call.headers[..2] {
                let told = answer
                    .headers
                    .get(*name)
                    .map(|value| value.to_str().unwrap());
                assert_eq!(
                    told,
                    Some(value.as_str()),
                    "mistake 7: {method} {path} {}",
                    answer.status
                );
            }
        }
    }
    for name in ["X-Request-Id", "X-Correlation-Id"] {
        let missing = bars.call().without(name);
        let answer = bars.send("GET", &bars.question(), &missing, None).await;
        assert_eq!(
            answer.problem(),
            (400, "REC_BAD_REQUEST", "required"),
            "{name}"
        );
        let wrong = bars.call().set(name, "not-a-guid");
        let answer = bars.send("GET", &bars.question(), &wrong, None).await;
        assert_eq!(
            answer.problem(),
            (400, "REC_BAD_REQUEST", "value"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn headers_that_name_target_organisation_and_software_are_read_leniently_and_needed() {
    let bars = Bars::to_read().await;
    for name in [
        "NHSD-Target-Identifier",
        "NHSD-End-User-Organisation",
        "NHSD-Requesting-Software",
    ] {
        let answer = bars
            .send("GET", &bars.question(), &bars.call().without(name), None)
            .await;
        assert_eq!(
            answer.problem(),
            (400, "REC_BAD_REQUEST", "required"),
            "{name}"
        );
        let plain = bars.call().set(name, "{}");
        let answer = bars.send("GET", &bars.question(), &plain, None).await;
        assert_eq!(
            answer.problem(),
            (400, "REC_BAD_REQUEST", "value"),
            "{name}"
        );
    }
    let target = |system: &str, value: &str| {
        let text = json!({"value": value, "system": system}).to_string();
        bars.call()
            .set("NHSD-Target-Identifier", &STANDARD.encode(text))
    };
    let lenient = target(
        "http://fhir.nhs.uk/id/DOS-service-id",
        &format!(" {} ", bars.dos),
    );
    let answer = bars.send("GET", &bars.question(), &lenient, None).await;
    assert_eq!(answer.status, 200, "mistake 10: {}", answer.text);
    let unknown = target("https://fhir.nhs.uk/Id/dos-service-id", "1999999999");
    let answer = bars.send("GET", &bars.question(), &unknown, None).await;
    assert_eq!(answer.problem().0, 404);
    let other = target("https://fhir.nhs.uk/Id/nhs-number", &bars.dos);
    let answer = bars.send("GET", &bars.question(), &other, None).await;
    assert_eq!(answer.problem(), (400, "REC_BAD_REQUEST", "value"));
}

#[tokio::test]
async fn another_verb_is_refused_with_those_that_are_allowed() {
    let bars = Bars::to_read().await;
    for (method, path, allowed) in [
        ("GET", "$process-message", "POST"),
        ("PUT", "$process-message", "POST"),
        ("POST", "Slot", "GET"),
        ("POST", "Appointment", "GET"),
        ("DELETE", "ServiceRequest", "GET"),
    ] {
        let answer = bars
            .send(method, path, &bars.call(), Some("{}".to_owned()))
            .await;
        let problem = answer.problem();
        assert_eq!(
            problem,
            (405, "REC_METHOD_NOT_ALLOWED", "not-supported"),
            "{method} {path}"
        );
        let told = answer.headers["allow"].to_str().unwrap();
        assert!(told.contains(allowed), "{method} {path}: {told}");
    }
}

#[tokio::test]
async fn message_definitions_are_asked_for_by_what_they_are_for() {
    let bars = Bars::to_read().await;
    let service = format!("https://fhir.nhs.uk/Id/dos-service-id|{}", bars.dos);
    let use_case = "https://fhir.nhs.uk/CodeSystem/usecases-categories-bars|a1t1";
    let both = format!("MessageDefinition?context={service}&context={use_case}");
    let answer = bars.get(&both).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.body["total"].as_u64().unwrap() > 0);
    for (path, status, issue) in [
        ("MessageDefinition".to_owned(), 400, "required"),
        ("MessageDefinition?context=a1t1".to_owned(), 400, "value"),
        (
            format!(
                "MessageDefinition?context={}",
                service.replace(&bars.dos, "abc")
            ),
            400,
            "value",
        ),
        (
            format!(
                "MessageDefinition?context={}",
                service.replace(&bars.dos, "1999999999")
            ),
            404,
            "not-found",
        ),
        (
            format!(
                "MessageDefinition?context={}",
                use_case.replace("a1t1", "a9t9")
            ),
            404,
            "not-found",
        ),
        (format!("MessageDefinition?other={use_case}"), 400, "value"),
    ] {
        let answer = bars.get(&path).await;
        let (told, _, code) = answer.problem();
        assert_eq!((told, code), (status, issue), "{path}");
    }
}

#[tokio::test]
async fn appointments_and_referrals_are_found_by_the_patients_number_and_by_id() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let id = bars.booked(&bars.call(), &slot).await;
    let by_number = "Appointment?patient:identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018";
    let found = bars.get(by_number).await;
    assert_eq!(
        (found.status, &found.body["total"]),
        (200, &json!(1)),
        "{}",
        found.text
    );
    assert_eq!(found.body["entry"][0]["resource"]["id"], json!(id));
    let link = found.body["link"].to_string();
    assert!(
        !link.contains("9990000018"),
        "no number in an address: {link}"
    );
    let nobody = bars.get(&by_number.replace("0018", "0026")).await;
    assert_eq!(nobody.body["total"], 0);
    let one = bars.get(&format!("Appointment/{id}")).await;
    assert_eq!(
        (one.status, &one.body["status"]),
        (200, &json!("booked")),
        "{}",
        one.text
    );
    for kind in ["Appointment", "ServiceRequest"] {
        for (rest, status, issue) in [
            ("", 400, "required"),
            ("/none", 400, "value"),
            (&*format!("/{}", uuid()), 404, "not-found"),
            ("?patient:identifier=9990000018", 400, "value"),
            (
                "?patient:identifier=https://fhir.nhs.uk/Id/nhs-number|999",
                400,
                "value",
            ),
            ("?patient:name=Patient-One", 400, "value"),
        ] {
            let answer = bars.get(&format!("{kind}{rest}")).await;
            let (told, _, code) = answer.problem();
            assert_eq!(
                (told, code),
                (status, issue),
                "{kind}{rest}: {}",
                answer.text
            );
            assert!(!answer.text.contains("9990000018"), "mistake 9");
        }
    }
    let documents = by_number.replace("Appointment", "DocumentReference");
    assert_eq!(bars.get(&documents).await.body["total"], 0);
}

#[tokio::test]
async fn no_error_says_anything_of_the_patient() {
    let bars = Bars::to_read().await;
    let slot = bars.free_slot().await;
    let good = booking(&bars, &slot);
    let text = good.to_string();
    let mut seen = 0;
    // Every value of the message is spoilt once.
    for (from, to) in [
        ("\"official\"", "\"usual\""),
        ("\"home\"", "\"work\""),
        ("9990000018", "999000001"),
        ("number-present-and-verified", "number-not-present"),
        ("\"birthDate\"", "\"bornOn\""),
        ("\"phone\"", "\"fax\""),
        ("\"LE2 5BB\"", "\"\""),
        ("\"new\"", "\"old\""),
    ] {
        let spoilt: Value = serde_json::from_str(&text.replace(from, to)).unwrap();
        let answer = bars.post(&bars.call(), &spoilt).await;
        assert_eq!(answer.problem().0, 400, "{from}");
        for secret in [
            "Patient-One",
            "9990000",
            "1984",
            "900123",
            "Example Road",
            "LE2",
        ] {
            assert!(
                !answer.text.contains(secret),
                "mistake 9, {from}: {}",
                answer.text
            );
        }
        seen += 1;
    }
    assert_eq!(seen, 8);
}
