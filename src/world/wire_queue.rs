//! The way out: what happened becomes messages, each due at a moment, in order.
//!
//! A hospital speaks HL7, everybody else NDJSON. Faults are put in here, so that the same seed has
//! the same patients whatever its dirt.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::feed_faults::Soiling;
use super::happening::{About, Arrival, Happening, VisitNo, What};
use super::hl7::{self, Head, Trigger};
use super::names::{MISTAKEN, Names};
use super::ndjson::Line;
use super::random::{Dice, Sequence};
use super::record::{Postcodes, StayRecord};
use super::wire::{Channel, Settings, Wire};
use domain::event::Departure;
use domain::time::SECOND;
use domain::{At, Directory, Feed, FeedId, Millis, ServiceId};

/// From an event to its message on the wire. The same for all, so that clean wires keep the order
/// in which things happened.
const SENDING: Millis = 2 * SECOND;
/// The feeds that speak for no one service.
const AMBULANCES: &str = "emas-cad";
const CONTACTS: &str = "nhs111";
/// A rating falls back to green after so many minutes unless it is set again.
const RATING_RESETS_MINUTES: u32 = 120;

/// A message on its way, ordered by when it is due and then by when it was made.
#[derive(Debug)]
struct Queued {
    order: (At, u64),
    wire: Wire,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}
impl Eq for Queued {}
impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

/// An HL7 sender as the Directory names it.
#[derive(Debug, Clone)]
struct Hospital {
    feed: FeedId,
    application: String,
    facility: String,
    /// The point of care of each service.
    locations: BTreeMap<ServiceId, String>,
}

/// The outgoing post.
#[derive(Debug)]
pub(super) struct WireQueue {
    outbox: BinaryHeap<Reverse<Queued>>,
    queued: u64,
    /// Nothing is sent before this.
    opens: At,
    names: Names,
    postcodes: Postcodes,
    records: BTreeMap<VisitNo, StayRecord>,
    /// Visits and call-outs whose beginning was told.
    known: BTreeSet<About>,
    hospitals: Vec<Hospital>,
    /// The feed of each service that sends NDJSON, and the number of each feed.
    feeds: BTreeMap<ServiceId, FeedId>,
    numbers: BTreeMap<FeedId, usize>,
    /// Feeds that say each minute that they are alive.
    beating: Vec<FeedId>,
    ambulances: Option<FeedId>,
    contacts: Option<FeedId>,
    dice: Dice,
    soiling: Soiling,
    mistakes: u64,
}

impl WireQueue {
    pub(super) fn new(settings: &Settings, directory: &Directory) -> Self {
        let find = |id: &str| directory.find_feed(id).map(|feed| feed.id.clone());
        let speaking = |feed: &&std::sync::Arc<Feed>| feed.hl7_sender.is_none();
        Self {
            outbox: BinaryHeap::new(),
            queued: 0,
            opens: settings.start,
            names: Names::new(settings.seed, settings.start),
            postcodes: Postcodes::new(directory),
            records: BTreeMap::new(),
            known: BTreeSet::new(),
            hospitals: directory
                .feeds()
                .filter_map(|feed| hospital(feed))
                .collect(),
            feeds: directory
                .feeds()
                .flat_map(|feed| feed.services.iter().map(|s| (s.clone(), feed.id.clone())))
                .collect(),
            numbers: directory
                .feeds()
                .enumerate()
                .map(|(number, feed)| (feed.id.clone(), number))
                .collect(),
            beating: directory
                .feeds()
                .filter(speaking)
                .map(|feed| feed.id.clone())
                .collect(),
            ambulances: find(AMBULANCES),
            contacts: find(CONTACTS),
            dice: Dice::new(settings.seed, Sequence::Post),
            soiling: Soiling::new(
                settings.dirt,
                settings.seed,
                settings.scenario,
                settings.start,
            ),
            mistakes: 0,
        }
    }

    /// All messages due by a moment, in order.
    pub(super) fn collect_until(&mut self, until: At) -> Vec<Wire> {
        let mut wires = Vec::new();
        while self
            .outbox
            .peek()
            .is_some_and(|next| next.0.wire.due <= until)
        {
            if let Some(Reverse(next)) = self.outbox.pop() {
                wires.push(next.wire);
            }
        }
        wires
    }

    /// Puts what happened on the wire, unless it is about someone nobody was told of.
    pub(super) fn tell(&mut self, happening: &Happening) {
        let about = happening.what.about();
        if happening.what.begins() {
            self.known.insert(about);
        }
        if about != About::Nobody && !self.known.contains(&about) {
            return;
        }
        match &happening.what {
            What::Arrived(arrival) => self.tell_arrival(happening.at, arrival),
            What::Triaged(visit, _)
            | What::Seen(visit)
            | What::Decided(visit, _)
            | What::Departed(visit, _)
            | What::Moved(visit, _) => self.tell_step(happening, *visit),
            other => self.tell_of_no_visit(happening.at, other),
        }
        if happening.what.ends() {
            self.known.remove(&about);
        }
    }

    fn tell_arrival(&mut self, at: At, arrival: &Arrival) {
        let from = self.postcodes.from(arrival.home, &mut self.dice);
        let record = StayRecord::new(arrival.clone(), from, at);
        let happening = |visit| Happening {
            at,
            what: What::Arrived(Box::new(Arrival {
                visit,
                ..arrival.clone()
            })),
        };
        if let Some(after) = self.soiling.mistake() {
            let wrong = record.under(self.next_mistake());
            self.say(&wrong, &happening(wrong.arrival.visit), Trigger::A04);
            self.take_back(&wrong, at.plus(after));
        }
        self.say(&record, &happening(arrival.visit), Trigger::A04);
        if let Some(after) = self.soiling.double() {
            let double = record.under(self.next_mistake());
            self.say(&double, &happening(double.arrival.visit), Trigger::A04);
            self.merge(&double, &record, at.plus(after));
        }
        self.records.insert(arrival.visit, record);
    }

    fn next_mistake(&mut self) -> VisitNo {
        self.mistakes += 1;
        MISTAKEN | self.mistakes
    }

    fn tell_step(&mut self, happening: &Happening, visit: VisitNo) {
        let Some(mut record) = self.records.remove(&visit) else {
            return;
        };
        record.learn(happening);
        match happening.what {
            What::Moved(..) => self.say(&record, happening, Trigger::A02),
            What::Departed(_, how) => {
                self.say(&record, happening, Trigger::A03);
                if how == Departure::Discharged {
                    self.maybe_return(&mut record, happening.at);
                }
                return;
            }
            _ => self.say(&record, happening, Trigger::A08),
        }
        self.records.insert(visit, record);
    }

    /// The departure was entered too early: it is taken back, and entered again later.
    fn maybe_return(&mut self, record: &mut StayRecord, left_at: At) {
        let Some((back, again)) = self.soiling.return_of() else {
            return;
        };
        let visit = record.arrival.visit;
        self.say_other(record, None, left_at.plus(back), Trigger::A13);
        let leaving = Happening {
            at: left_at.plus(again),
            what: What::Departed(visit, Departure::Discharged),
        };
        record.learn(&leaving);
        self.say(record, &leaving, Trigger::A03);
    }

    fn take_back(&mut self, wrong: &StayRecord, at: At) {
        self.say_other(wrong, None, at, Trigger::A11);
    }

    fn merge(&mut self, retired: &StayRecord, into: &StayRecord, at: At) {
        self.say_other(into, Some(retired), at, Trigger::A40);
    }

    /// A step of a visit, in the language of its service's feed.
    fn say(&mut self, record: &StayRecord, happening: &Happening, trigger: Trigger) {
        if self.say_hl7(record, None, happening.at, trigger) {
            return;
        }
        let Some(feed) = self.feeds.get(&record.service).cloned() else {
            return;
        };
        let visit = self.names.visit(record.arrival.visit);
        let at = happening.at;
        let line = |kind: &str, id: String| Line::new(&id, &feed, kind, at);
        let id = self.names.message(&feed);
        let body = match &happening.what {
            What::Arrived(arrival) => {
                line("visit.arrived", id).arrival(arrival, &record.from, &self.names)
            }
            What::Triaged(_, acuity) => line("visit.triaged", id)
                .text("visit", visit)
                .number("acuity", u32::from(acuity.level())),
            What::Seen(_) => line("visit.seen", id).text("visit", visit),
            What::Decided(_, decision) => line("visit.decided", id)
                .text("visit", visit)
                .decision(*decision),
            What::Departed(_, how) => line("visit.departed", id)
                .text("visit", visit)
                .departure(*how),
            What::Moved(_, service) => line("visit.moved", id)
                .text("visit", visit)
                .text("service", service),
            _ => return,
        };
        self.send(Channel::Events(feed), at, body.end());
    }

    /// A correction: cancelled, merged or reopened.
    fn say_other(
        &mut self,
        record: &StayRecord,
        retired: Option<&StayRecord>,
        at: At,
        trigger: Trigger,
    ) {
        if self.say_hl7(record, retired, at, trigger) {
            return;
        }
        let Some(feed) = self.feeds.get(&record.service).cloned() else {
            return;
        };
        let visit = self.names.visit(record.arrival.visit);
        let id = self.names.message(&feed);
        let body = match retired {
            Some(retired) => Line::new(&id, &feed, "visit.merged", at)
                .text("visit", self.names.visit(retired.arrival.visit))
                .text("into", visit),
            None if trigger == Trigger::A13 => {
                Line::new(&id, &feed, "visit.reopened", at).text("visit", visit)
            }
            None => Line::new(&id, &feed, "visit.cancelled", at).text("visit", visit),
        };
        self.send(Channel::Events(feed), at, body.end());
    }

    /// Says it in HL7 when the service is a hospital's; false when it is not.
    fn say_hl7(
        &mut self,
        record: &StayRecord,
        retired: Option<&StayRecord>,
        at: At,
        trigger: Trigger,
    ) -> bool {
        let Some((hospital, location)) = self
            .hospitals
            .iter()
            .find_map(|h| Some((h, h.locations.get(&record.service)?)))
        else {
            return false;
        };
        let id = self.names.message(&hospital.feed);
        let head = Head {
            trigger,
            application: &hospital.application,
            facility: &hospital.facility,
            location,
            id: &id,
            happened_at: at,
            sent_at: at.plus(SENDING).max(self.opens),
            hand: self.soiling.hand(),
        };
        let body = hl7::write(&head, record, retired, &self.names);
        let feed = hospital.feed.clone();
        self.send_as(Channel::Mllp, &feed, at, body);
        true
    }

    fn tell_of_no_visit(&mut self, at: At, what: &What) {
        let feed = match what {
            What::Asked(_) => self.contacts.clone(),
            What::Counted(service, _) | What::Rated(service, ..) | What::Offered(service, _) => {
                self.feeds.get(service).cloned()
            }
            _ => self.ambulances.clone(),
        };
        let Some(feed) = feed else {
            return;
        };
        let id = self.names.message(&feed);
        let line = |kind: &str| Line::new(&id, &feed, kind, at);
        let incident =
            |kind: &str, incident| line(kind).text("incident", self.names.incident(incident));
        let body = match what {
            What::CalledOut(call) => line("incident.opened").call_out(call, &self.names),
            What::SetOff(run) => line("conveyance.started").run(run, &self.names),
            What::Diverted(run) => line("conveyance.diverted").run(run, &self.names),
            What::AtTheDoor(number) => incident("conveyance.arrived", *number),
            What::HandedOver(number) => incident("handover.completed", *number),
            What::Cleared(number) => incident("conveyance.cleared", *number),
            What::ClosedCallOut(number) => incident("incident.closed", *number),
            What::Asked(contact) => {
                let from = self.postcodes.from(contact.place, &mut self.dice);
                line("contact.recorded").contact(&id, contact, &from)
            }
            What::Counted(service, capacity) => {
                line("capacity.reported").capacity(service, capacity)
            }
            What::Rated(service, rag, note) => {
                line("status.set").rating(service, *rag, note, RATING_RESETS_MINUTES)
            }
            What::Offered(service, slots) => line("slots.published").slots(service, slots),
            _ => return,
        };
        let body = body.end();
        self.send(Channel::Events(feed), at, body);
    }

    /// Each feed without HL7 says that it is alive, unless it is silent.
    pub(super) fn beat(&mut self, at: At) {
        for index in 0..self.beating.len() {
            let feed = self.beating[index].clone();
            let number = self.numbers.get(&feed).copied().unwrap_or_default();
            if self.soiling.silent_until(&feed, number, at).is_none() {
                let id = self.names.message(&feed);
                let body = Line::new(&id, &feed, "feed.heartbeat", at).end();
                self.queue(Channel::Events(feed), at.max(self.opens), body);
            }
        }
    }

    fn send(&mut self, channel: Channel, happened_at: At, body: String) {
        if let Channel::Events(feed) = &channel {
            let feed = feed.clone();
            self.send_as(channel, &feed, happened_at, body);
        }
    }

    /// Queues a message with what befalls it on the way: late, repeated, held up in a silence.
    fn send_as(&mut self, channel: Channel, feed: &FeedId, happened_at: At, body: String) {
        let number = self.numbers.get(feed).copied().unwrap_or_default();
        let due = happened_at
            .plus(SENDING)
            .max(self.opens)
            .plus(self.soiling.lateness());
        let due = self.soiling.silent_until(feed, number, due).unwrap_or(due);
        if let Some(after) = self.soiling.repeat() {
            self.queue(channel.clone(), due.plus(after), body.clone());
        }
        self.queue(channel, due, body);
    }

    fn queue(&mut self, channel: Channel, due: At, body: String) {
        self.queued += 1;
        let wire = Wire { due, channel, body };
        self.outbox.push(Reverse(Queued {
            order: (due, self.queued),
            wire,
        }));
    }
}

fn hospital(feed: &Feed) -> Option<Hospital> {
    let (application, facility) = feed.hl7_sender.clone()?;
    let locations = feed.hl7_locations.iter();
    Some(Hospital {
        feed: feed.id.clone(),
        application,
        facility,
        locations: locations
            .map(|(point, service)| (service.clone(), point.clone()))
            .collect(),
    })
}
