//! HL7 v2 ADT: what each trigger means, as facts.
//!
//! ADT has no message for "assessed", "seen by a clinician" or "decided", so an A08 carries them in
//! a local segment `ZED` (see `docs/feeds.md`). An A08 is a snapshot: it repeats what earlier ones
//! said, and the ids made from visit, step and time let a repeat be known as one.

use crate::codes;
use crate::hl7::Message;
use domain::event::{Acuity, ArrivalMode, Decision, Event};
use domain::gazetteer;
use domain::{At, Directory, EventId, Fact, Feed, IncidentId, Reason, Refused, ServiceId, VisitId};

/// The facts of a message, and what to answer with.
#[derive(Debug)]
pub struct Admitted<'a> {
    /// The feed that the sender is.
    pub feed: &'a Feed,
    /// In the order they are to be taken.
    pub facts: Vec<Fact>,
}

/// What is needed to read one message.
struct AdtReader<'a> {
    message: &'a Message<'a>,
    feed: &'a Feed,
    now: At,
    control: &'a str,
}

/// The feed that MSH-3 and MSH-4 name.
pub fn find_feed<'a>(directory: &'a Directory, message: &Message<'_>) -> Option<&'a Feed> {
    let application = message.find_value("MSH", 3, 1).unwrap_or_default();
    let facility = message.find_value("MSH", 4, 1).unwrap_or_default();
    directory.feeds().map(AsRef::as_ref).find(|feed| {
        let names = |sender: &(String, String)| sender.0 == application && sender.1 == facility;
        feed.hl7_sender.as_ref().is_some_and(names)
    })
}

/// Reads a message that came at `now`.
pub fn admit<'a>(
    directory: &'a Directory,
    message: &'a Message<'a>,
    now: At,
) -> Result<Admitted<'a>, Refused> {
    let Some(feed) = find_feed(directory, message) else {
        let why = "MSH-3 and MSH-4 name no feed of ours; ask the operator to add the sender";
        return Err(Refused::new(Reason::UnknownFeed, why));
    };
    let control = message.get_value("MSH", 10, 1, "message control id")?;
    let reading = AdtReader {
        message,
        feed,
        now,
        control,
    };
    let kind = message.get_value("MSH", 9, 1, "message type")?;
    let trigger = message
        .find_value("MSH", 9, 2)
        .or(message.find_value("EVN", 1, 1));
    if kind != "ADT" {
        return Err(Refused::new(
            Reason::UnknownType,
            "MSH-9 is not ADT; only ADT is taken here",
        ));
    }
    Ok(Admitted {
        feed,
        facts: reading.facts(trigger.unwrap_or_default())?,
    })
}

impl AdtReader<'_> {
    fn facts(&self, trigger: &str) -> Result<Vec<Fact>, Refused> {
        match trigger {
            "A01" | "A04" => self.arrival(),
            "A08" => self.snapshot(),
            "A02" => Ok(vec![self.moved("PV1", 3)?]),
            // The transfer never was: back to where the patient was before.
            "A12" => {
                let has_prior = self.message.find_value("PV1", 6, 1).is_some();
                Ok(vec![self.moved("PV1", if has_prior { 6 } else { 3 })?])
            }
            "A03" => self.departure(),
            "A11" => self.one(Event::VisitCancelled {
                visit: self.visit()?,
            }),
            "A13" => self.one(Event::VisitReopened {
                visit: self.visit()?,
            }),
            "A34" | "A40" => self.merge(),
            _ => {
                let known = "A01 A02 A03 A04 A08 A11 A12 A13 A34 A40";
                let why = format!("MSH-9 trigger is not one that is taken here ({known})");
                Err(Refused::new(Reason::UnknownType, why))
            }
        }
    }

    /// EVN-6 says when it happened; EVN-2 and MSH-7 when it was recorded and sent.
    fn happened_at(&self) -> Result<At, Refused> {
        for (segment, field) in [("EVN", 6), ("EVN", 2), ("MSH", 7)] {
            if let Some(at) = self.message.find_time(segment, field, self.now)? {
                return Ok(at);
            }
        }
        Err(Refused::new(
            Reason::MissingField,
            "EVN-6, EVN-2 and MSH-7 hold no time",
        ))
    }

    fn visit(&self) -> Result<VisitId, Refused> {
        let text = self.message.get_value("PV1", 19, 1, "visit number")?;
        VisitId::new(text)
            .map_err(|why| Refused::new(Reason::BadField, format!("PV1-19 visit number {why}")))
    }

    fn service(&self, segment: &str, field: usize) -> Result<ServiceId, Refused> {
        let place = self.message.get_value(segment, field, 1, "point of care")?;
        self.feed.hl7_locations.get(place).cloned().ok_or_else(|| {
            let why =
                format!("{segment}-{field} names no point of care that this feed may speak for");
            Refused::new(Reason::UnknownService, why)
        })
    }

    fn fact(&self, id: &str, happened_at: At, event: Event) -> Result<Fact, Refused> {
        let id = EventId::new(id).map_err(|why| {
            Refused::new(Reason::BadField, format!("MSH-10 message control id {why}"))
        })?;
        Ok(Fact {
            id,
            feed: self.feed.id.clone(),
            happened_at,
            event,
        })
    }

    /// A step that later snapshots repeat: the same step at the same time has the same id.
    fn step(&self, step: &str, at: At, event: Event) -> Result<Fact, Refused> {
        let visit = self.visit()?;
        self.fact(&format!("{visit}.{step}.{}", at.0), at, event)
    }

    fn one(&self, event: Event) -> Result<Vec<Fact>, Refused> {
        Ok(vec![self.fact(self.control, self.happened_at()?, event)?])
    }

    fn arrival(&self) -> Result<Vec<Fact>, Refused> {
        let at = match self.message.find_time("PV1", 44, self.now)? {
            Some(at) => at,
            None => self.happened_at()?,
        };
        let mode = match self.message.find_value("PV2", 38, 1) {
            Some(text) if text.eq_ignore_ascii_case("ambulance") => ArrivalMode::Ambulance,
            _ => ArrivalMode::WalkIn,
        };
        let incident = self
            .message
            .find_value("ZED", 6, 1)
            .map(IncidentId::new)
            .transpose();
        let incident = incident
            .map_err(|why| Refused::new(Reason::BadField, format!("ZED-6 incident id {why}")))?;
        let event = Event::VisitArrived {
            service: self.service("PV1", 3)?,
            visit: self.visit()?,
            mode,
            acuity: self.acuity()?,
            age_band: self.message.find_value("ZED", 7, 1).map(Into::into),
            origin: self
                .message
                .find_value("ZED", 8, 1)
                .and_then(gazetteer::find_postcode),
            incident,
            booking: None,
        };
        let mut facts = vec![self.fact(self.control, at, event)?];
        facts.extend(self.snapshot()?);
        Ok(facts)
    }

    fn acuity(&self) -> Result<Option<Acuity>, Refused> {
        let Some(text) = self.message.find_value("ZED", 1, 1) else {
            return Ok(None);
        };
        let acuity = text.parse().ok().and_then(Acuity::new);
        acuity.map(Some).ok_or_else(|| {
            Refused::new(Reason::BadField, "ZED-1 acuity is not a number from 1 to 5")
        })
    }

    /// All that is known so far, from ZED.
    fn snapshot(&self) -> Result<Vec<Fact>, Refused> {
        let visit = self.visit()?;
        let time = |field| self.message.find_time("ZED", field, self.now);
        let mut facts = Vec::new();
        if let (Some(at), Some(acuity)) = (time(2)?, self.acuity()?) {
            let event = Event::VisitTriaged {
                visit: visit.clone(),
                acuity,
            };
            facts.push(self.step(&format!("triaged{}", acuity.level()), at, event)?);
        }
        if let Some(at) = time(3)? {
            facts.push(self.step(
                "seen",
                at,
                Event::VisitSeen {
                    visit: visit.clone(),
                },
            )?);
        }
        if let Some(at) = time(5)? {
            let decision = self.decision()?;
            let name = format!("decided-{}", format!("{decision:?}").to_lowercase());
            facts.push(self.step(&name, at, Event::VisitDecided { visit, decision })?);
        }
        Ok(facts)
    }

    fn decision(&self) -> Result<Decision, Refused> {
        match self.message.get_value("ZED", 4, 1, "decision")? {
            "ADMIT" => Ok(Decision::Admit),
            "DISCHARGE" => Ok(Decision::Discharge),
            "TRANSFER" => Ok(Decision::Transfer),
            _ => {
                let why = "ZED-4 decision is not ADMIT, DISCHARGE or TRANSFER";
                Err(Refused::new(Reason::BadField, why))
            }
        }
    }

    fn moved(&self, segment: &str, field: usize) -> Result<Fact, Refused> {
        let event = Event::VisitMoved {
            visit: self.visit()?,
            service: self.service(segment, field)?,
        };
        self.fact(self.control, self.happened_at()?, event)
    }

    fn departure(&self) -> Result<Vec<Fact>, Refused> {
        let at = match self.message.find_time("PV1", 45, self.now)? {
            Some(at) => at,
            None => self.happened_at()?,
        };
        let code = self
            .message
            .get_value("PV1", 36, 1, "discharge disposition")?;
        let how = codes::departure(code).ok_or_else(|| {
            let why = "PV1-36 discharge disposition is not one of 1 to 6 or a known ECDS code";
            Refused::new(Reason::BadField, why)
        })?;
        let mut facts = self.snapshot()?;
        facts.push(self.fact(
            self.control,
            at,
            Event::VisitDeparted {
                visit: self.visit()?,
                how,
            },
        )?);
        Ok(facts)
    }

    /// MRG-5 names the retired visit; some senders put it in MRG-1.
    fn merge(&self) -> Result<Vec<Fact>, Refused> {
        let retired = match self.message.find_value("MRG", 5, 1) {
            Some(text) => text,
            None => self.message.get_value("MRG", 1, 1, "retired number")?,
        };
        let visit = VisitId::new(retired)
            .map_err(|why| Refused::new(Reason::BadField, format!("MRG retired number {why}")))?;
        self.one(Event::VisitMerged {
            visit,
            into: self.visit()?,
        })
    }
}
