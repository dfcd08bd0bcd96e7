//! Slots and bookings over HTTP: one place for one patient, whatever is killed in between.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::server::Server;

const OPEN: &str = "Bearer anybody";
const SERVICE: &str = "oadby-utc";

fn patient() -> Value {
    json!({"family": "Patient-One", "given": "Test", "birth_date": "1984-03-27",
           "phone": "07700 900123", "nhs_number": "999 000 0018", "notes": "Uses a wheelchair"})
}

async fn call(server: &Server, method: &str, path: &str, body: Value) -> (u16, Value) {
    let (status, text) = server.send_as(method, path, OPEN, &body).await;
    let value = serde_json::from_str(&text).unwrap_or(Value::Null);
    (status, value)
}

async fn slots(server: &Server) -> Vec<Value> {
    let path = format!("/api/v1/services/{SERVICE}/slots");
    let (status, body) = call(server, "GET", &path, Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body["slots"].as_array().unwrap().clone()
}

async fn first_free(server: &Server) -> String {
    let slots = slots(server).await;
    let free = slots.iter().find(|slot| slot["status"] == "free").unwrap();
    free["slot"].as_str().unwrap().to_owned()
}

fn asking(slot: &str) -> Value {
    json!({"service": SERVICE, "slot": slot, "patient": patient()})
}

#[tokio::test]
async fn of_many_who_want_one_slot_one_gets_it_and_the_others_are_offered_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    server.offer_slots(SERVICE).await;
    let slot = first_free(&server).await;
    let asks = (0..300).map(|_| call(&server, "POST", "/api/v1/bookings", asking(&slot)));
    let answers = futures_util::future::join_all(asks).await;
    let mut counts = BTreeMap::<u16, usize>::new();
    for (status, body) in &answers {
        *counts.entry(*status).or_default() += 1;
        if *status == 409 {
            assert_eq!(body["error"]["code"], "conflict");
            assert_eq!(body["error"]["why"], "slot_taken");
            assert_eq!(body["error"]["next"].as_array().unwrap().len(), 3);
        }
    }
    assert_eq!(counts, BTreeMap::from([(201, 1), (409, 299)]));
    let sealed = std::fs::read_dir(folder.path().join("sealed")).unwrap();
    assert_eq!(sealed.count(), 1, "details of those who lost are not kept");
}

#[tokio::test]
async fn a_booking_survives_a_kill_and_sending_it_again_books_once() {
    let folder = tempfile::tempdir().unwrap();
    let id = "5e8f7a1c-6a52-4a5e-9a5c-0a1b2c3d4e5f";
    let slot = {
        let server = Server::serve(folder.path(), &["--open"]);
        server.offer_slots(SERVICE).await;
        let slot = first_free(&server).await;
        let mut asked = asking(&slot);
        asked["booking"] = id.into();
        let (status, body) = call(&server, "POST", "/api/v1/bookings", asked).await;
        assert_eq!(status, 201, "{body}");
        assert_eq!(body["status"], "booked");
        slot
        // The server is killed here.
    };
    let server = Server::serve(folder.path(), &["--open"]);
    let mut asked = asking(&slot);
    asked["booking"] = id.into();
    let (status, body) = call(&server, "POST", "/api/v1/bookings", asked).await;
    assert_eq!((status, &body["booking"]), (200, &json!(id)));
    let (status, body) = call(&server, "POST", "/api/v1/bookings", asking(&slot)).await;
    assert_eq!(status, 409, "{body}");
    let path = format!("/api/v1/bookings/{id}/patient");
    let (status, body) = call(&server, "POST", &path, json!({"purpose": "arrival"})).await;
    assert_eq!((status, &body["family"]), (200, &json!("Patient-One")));
}

#[tokio::test]
async fn a_held_slot_is_kept_for_the_holder_moved_given_up_and_booked() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    server.offer_slots(SERVICE).await;
    let free = slots(&server).await;
    let names: Vec<&str> = free
        .iter()
        .filter(|slot| slot["status"] == "free")
        .map(|slot| slot["slot"].as_str().unwrap())
        .collect();
    let hold = |slot: &str, hold: Value| {
        let body = json!({"service": SERVICE, "slot": slot, "hold": hold});
        call(&server, "POST", "/api/v1/holds", body)
    };
    let (status, held) = hold(names[0], Value::Null).await;
    assert_eq!(status, 201, "{held}");
    assert_eq!(hold(names[0], Value::Null).await.0, 409, "another's");
    assert_eq!(slots(&server).await[0]["status"], "held");
    let (status, _) = call(&server, "POST", "/api/v1/bookings", asking(names[0])).await;
    assert_eq!(
        status, 409,
        "whoever books without the hold is told that it is taken"
    );
    assert_eq!(hold(names[1], held["hold"].clone()).await.0, 201, "moved");
    let mut asked = asking(names[1]);
    asked["hold"] = held["hold"].clone();
    let (status, booking) = call(&server, "POST", "/api/v1/bookings", asked).await;
    assert_eq!(status, 201, "{booking}");
    let (_, again) = hold(names[0], Value::Null).await;
    let path = format!("/api/v1/holds/{}", again["hold"].as_str().unwrap());
    assert_eq!(
        call(&server, "DELETE", &path, Value::Null).await.1,
        json!({"released": true})
    );
    assert_eq!(
        call(&server, "DELETE", &path, Value::Null).await.1,
        json!({"released": false})
    );
    let mut moved = asking(names[0]);
    moved["instead_of"] = booking["booking"].clone();
    let (status, second) = call(&server, "POST", "/api/v1/bookings", moved).await;
    assert_eq!(status, 201, "{second}");
    let now: Vec<Value> = slots(&server).await.into_iter().take(2).collect();
    assert_eq!(now[0]["status"], "booked");
    assert_eq!(now[1]["status"], "free", "moved, not booked twice");
}

#[tokio::test]
async fn a_closed_or_red_service_offers_nothing_until_it_opens() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    server.offer_slots(SERVICE).await;
    let slot = first_free(&server).await;
    let event = |id: &str, fields: Value| {
        let mut event = json!({"id": id, "feed": "dhu-oadby", "service": SERVICE,
                               "happened_at": super::server::now()});
        for (name, value) in fields.as_object().unwrap() {
            event[name] = value.clone();
        }
        call(&server, "POST", "/api/v1/events", event)
    };
    let said = [
        json!({"type": "service.closed", "reason": "Flood"}),
        json!({"type": "service.opened", "reason": "Dry"}),
        json!({"type": "status.set", "status": "red", "by": "duty manager"}),
        json!({"type": "status.set", "status": "green", "by": "duty manager"}),
    ];
    for (number, (fields, expected)) in said.into_iter().zip([409, 0, 409, 201]).enumerate() {
        let (status, body) = event(&format!("e{number}"), fields).await;
        assert_eq!((status, &body["accepted"]), (202, &json!(1)), "{body}");
        if expected == 0 {
            continue;
        }
        let (status, body) = call(&server, "POST", "/api/v1/bookings", asking(&slot)).await;
        assert_eq!(status, expected, "{body}");
        if status == 409 {
            assert_eq!(body["error"]["why"], "slot_not_offered");
            assert_eq!(slots(&server).await[0]["status"], "closed");
        }
    }
}

#[tokio::test]
async fn a_patient_who_came_is_linked_and_erased_details_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    server.offer_slots(SERVICE).await;
    let slot = first_free(&server).await;
    let (_, booking) = call(&server, "POST", "/api/v1/bookings", asking(&slot)).await;
    let id = booking["booking"].as_str().unwrap().to_owned();
    let at = super::server::now();
    for (number, fields) in [
        json!({"type": "visit.arrived", "service": SERVICE, "mode": "booked", "booking": id}),
        json!({"type": "visit.seen"}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut event = json!({"id": format!("v{number}"), "feed": "dhu-oadby", "visit": "v-1",
                               "happened_at": at});
        for (name, value) in fields.as_object().unwrap() {
            event[name] = value.clone();
        }
        let (status, body) = call(&server, "POST", "/api/v1/events", event).await;
        assert_eq!((status, &body["accepted"]), (202, &json!(1)), "{body}");
    }
    let path = format!("/api/v1/bookings/{id}");
    let (_, seen) = call(&server, "GET", &path, Value::Null).await;
    assert_eq!(seen["status"], "seen");
    assert!(
        seen["booked_to_seen_minutes"].as_i64().unwrap() <= 0,
        "{seen}"
    );
    assert_eq!(
        call(&server, "DELETE", &path, Value::Null).await.0,
        409,
        "too late to cancel"
    );
    let erase = format!("{path}/erase");
    let (status, _) = call(
        &server,
        "POST",
        &erase,
        json!({"why": "asked by the patient"}),
    )
    .await;
    assert_eq!(status, 200);
    let patient = format!("{path}/patient");
    let (status, body) = call(&server, "POST", &patient, json!({"purpose": "check"})).await;
    assert_eq!(status, 410, "{body}");
    let (_, after) = call(&server, "GET", &path, Value::Null).await;
    assert_eq!(after["details"], "erased");
    assert_eq!(
        std::fs::read_dir(folder.path().join("sealed"))
            .unwrap()
            .count(),
        0
    );
    assert_nothing_personal(folder.path(), &server).await;
}

/// Nothing of the patient is in the log, in the quarantine, or in the metrics.
async fn assert_nothing_personal(data: &std::path::Path, server: &Server) {
    let mut texts = vec![
        server
            .send_as("GET", "/metrics", OPEN, &Value::Null)
            .await
            .1,
    ];
    let mut folders = vec![data.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(path).unwrap();
                texts.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    assert!(texts.iter().any(|text| text.contains("booking.made")));
    for secret in [
        "Patient-One",
        "1984-03-27",
        "900123",
        "9990000018",
        "999 000",
        "wheelchair",
    ] {
        assert!(
            texts.iter().all(|text| !text.contains(secret)),
            "{secret} is somewhere"
        );
    }
}

/// Method, path, body, and the status and code that are told.
type Case = (&'static str, String, Value, u16, &'static str);

fn cases(slot: &str) -> Vec<Case> {
    let mut no_name = asking(slot);
    no_name["patient"]["family"] = "".into();
    no_name["patient"]["nhs_number"] = "9990000019".into();
    let (bookings, nothing) = ("/api/v1/bookings".to_owned(), Value::Null);
    let of = |rest: &str| format!("/api/v1/services/{SERVICE}/slots{rest}");
    let bad_rule =
        json!({"periods": [{"days": [9], "from": "09:00", "until": "10:00", "places": 1}]});
    let nowhere = json!({"service": "nowhere", "slot": "s"});
    let slots_of_nowhere = "/api/v1/services/nowhere/slots".to_owned();
    let none = "/api/v1/bookings/none".to_owned();
    let back = json!({"slots": ["none"]});
    vec![
        ("POST", bookings.clone(), no_name, 400, "bad_patient"),
        (
            "POST",
            bookings.clone(),
            json!({"slot": slot}),
            400,
            "bad_body",
        ),
        ("POST", bookings, asking("nothing"), 404, "not_found"),
        ("POST", "/api/v1/holds".to_owned(), nowhere, 400, "refused"),
        (
            "GET",
            slots_of_nowhere,
            nothing.clone(),
            404,
            "unknown_service",
        ),
        (
            "GET",
            of("?from=yesterday"),
            nothing.clone(),
            400,
            "bad_question",
        ),
        ("GET", none.clone(), nothing.clone(), 404, "not_found"),
        ("DELETE", none, nothing, 404, "not_found"),
        ("PUT", of("/rule"), bad_rule, 400, "bad_slots"),
        ("POST", of("/withdraw"), back, 400, "bad_slots"),
    ]
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_booked() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    server.offer_slots(SERVICE).await;
    let slot = first_free(&server).await;
    for (method, path, body, status, code) in cases(&slot) {
        let (told, answer) = call(&server, method, &path, body).await;
        assert_eq!(
            (told, &answer["error"]["code"]),
            (status, &json!(code)),
            "{path}: {answer}"
        );
        let text = answer.to_string();
        let repeats = text.contains("9990000019") || text.contains("Patient-One");
        assert!(!repeats, "{text}");
    }
    let after = slots(&server).await;
    assert!(after.iter().all(|slot| slot["status"] != "booked"));
}
