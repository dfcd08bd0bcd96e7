//! Events in our own wire format: one JSON object for each line.

use std::fmt::Write as _;

use super::happening::{Arrival, CallOut, Contact, Run};
use super::names::Names;
use super::record::From;
use super::residents::AGE_BANDS;
use domain::Capacity;
use domain::event::{ArrivalMode, ContactChannel, Decision, Departure, IncidentCategory, Rag};
use domain::{At, FeedId, Position, ServiceId};

/// A line in the making. Every text written is one of ours and needs no escape.
#[derive(Debug)]
pub(super) struct Line(String);

impl Line {
    pub(super) fn new(id: &str, feed: &FeedId, kind: &str, happened_at: At) -> Self {
        let at = happened_at.rfc3339_london();
        Self(format!(
            r#"{{"id":"{id}","feed":"{feed}","type":"{kind}","happened_at":"{at}""#
        ))
    }

    fn raw(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        // Writing into a String cannot fail.
        let _ = write!(self.0, r#","{key}":{value}"#);
        self
    }

    pub(super) fn text(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        let _ = write!(self.0, r#","{key}":"{value}""#);
        self
    }

    pub(super) fn number(self, key: &str, value: u32) -> Self {
        self.raw(key, value)
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn origin(self, from: &From) -> Self {
        match from {
            From::Postcode(text) => self.raw("origin", format_args!(r#"{{"postcode":"{text}"}}"#)),
            From::Outcode(text) => self.raw("origin", format_args!(r#"{{"outcode":"{text}"}}"#)),
            From::Position(Position { lat, lng }) => self.raw(
                "origin",
                format_args!(r#"{{"lat":{lat:.4},"lng":{lng:.4}}}"#),
            ),
        }
    }

    pub(super) fn arrival(self, arrival: &Arrival, from: &From, names: &Names) -> Self {
        let mode = match arrival.mode {
            ArrivalMode::WalkIn => "walk_in",
            ArrivalMode::Ambulance => "ambulance",
            ArrivalMode::Booked => "booked",
            ArrivalMode::Other => "other",
        };
        self.text("service", &arrival.service)
            .text("visit", names.visit(arrival.visit))
            .text("mode", mode)
            .text("age_band", AGE_BANDS[arrival.band])
            .origin(from)
    }

    pub(super) fn decision(self, decision: Decision) -> Self {
        let word = match decision {
            Decision::Admit => "admit",
            Decision::Discharge => "discharge",
            Decision::Transfer => "transfer",
        };
        self.text("decision", word)
    }

    pub(super) fn departure(self, how: Departure) -> Self {
        let word = match how {
            Departure::Admitted => "admitted",
            Departure::Discharged => "discharged",
            Departure::Transferred => "transferred",
            Departure::LeftBeforeSeen => "left_before_seen",
            Departure::LeftBeforeComplete => "left_before_complete",
            Departure::Died => "died",
        };
        self.text("how", word)
    }

    pub(super) fn call_out(self, call: &CallOut, names: &Names) -> Self {
        let word = match call.category {
            IncidentCategory::C1 => "C1",
            IncidentCategory::C2 => "C2",
            IncidentCategory::C3 => "C3",
            IncidentCategory::C4 => "C4",
            IncidentCategory::C5 => "C5",
            IncidentCategory::Hcp => "HCP",
            IncidentCategory::Ift => "IFT",
        };
        self.text("incident", names.incident(call.incident))
            .text("category", word)
            .raw("lat", format_args!("{:.4}", call.place.lat))
            .raw("lng", format_args!("{:.4}", call.place.lng))
    }

    pub(super) fn run(self, run: &Run, names: &Names) -> Self {
        self.text("incident", names.incident(run.incident))
            .text("vehicle", Names::vehicle(run.incident))
            .text("service", &run.service)
            .text("eta", run.eta.rfc3339_london())
    }

    pub(super) fn contact(self, id: &str, contact: &Contact, from: &From) -> Self {
        let word = match contact.channel {
            ContactChannel::Phone111 => "111",
            ContactChannel::Online111 => "111-online",
            ContactChannel::Phone999 => "999",
        };
        let line = self
            .text("contact", id)
            .text("channel", word)
            .origin(from)
            .text("disposition", contact.disposition);
        match &contact.advised {
            Some(service) => line.text("service", service),
            None => line,
        }
    }

    pub(super) fn capacity(self, service: &ServiceId, capacity: &Capacity) -> Self {
        let counts = [
            ("staffed_spaces", capacity.staffed_spaces),
            ("occupied_spaces", capacity.occupied_spaces),
            ("beds_open", capacity.beds_open),
            ("beds_occupied", capacity.beds_occupied),
            ("escalation_beds", capacity.escalation_beds),
            ("no_criteria_to_reside", capacity.no_criteria_to_reside),
            ("clinicians", capacity.clinicians),
        ];
        let said = counts.into_iter().filter_map(|(key, n)| Some((key, n?)));
        said.fold(self.text("service", service), |line, (key, n)| {
            line.number(key, n)
        })
    }

    pub(super) fn rating(self, service: &ServiceId, rag: Rag, note: &str, reset: u32) -> Self {
        let (word, resets) = match rag {
            Rag::Red => ("red", true),
            Rag::Amber => ("amber", true),
            Rag::Green => ("green", false),
        };
        let line = self.text("service", service).text("status", word);
        let line = if resets {
            line.number("reset_in_minutes", reset).text("note", note)
        } else {
            line
        };
        line.text("by", "operations desk")
    }

    pub(super) fn slots(self, service: &ServiceId, slots: &[(At, At)]) -> Self {
        let one = |(start, end): &(At, At)| {
            format!(
                r#"{{"slot":"{service}-{}","start":"{}","end":"{}","kind":"urgent care"}}"#,
                start.london().strftime("%Y%m%d-%H%M"),
                start.rfc3339_london(),
                end.rfc3339_london()
            )
        };
        let list = slots.iter().map(one).collect::<Vec<_>>().join(",");
        self.text("service", service)
            .raw("slots", format_args!("[{list}]"))
    }
}
