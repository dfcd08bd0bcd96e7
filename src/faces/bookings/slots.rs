//! Bookable times of a service: listed, published, taken back, made by rule.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bookings::answers::{failed, private, read, service_of};
use crate::bookings::as_json;
use app::booking::BookingDesk;
use app::error_response;
use domain::time::{DAY, Millis};
use domain::{At, Caller, Event, Slot, SlotId, SlotRule};

/// The widest window that may be asked for.
const WINDOW_MAX: Millis = 31 * DAY;

/// Farther from today nobody books; clocks of long ago had offsets that cannot be written.
const FAR_MAX: Millis = 20 * 366 * DAY;

/// Which times are asked for.
#[derive(Deserialize)]
pub struct Window {
    from: Option<String>,
    until: Option<String>,
}

impl Window {
    /// From now for a day, unless said otherwise.
    fn read(&self, now: At) -> Result<(At, At), Box<Response>> {
        let time = |text: &Option<String>, default: At| match text {
            None => Ok(default),
            // A plus in a query reads as a blank.
            Some(text) => At::parse(&text.replace(' ', "+")),
        };
        let from = time(&self.from, now);
        let until = from
            .as_ref()
            .ok()
            .map(|from| time(&self.until, from.plus(DAY)));
        match (from, until) {
            (Ok(from), Some(Ok(until)))
                if until > from
                    && until.since(from) <= WINDOW_MAX
                    && from.since(now).abs() <= FAR_MAX =>
            {
                Ok((from, until))
            }
            _ => Err(Box::new(error_response(
                StatusCode::BAD_REQUEST,
                "bad_question",
                "from and until are not a window of up to 31 days within 20 years of today",
                "send RFC 3339 times with an offset, for instance 2026-11-27T09:00:00Z",
            ))),
        }
    }
}

/// The times of a service, free or not.
pub async fn list(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(window): Query<Window>,
) -> Response {
    let (published, now) = (desk.shared.published(), desk.shared.clock.now());
    let service = match service_of(&published, &caller, &id) {
        Ok(service) => service,
        Err(why) => return *why,
    };
    let (from, until) = match window.read(now) {
        Ok(window) => window,
        Err(why) => return *why,
    };
    let view = &published.services[&service];
    let slots: Vec<Value> = match published.diaries.get(&service) {
        None => Vec::new(),
        Some(diary) => {
            let all = diary.slots(&view.service.hours, from, until);
            all.iter()
                .map(|slot| {
                    let is_offered = diary.is_offered(slot, view.live(), now);
                    as_json::slot(diary, slot, is_offered, now)
                })
                .collect()
        }
    };
    let body = json!({
        "service": service,
        "as_of": published.as_of.rfc3339_london(),
        "from": from.rfc3339_london(),
        "until": until.rfc3339_london(),
        "slots": slots,
    });
    private(StatusCode::OK, &body)
}

/// A time as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    slot: SlotId,
    start: String,
    end: String,
    #[serde(default)]
    kind: compact_str::CompactString,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Publishing {
    slots: Vec<Sent>,
}

fn taken(sent: Sent) -> Result<Slot, String> {
    let time = |text: &str| {
        At::parse(text).map_err(|_why| format!("slot {}: a time has no offset", sent.slot))
    };
    let slot = Slot {
        start: time(&sent.start)?,
        end: time(&sent.end)?,
        slot: sent.slot,
        kind: sent.kind,
    };
    match slot.fault() {
        None => Ok(slot),
        Some(why) => Err(format!("slot {}: {why}", slot.slot)),
    }
}

/// Slots of a FHIR Bundle, each with an id and two instants. Those that are not free are left out.
fn of_bundle(bundle: &Value) -> Result<Vec<Slot>, String> {
    let entries = bundle["entry"].as_array().into_iter().flatten();
    let resources = entries.map(|entry| &entry["resource"]);
    let slots = resources
        .filter(|resource| resource["resourceType"] == "Slot" && resource["status"] == "free");
    let text =
        |resource: &Value, name: &str| resource[name].as_str().unwrap_or_default().to_owned();
    slots
        .map(|resource| {
            let id = text(resource, "id");
            let slot = SlotId::new(&id).map_err(|why| format!("a Slot's id {why}"))?;
            let kind = resource["serviceType"][0]["text"].as_str();
            taken(Sent {
                slot,
                start: text(resource, "start"),
                end: text(resource, "end"),
                kind: kind.unwrap_or_default().into(),
            })
        })
        .collect()
}

fn bad(words: &str) -> Response {
    let what = "mend it and send all of it again; nothing was taken";
    error_response(StatusCode::BAD_REQUEST, "bad_slots", words, what)
}

/// Takes times, as JSON or as a FHIR Bundle of Slots.
pub async fn publish(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let service = match service_of(&desk.shared.published(), &caller, &id) {
        Ok(service) => service,
        Err(why) => return *why,
    };
    let kind = headers.get(header::CONTENT_TYPE);
    let is_fhir = kind
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/fhir+json"));
    let slots: Result<Vec<Slot>, String> = if is_fhir {
        match read::<Value>(&body) {
            Ok(bundle) if bundle["resourceType"] == "Bundle" => of_bundle(&bundle),
            Ok(_) => Err("the body is not a Bundle of Slots".to_owned()),
            Err(why) => return *why,
        }
    } else {
        match read::<Publishing>(&body) {
            Ok(sent) => sent.slots.into_iter().map(taken).collect(),
            Err(why) => return *why,
        }
    };
    let slots = match slots {
        Ok(slots) if slots.is_empty() => return bad("there is no free slot in it"),
        Ok(slots) => slots,
        Err(why) => return bad(&why),
    };
    let count = slots.len();
    match desk
        .tell_in_time(Event::SlotsPublished { service, slots })
        .await
    {
        Ok(()) => private(StatusCode::OK, &json!({"published": count})),
        Err(why) => failed(&why, Vec::new()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawing {
    slots: Vec<SlotId>,
}

/// Takes times back; those that are booked stay booked.
pub async fn withdraw(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let published = desk.shared.published();
    let service = match service_of(&published, &caller, &id) {
        Ok(service) => service,
        Err(why) => return *why,
    };
    let slots = match read::<Withdrawing>(&body) {
        Ok(sent) => sent.slots,
        Err(why) => return *why,
    };
    let unknown = slots
        .iter()
        .find(|slot| BookingDesk::find_slot(&published, &service, slot).is_none());
    if let Some(unknown) = unknown {
        return bad(&format!("the service has no slot {unknown}"));
    }
    let count = slots.len();
    match desk
        .tell_in_time(Event::SlotsWithdrawn { service, slots })
        .await
    {
        Ok(()) => private(StatusCode::OK, &json!({"withdrawn": count})),
        Err(why) => failed(&why, Vec::new()),
    }
}

/// The rule by which times are made and offered.
pub async fn rule(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let published = desk.shared.published();
    let service = match service_of(&published, &caller, &id) {
        Ok(service) => service,
        Err(why) => return *why,
    };
    let diary = published.diaries.get(&service);
    let rule = diary.and_then(|diary| diary.rule()).cloned();
    private(StatusCode::OK, &json!(rule.unwrap_or_default()))
}

/// Sets the rule.
pub async fn set_rule(
    State(desk): State<BookingDesk>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let service = match service_of(&desk.shared.published(), &caller, &id) {
        Ok(service) => service,
        Err(why) => return *why,
    };
    let rule = match read::<SlotRule>(&body) {
        Ok(rule) => rule,
        Err(why) => return *why,
    };
    let faults = rule.faults();
    if let Some(first) = faults.first() {
        return bad(first);
    }
    let body = json!(rule);
    let event = Event::SlotsRuled {
        service,
        rule: Box::new(rule),
        by: caller.name,
    };
    match desk.tell_in_time(event).await {
        Ok(()) => private(StatusCode::OK, &body),
        Err(why) => failed(&why, Vec::new()),
    }
}
