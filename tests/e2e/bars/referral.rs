//! Referrals, and the national state table of a patient's journey.

use serde_json::json;

use super::messages::{
    Bars, Call, booking, cancellation, change, referral, resource, taking_back, uuid,
};

/// Where a journey stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    None,
    Booked,
    Referred,
}

/// A journey in a state, with its booking and referral.
struct Journey {
    call: Call,
    booking: String,
    referral: String,
}

impl Journey {
    fn next(&self) -> Call {
        self.call.clone().set("X-Request-Id", &uuid())
    }
}

async fn journey(bars: &Bars, state: State) -> Journey {
    let mut journey = Journey {
        call: bars.call(),
        booking: uuid(),
        referral: uuid(),
    };
    if state == State::None {
        return journey;
    }
    let slot = bars.free_slot().await;
    journey.booking = bars.booked(&journey.next(), &slot).await;
    if state == State::Referred {
        let linked = referral(bars, "referral", Some(&journey.booking));
        let answer = bars.post(&journey.next(), &linked).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let id = resource(&answer.body, "ServiceRequest")["id"]
            .as_str()
            .unwrap();
        id.clone_into(&mut journey.referral);
    }
    journey
}

/// Marks the service as one that takes nobody without a booking, as the kit's is.
async fn require_booking(bars: &Bars) {
    let demo = config::directory::demo().unwrap();
    let service = demo.find_service(super::messages::SERVICE).unwrap();
    let mut record = serde_json::to_value(service).unwrap();
    record["attributes"] = json!({"requirebooking": "true"});
    let change = json!({"put": [record], "why": "for a test"});
    let path = "/api/v1/directory/changes";
    let (status, text) = bars.server.send_as("POST", path, "Bearer x", &change).await;
    assert_eq!(status, 200, "{text}");
}

#[tokio::test]
async fn the_kits_state_table_holds() {
    let bars = Bars::start().await;
    require_booking(&bars).await;
    let states = [State::None, State::Booked, State::Referred];
    let table: [(&str, [u16; 3]); 5] = [
        ("booking new", [200, 409, 409]),
        ("booking cancel", [400, 200, 400]),
        ("referral new, linked", [400, 200, 409]),
        ("referral new, unlinked", [400, 409, 409]),
        ("referral cancel", [400, 400, 200]),
    ];
    for (what, expected) in table {
        for (state, status) in states.into_iter().zip(expected) {
            let known = journey(&bars, state).await;
            let message = match what {
                "booking new" => booking(&bars, &bars.free_slot().await),
                "booking cancel" => cancellation(&bars, &known.booking),
                "referral new, linked" => referral(&bars, "referral", Some(&known.booking)),
                "referral new, unlinked" => referral(&bars, "referral", None),
                _ => taking_back(&bars, "referral", &known.referral),
            };
            let answer = bars.post(&known.next(), &message).await;
            assert_eq!(
                answer.status, status,
                "{what} when {state:?}: {}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn a_referral_without_booking_is_legal_where_none_is_required() {
    let bars = Bars::start().await;
    let call = bars.call();
    let answer = bars.post(&call, &referral(&bars, "referral", None)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let id = resource(&answer.body, "ServiceRequest")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = bars.post(&call, &referral(&bars, "referral", None)).await;
    assert_eq!(again.problem(), (409, "REC_CONFLICT", "duplicate"));
    let one = bars.get(&format!("ServiceRequest/{id}")).await;
    assert_eq!(
        (one.status, &one.body["status"]),
        (200, &json!("active")),
        "{}",
        one.text
    );
    let by_number =
        "ServiceRequest?patient:identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018";
    assert_eq!(bars.get(by_number).await.body["total"], 1);
    let back = bars
        .post(&bars.call(), &taking_back(&bars, "referral", &id))
        .await;
    assert_eq!(back.status, 200, "{}", back.text);
    let one = bars.get(&format!("ServiceRequest/{id}")).await;
    assert_eq!(one.body["status"], "revoked");
}

#[tokio::test]
async fn a_validation_is_asked_for_with_a_plan_that_is_active() {
    let bars = Bars::start().await;
    let answer = bars
        .post(&bars.call(), &referral(&bars, "validation", None))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut done = referral(&bars, "validation", None);
    change(&mut done, "CarePlan")["status"] = "completed".into();
    assert_eq!(bars.post(&bars.call(), &done).await.problem().0, 400);
    let mut open = referral(&bars, "referral", None);
    change(&mut open, "CarePlan")["status"] = "active".into();
    assert_eq!(bars.post(&bars.call(), &open).await.problem().0, 400);
    let mut neither = referral(&bars, "referral", None);
    let request = change(&mut neither, "ServiceRequest")
        .as_object_mut()
        .unwrap();
    request.remove("category");
    assert_eq!(
        bars.post(&bars.call(), &neither).await.problem(),
        (400, "REC_BAD_REQUEST", "invariant")
    );
    let mut update = referral(&bars, "validation", None);
    change(&mut update, "MessageHeader")["reason"]["coding"][0]["code"] = "update".into();
    let told = bars.post(&bars.call(), &update).await;
    assert_eq!(
        told.problem(),
        (422, "REC_UNPROCESSABLE_ENTITY", "not-supported")
    );
}

#[tokio::test]
async fn a_response_says_to_which_request_and_only_ours_can_be_answered() {
    let bars = Bars::start().await;
    let mut response = referral(&bars, "referral", None);
    change(&mut response, "MessageHeader")["eventCoding"]["code"] =
        "servicerequest-response".into();
    let answer = bars.post(&bars.call(), &response).await;
    assert_eq!(answer.problem(), (400, "REC_BAD_REQUEST", "required"));
    change(&mut response, "MessageHeader")["response"] =
        json!({"identifier": uuid(), "code": "ok"});
    let answer = bars.post(&bars.call(), &response).await;
    assert_eq!(answer.problem().0, 404);
}
