//! Sends every fact on to another uec-live, at least once: the other side knows a repeat by feed and
//! id. What it refuses is counted there and kept in its quarantine; it is not sent again.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Map, Value};

use crate::checkpoint::Checkpoint;
use domain::{At, Cell, Entry, Fact, OWN_FEED, Record};
use log::Reader;

/// Entries sent together.
pub const BATCH_ENTRIES: usize = 500;
/// How often the log is looked at for more.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Longest wait after failures.
const BACK_OFF_MAX: Duration = Duration::from_mins(1);
const REQUEST_MAX: Duration = Duration::from_secs(30);

/// Where to send.
#[derive(Debug, Clone)]
pub struct Target {
    /// The other server, without a path.
    pub to: String,
    /// Its access token.
    pub token: String,
}

/// Sends what the log holds beyond the checkpoint, for ever; drop it to stop.
/// `note` is told how far it has come.
pub async fn run(
    mut reader: Reader,
    target: Target,
    mut checkpoint: Checkpoint,
    note: impl Fn(u64),
) {
    let client = reqwest::Client::new();
    let mut failures = 0_u32;
    loop {
        match step(&mut reader, &client, &target, &mut checkpoint).await {
            Ok(sent) => {
                failures = 0;
                note(checkpoint.seq());
                if sent < BATCH_ENTRIES {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
            Err(why) => {
                failures = failures.saturating_add(1);
                let pause = LOOK_EVERY
                    .saturating_mul(1 << failures.min(10))
                    .min(BACK_OFF_MAX);
                tracing::warn!(
                    why = format!("{why:#}"),
                    ?pause,
                    "forwarding failed; trying again"
                );
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Sends one batch; gives how many entries it covered.
async fn step(
    reader: &mut Reader,
    client: &reqwest::Client,
    target: &Target,
    checkpoint: &mut Checkpoint,
) -> anyhow::Result<usize> {
    let from = checkpoint.seq() + 1;
    let entries = tokio::task::block_in_place(|| reader.read(from, BATCH_ENTRIES))?;
    let Some(last) = entries.last().map(|entry| entry.seq) else {
        return Ok(0);
    };
    let body = lines(&entries)?;
    if !body.is_empty() {
        post(client, target, body).await?;
    }
    checkpoint
        .advance_to(last)
        .context("the forwarding checkpoint could not be written")?;
    Ok(entries.len())
}

async fn post(client: &reqwest::Client, target: &Target, body: String) -> anyhow::Result<()> {
    let answer = client
        .post(format!("{}/api/v1/events", target.to))
        .bearer_auth(&target.token)
        .header("content-type", "application/x-ndjson")
        .timeout(REQUEST_MAX)
        .body(body)
        .send()
        .await?;
    let status = answer.status().as_u16();
    match status {
        // 400: it could read none of them; it has said so to its own operator.
        202 | 400 => Ok(()),
        401 | 403 => bail!("the other server does not accept the token ({status})"),
        _ => bail!("the other server answered {status}"),
    }
}

fn lines(entries: &[Entry]) -> anyhow::Result<String> {
    let mut text = String::new();
    for entry in entries {
        // What was done at this server itself stays here: the other one has its own Directory.
        if let Record::Fact(fact) = &entry.record
            && fact.feed.as_str() != OWN_FEED
        {
            text.push_str(&serde_json::to_string(&wire(fact)?)?);
            text.push('\n');
        }
    }
    Ok(text)
}

/// A fact as our wire format has it: times in RFC 3339, a hex as the position of its middle.
pub fn wire(fact: &Fact) -> anyhow::Result<Value> {
    let Value::Object(mut fields) = serde_json::to_value(fact)? else {
        bail!("not an object")
    };
    for name in ["happened_at", "eta", "next_update_at"] {
        time(&mut fields, name);
    }
    for slot in fields
        .get_mut("slots")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(slot) = slot.as_object_mut() {
            time(slot, "start");
            time(slot, "end");
        }
    }
    let origin = fields.remove("origin");
    let cell = origin
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|text| text.parse::<Cell>().ok());
    if let Some(middle) = cell.map(Cell::centre) {
        let place = [("lat", middle.lat), ("lng", middle.lng)];
        let place = place.map(|(name, degrees)| (name.to_owned(), Value::from(degrees)));
        if fact.event.kind() == "incident.opened" {
            fields.extend(place);
        } else {
            fields.insert("origin".to_owned(), Value::Object(Map::from_iter(place)));
        }
    }
    Ok(Value::Object(fields))
}

fn time(fields: &mut Map<String, Value>, name: &str) {
    let millis = fields.get(name).and_then(Value::as_i64);
    if let Some(millis) = millis {
        fields.insert(name.to_owned(), At(millis).to_string().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::{Event, IncidentCategory};
    use domain::geo::DEMAND_RESOLUTION;
    use domain::{EventId, FeedId, IncidentId, Position};

    #[test]
    fn a_fact_goes_out_in_the_format_that_comes_in() {
        let origin = Position {
            lat: 52.6,
            lng: -1.1,
        }
        .cell(DEMAND_RESOLUTION)
        .unwrap();
        let fact = Fact {
            id: EventId::new("a").unwrap(),
            feed: FeedId::new("emas-cad").unwrap(),
            happened_at: At(0),
            event: Event::IncidentOpened {
                incident: IncidentId::new("i").unwrap(),
                category: IncidentCategory::C2,
                origin,
            },
        };
        let sent = wire(&fact).unwrap();
        assert_eq!(sent["happened_at"], "1970-01-01T00:00:00.000Z");
        let place = Position {
            lat: sent["lat"].as_f64().unwrap(),
            lng: sent["lng"].as_f64().unwrap(),
        };
        assert_eq!(
            place.cell(DEMAND_RESOLUTION),
            Some(origin),
            "the hex survives the journey"
        );
    }
}
