//! Our own JSON events (wire format, version 1) as facts.

mod fields;

use serde::Deserialize;
use serde_json::Value;

use domain::event::Event;
use domain::gazetteer;
use domain::geo::{DEMAND_RESOLUTION, Position};
use domain::{At, Capacity, Cell, EventId, Fact, FeedId, Reason, Refused, Slot, SlotId};
use fields::{Field, Fields};

/// A fact, and what was sent with it that we do not know.
#[derive(Debug, PartialEq)]
pub struct ParsedEvent {
    /// The fact.
    pub fact: Fact,
    /// Fields that are not in the format, or not of this type.
    pub unknown_fields: u64,
}

/// Reads one JSON object. The error names the field and says what belongs there.
pub fn read(text: &str) -> Result<ParsedEvent, Refused> {
    let mut fields = Fields::read(text)?;
    let feed = fields.need_id(Field::Feed)?;
    let id = fields.need_id(Field::Id)?;
    let kind = fields.need_text(Field::Type)?;
    let happened_at = fields.need_time(Field::HappenedAt)?;
    let event = event(&kind, &mut fields)?;
    Ok(ParsedEvent {
        fact: Fact {
            id,
            feed,
            happened_at,
            event,
        },
        unknown_fields: fields.left_over(),
    })
}

fn event(kind: &str, fields: &mut Fields<'_>) -> Result<Event, Refused> {
    match kind.split_once('.') {
        Some(("visit", _)) => visit(kind, fields),
        Some(("incident" | "conveyance" | "handover", _)) => ambulance(kind, fields),
        _ => other(kind, fields),
    }
}

fn unknown_type() -> Refused {
    Refused::new(
        Reason::UnknownType,
        "type is not one of the format, version 1",
    )
}

fn visit(kind: &str, fields: &mut Fields<'_>) -> Result<Event, Refused> {
    let visit = fields.need_id(Field::Visit);
    Ok(match kind {
        "visit.arrived" => Event::VisitArrived {
            service: fields.need_id(Field::Service)?,
            visit: visit?,
            mode: fields.need(Field::Mode)?,
            acuity: fields.find(Field::Acuity)?,
            age_band: fields.find(Field::AgeBand)?,
            origin: origin(fields)?,
            incident: fields.find_id(Field::Incident)?,
            booking: fields.find(Field::Booking)?,
        },
        "visit.triaged" => Event::VisitTriaged {
            visit: visit?,
            acuity: fields.need(Field::Acuity)?,
        },
        "visit.seen" => Event::VisitSeen { visit: visit? },
        "visit.decided" => Event::VisitDecided {
            visit: visit?,
            decision: fields.need(Field::Decision)?,
        },
        "visit.departed" => Event::VisitDeparted {
            visit: visit?,
            how: fields.need(Field::How)?,
        },
        "visit.moved" => Event::VisitMoved {
            visit: visit?,
            service: fields.need_id(Field::Service)?,
        },
        "visit.cancelled" => Event::VisitCancelled { visit: visit? },
        "visit.merged" => Event::VisitMerged {
            visit: visit?,
            into: fields.need_id(Field::Into)?,
        },
        "visit.reopened" => Event::VisitReopened { visit: visit? },
        _ => return Err(unknown_type()),
    })
}

fn ambulance(kind: &str, fields: &mut Fields<'_>) -> Result<Event, Refused> {
    let incident = fields.need_id(Field::Incident);
    Ok(match kind {
        "incident.opened" => Event::IncidentOpened {
            incident: incident?,
            category: fields.need(Field::Category)?,
            origin: position(fields.need(Field::Lat)?, fields.need(Field::Lng)?)?,
        },
        "incident.closed" => Event::IncidentClosed {
            incident: incident?,
        },
        "conveyance.started" => Event::ConveyanceStarted {
            incident: incident?,
            vehicle: fields.find(Field::Vehicle)?,
            service: fields.need_id(Field::Service)?,
            eta: fields.find_time(Field::Eta)?,
        },
        "conveyance.diverted" => Event::ConveyanceDiverted {
            incident: incident?,
            vehicle: fields.find(Field::Vehicle)?,
            service: fields.need_id(Field::Service)?,
            eta: fields.find_time(Field::Eta)?,
        },
        "conveyance.arrived" => Event::ConveyanceArrived {
            incident: incident?,
        },
        "handover.completed" => Event::HandoverCompleted {
            incident: incident?,
        },
        "conveyance.cleared" => Event::ConveyanceCleared {
            incident: incident?,
        },
        _ => return Err(unknown_type()),
    })
}

fn other(kind: &str, fields: &mut Fields<'_>) -> Result<Event, Refused> {
    Ok(match kind {
        "contact.recorded" => Event::ContactRecorded {
            contact: fields.need_id(Field::Contact)?,
            channel: fields.need(Field::Channel)?,
            origin: origin(fields)?,
            disposition: fields.find(Field::Disposition)?,
            service: fields.find_id(Field::Service)?,
        },
        "status.set" => Event::StatusSet {
            service: fields.need_id(Field::Service)?,
            status: fields.need(Field::Status)?,
            reset_in_minutes: fields.find(Field::ResetInMinutes)?,
            note: fields.find(Field::Note)?,
            by: fields.need(Field::By)?,
        },
        "service.closed" => Event::ServiceClosed {
            service: fields.need_id(Field::Service)?,
            reason: fields.need(Field::Reason)?,
            next_update_at: fields.find_time(Field::NextUpdateAt)?,
        },
        "service.opened" => Event::ServiceOpened {
            service: fields.need_id(Field::Service)?,
            reason: fields.need(Field::Reason)?,
            next_update_at: fields.find_time(Field::NextUpdateAt)?,
        },
        "capacity.reported" => Event::CapacityReported {
            service: fields.need_id(Field::Service)?,
            capacity: Capacity {
                staffed_spaces: fields.find(Field::StaffedSpaces)?,
                occupied_spaces: fields.find(Field::OccupiedSpaces)?,
                beds_open: fields.find(Field::BedsOpen)?,
                beds_occupied: fields.find(Field::BedsOccupied)?,
                escalation_beds: fields.find(Field::EscalationBeds)?,
                no_criteria_to_reside: fields.find(Field::NoCriteriaToReside)?,
                clinicians: fields.find(Field::Clinicians)?,
            },
        },
        "slots.published" => Event::SlotsPublished {
            service: fields.need_id(Field::Service)?,
            slots: slots(fields)?,
        },
        "slots.withdrawn" => Event::SlotsWithdrawn {
            service: fields.need_id(Field::Service)?,
            slots: fields.need(Field::Slots)?,
        },
        "feed.heartbeat" => Event::FeedHeartbeat {},
        _ => return Err(unknown_type()),
    })
}

/// Where someone is, as it is sent. It becomes a hex here and goes no further.
#[derive(Deserialize)]
struct Origin<'a> {
    #[serde(borrow)]
    postcode: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    outcode: Option<std::borrow::Cow<'a, str>>,
    lat: Option<f64>,
    lng: Option<f64>,
}

/// An unknown postcode is no reason to refuse a patient: the event is taken without an origin.
fn origin(fields: &mut Fields<'_>) -> Result<Option<Cell>, Refused> {
    let Some(origin) = fields.find::<Origin<'_>>(Field::Origin)? else {
        return Ok(None);
    };
    if let Some(text) = origin.postcode.or(origin.outcode) {
        return Ok(gazetteer::find_postcode(&text));
    }
    let lat = origin.lat.ok_or_else(|| fields::missing("origin.lat"))?;
    let lng = origin.lng.ok_or_else(|| fields::missing("origin.lng"))?;
    position(lat, lng).map(Some)
}

fn position(lat: f64, lng: f64) -> Result<Cell, Refused> {
    Position::new(lat, lng)
        .and_then(|position| position.cell(DEMAND_RESOLUTION))
        .ok_or_else(|| Refused::new(Reason::BadField, "lat, lng is not a position on the earth"))
}

/// A slot as it is sent, its times in RFC 3339.
#[derive(Deserialize)]
struct SentSlot {
    slot: SlotId,
    start: String,
    end: String,
    kind: compact_str::CompactString,
}

fn slots(fields: &mut Fields<'_>) -> Result<Vec<Slot>, Refused> {
    let time = |text: &str, name: &str| At::parse(text).map_err(|_why| fields::bad_time(name));
    let sent: Vec<SentSlot> = fields.need(Field::Slots)?;
    let slot = |sent: SentSlot| {
        let slot = Slot {
            start: time(&sent.start, "slots.start")?,
            end: time(&sent.end, "slots.end")?,
            slot: sent.slot,
            kind: sent.kind,
        };
        slot.fault().map_or(Ok(slot), |why| {
            Err(Refused::new(Reason::BadField, format!("slots: {why}")))
        })
    };
    sent.into_iter().map(slot).collect()
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
