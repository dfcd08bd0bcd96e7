//! A slow, obvious reading of a whole log: every figure from scratch, with none of the fold's code.

use std::collections::BTreeMap;

use domain::event::{Acuity, Departure, Event};
use domain::time::{HOUR, MINUTE};
use domain::{At, Entry, Fact, Record};

/// What the auditor says of a service.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub waiting: i64,
    pub longest_wait: i64,
    pub in_department: i64,
    pub arrivals_today: i64,
    pub over_4h: i64,
    pub left_today: i64,
    pub handovers_waiting: i64,
    pub inbound: i64,
    /// Handovers that ended since midnight: up to 15, 30, 45 and 60 minutes, and beyond.
    pub handovers_ended: [i64; 5],
    /// What they took beyond 15 minutes, milliseconds; and what those outside have so far, whole minutes each.
    pub handover_lost: [i64; 2],
    pub queues: BTreeMap<u8, u32>,
}

fn facts(entries: &[Entry]) -> Vec<&Fact> {
    let fact = |entry| match entry {
        &Entry {
            record: Record::Fact(ref fact),
            ..
        } => Some(fact),
        _ => None,
    };
    entries.iter().filter_map(fact).collect()
}

/// Every merge: the retired name and the name that stays.
fn merges<'a>(facts: &[&'a Fact]) -> Vec<(&'a str, &'a str)> {
    let merge = |fact: &&'a Fact| match &fact.event {
        Event::VisitMerged { visit, into } => Some((visit.as_str(), into.as_str())),
        _ => None,
    };
    facts.iter().filter_map(merge).collect()
}

/// The name a visit goes by once all merges are known.
fn final_name<'a>(merges: &[(&'a str, &'a str)], name: &'a str) -> &'a str {
    let merged = merges.iter().find(|(retired, _)| *retired == name);
    merged.map_or(name, |(_, into)| final_name(merges, into))
}

fn visit_name(event: &Event) -> Option<&str> {
    match event {
        Event::VisitArrived { visit, .. }
        | Event::VisitTriaged { visit, .. }
        | Event::VisitSeen { visit }
        | Event::VisitDecided { visit, .. }
        | Event::VisitDeparted { visit, .. }
        | Event::VisitMoved { visit, .. }
        | Event::VisitCancelled { visit }
        | Event::VisitReopened { visit } => Some(visit.as_str()),
        _ => None,
    }
}

/// One visit told in the order it happened.
fn tell(history: &[&Fact], service: &str, now: At, figures: &mut Figures) {
    let arrival = history.iter().find_map(|fact| match &fact.event {
        Event::VisitArrived {
            service, acuity, ..
        } => Some((fact.happened_at, service, *acuity)),
        _ => None,
    });
    let cancelled = history
        .iter()
        .any(|f| matches!(f.event, Event::VisitCancelled { .. }));
    let Some((arrived, mut place, mut acuity)) = arrival.filter(|_| !cancelled) else {
        return;
    };
    let (mut seen, mut departed): (bool, Option<(At, Departure)>) = (false, None);
    for fact in history {
        match &fact.event {
            Event::VisitTriaged { acuity: told, .. } => acuity = Some(*told),
            Event::VisitSeen { .. } => seen = true,
            Event::VisitMoved { service, .. } => place = service,
            Event::VisitDeparted { how, .. } => departed = Some((fact.happened_at, *how)),
            Event::VisitReopened { .. } => departed = None,
            _ => {}
        }
    }
    if place.as_str() != service {
        return;
    }
    let midnight = now.london_midnight();
    figures.arrivals_today += i64::from(arrived >= midnight && arrived <= now);
    if let Some((at, how)) = departed {
        let today = at.max(arrived) >= midnight && at.max(arrived) <= now;
        figures.left_today += i64::from(today && how == Departure::LeftBeforeSeen);
        return;
    }
    figures.in_department += 1;
    figures.over_4h += i64::from(now.since(arrived) > 4 * HOUR);
    if !seen {
        figures.waiting += 1;
        figures.longest_wait = figures
            .longest_wait
            .max((now.since(arrived) / MINUTE).max(0));
        *figures
            .queues
            .entry(acuity.map_or(9, Acuity::level))
            .or_default() += 1;
    }
}

/// Every figure of a service at the end of the log.
pub fn audit(entries: &[Entry], service: &str) -> Figures {
    let facts = facts(entries);
    let now = entries.last().map_or(At(0), |entry| entry.at);
    let merges = merges(&facts);
    let mut figures = Figures::default();
    let mut visits: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    let mut runs: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for fact in &facts {
        if let Some(name) = visit_name(&fact.event) {
            visits
                .entry(final_name(&merges, name))
                .or_default()
                .push(fact);
        }
        if let Event::ConveyanceStarted { incident, .. }
        | Event::ConveyanceArrived { incident }
        | Event::HandoverCompleted { incident } = &fact.event
        {
            runs.entry(incident.as_str()).or_default().push(fact);
        }
    }
    for history in visits.values_mut() {
        history.sort_by_key(|fact| (fact.happened_at, order(&fact.event), way_out(&fact.event)));
        tell(history, service, now, &mut figures);
    }
    for run in runs.values() {
        let when = |kind: &str| {
            run.iter()
                .find(|fact| fact.event.kind() == kind)
                .map(|fact| fact.happened_at)
        };
        let to = run.iter().find_map(|fact| fact.event.service());
        if to.is_none_or(|to| to.as_str() != service) {
            continue;
        }
        // A run that is said to have gone on for twelve hours was forgotten, not slow.
        let recent = |at: Option<At>| at.is_some_and(|at| now.since(at) < 12 * HOUR);
        match (when("conveyance.arrived"), when("handover.completed")) {
            (None, _) => figures.inbound += i64::from(recent(when("conveyance.started"))),
            (Some(there), None) if recent(Some(there)) => {
                figures.handovers_waiting += 1;
                figures.handover_lost[1] += (now.since(there) / MINUTE - 15).max(0);
            }
            (Some(there), Some(ended)) if ended >= now.london_midnight() && ended <= now => {
                let minutes = ended.since(there) as f64 / MINUTE as f64;
                let band = [15.0, 30.0, 45.0, 60.0]
                    .iter()
                    .filter(|end| minutes > **end);
                figures.handovers_ended[band.count()] += 1;
                figures.handover_lost[0] += (ended.since(there) - 15 * MINUTE).max(0);
            }
            _ => {}
        }
    }
    figures
}

/// Two departures of the same moment contradict each other: the later in the list of ways counts,
/// whichever was told first.
fn way_out(event: &Event) -> Option<Departure> {
    match event {
        Event::VisitDeparted { how, .. } => Some(*how),
        _ => None,
    }
}

/// Of two steps of the same moment the one that comes first in a visit.
fn order(event: &Event) -> u8 {
    let kinds = [
        "visit.arrived",
        "visit.triaged",
        "visit.seen",
        "visit.moved",
        "visit.decided",
    ];
    let place = kinds.iter().position(|kind| *kind == event.kind());
    match event.kind() {
        "visit.departed" => 5,
        "visit.reopened" => 6,
        _ => place.unwrap_or(7) as u8,
    }
}
