//! Where to take or send one patient: what may take them first, then by drive and hand-over or wait; with reasons.

pub mod nudges;
mod predicted;
pub mod rank;

use std::sync::Arc;

use crate::{Published, ServiceView};
use domain::care::years_in_days;
use domain::event::Rag;
use domain::opening::Opening;
use domain::pathway::{PathwayNeed, PathwayStep, Pathways, Way};
use domain::time::{MINUTE, Millis};
use domain::{At, Reading, ReadingName};

pub use predicted::{Basis, predict};

use nudges::{NudgeState, Recommended, TAKEN_SHARE, recommend};
use rank::{Prospect, Range, chance_of_order, tie_groups};

/// A child whose age was not said, years.
const SOME_CHILD_YEARS: f64 = 8.0;
/// Each person ahead adds at most so many minutes.
const EACH_AHEAD_MAX: f64 = 10.0;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct DestinationsQuery<'a> {
    /// What the patient needs.
    pub need: &'a PathwayNeed,
    /// How they come.
    pub way: Way,
    /// Their age, days.
    pub age_days: Option<u32>,
    /// They set off so much later.
    pub in_time: Millis,
}

/// Why a place is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excluded {
    /// Too far for a drive to be worked out.
    TooFar,
    /// Further than the pathway allows, minutes.
    BeyondBypass(i64),
    /// Not of that age.
    Age,
    /// Ambulances do not go there.
    NoAmbulances,
    /// Nobody may walk in.
    NotWalkIn,
    /// Closed when the patient would be there, and when it opens.
    ClosedOnArrival(Option<At>),
    /// Closed out of turn.
    ClosedOutOfTurn,
    /// Says that it has no capacity.
    NoCapacity,
}

impl Excluded {
    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::TooFar => "too_far",
            Self::BeyondBypass(_) => "beyond_bypass",
            Self::Age => "age",
            Self::NoAmbulances => "no_ambulances",
            Self::NotWalkIn => "not_walk_in",
            Self::ClosedOnArrival(_) => "closed_on_arrival",
            Self::ClosedOutOfTurn => "closed_out_of_turn",
            Self::NoCapacity => "no_capacity",
        }
    }
}

/// Those who are coming already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coming {
    /// Ambulances on their way.
    pub inbound: u32,
    /// Bookings due before the patient would be there.
    pub booked: u32,
    /// Advised to go there a short time ago.
    pub advised: u32,
    /// Minutes that those not in the forecast add.
    pub adds: i64,
}

/// A place that may take the patient.
#[derive(Debug, Clone)]
pub struct RankedDestination {
    /// Which.
    pub view: Arc<ServiceView>,
    /// The step of the pathway that names it.
    pub step: PathwayStep,
    /// What its order rests on.
    pub prospect: Prospect,
    /// What the prediction rests on.
    pub basis: Basis,
    /// From setting off to the crew being free again, minutes; for ambulances.
    pub to_clear: Option<i64>,
    /// Who is coming already.
    pub coming: Coming,
    /// Where it stands with the herding guard.
    pub standing: NudgeState,
    /// Places of one group are a tie.
    pub group: usize,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Destinations {
    /// Places that may take the patient, in order.
    pub choices: Vec<RankedDestination>,
    /// Places that a step names and that cannot take them now, and why.
    pub left_out: Vec<(Arc<ServiceView>, Excluded)>,
    /// What is recommended, by its place in `choices`.
    pub recommended: Option<Recommended>,
    /// The chance that the first is still the soonest on arrival, 0 to 1.
    pub holds: Option<f64>,
    /// Steps that name no place: nobody told us.
    pub unknown: Vec<PathwayStep>,
}

/// Places that a pathway names, for which drives are to be found.
pub fn named(published: &Published, need: &PathwayNeed) -> Vec<Arc<ServiceView>> {
    let views = published.services.values();
    views
        .filter(|view| view.service.active && need.step_of(&view.service).is_some())
        .map(Arc::clone)
        .collect()
}

/// Answers for the places of [`named`] and their minutes by car.
pub fn answer(
    published: &Published,
    table: &Pathways,
    asked: &DestinationsQuery<'_>,
    places: &[(Arc<ServiceView>, Option<i64>)],
) -> Destinations {
    let mut choices = Vec::new();
    let mut left_out = Vec::new();
    for (view, drive) in places {
        match choice(published, table, asked, view, *drive) {
            Ok(choice) => choices.extend(choice),
            Err(why) => left_out.push((Arc::clone(view), why)),
        }
    }
    choices.sort_by(|a, b| {
        let by_id = || a.view.service.id.cmp(&b.view.service.id);
        a.prospect.compare(&b.prospect).then_with(by_id)
    });
    let order: Vec<Prospect> = choices.iter().map(|choice| choice.prospect).collect();
    for (choice, group) in choices.iter_mut().zip(tie_groups(&order)) {
        choice.group = group;
    }
    let standings = choices
        .iter()
        .map(|choice| (choice.prospect, choice.standing.clone()));
    let standings: Vec<_> = standings.collect();
    let is_empty = |step: &&PathwayStep| step.kinds.is_empty() && step.services.is_empty();
    Destinations {
        recommended: recommend(&standings),
        holds: chance_of_order(&order),
        unknown: asked.need.step.iter().filter(is_empty).cloned().collect(),
        choices,
        left_out,
    }
}

fn choice(
    published: &Published,
    table: &Pathways,
    asked: &DestinationsQuery<'_>,
    view: &Arc<ServiceView>,
    drive: Option<i64>,
) -> Result<Option<RankedDestination>, Excluded> {
    let service = &view.service;
    let drive = drive.ok_or(Excluded::TooFar)?;
    let steps = asked.need.step.iter().enumerate();
    let mut naming = steps.filter(|(_, step)| step.names(service)).peekable();
    let nearest_limit = naming.peek().and_then(|(_, step)| step.within_minutes);
    let reaches = |step: &PathwayStep| step.within_minutes.is_none_or(|most| drive <= most);
    let Some((place, step)) = naming.find(|(_, step)| reaches(step)) else {
        return nearest_limit.map_or(Ok(None), |most| Err(Excluded::BeyondBypass(most)));
    };
    let arrival = published.as_of.plus(asked.in_time + drive * MINUTE);
    eligible(table, asked, view, arrival)?;
    let standing = NudgeState::of(
        &published.advice,
        &service.id,
        &asked.need.id,
        published.as_of,
    );
    let (then, basis) = predict(view, asked.way, arrival);
    let coming = coming(
        published,
        view,
        asked.way,
        (arrival, then),
        standing.advised,
    );
    let prospect = Prospect {
        step: place,
        drive,
        then: then.map(|range| range.later(coming.adds)),
    };
    let is_ambulance = asked.way == Way::Ambulance;
    let cleared = prospect.minutes().filter(|_| is_ambulance);
    Ok(Some(RankedDestination {
        view: Arc::clone(view),
        step: step.clone(),
        prospect,
        basis,
        to_clear: cleared.map(|minutes| minutes + table.clear_minutes),
        coming,
        standing,
        group: 0,
    }))
}

/// Whether the place may take the patient at that moment.
fn eligible(
    table: &Pathways,
    asked: &DestinationsQuery<'_>,
    view: &ServiceView,
    arrival: At,
) -> Result<(), Excluded> {
    let service = &view.service;
    let some_child = || {
        let is_child = asked.need.id.contains("child");
        is_child.then(|| years_in_days(SOME_CHILD_YEARS.min(f64::from(table.child_under_years))))
    };
    let age = asked.age_days.or_else(some_child);
    let is_red = view
        .status
        .as_ref()
        .is_some_and(|said| said.rag == Rag::Red);
    if age.is_some_and(|days| !service.care.takes_age(days)) {
        Err(Excluded::Age)
    } else if asked.way == Way::Ambulance && !service.takes_ambulances {
        Err(Excluded::NoAmbulances)
    } else if asked.way == Way::WalkIn && !service.walk_in {
        Err(Excluded::NotWalkIn)
    } else if view.closure.is_some() {
        Err(Excluded::ClosedOutOfTurn)
    } else if let Opening::Closed { opens } = service.hours.at(arrival) {
        Err(Excluded::ClosedOnArrival(opens))
    } else if is_red && !service.kind.is_ed() {
        // An emergency department that says so still takes whoever comes.
        Err(Excluded::NoCapacity)
    } else {
        Ok(())
    }
}

/// Those who come before the patient, and the minutes that those whom no forecast can know yet add. One person
/// more adds what each person in the line stands for: the wait divided by the line (Little's law).
fn coming(
    published: &Published,
    view: &ServiceView,
    way: Way,
    (arrival, then): (At, Option<Range>),
    advised: u32,
) -> Coming {
    let count = |name| {
        let reading: Option<&Reading> = view.find_reading(name);
        let value = reading.and_then(|reading| reading.age.measure());
        value.map_or(0, |measure| measure.value.max(0) as u32)
    };
    let diary = published.diaries.get(&view.service.id);
    let booked = diary.map_or(0, |diary| diary.expected(published.as_of, arrival) as u32);
    let inbound = count(ReadingName::Inbound);
    let (line, fresh) = match way {
        // The forecast was made for a line like the one that stands there now; those beyond it make it longer.
        Way::Ambulance => {
            let outside = count(ReadingName::HandoversWaiting);
            (outside, f64::from(inbound.saturating_sub(outside)))
        }
        Way::WalkIn | Way::Either => {
            let fresh = f64::from(booked) + f64::from(advised) * TAKEN_SHARE;
            (count(ReadingName::Waiting), fresh)
        }
    };
    Coming {
        inbound,
        booked,
        advised,
        adds: then.map_or(0, |range| adds(range.median, line, fresh)),
    }
}

/// Minutes that people more than the forecast knows of add to what is waited for by those of a line: at most as
/// much again.
pub fn adds(median: i64, line: u32, fresh: f64) -> i64 {
    let each = median as f64 / f64::from(line.max(1));
    ((fresh * each.min(EACH_AHEAD_MAX)) as i64).min(median)
}

#[cfg(test)]
mod tests;
