//! `GET /Slot`: the rows of the national table.

use super::messages::Bars;

#[tokio::test]
async fn free_slots_come_with_what_they_point_at_and_an_empty_answer_is_a_bundle() {
    let bars = Bars::to_read().await;
    let answer = bars.get(&bars.question()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["type"], "searchset");
    let slots = Bars::slots(&answer);
    let count = slots.len();
    assert!(
        count >= 40,
        "quarter hours of a day while it is open: {count}"
    );
    assert_eq!(answer.body["total"], slots.len());
    assert!(slots.iter().all(|slot| slot["status"] == "free"));
    let entries = answer.body["entry"].as_array().unwrap();
    let url_of = |kind: &str| {
        let found = entries
            .iter()
            .find(|entry| entry["resource"]["resourceType"] == kind);
        &found.unwrap()["fullUrl"]
    };
    assert_eq!(&slots[0]["schedule"]["reference"], url_of("Schedule"));
    let schedule = entries
        .iter()
        .find(|e| e["resource"]["resourceType"] == "Schedule")
        .unwrap();
    assert_eq!(
        &schedule["resource"]["actor"][0]["reference"],
        url_of("HealthcareService")
    );
    assert_eq!(
        entries
            .iter()
            .filter(|e| e["search"]["mode"] == "include")
            .count(),
        2
    );
    let optional = format!(
        "{}&_include=HealthcareService:location&_include=HealthcareService:providedBy",
        bars.question()
    );
    let more = bars.get(&optional).await;
    assert!(more.text.contains("\"Location\"") && more.text.contains("\"Organization\""));
    let nights = bars.question().replace("status=free", "status=busy");
    let none = bars.get(&nights).await;
    assert_eq!(
        (none.status, &none.body["total"]),
        (200, &0.into()),
        "mistake 6: NoSlots is 200"
    );
    assert!(none.body.get("entry").is_none());
}

/// A row of the table, the question that breaks it, and the status and issue that are told.
type Row = (&'static str, String, (u16, &'static str));

fn rows(good: &str, dos: &str) -> Vec<Row> {
    let is_start = |part: &&str| part.starts_with("start=");
    let starts: Vec<&str> = good.split('&').filter(is_start).collect();
    let service = format!("&Schedule.actor:HealthcareService={dos}");
    let with_service = |id: &str| good.replace(dos, id);
    let without = |part: &str| good.replace(part, "");
    let (required, value) = ((400, "required"), (400, "value"));
    vec![
        ("status missing", without("status=free&"), required),
        ("status unknown", good.replace("free", "tentative"), value),
        ("status twice", format!("{good}&status=busy"), required),
        ("one start", without(&format!("&{}", starts[1])), required),
        ("three starts", format!("{good}&{}", starts[0]), required),
        ("no offset", good.replacen('Z', "", 1), value),
        (
            "two lower bounds",
            good.replace("start=le", "start=gt"),
            required,
        ),
        ("no prefix", good.replace("start=ge", "start="), value),
        (
            "mistyped parameter",
            good.replacen("start=", "startXXXX=", 1),
            value,
        ),
        ("service missing", without(&service), required),
        ("service malformed", with_service("abc"), value),
        (
            "service unknown",
            with_service("1999999999"),
            (404, "not-found"),
        ),
        ("no schedule", without("&_include=Slot:schedule"), required),
        (
            "no service included",
            without("&_include=Schedule:actor:HealthcareService"),
            required,
        ),
        (
            "no practitioner",
            without("&_include=Schedule:actor:Practitioner"),
            required,
        ),
    ]
}

#[tokio::test]
async fn a_question_that_is_not_in_order_is_refused_by_its_row() {
    let bars = Bars::to_read().await;
    for (row, path, (status, issue)) in rows(&bars.question(), &bars.dos) {
        let answer = bars.get(&path).await;
        let (told, _, code) = answer.problem();
        assert_eq!(
            (told, code),
            (status, issue),
            "{row}: {path} {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_window_too_wide_is_too_costly_and_an_unknown_include_is_dropped_from_the_link() {
    let bars = Bars::to_read().await;
    let good = bars.question();
    let year = good
        .replace("start=le2026", "start=le2027")
        .replace("start=le2027", "start=le2028");
    let answer = bars.get(&year).await;
    assert_eq!(
        answer.problem(),
        (422, "REC_UNPROCESSABLE_ENTITY", "too-costly")
    );
    let answer = bars.get(&format!("{good}&_include=Slot:unheard-of")).await;
    assert_eq!(answer.status, 200);
    let link = answer.body["link"][0]["url"].as_str().unwrap();
    assert!(
        link.contains("_include=Slot:schedule") && !link.contains("unheard"),
        "{link}"
    );
}

#[tokio::test]
async fn summer_time_is_read_with_its_plus_encoded_or_not() {
    let bars = Bars::to_read().await;
    let of = |plus: &str| {
        format!(
            "Slot?status=free,busy&start=ge2027-06-01T09:00:00{plus}01:00&start=lt2027-06-01T10:00:00{plus}01:00\
             &Schedule.actor:HealthcareService={}&_include=Slot:schedule\
             &_include=Schedule:actor:HealthcareService&_include=Schedule:actor:Practitioner",
            bars.dos
        )
    };
    for plus in ["%2B", "+"] {
        let answer = bars.get(&of(plus)).await;
        assert_eq!(answer.status, 200, "mistake 5, {plus}: {}", answer.text);
        let slots = Bars::slots(&answer);
        assert_eq!(slots.len(), 4, "{plus}");
        assert_eq!(slots[0]["start"], "2027-06-01T09:00:00+01:00");
    }
}

#[tokio::test]
async fn there_is_no_schedule_to_ask_for() {
    let bars = Bars::to_read().await;
    let answer = bars.get("Schedule?actor=x").await;
    assert_eq!(answer.problem().0, 404, "mistake 6");
}
