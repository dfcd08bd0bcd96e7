//! Booking software at a steady rate, with readers on: how long slots and durable bookings take; then many after one
//! slot.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use futures_util::StreamExt;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::push_address;

const MESSAGE: &str = include_str!("../../fixtures/bars/booking-new-111-utc.json");
/// The slot that the message has, to be replaced.
const SLOT: &str = "00000000-0000-4000-8000-000000000001";
/// Services that are booked, in turns.
const SERVICES: usize = 10;
/// People in each quarter of an hour at each of them.
const PLACES: u8 = 6;
/// Bookings are spread over so many hours.
const HOURS: i64 = 5 * 24;
/// Whoever asks for slots asks for so many hours.
const ASKED_HOURS: i64 = 3;
const TOPICS: &str = r#"{"type":"subscribe","topics":["waits"]}"#;

/// `load-tests bookings`
#[derive(Debug, Args)]
pub struct Arguments {
    /// A server started with `--open`, for instance `http://127.0.0.1:8080`.
    #[arg(long)]
    url: String,
    /// Bookings and questions for slots a second, each.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For so long, seconds.
    #[arg(long, default_value_t = 20)]
    secs: u32,
    /// Screens that watch the waits meanwhile.
    #[arg(long, default_value_t = 500)]
    viewers: u32,
    /// Clients after one slot at the end.
    #[arg(long, default_value_t = 1_000)]
    race: u32,
}

/// One that books, with what every call needs.
#[derive(Clone)]
struct Caller {
    client: reqwest::Client,
    url: String,
    /// Of the message, to be replaced.
    destination: String,
}

/// A slot of a service.
#[derive(Clone)]
struct Place {
    /// The service's id in the national Directory.
    dos: String,
    slot: String,
}

/// What the callers saw.
struct Seen {
    slots: Mutex<Histogram<u64>>,
    booked: Mutex<Histogram<u64>>,
    failed: AtomicUsize,
}

/// Measures, prints a table and one line of JSON.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let address = push_address(&arguments.url)?;
    let (caller, services) = prepare(arguments).await?;
    let viewers: Vec<_> = (0..arguments.viewers)
        .map(|_| tokio::spawn(watch(address.clone())))
        .collect();
    let mut by_service = Vec::new();
    for dos in &services {
        by_service.push(caller.free(dos, HOURS).await?);
    }
    let longest = by_service.iter().map(Vec::len).max().unwrap_or_default();
    let ids: Vec<Place> = (0..longest)
        .flat_map(|place| by_service.iter().filter_map(move |all| all.get(place)))
        .cloned()
        .collect();
    let needed = (arguments.rate * arguments.secs) as usize;
    ensure!(
        ids.len() > needed,
        "{} free slots, and {needed} are needed",
        ids.len()
    );
    let seen = Arc::new(Seen {
        slots: Mutex::new(Histogram::new_with_bounds(1, 60_000_000, 3)?),
        booked: Mutex::new(Histogram::new_with_bounds(1, 60_000_000, 3)?),
        failed: AtomicUsize::new(0),
    });
    load(arguments, &caller, &ids, &seen).await;
    let (slots, booked) = (seen.slots.lock().await, seen.booked.lock().await);
    let failed = seen.failed.load(Ordering::Relaxed);
    for (name, histogram) in [("GET /Slot", &slots), ("booking", &booked)] {
        let at = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
        println!(
            "{name:<10} {:>6} answers  p50 {:>7.2} ms  p90 {:>7.2}  p99 {:>7.2}  most {:>7.2}",
            histogram.len(),
            at(0.5),
            at(0.9),
            at(0.99),
            histogram.max() as f64 / 1_000.0
        );
    }
    println!(
        "{failed} failed; {} a second of each, {} screens",
        arguments.rate, arguments.viewers
    );
    let (won, lost, other, most) = race(arguments, &caller, &ids[needed]).await?;
    println!("race: {won} won, {lost} were told conflict, {other} other; slowest {most:.0} ms");
    let line = json!({
        "rate": arguments.rate, "secs": arguments.secs, "viewers": arguments.viewers,
        "slot_p99_us": slots.value_at_quantile(0.99), "booking_p99_us": booked.value_at_quantile(0.99),
        "booking_p90_us": booked.value_at_quantile(0.9), "failed": failed,
        "race": {"won": won, "conflict": lost, "other": other},
    });
    println!("{line}");
    for viewer in viewers {
        viewer.abort();
    }
    ensure!(won == 1 && other == 0, "a slot was not sold exactly once");
    Ok(())
}

/// Gives some services places enough; their ids in the national Directory.
async fn prepare(arguments: &Arguments) -> anyhow::Result<(Caller, Vec<String>)> {
    let client = reqwest::Client::new();
    let all_day = json!({"periods": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "until": "24:00",
                                      "places": PLACES, "kind": "in person"}]});
    let list = format!(
        "{}/FHIR/R4/HealthcareService?_count=100&active=true",
        arguments.url
    );
    let list: Value = client.get(list).send().await?.json().await?;
    let mut services = Vec::new();
    for entry in list["entry"].as_array().into_iter().flatten() {
        let resource = &entry["resource"];
        let identifiers = resource["identifier"].as_array().into_iter().flatten();
        let system = "https://fhir.nhs.uk/Id/dos-service-id";
        let mut dos = identifiers.filter(|id| id["system"] == system);
        let dos = dos.find_map(|id| id["value"].as_str());
        let is_open = resource["availableTime"][0]["allDay"] == true;
        let (Some(dos), true) = (dos, is_open && services.len() < SERVICES) else {
            continue;
        };
        let id = resource["id"].as_str().unwrap_or_default();
        let url = format!("{}/api/v1/services/{id}/slots/rule", arguments.url);
        let answer = client.put(url).json(&all_day).send().await?;
        ensure!(
            answer.status().is_success(),
            "the rule was refused: {}",
            answer.status()
        );
        services.push(dos.to_owned());
    }
    let message: Value = serde_json::from_str(MESSAGE)?;
    let endpoint = &message["entry"][0]["resource"]["destination"][0]["endpoint"];
    let dos = endpoint.as_str().and_then(|text| text.rsplit('|').next());
    let caller = Caller {
        client,
        url: arguments.url.clone(),
        destination: dos.context("the message has no destination")?.to_owned(),
    };
    Ok((caller, services))
}

/// A screen.
async fn watch(address: String) {
    let Ok((mut socket, _)) = tokio_tungstenite::connect_async(address).await else {
        return;
    };
    let subscribe = tokio_tungstenite::tungstenite::Message::text(TOPICS);
    if futures_util::SinkExt::send(&mut socket, subscribe)
        .await
        .is_ok()
    {
        while socket.next().await.is_some_and(|frame| frame.is_ok()) {}
    }
}

/// Sends at the rate, whether answers come or not.
async fn load(arguments: &Arguments, caller: &Caller, ids: &[Place], seen: &Arc<Seen>) {
    let mut every = interval(Duration::from_secs(1) / arguments.rate);
    every.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = Vec::new();
    for id in ids.iter().take((arguments.rate * arguments.secs) as usize) {
        let due = every.tick().await;
        let (one, other, id, first_of) = (caller.clone(), caller.clone(), id.clone(), id.clone());
        let (first, second) = (Arc::clone(seen), Arc::clone(seen));
        under_way.push(tokio::spawn(async move {
            let ok = one
                .slots(&first_of.dos, ASKED_HOURS)
                .await
                .is_ok_and(|answer| answer.0 == 200);
            first.note(&first.slots, due, ok).await;
        }));
        under_way.push(tokio::spawn(async move {
            let ok = other.book(&id).await.is_ok_and(|(status, _)| status == 200);
            second.note(&second.booked, due, ok).await;
        }));
    }
    for call in under_way {
        let _panicked = call.await;
    }
}

impl Seen {
    async fn note(&self, histogram: &Mutex<Histogram<u64>>, due: Instant, is_ok: bool) {
        let micros = due.elapsed().as_micros() as u64;
        histogram.lock().await.saturating_record(micros.max(1));
        if !is_ok {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// All at once after one slot: how many won, were told conflict, were told something else, and the slowest.
async fn race(
    arguments: &Arguments,
    caller: &Caller,
    id: &Place,
) -> anyhow::Result<(usize, usize, usize, f64)> {
    let started = Instant::now();
    let calls = (0..arguments.race).map(|_| async {
        let answer = caller.book(id).await;
        (answer, started.elapsed())
    });
    let answers = futures_util::future::join_all(calls).await;
    let (mut won, mut lost, mut other, mut most) = (0, 0, 0, 0.0_f64);
    for (answer, took) in answers {
        most = most.max(took.as_secs_f64() * 1_000.0);
        match answer? {
            (200, _) => won += 1,
            (409, told) if told["issue"][0]["code"] == "conflict" => lost += 1,
            _ => other += 1,
        }
    }
    Ok((won, lost, other, most))
}

impl Caller {
    fn ask(request: reqwest::RequestBuilder, dos: &str) -> reqwest::RequestBuilder {
        let encode = |value: &Value| base64_of(&value.to_string());
        let system = "https://fhir.nhs.uk/Id/dos-service-id";
        let target = json!({"value": dos, "system": system});
        request
            .header("X-Request-Id", uuid())
            .header("X-Correlation-Id", uuid())
            .header("NHSD-Target-Identifier", encode(&target))
            .header(
                "NHSD-End-User-Organisation",
                encode(&json!({"resourceType": "Organization"})),
            )
            .header(
                "NHSD-Requesting-Software",
                encode(&json!({"resourceType": "Device"})),
            )
            .header("Accept", "application/fhir+json; version=1.1.0")
    }

    /// Asks for the free slots of the next hours.
    async fn slots(&self, dos: &str, hours: i64) -> anyhow::Result<(u16, Value)> {
        let now = crate::now();
        let until = now + jiff::SignedDuration::from_hours(hours);
        let url = format!(
            "{}/FHIR/R4/Slot?status=free&start=ge{now}&start=le{until}\
             &Schedule.actor:HealthcareService={}&_include=Slot:schedule\
             &_include=Schedule:actor:HealthcareService&_include=Schedule:actor:Practitioner",
            self.url, dos
        );
        let answer = Self::ask(self.client.get(url), dos).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await?))
    }

    /// Ids of free slots.
    async fn free(&self, dos: &str, hours: i64) -> anyhow::Result<Vec<Place>> {
        let (status, found) = self.slots(dos, hours).await?;
        ensure!(status == 200, "slots were refused: {found}");
        let entries = found["entry"].as_array().into_iter().flatten();
        let slots = entries.filter(|entry| entry["resource"]["resourceType"] == "Slot");
        let ids = slots.filter_map(|entry| entry["resource"]["id"].as_str());
        let place = |id: &str| Place {
            dos: dos.to_owned(),
            slot: id.to_owned(),
        };
        Ok(ids.map(place).collect())
    }

    async fn book(&self, place: &Place) -> anyhow::Result<(u16, Value)> {
        let text = MESSAGE.replace(SLOT, &place.slot);
        let text = text.replace(
            &format!("|{}\"", self.destination),
            &format!("|{}\"", place.dos),
        );
        let mut message: Value = serde_json::from_str(&text)?;
        message["id"] = uuid().into();
        let url = format!("{}/FHIR/R4/$process-message", self.url);
        let request = Self::ask(self.client.post(url), &place.dos);
        let request = request.header("content-type", "application/fhir+json");
        let answer = request.body(message.to_string()).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await?))
    }
}

fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn base64_of(text: &str) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text)
}
