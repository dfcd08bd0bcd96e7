//! Our own JSON events (wire format, version 1) as facts.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::event::Event;
use crate::domain::geo::{DEMAND_RESOLUTION, Position};
use crate::domain::{At, Cell, EventId, Fact, FeedId, Reason, Refused};
use crate::sources::places;

/// A fact, and what was sent with it that we do not know.
#[derive(Debug, PartialEq)]
pub struct Claim {
    /// The fact.
    pub fact: Fact,
    /// Fields that are not in the format.
    pub unknown_fields: u64,
}

/// Fields beside the common ones, by type; `None` for a type we do not take.
fn fields_of(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "visit.arrived" => &[
            "service", "visit", "mode", "acuity", "age_band", "origin", "incident", "booking",
        ],
        "visit.triaged" => &["visit", "acuity"],
        "visit.seen" | "visit.cancelled" | "visit.reopened" => &["visit"],
        "visit.decided" => &["visit", "decision"],
        "visit.departed" => &["visit", "how"],
        "visit.moved" => &["visit", "service"],
        "visit.merged" => &["visit", "into"],
        "incident.opened" => &["incident", "category", "lat", "lng"],
        "conveyance.started" | "conveyance.diverted" => &["incident", "vehicle", "service", "eta"],
        "incident.closed" | "conveyance.arrived" | "handover.completed" | "conveyance.cleared" => {
            &["incident"]
        }
        "contact.recorded" => &["contact", "channel", "origin", "disposition", "service"],
        "status.set" => &["service", "status", "reset_in_minutes", "note", "by"],
        "service.closed" | "service.opened" => &["service", "reason", "next_update_at"],
        "capacity.reported" => &[
            "service",
            "staffed_spaces",
            "occupied_spaces",
            "beds_open",
            "beds_occupied",
            "escalation_beds",
            "no_criteria_to_reside",
            "clinicians",
        ],
        "slots.published" => &["service", "slots"],
        "feed.heartbeat" => &[],
        _ => return None,
    })
}

const COMMON: [&str; 4] = ["id", "feed", "type", "happened_at"];

/// Reads one JSON object. The error names the field and says what belongs there.
pub fn read(text: &str) -> Result<Claim, Refused> {
    let mut fields: Map<String, Value> = serde_json::from_str(text).map_err(|why| {
        Refused::new(
            Reason::NotJson,
            format!("not a JSON object: {}", without_values(&why)),
        )
    })?;
    let feed = id(&fields, "feed", FeedId::new)?;
    let event_id = id(&fields, "id", EventId::new)?;
    let kind = text_of(&fields, "type")?.to_owned();
    let Some(known) = fields_of(&kind) else {
        return Err(Refused::new(
            Reason::UnknownType,
            "type is not one of the format, version 1",
        ));
    };
    let happened_at = time(text_of(&fields, "happened_at")?, "happened_at")?;
    let is_known = |name: &str| COMMON.contains(&name) || known.contains(&name);
    let unknown_fields = fields.keys().filter(|name| !is_known(name)).count() as u64;
    reduce_to_hex(&mut fields, &kind)?;
    times_to_numbers(&mut fields)?;
    // An origin that is left is the hex made here.
    let is_kept = |name: &str| name == "type" || name == "origin" || known.contains(&name);
    fields.retain(|name, value| is_kept(name) && !value.is_null());
    if kind == "incident.opened" && !fields.contains_key("origin") {
        return Err(missing("lat"));
    }
    let event: Event = serde_json::from_value(Value::Object(fields)).map_err(|why| bad(&why))?;
    Ok(Claim {
        fact: Fact {
            id: event_id,
            feed,
            happened_at,
            event,
        },
        unknown_fields,
    })
}

fn text_of<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refused> {
    match fields.get(name) {
        None | Some(Value::Null) => Err(missing(name)),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Refused::new(
            Reason::BadField,
            format!("{name} is not text"),
        )),
    }
}

fn id<T, E: std::fmt::Display>(
    fields: &Map<String, Value>,
    name: &str,
    new: impl Fn(&str) -> Result<T, E>,
) -> Result<T, Refused> {
    new(text_of(fields, name)?)
        .map_err(|why| Refused::new(Reason::BadField, format!("{name} {why}")))
}

fn missing(name: &str) -> Refused {
    Refused::new(Reason::MissingField, format!("{name} is missing"))
}

fn time(text: &str, name: &str) -> Result<At, Refused> {
    At::parse(text).map_err(|_why| {
        let what = "is not a time with an offset, such as 2026-11-23T08:15:00+00:00";
        Refused::new(Reason::BadTime, format!("{name} {what}"))
    })
}

/// Where someone is becomes a hex here and goes no further.
fn reduce_to_hex(fields: &mut Map<String, Value>, kind: &str) -> Result<(), Refused> {
    let cell = if kind == "incident.opened" {
        let (lat, lng) = (fields.remove("lat"), fields.remove("lng"));
        Some(position(lat.as_ref(), lng.as_ref())?)
    } else {
        match fields.remove("origin") {
            None | Some(Value::Null) => None,
            Some(Value::Object(origin)) => origin_cell(&origin)?,
            Some(_) => {
                return Err(Refused::new(Reason::BadField, "origin is not an object"));
            }
        }
    };
    if let Some(cell) = cell {
        fields.insert("origin".to_owned(), Value::String(cell.to_string()));
    }
    Ok(())
}

/// An unknown postcode is no reason to refuse a patient: the event is taken without an origin.
fn origin_cell(origin: &Map<String, Value>) -> Result<Option<Cell>, Refused> {
    if let Some(Value::String(text)) = origin.get("postcode").or(origin.get("outcode")) {
        return Ok(places::find_postcode(text));
    }
    position(origin.get("lat"), origin.get("lng")).map(Some)
}

fn position(lat: Option<&Value>, lng: Option<&Value>) -> Result<Cell, Refused> {
    let number = |value: Option<&Value>, name| match value {
        None | Some(Value::Null) => Err(missing(name)),
        Some(value) => value
            .as_f64()
            .ok_or_else(|| Refused::new(Reason::BadField, format!("{name} is not a number"))),
    };
    Position::new(number(lat, "lat")?, number(lng, "lng")?)
        .and_then(|position| position.cell(DEMAND_RESOLUTION))
        .ok_or_else(|| Refused::new(Reason::BadField, "lat, lng is not a position on the earth"))
}

/// Times travel as RFC 3339 and are kept as milliseconds.
fn times_to_numbers(fields: &mut Map<String, Value>) -> Result<(), Refused> {
    for name in ["eta", "next_update_at"] {
        if let Some(Value::String(text)) = fields.get(name) {
            let at = time(text, name)?;
            fields.insert(name.to_owned(), at.0.into());
        }
    }
    let slots = fields.get_mut("slots").and_then(Value::as_array_mut);
    for slot in slots.into_iter().flatten().filter_map(Value::as_object_mut) {
        for name in ["start", "end"] {
            if let Some(Value::String(text)) = slot.get(name) {
                let at = time(text, &format!("slots.{name}"))?;
                slot.insert(name.to_owned(), at.0.into());
            }
        }
    }
    Ok(())
}

/// A field that is absent, or one that cannot be read. serde's words name the field or the values
/// allowed; the value itself is cut out, since it could be anything.
fn bad(why: &serde_json::Error) -> Refused {
    let text = why.to_string();
    let reason = if text.contains("missing field") {
        Reason::MissingField
    } else {
        Reason::BadField
    };
    Refused::new(reason, without_values(why))
}

fn without_values(why: &serde_json::Error) -> String {
    let text = why.to_string();
    // "unknown variant `what was sent`, expected …": only what is expected may be repeated.
    let text = match text
        .split_once("unknown variant `")
        .and_then(|(_, rest)| rest.split_once('`'))
    {
        Some((_, rest)) => format!("unknown value{rest}"),
        None => text,
    };
    let mut out = String::new();
    for (index, piece) in text.split('"').enumerate() {
        out.push_str(if index % 2 == 1 { "…" } else { piece });
    }
    out
}

/// Whose event was refused and which, for the answer and the count, where that can be told.
#[derive(Debug, Default, Deserialize)]
pub struct Label {
    /// Its id.
    #[serde(default, deserialize_with = "if_readable")]
    pub id: Option<EventId>,
    /// Its feed.
    #[serde(default, deserialize_with = "if_readable")]
    pub feed: Option<FeedId>,
}

fn if_readable<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

/// Reads the label of a refused event.
pub fn label_of(text: &str) -> Label {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (Reason, String) {
        let why = read(text).unwrap_err();
        (why.reason, why.detail)
    }

    #[test]
    fn the_example_of_the_format_is_taken_and_its_postcode_becomes_a_hex() {
        let claim = read(
            r#"{"id":"uhl-000123","feed":"uhl-ed","type":"visit.arrived",
                "happened_at":"2026-11-23T08:15:00+00:00","service":"lri-ed","visit":"v-8f3a",
                "mode":"ambulance","acuity":3,"age_band":"65-74","origin":{"postcode":"LE1 5WW"},
                "colour":"blue"}"#,
        )
        .unwrap();
        assert_eq!(claim.unknown_fields, 1);
        let Event::VisitArrived { origin, .. } = claim.fact.event else {
            panic!("wrong type")
        };
        assert!(origin.is_some());
    }

    #[test]
    fn what_is_wrong_is_named_without_repeating_a_value() {
        let event = |rest: &str| {
            format!(
                "{{\"id\":\"a\",\"feed\":\"f\",\"happened_at\":\"2026-11-23T08:15:00Z\",{rest}}}"
            )
        };
        assert_eq!(refusal("[]").0, Reason::NotJson);
        assert_eq!(
            refusal("{}"),
            (Reason::MissingField, "feed is missing".into())
        );
        let seen = "\"type\":\"visit.seen\"";
        assert_eq!(refusal(&event(seen)).0, Reason::MissingField);
        assert_eq!(
            refusal(&event("\"type\":\"visit.vanished\"")).0,
            Reason::UnknownType
        );
        let name = event("\"type\":\"visit.seen\",\"visit\":\"John Smith\"");
        assert_eq!(refusal(&name).0, Reason::BadField);
        assert!(!refusal(&name).1.contains("John"), "{}", refusal(&name).1);
        let mode =
            "\"type\":\"visit.arrived\",\"service\":\"s\",\"visit\":\"v\",\"mode\":\"by camel\"";
        assert!(
            !refusal(&event(mode)).1.contains("camel"),
            "{}",
            refusal(&event(mode)).1
        );
        let late =
            r#"{"id":"a","feed":"f","type":"feed.heartbeat","happened_at":"2026-11-23T08:15"}"#;
        assert_eq!(refusal(late).0, Reason::BadTime);
    }

    #[test]
    fn a_call_out_needs_a_position_and_keeps_its_hex() {
        let text = r#"{"id":"a","feed":"f","type":"incident.opened","incident":"i","category":"C2",
                       "happened_at":"2026-11-23T08:15:00Z"}"#;
        assert_eq!(
            refusal(text),
            (Reason::MissingField, "lat is missing".into())
        );
        let placed = text.replace("\"C2\",", "\"C2\",\"lat\":52.63,\"lng\":-1.13,");
        let event = read(&placed).unwrap().fact.event;
        assert!(matches!(event, Event::IncidentOpened { .. }));
    }

    #[test]
    fn a_refused_event_is_labelled_as_far_as_it_can_be_read() {
        let label = label_of(r#"{"id":"a b","feed":"dhu-oadby"}"#);
        assert_eq!(
            (label.id, label.feed.unwrap().as_str()),
            (None, "dhu-oadby")
        );
        assert!(label_of("nonsense").feed.is_none());
    }
}
