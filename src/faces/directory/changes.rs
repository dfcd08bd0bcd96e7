//! Changes of the Directory while the server runs: looked at as a difference first, then taken as facts of the log,
//! all of them or none.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::directory::state::DirectoryState;
use app::booking::fresh_event_id;
use app::error_response;
use domain::event::Event;
use domain::{At, Caller, Directory, Fact, FeedId, OWN_FEED, Service, ServiceId, Verdict};

/// Reads records and says what is wrong with them; handed in by `runtime`, which knows the file formats.
#[derive(Clone, Copy)]
pub struct ReadRecords(pub fn(&[Value]) -> RecordsResult);

/// Records, or everything that is wrong with them.
pub type RecordsResult = Result<Vec<Service>, Vec<String>>;

/// Records that may be changed at once.
const CHANGES_MAX: usize = 2_000;
/// Longest reason, characters.
const WHY_CHARS_MAX: usize = 500;
/// What is to be changed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    why: String,
    #[serde(default)]
    put: Vec<Value>,
    #[serde(default)]
    withdraw: Vec<ServiceId>,
}

/// Whether it is only to be looked at.
#[derive(Debug, Deserialize)]
pub struct Options {
    #[serde(default)]
    preview: bool,
}

/// The last changes: who, when, what, why.
pub async fn list(State(parts): State<DirectoryState>) -> Response {
    let published = parts.shared.published();
    let all: Vec<Value> = published
        .listings
        .iter()
        .map(|note| {
            json!({
                "at": note.at.rfc3339_london(),
                "service": note.service,
                "change": if note.is_withdrawn { "withdrawn" } else { "put" },
                "by": note.by,
                "why": note.why,
            })
        })
        .collect();
    let answer = axum::Json(json!({"changes": all})).into_response();
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

/// Takes a change, or shows with `?preview=true` what it would do.
pub async fn post(
    State(parts): State<DirectoryState>,
    Extension(reader): Extension<ReadRecords>,
    Extension(caller): Extension<Caller>,
    Query(options): Query<Options>,
    body: Bytes,
) -> Response {
    // An object first: serde would take a list as the fields in their order.
    let object = serde_json::from_slice::<Map<String, Value>>(&body);
    let body: Body = match object.and_then(|object| serde_json::from_value(object.into())) {
        Ok(body) => body,
        Err(why) => return bad(&[why.to_string()]),
    };
    let published = parts.shared.published();
    let records = match check(&body, &published.directory, reader) {
        Ok(records) => records,
        Err(faults) => return bad(&faults),
    };
    let difference = difference(&published.directory, &records, &body.withdraw);
    if options.preview || difference.is_empty() {
        return axum::Json(json!({"applied": false, "difference": difference})).into_response();
    }
    apply(&parts, &caller, body, records, difference).await
}

async fn apply(
    parts: &DirectoryState,
    caller: &Caller,
    body: Body,
    records: Vec<Service>,
    difference: Vec<Value>,
) -> Response {
    let changed: Vec<&str> = difference
        .iter()
        .filter_map(|d| d["service"].as_str())
        .collect();
    let (by, why) = (&caller.name, &body.why);
    let put = records
        .into_iter()
        .filter(|record| changed.contains(&record.id.as_str()))
        .map(|record| Event::ServiceListed {
            record: Box::new(record),
            by: by.clone(),
            why: why.clone(),
        });
    let withdrawn = body.withdraw.iter().map(|service| Event::ServiceWithdrawn {
        service: service.clone(),
        by: by.clone(),
        why: why.clone(),
    });
    let now = parts.shared.clock.now();
    let Some(facts) = put
        .chain(withdrawn)
        .map(|event| own_fact(now, event))
        .collect::<Option<Vec<Fact>>>()
    else {
        return not_kept();
    };
    match parts.submitter.submit(facts).await {
        Ok(receipt)
            if receipt
                .verdicts
                .iter()
                .all(|v| matches!(v, Verdict::Accepted { .. })) =>
        {
            axum::Json(json!({
                "applied": true,
                "at": receipt.at.rfc3339_london(),
                "difference": difference,
            }))
            .into_response()
        }
        _ => not_kept(),
    }
}

fn own_fact(now: At, event: Event) -> Option<Fact> {
    Some(Fact {
        id: fresh_event_id()?,
        feed: FeedId::new(OWN_FEED).ok()?,
        happened_at: now,
        event,
    })
}

/// Everything that is wrong with a change; nothing of it is taken then.
fn check(
    body: &Body,
    directory: &Directory,
    reader: ReadRecords,
) -> Result<Vec<Service>, Vec<String>> {
    let mut faults = Vec::new();
    let length = body.why.trim().chars().count();
    if !(1..=WHY_CHARS_MAX).contains(&length) {
        faults.push("why: say why, in up to 500 characters".to_owned());
    }
    if body.put.len() + body.withdraw.len() > CHANGES_MAX {
        faults.push(format!(
            "put: at most {CHANGES_MAX} records at once; replace the file for more"
        ));
        return Err(faults);
    }
    let records = (reader.0)(&body.put).unwrap_or_else(|whys| {
        faults.extend(whys);
        Vec::new()
    });
    for (index, id) in body.withdraw.iter().enumerate() {
        if directory.find_service(id.as_str()).is_none() {
            faults.push(format!("withdraw[{index}]: {id} is not in the directory"));
        }
        if body.withdraw[..index].contains(id) || records.iter().any(|record| record.id == *id) {
            faults.push(format!("withdraw[{index}]: {id} is named twice"));
        }
    }
    for record in &records {
        let mut others = directory.services().filter(|other| other.id != record.id);
        let is_taken = record.dos_id.is_some()
            && others
                .any(|other| other.dos_id == record.dos_id && !body.withdraw.contains(&other.id));
        if is_taken {
            faults.push(format!(
                "put {}: dos_id: another service has the same",
                record.id
            ));
        }
    }
    if faults.is_empty() {
        Ok(records)
    } else {
        Err(faults)
    }
}

/// What would change: a row a service, the fields before and after.
pub fn difference(directory: &Directory, put: &[Service], withdrawn: &[ServiceId]) -> Vec<Value> {
    let mut rows = Vec::new();
    for record in put {
        let fields = match directory.find_service(record.id.as_str()) {
            None => Map::new(),
            Some(before) => changed_fields(before, record),
        };
        let is_new = directory.find_service(record.id.as_str()).is_none();
        if is_new {
            rows.push(json!({"service": record.id, "change": "added", "name": record.name}));
        } else if !fields.is_empty() {
            rows.push(json!({"service": record.id, "change": "changed", "fields": fields}));
        }
    }
    let name = |id: &ServiceId| {
        let service = directory.find_service(id.as_str());
        service.map(|service| service.name.clone())
    };
    let gone = withdrawn
        .iter()
        .map(|id| json!({"service": id, "change": "withdrawn", "name": name(id)}));
    rows.extend(gone);
    rows
}

fn changed_fields(before: &Service, after: &Service) -> Map<String, Value> {
    let fields = |service: &Service| match serde_json::to_value(service) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let (before, after) = (fields(before), fields(after));
    let names = before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)));
    names
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let change = json!({"before": before.get(name), "after": after.get(name)});
            (name.clone(), change)
        })
        .collect()
}

fn bad(faults: &[String]) -> Response {
    let body = json!({"error": {
        "code": "bad_change",
        "message": faults.first(),
        "what_to_do": "mend every fault and send it again; nothing was changed",
        "faults": faults,
    }});
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}

fn not_kept() -> Response {
    error_response(
        StatusCode::SERVICE_UNAVAILABLE,
        "not_kept",
        "the change could not be kept, and nothing was changed",
        "send it again in a few seconds",
    )
}
