//! Views as JSON: the structs of our wire format, version 1, built by hand from the views.
//!
//! The API and the push face write the same values, so that a snapshot is a `GET`.

pub mod opel;

use serde_json::{Map, Value, json};

use crate::ServerMode;
use domain::opening::Opening;
use domain::time::{HOUR, MINUTE, Millis};
use domain::{Age, Ahead, At, Measure, Reading, ReadingName};
use views::demand::{HotSpot, PARTS};
use views::{Accuracy, FeedView, Implausible, Published, ServiceView};

/// A figure is always an object, never a bare number.
pub fn reading(reading: &Reading) -> Value {
    let mut object = json!({
        "unit": reading.unit.label(),
        "statistic": reading.statistic,
        "group": reading.group,
        "count": reading.count,
        "as_of": reading.as_of.rfc3339_london(),
    });
    if let Some(fields) = object.as_object_mut() {
        put(fields, "from", reading.from);
        put(fields, "to", reading.to);
        put(fields, "window", reading.window.map(duration));
        if let Some((low, high)) = reading.limits {
            put(fields, "median_limits_95", Some(vec![low, high]));
        }
        match reading.age {
            Age::Fresh(value) => measure(fields, "fresh", value),
            Age::Late {
                measure: value,
                heard,
            } => {
                measure(fields, "late", value);
                put(fields, "heard", Some(heard.rfc3339_london()));
            }
            Age::Withheld(why) => {
                put(fields, "age", Some("withheld"));
                put(fields, "reason", Some(why.label()));
            }
        }
    }
    object
}

/// ISO 8601: whole hours where they are whole.
fn duration(length: Millis) -> String {
    if length % HOUR == 0 {
        format!("PT{}H", length / HOUR)
    } else {
        format!("PT{}M", length / MINUTE)
    }
}

fn measure(fields: &mut Map<String, Value>, age: &str, measure: Measure) {
    put(fields, "age", Some(age));
    put(fields, "value", Some(measure.value));
    put(fields, "low", measure.low);
    put(fields, "high", measure.high);
}

fn put(fields: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value.into());
    }
}

fn time(at: Option<At>) -> Option<String> {
    at.map(At::rfc3339_london)
}

/// Whether it is open, by its hours and by its own word.
pub fn open(view: &ServiceView) -> Value {
    let (state, until, opens) = match view.opening {
        _ if view.closure.is_some() => ("closed", None, None),
        Opening::AllHours => ("open", None, None),
        Opening::Open { until } => ("open", time(until), None),
        Opening::Closed { opens } => ("closed", None, time(opens)),
    };
    let mut fields = Map::new();
    put(&mut fields, "state", Some(state));
    put(&mut fields, "until", until);
    put(&mut fields, "opens", opens);
    Value::Object(fields)
}

/// Open, closed, red, amber, green: everything about a service that is not a figure.
pub fn state(view: &ServiceView) -> Value {
    let mut fields = Map::new();
    put(&mut fields, "open", Some(open(view)));
    put(&mut fields, "heard", time(view.heard));
    put(&mut fields, "usual_wait", view.usual.map(usual));
    if let Some(closure) = &view.closure {
        let mut about = Map::new();
        put(&mut about, "since", Some(closure.since.rfc3339_london()));
        put(&mut about, "reason", Some(closure.reason.clone()));
        put(&mut about, "next_update_at", time(closure.next_update_at));
        put(&mut fields, "closure", Some(Value::Object(about)));
    }
    if let Some(status) = &view.status {
        let mut about = Map::new();
        let rag = serde_json::to_value(status.rag).unwrap_or(Value::Null);
        put(&mut about, "rag", Some(rag));
        put(&mut about, "since", Some(status.since.rfc3339_london()));
        put(&mut about, "until", time(status.until));
        put(&mut about, "note", status.note.clone());
        put(&mut fields, "status", Some(Value::Object(about)));
    }
    Value::Object(fields)
}

/// The figures that the list of waits shows; pushed to every screen, so no more than that.
const LISTED: [ReadingName; 3] = [
    ReadingName::Wait,
    ReadingName::Waiting,
    ReadingName::LongestWait,
];

/// A service in the list of waits.
pub fn listed(view: &ServiceView) -> Value {
    about(view, &|reading| LISTED.contains(&reading.name))
}

/// A service with all its figures.
pub fn card(view: &ServiceView) -> Value {
    about(view, &|_| true)
}

fn about(view: &ServiceView, is_shown: &dyn Fn(&Reading) -> bool) -> Value {
    let mut fields = match state(view) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let service = &view.service;
    put(&mut fields, "id", Some(service.id.as_str()));
    put(&mut fields, "name", Some(service.name.as_str()));
    put(&mut fields, "kind", Some(service.kind.plain()));
    put(&mut fields, "in_llr", Some(service.in_llr));
    let shown = view.readings.iter().filter(|reading| is_shown(reading));
    let shown = shown.map(|r| (r.name.label().to_owned(), reading(r)));
    put(
        &mut fields,
        "readings",
        Some(Value::Object(shown.collect())),
    );
    put(
        &mut fields,
        "accuracy",
        view.accuracy.map(|errors| accuracy(&errors)),
    );
    Value::Object(fields)
}

fn usual(minutes: i64) -> Value {
    json!({
        "value": minutes,
        "unit": "min",
        "statistic": "mean wait that is usual at this hour of the day, not a live figure",
    })
}

/// How right the wait shown was, in the last seven days.
fn accuracy(errors: &Accuracy) -> Value {
    json!({
        "span": "7d",
        "count": errors.count,
        "within_upper_end_percent": errors.within_percent().round(),
        "mean_absolute_error_min": (errors.mae() / 60.0).round(),
    })
}

/// A service with its entry in the Directory.
pub fn service(view: &ServiceView) -> Value {
    let mut object = card(view);
    let service = &view.service;
    let streams: Vec<Value> = view
        .streams
        .iter()
        .map(|stream| {
            json!({
                "group": stream.group.label(),
                "waiting": stream.waiting,
                "longest_minutes": stream.longest_minutes,
                "wait": stream.wait.as_ref().map(reading),
            })
        })
        .collect();
    if let Some(fields) = object.as_object_mut() {
        put(fields, "ods", Some(service.ods.as_str()));
        put(fields, "provider", Some(service.provider.as_str()));
        put(fields, "address", Some(service.address.as_str()));
        put(fields, "postcode", Some(service.postcode.as_str()));
        put(fields, "lat", Some(service.position.lat));
        put(fields, "lng", Some(service.position.lng));
        put(fields, "hours", Some(service.hours.text()));
        put(fields, "walk_in", Some(service.walk_in));
        put(
            fields,
            "bookable_via_111",
            Some(service.bookable_via_111.as_str()),
        );
        put(fields, "takes_ambulances", Some(service.takes_ambulances));
        put(fields, "bus_stops_400m", service.bus_stops_400m);
        put(fields, "source", Some(service.source.as_str()));
        put(fields, "confidence", Some(service.confidence.as_str()));
        put(fields, "slots_ahead", Some(view.slots_ahead));
        put(
            fields,
            "capacity",
            serde_json::to_value(&view.capacity).ok(),
        );
        put(fields, "streams", Some(Value::Array(streams)));
        put(fields, "ahead", Some(ahead(view)));
        put(fields, "doubt", view.doubt.map(Implausible::label));
    }
    object
}

/// The wait of those who come at each quarter hour of the next four hours.
fn ahead(view: &ServiceView) -> Value {
    let quarter = |ahead: &Ahead| {
        json!({
            "at": ahead.at.rfc3339_london(),
            "value": ahead.median,
            "low": ahead.low,
            "high": ahead.high,
            "unit": "min",
        })
    };
    view.ahead.iter().map(quarter).collect()
}

/// A feed and its health.
pub fn feed(view: &FeedView) -> Value {
    let mut fields = Map::new();
    put(&mut fields, "id", Some(view.feed.id.as_str()));
    put(&mut fields, "name", Some(view.feed.name.as_str()));
    put(&mut fields, "health", Some(view.health.label()));
    put(&mut fields, "heard", time(view.heard));
    put(&mut fields, "news", time(view.told));
    put(&mut fields, "quiet_chance", Some(view.quiet_chance));
    put(&mut fields, "accepted", Some(view.accepted));
    Value::Object(fields)
}

/// What kind of server this is.
pub fn mode(mode: &ServerMode) -> Value {
    json!({
        "demonstration_speed": mode.demonstration,
        "open_access": mode.open_access,
        "notice": mode.notice(),
    })
}

/// An answer: which published value it is from, what kind of server this is, and the contents.
pub fn envelope(published: &Published, about: &ServerMode, name: &str, contents: &Value) -> Value {
    json!({
        "epoch": published.epoch.as_str(),
        "seq": published.seq,
        "as_of": published.as_of.rfc3339_london(),
        "mode": mode(about),
        name: contents,
    })
}

/// An object of fields with these names.
pub fn row(fields: &[(&str, Value)]) -> Map<String, Value> {
    let fields = fields.iter();
    fields
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

/// People out of parts, to the tenth.
pub fn tenths(parts: u64) -> f64 {
    ((parts * 10 + PARTS / 2) / PARTS) as f64 / 10.0
}

/// A hot spot. How many people it rests on is for those who may see exact people: it moves with every one of them.
pub fn hot_spot(spot: &HotSpot, is_exact: bool) -> Value {
    let mut fields = row(&[
        ("cell", spot.centre.to_string().into()),
        ("ring", spot.ring.into()),
        ("found", spot.found.rfc3339_london().into()),
        ("since", spot.since.rfc3339_london().into()),
        (
            "sure",
            if spot.is_clear() { "clear" } else { "likely" }.into(),
        ),
    ]);
    if is_exact {
        fields.extend(row(&[
            ("minutes", spot.minutes.into()),
            ("observed", spot.observed.into()),
            ("expected", json!(tenths(spot.expected))),
            ("score", json!(f64::from(spot.score) / 100.0)),
        ]));
    }
    Value::Object(fields)
}
