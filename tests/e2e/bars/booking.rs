//! Bookings by message: sold once, told once, decided from our own diary.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::messages::{Bars, booking, cancellation, change, remove, resource, uuid};
use crate::e2e::server::now;

#[tokio::test]
async fn a_booking_gets_an_id_and_the_times_of_our_diary() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let message = booking(&bars, &slot);
    let answer = bars.post(&bars.call(), &message).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["type"], "message");
    let header = resource(&answer.body, "MessageHeader");
    assert_eq!(
        header["response"],
        json!({"identifier": message["id"], "code": "ok"})
    );
    let appointment = resource(&answer.body, "Appointment");
    assert!(appointment["id"].is_string() && appointment["created"].is_string());
    assert_eq!(
        appointment["start"], slot["start"],
        "mistake 8: not the time of the message"
    );
    let free = Bars::slots(&bars.get(&bars.question()).await);
    assert!(free.iter().all(|other| other["id"] != slot["id"]));
    let busy = bars
        .get(&bars.question().replace("status=free", "status=busy"))
        .await;
    assert_eq!(Bars::slots(&busy)[0]["id"], slot["id"]);
}

#[tokio::test]
async fn of_many_who_want_one_slot_one_gets_it_and_the_others_are_told_conflict() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let asks = (0..200).map(|_| async {
        let call = bars.call();
        bars.post(&call, &booking(&bars, &slot)).await
    });
    let answers = futures_util::future::join_all(asks).await;
    let mut counts = BTreeMap::<u16, usize>::new();
    for answer in &answers {
        *counts.entry(answer.status).or_default() += 1;
        if answer.status != 200 {
            let told = answer.problem();
            assert_eq!(
                told,
                (409, "REC_CONFLICT", "conflict"),
                "mistakes 1, 2 and 4"
            );
        }
    }
    assert_eq!(counts, BTreeMap::from([(200, 1), (409, 199)]));
}

#[tokio::test]
async fn a_retry_is_told_that_it_was_done_and_a_failure_fails_the_same_again() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let (call, message) = (bars.call(), booking(&bars, &slot));
    assert_eq!(bars.post(&call, &message).await.status, 200);
    let again = bars.post(&call, &message).await;
    assert_eq!(
        again.problem(),
        (409, "REC_CONFLICT", "duplicate"),
        "mistakes 2 and 3"
    );
    let other_request = bars.post(&bars.call(), &message).await;
    assert_eq!(
        other_request.problem().0,
        409,
        "the slot is gone for another request"
    );
    let other_slot = bars.free_slot().await;
    let mut reused = booking(&bars, &other_slot);
    reused["id"] = message["id"].clone();
    let reused = bars.post(&bars.call(), &reused).await;
    let told = reused.problem();
    assert_eq!(
        told,
        (400, "REC_BAD_REQUEST", "invariant"),
        "mistake 3: Bundle.id under a new request"
    );
    let lost = bars.call();
    let message = booking(&bars, &slot);
    assert_eq!(bars.post(&lost, &message).await.problem().0, 409);
    let id = cancel_first(&bars, &slot).await;
    assert!(id.is_some(), "the slot is free again");
    let told = bars.post(&lost, &message).await;
    assert_eq!(
        told.problem(),
        (409, "REC_CONFLICT", "conflict"),
        "the same failure again"
    );
}

/// Cancels whatever booking the slot has, through our own API.
async fn cancel_first(bars: &Bars, slot: &Value) -> Option<String> {
    let day = &slot["start"].as_str()?[..10];
    let path = format!(
        "/api/v1/bookings?service={}&date={day}",
        super::messages::SERVICE
    );
    let (_, text) = bars
        .server
        .send_as("GET", &path, "Bearer x", &Value::Null)
        .await;
    let list: Value = serde_json::from_str(&text).ok()?;
    let id = list["bookings"][0]["booking"].as_str()?.to_owned();
    let path = format!("/api/v1/bookings/{id}");
    let (status, _) = bars
        .server
        .send_as("DELETE", &path, "Bearer x", &Value::Null)
        .await;
    (status == 200).then_some(id)
}

#[tokio::test]
async fn two_of_one_request_at_once_are_never_two_bookings() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let (call, message) = (bars.call(), booking(&bars, &slot));
    let asks = (0..20).map(|_| bars.post(&call, &message));
    let answers = futures_util::future::join_all(asks).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        let told = answer.problem();
        let early = told == (425, "REC_TOO_EARLY", "duplicate");
        let done = told == (409, "REC_CONFLICT", "duplicate");
        assert!(early || done, "mistake 4: {told:?}");
    }
}

#[tokio::test]
async fn a_cancellation_names_its_booking_its_patient_and_frees_the_slot() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let call = bars.call();
    let id = bars.booked(&call, &slot).await;
    let mut nameless = cancellation(&bars, &id);
    change(&mut nameless, "Appointment")
        .as_object_mut()
        .unwrap()
        .remove("id");
    let answer = bars.post(&bars.call(), &nameless).await;
    assert_eq!(answer.problem(), (400, "REC_BAD_REQUEST", "required"));
    let mut other = cancellation(&bars, &id);
    change(&mut other, "Patient")["birthDate"] = "1990-01-01".into();
    let answer = bars.post(&bars.call(), &other).await;
    assert_eq!(
        answer.problem(),
        (422, "REC_UNPROCESSABLE_ENTITY", "processing")
    );
    let mut moved = cancellation(&bars, &id);
    change(&mut moved, "Appointment")["start"] = "2021-10-12T12:30:30+00:00".into();
    let answer = bars.post(&bars.call(), &moved).await;
    assert_eq!(answer.problem().0, 422);
    let mut old = cancellation(&bars, &id);
    change(&mut old, "Appointment")["meta"]["lastUpdated"] = "2026-11-27T08:00:00Z".into();
    let answer = bars.post(&bars.call(), &old).await;
    assert_eq!(
        answer.problem(),
        (409, "REC_CONFLICT", "conflict"),
        "older than what is held"
    );
    let unknown = cancellation(&bars, &uuid());
    assert_eq!(bars.post(&bars.call(), &unknown).await.problem().0, 400);
    let good = bars.post(&bars.call(), &cancellation(&bars, &id)).await;
    assert_eq!(good.status, 200, "{}", good.text);
    let twice = bars.post(&bars.call(), &cancellation(&bars, &id)).await;
    assert_eq!(twice.problem().0, 400, "no longer current");
    assert_eq!(bars.free_slot().await["id"], slot["id"]);
    let one = bars.get(&format!("Appointment/{id}")).await;
    assert_eq!(one.body["status"], "cancelled");
    // Rebook is cancel, then new, in the same journey.
    let next = call.set("X-Request-Id", &uuid());
    assert_ne!(bars.booked(&next, &slot).await, id);
}

/// A rule, how a message breaks it, and the status and issue that are told.
type Broken = (&'static str, fn(&mut Value), (u16, &'static str));

/// Rules of bundle and header.
const OUTSIDE: [Broken; 14] = [
    ("not a message", |m| m["type"] = "batch".into(), INVARIANT),
    (
        "no version",
        |m| drop_field(&mut m["meta"], "versionId"),
        INVARIANT,
    ),
    (
        "version 2",
        |m| m["meta"]["versionId"] = "2.0.0".into(),
        (422, "not-supported"),
    ),
    ("no Bundle.id", |m| drop_field(m, "id"), REQUIRED),
    (
        "header not first",
        |m| m["entry"].as_array_mut().unwrap().reverse(),
        INVARIANT,
    ),
    (
        "one organisation",
        |m| {
            let entries = m["entry"].as_array_mut().unwrap();
            let last = entries
                .iter()
                .rposition(|e| e["resource"]["resourceType"] == "Organization");
            entries.remove(last.unwrap());
        },
        INVARIANT,
    ),
    (
        "a response event",
        |m| header(m)["eventCoding"]["code"] = "booking-response".into(),
        INVARIANT,
    ),
    (
        "an unknown event",
        |m| header(m)["eventCoding"]["code"] = "party".into(),
        INVARIANT,
    ),
    (
        "an unknown reason",
        |m| header(m)["reason"]["coding"][0]["code"] = "because".into(),
        INVARIANT,
    ),
    (
        "another destination",
        |m| {
            let other = "https://fhir.nhs.uk/Id/dos-service-id|1999999999";
            header(m)["destination"][0]["endpoint"] = other.into();
        },
        INVARIANT,
    ),
    (
        "no destination",
        |m| header(m)["destination"][0]["endpoint"] = "x".into(),
        (400, "value"),
    ),
    ("no source", |m| drop_field(header(m), "sender"), REQUIRED),
    ("no focus", |m| drop_field(header(m), "focus"), REQUIRED),
    (
        "focus elsewhere",
        |m| header(m)["focus"][0]["reference"] = "urn:uuid:0".into(),
        INVARIANT,
    ),
];

/// Rules of what is booked.
const INSIDE: [Broken; 8] = [
    (
        "two appointments",
        |m| {
            let again = resource(m, "Appointment").clone();
            m["entry"]
                .as_array_mut()
                .unwrap()
                .push(json!({"resource": again}));
        },
        INVARIANT,
    ),
    (
        "status proposed",
        |m| change(m, "Appointment")["status"] = "proposed".into(),
        INVARIANT,
    ),
    ("no patient", |m| remove(m, "Patient"), INVARIANT),
    ("no slot", |m| remove(m, "Slot"), INVARIANT),
    ("no schedule", |m| remove(m, "Schedule"), INVARIANT),
    ("no service", |m| remove(m, "HealthcareService"), INVARIANT),
    (
        "unknown use case",
        |m| {
            change(m, "Appointment")["serviceCategory"][0]["coding"][0]["code"] = "a9t9".into();
        },
        (422, "not-supported"),
    ),
    (
        "slot of another service",
        |m| change(m, "Slot")["id"] = "1-x".into(),
        (409, "conflict"),
    ),
];

/// Rules of the patient.
const PATIENT: [Broken; 7] = [
    (
        "no official name",
        |m| change(m, "Patient")["name"][0]["use"] = "nickname".into(),
        INVARIANT,
    ),
    (
        "no birth date",
        |m| drop_field(change(m, "Patient"), "birthDate"),
        REQUIRED,
    ),
    (
        "no postcode",
        |m| drop_field(&mut change(m, "Patient")["address"][0], "postalCode"),
        INVARIANT,
    ),
    (
        "telecom of the patient",
        |m| {
            let telecom = change(m, "Patient")["contact"][0]["telecom"].clone();
            change(m, "Patient")["telecom"] = telecom;
            drop_field(change(m, "Patient"), "contact");
        },
        INVARIANT,
    ),
    (
        "a contact without rank",
        |m| {
            drop_field(&mut change(m, "Patient")["contact"][1], "extension");
        },
        INVARIANT,
    ),
    (
        "two first contacts",
        |m| {
            change(m, "Patient")["contact"][1]["extension"][0]["valuePositiveInt"] = 1.into();
        },
        INVARIANT,
    ),
    (
        "a number not verified",
        |m| {
            drop_field(&mut change(m, "Patient")["identifier"][0], "extension");
        },
        INVARIANT,
    ),
];

const INVARIANT: (u16, &str) = (400, "invariant");
const REQUIRED: (u16, &str) = (400, "required");

fn header(message: &mut Value) -> &mut Value {
    change(message, "MessageHeader")
}

fn drop_field(resource: &mut Value, field: &str) {
    resource.as_object_mut().unwrap().remove(field).unwrap();
}

#[tokio::test]
async fn a_message_out_of_shape_is_refused_by_its_rule() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let rules = OUTSIDE.iter().chain(&INSIDE).chain(&PATIENT);
    for (rule, spoil, (status, issue)) in rules {
        let mut message = booking(&bars, &slot);
        spoil(&mut message);
        let answer = bars.post(&bars.call(), &message).await;
        let (told, _, code) = answer.problem();
        assert_eq!((told, code), (*status, *issue), "{rule}: {}", answer.text);
    }
    assert_eq!(
        bars.free_slot().await["id"],
        slot["id"],
        "none of them booked"
    );
}

/// What is unusual, and how a message is so.
type Unusual = (&'static str, fn(&mut Value));

#[tokio::test]
async fn a_message_that_is_unusual_and_right_is_taken() {
    let bars = Bars::start().await;
    let cases: [Unusual; 5] = [
        ("an unregistered patient (mistake 9)", |m| {
            drop_field(change(m, "Patient"), "identifier");
        }),
        ("systems in small letters by http (mistake 10)", |m| {
            let header = change(m, "MessageHeader");
            header["eventCoding"]["system"] =
                "http://fhir.nhs.uk/codesystem/message-events-bars".into();
            let text = header["destination"][0]["endpoint"].as_str().unwrap();
            let text = text.replace("https", "http").replace("/Id/", "/id/");
            header["destination"][0]["endpoint"] = format!(" {text} ").into();
        }),
        ("version 1.0.0", |m| m["meta"]["versionId"] = "1.0.0".into()),
        ("a slot that the sender thinks is free", |m| {
            change(m, "Slot")["status"] = "free".into();
        }),
        ("no use case", |m| {
            drop_field(change(m, "Appointment"), "serviceCategory");
        }),
    ];
    for (case, vary) in cases {
        let slot = bars.free_slot().await;
        let mut message = booking(&bars, &slot);
        vary(&mut message);
        let answer = bars.post(&bars.call(), &message).await;
        assert_eq!(answer.status, 200, "{case}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_service_that_closes_between_search_and_booking_is_a_conflict() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let closed = json!({"id": "c1", "feed": "dhu-oadby", "type": "service.closed", "service": super::messages::SERVICE,
                        "happened_at": now(), "reason": "Flood"});
    let (status, text) = bars
        .server
        .send_as("POST", "/api/v1/events", "Bearer x", &closed)
        .await;
    assert_eq!(status, 202, "{text}");
    let answer = bars.post(&bars.call(), &booking(&bars, &slot)).await;
    assert_eq!(answer.problem(), (409, "REC_CONFLICT", "conflict"));
    assert_eq!(bars.get(&bars.question()).await.body["total"], 0);
}
