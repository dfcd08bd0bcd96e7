//! FHIR R4 Encounter, single or in a Bundle: what each means, as facts.
//!
//! An Encounter is a snapshot of a stay. Its times are read off `statusHistory` where the sender
//! keeps one, else off `period` and the present `status`; the ids made from visit, step and time let
//! a repeat be known as one, as with HL7's A08. Names, birth dates and subjects are never read.

use serde::Deserialize;
use serde_json::Value;

use crate::codes;
use domain::event::{Acuity, ArrivalMode, Event};
use domain::{At, EventId, Fact, Feed, Reason, Refused, ServiceId, VisitId};

/// Emergency, of v3-ActCode: the only class that is a visit here.
const EMERGENCY: &str = "EMER";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Encounter {
    id: Option<String>,
    #[serde(default)]
    identifier: Vec<Identifier>,
    status: Option<String>,
    class: Option<Coding>,
    #[serde(default)]
    status_history: Vec<StatusHistory>,
    period: Option<Period>,
    priority: Option<Concept>,
    #[serde(default)]
    location: Vec<EncounterLocation>,
    hospitalization: Option<Hospitalization>,
}

#[derive(Debug, Deserialize)]
struct Identifier {
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Coding {
    code: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Concept {
    #[serde(default)]
    coding: Vec<Coding>,
    text: Option<String>,
}

impl Concept {
    fn codes(&self) -> impl Iterator<Item = &str> {
        self.coding
            .iter()
            .filter_map(|coding| coding.code.as_deref())
    }
}

#[derive(Debug, Deserialize)]
struct StatusHistory {
    status: Option<String>,
    period: Option<Period>,
}

#[derive(Debug, Deserialize)]
struct Period {
    start: Option<String>,
    end: Option<String>,
}

#[derive(Debug, Deserialize)]
struct EncounterLocation {
    location: Option<Reference>,
    period: Option<Period>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    reference: Option<String>,
    identifier: Option<Identifier>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hospitalization {
    admit_source: Option<Concept>,
    discharge_disposition: Option<Concept>,
}

/// The Encounters of a message: it is one, or a Bundle that holds some. Other resources of a Bundle
/// are passed over; a message without an Encounter is refused.
pub fn encounters(text: &str) -> Result<Vec<Value>, Refused> {
    let resource: Value = serde_json::from_str(text).map_err(|why| {
        let place = format!("line {} column {}", why.line(), why.column());
        Refused::new(Reason::NotJson, format!("not JSON, at {place}"))
    })?;
    let kind = |resource: &Value| resource["resourceType"].as_str().map(str::to_owned);
    match kind(&resource).as_deref() {
        Some("Encounter") => Ok(vec![resource]),
        Some("Bundle") => {
            let entries = resource["entry"].as_array().cloned().unwrap_or_default();
            let resources = entries
                .into_iter()
                .map(|mut entry| entry["resource"].take());
            let found: Vec<Value> = resources
                .filter(|resource| kind(resource).as_deref() == Some("Encounter"))
                .collect();
            if found.is_empty() {
                let why = "the Bundle holds no Encounter; only Encounters are taken here";
                return Err(Refused::new(Reason::UnknownType, why));
            }
            Ok(found)
        }
        _ => {
            let why = "resourceType is not Encounter or Bundle; only these are taken here";
            Err(Refused::new(Reason::UnknownType, why))
        }
    }
}

/// The facts of one Encounter, in the order they are to be taken.
pub fn admit(feed: &Feed, resource: &Value) -> Result<Vec<Fact>, Refused> {
    let encounter = Encounter::deserialize(resource).map_err(|why| {
        // serde's words name what belongs there; what was sent is not repeated.
        let text = why.to_string();
        let expected = text
            .rsplit_once("expected ")
            .map_or("another kind of value", |(_, e)| e);
        let why = format!("a field of the Encounter cannot be read; expected {expected}");
        Refused::new(Reason::BadField, why)
    })?;
    let class = encounter
        .class
        .as_ref()
        .and_then(|class| class.code.as_deref());
    if class != Some(EMERGENCY) {
        let why = "Encounter.class is not EMER; only emergency encounters are visits here";
        return Err(Refused::new(Reason::UnknownType, why));
    }
    EncounterReader {
        feed,
        visit: encounter.visit()?,
        encounter: &encounter,
    }
    .facts()
}

fn missing(what: &str) -> Refused {
    Refused::new(Reason::MissingField, format!("{what} is missing"))
}

fn time(text: Option<&str>, field: &str) -> Result<Option<At>, Refused> {
    let read = |text| {
        At::parse(text).map_err(|_why| {
            let why = format!("{field} is not a time with an offset; a date alone is not enough");
            Refused::new(Reason::BadTime, why)
        })
    };
    text.map(read).transpose()
}

impl Encounter {
    /// The sender's own number of the stay: its first identifier, else its id.
    fn visit(&self) -> Result<VisitId, Refused> {
        let number = self.identifier.iter().find_map(|id| id.value.as_deref());
        let text = number.or(self.id.as_deref());
        let text = text.ok_or_else(|| missing("Encounter.identifier.value or Encounter.id"))?;
        VisitId::new(text)
            .map_err(|why| Refused::new(Reason::BadField, format!("Encounter.identifier {why}")))
    }

    fn period_start(&self) -> Result<Option<At>, Refused> {
        let start = self
            .period
            .as_ref()
            .and_then(|period| period.start.as_deref());
        time(start, "Encounter.period.start")
    }

    /// When a status began: by the history, else never said.
    fn began(&self, status: &str) -> Result<Option<At>, Refused> {
        let spell = self
            .status_history
            .iter()
            .find(|s| s.status.as_deref() == Some(status));
        let start = spell.and_then(|spell| spell.period.as_ref()?.start.as_deref());
        time(start, "Encounter.statusHistory.period.start")
    }

    /// Standing of the present status among those of a stay in their order.
    fn is(&self, status: &str) -> bool {
        self.status.as_deref() == Some(status)
    }
}

/// What is needed to read one Encounter.
struct EncounterReader<'a> {
    feed: &'a Feed,
    visit: VisitId,
    encounter: &'a Encounter,
}

impl EncounterReader<'_> {
    fn facts(&self) -> Result<Vec<Fact>, Refused> {
        let encounter = self.encounter;
        let visit = || self.visit.clone();
        let arrived = match encounter.began("arrived")? {
            Some(at) => Some(at),
            None => encounter.period_start()?,
        };
        if encounter.is("cancelled") || encounter.is("entered-in-error") {
            let at = arrived.ok_or_else(|| missing("Encounter.period.start"))?;
            return Ok(vec![self.step(
                "cancelled",
                at,
                Event::VisitCancelled { visit: visit() },
            )?]);
        }
        if encounter.is("planned") {
            return Ok(Vec::new());
        }
        let arrived = arrived.ok_or_else(|| missing("Encounter.period.start"))?;
        let mut facts = vec![self.arrival(arrived)?];
        facts.extend(self.moves(arrived)?);
        if let (Some(at), Some(acuity)) = (encounter.began("triaged")?, self.acuity()?) {
            let event = Event::VisitTriaged {
                visit: visit(),
                acuity,
            };
            facts.push(self.step(&format!("triaged{}", acuity.level()), at, event)?);
        }
        if let Some(at) = encounter.began("in-progress")? {
            facts.push(self.step("seen", at, Event::VisitSeen { visit: visit() })?);
        }
        if encounter.is("finished") {
            facts.push(self.departure()?);
        }
        Ok(facts)
    }

    /// A step that later snapshots repeat: the same step at the same time has the same id.
    fn step(&self, step: &str, at: At, event: Event) -> Result<Fact, Refused> {
        let id = EventId::new(&format!("{}.{step}.{}", self.visit, at.0));
        Ok(Fact {
            id: id.map_err(|why| {
                Refused::new(Reason::BadField, format!("Encounter.identifier {why}"))
            })?,
            feed: self.feed.id.clone(),
            happened_at: at,
            event,
        })
    }

    fn arrival(&self, at: At) -> Result<Fact, Refused> {
        let source = self.encounter.hospitalization.as_ref();
        let source = source.and_then(|hospital| hospital.admit_source.as_ref());
        let by_ambulance = source.is_some_and(|source| {
            let texts = source.codes().chain(source.text.as_deref());
            texts
                .into_iter()
                .any(|text| text.to_ascii_lowercase().contains("ambulance"))
        });
        let place = self
            .encounter
            .location
            .first()
            .ok_or_else(|| missing("Encounter.location"))?;
        let event = Event::VisitArrived {
            service: self.service(place)?,
            visit: self.visit.clone(),
            mode: if by_ambulance {
                ArrivalMode::Ambulance
            } else {
                ArrivalMode::WalkIn
            },
            acuity: None,
            age_band: None,
            origin: None,
            incident: None,
            booking: None,
        };
        self.step("arrived", at, event)
    }

    /// Every further place with another service is a move to it, from its own time on.
    fn moves(&self, arrived: At) -> Result<Vec<Fact>, Refused> {
        let mut facts = Vec::new();
        let mut known: Option<ServiceId> = None;
        for place in &self.encounter.location {
            let service = self.service(place)?;
            let is_other = known.as_ref().is_some_and(|known| *known != service);
            known = Some(service.clone());
            if is_other {
                let start = place
                    .period
                    .as_ref()
                    .and_then(|period| period.start.as_deref());
                let at = time(start, "Encounter.location.period.start")?.unwrap_or(arrived);
                let event = Event::VisitMoved {
                    visit: self.visit.clone(),
                    service,
                };
                facts.push(self.step("moved", at, event)?);
            }
        }
        Ok(facts)
    }

    /// A place is named by its identifier, or by the last part of its reference: a point of care of
    /// the feed, or a service that it may speak for.
    fn service(&self, place: &EncounterLocation) -> Result<ServiceId, Refused> {
        let location = place
            .location
            .as_ref()
            .ok_or_else(|| missing("Encounter.location"))?;
        let number = location
            .identifier
            .as_ref()
            .and_then(|id| id.value.as_deref());
        let last = location
            .reference
            .as_deref()
            .and_then(|text| text.rsplit('/').next());
        let names = || number.into_iter().chain(last);
        let named = names().find_map(|name| self.feed.hl7_locations.get(name));
        let served = |name: &str| self.feed.services.iter().find(|id| id.as_str() == name);
        named.or(names().find_map(served)).cloned().ok_or_else(|| {
            let why = "Encounter.location names no point of care that this feed may speak for";
            Refused::new(Reason::UnknownService, why)
        })
    }

    /// Acuity 1 to 5 from the priority, when it is told that way.
    fn acuity(&self) -> Result<Option<Acuity>, Refused> {
        let Some(priority) = &self.encounter.priority else {
            return Ok(None);
        };
        let level = priority
            .codes()
            .find_map(|code| code.parse().ok().and_then(Acuity::new));
        level.map(Some).ok_or_else(|| {
            let why = "Encounter.priority has no code from 1 (immediate) to 5 (low)";
            Refused::new(Reason::BadField, why)
        })
    }

    fn departure(&self) -> Result<Fact, Refused> {
        let end = self
            .encounter
            .period
            .as_ref()
            .and_then(|period| period.end.as_deref());
        let at =
            time(end, "Encounter.period.end")?.ok_or_else(|| missing("Encounter.period.end"))?;
        let what = "Encounter.hospitalization.dischargeDisposition";
        let hospital = self.encounter.hospitalization.as_ref();
        let disposition = hospital.and_then(|hospital| hospital.discharge_disposition.as_ref());
        let disposition = disposition.ok_or_else(|| missing(what))?;
        let how = disposition
            .codes()
            .find_map(codes::departure)
            .ok_or_else(|| {
                let why = format!("{what} has no code that is known here; see docs/feeds.md");
                Refused::new(Reason::BadField, why)
            })?;
        let event = Event::VisitDeparted {
            visit: self.visit.clone(),
            how,
        };
        self.step("departed", at, event)
    }
}
