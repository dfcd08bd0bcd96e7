//! Destinations as JSON, each with its reasons in sentences.

use serde_json::{Value, json};

use domain::At;
use domain::pathway::{Confidence, Way};
use views::destinations::nudges::{BURST_MAX, Guard, NUDGES_MAX};
use views::destinations::{Basis, Destinations, Excluded, RankedDestination};

/// A place and what is said of it beside the others.
pub struct RankedPlace<'a> {
    /// The place.
    pub choice: &'a RankedDestination,
    /// As good as another: the difference is smaller than the doubt.
    pub is_tie: bool,
    /// The one that is recommended.
    pub is_recommended: bool,
    /// Why it is here and in this place, in sentences.
    pub why: Vec<String>,
}

/// Every place that may take the patient, in order.
pub fn told(found: &Destinations, way: Way) -> impl Iterator<Item = RankedPlace<'_>> {
    let first = found.choices.first();
    let ties = |group: usize| {
        let same = found.choices.iter().filter(|other| other.group == group);
        same.count() > 1
    };
    let all = found.choices.iter().enumerate();
    all.map(move |(place, choice)| {
        let is_tie = ties(choice.group);
        let is_first_tie = is_tie && first.is_some_and(|first| first.group == choice.group);
        RankedPlace {
            choice,
            is_tie,
            is_recommended: found.recommended.is_some_and(|said| said.place == place),
            why: reasons(choice, way, (is_tie, is_first_tie), first),
        }
    })
}

/// Every place that may take the patient, in order.
pub fn choices(found: &Destinations, way: Way) -> Value {
    let all = told(found, way).map(|told| {
        let mut body = one(told.choice, way);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("tie_group".to_owned(), told.choice.group.into());
            fields.insert("is_tie".to_owned(), told.is_tie.into());
            fields.insert("recommended".to_owned(), told.is_recommended.into());
            fields.insert("why".to_owned(), told.why.into());
        }
        body
    });
    all.collect()
}

fn one(choice: &RankedDestination, way: Way) -> Value {
    let service = &choice.view.service;
    let then = match (choice.prospect.then, choice.basis) {
        (Some(range), basis) => json!({
            "value": range.median, "low": range.low, "high": range.high, "basis": basis.label(),
        }),
        (None, Basis::NotKnown(why)) => json!({"basis": "not_known", "reason": why.label()}),
        (None, basis) => json!({"basis": basis.label()}),
    };
    json!({
        "service": service.id,
        "name": service.shown_name(),
        "kind": service.kind.label(),
        "kind_words": service.kind.plain(),
        "lat": service.position.lat,
        "lng": service.position.lng,
        "phone": service.contacts.clinical_phone,
        "step": choice.prospect.step + 1,
        "pathway": {
            "why": choice.step.why,
            "source": choice.step.source,
            "confidence": choice.step.confidence.label(),
            "accept_first": choice.step.accept,
        },
        "drive_minutes": choice.prospect.drive,
        "waits_for": if way == Way::Ambulance { "handover" } else { "seen" },
        "then": then,
        "minutes": choice.prospect.minutes(),
        "clear_minutes": choice.to_clear,
        "coming": {
            "inbound": choice.coming.inbound,
            "booked": choice.coming.booked,
            "advised": choice.coming.advised,
            "adds_minutes": choice.coming.adds,
        },
        "guard": {
            "nudges": choice.standing.nudges, "most": NUDGES_MAX, "window": "PT1H",
            "burst": choice.standing.burst, "burst_most": BURST_MAX, "burst_window": "PT15M",
            "asks_minutes": Guard::SERVER.asks(&choice.standing),
        },
        "off": choice.standing.off.as_ref().map(|off| json!({
            "why": off.why, "since": off.since.rfc3339_london(), "by": off.by,
        })),
    })
}

/// Why it is here and in this place.
fn reasons(
    choice: &RankedDestination,
    way: Way,
    (is_tie, is_first_tie): (bool, bool),
    first: Option<&RankedDestination>,
) -> Vec<String> {
    let mut why = vec![sentence(&choice.step.why)];
    if choice.step.accept {
        why.push("Ring first: it must agree to take the patient.".to_owned());
    }
    if matches!(
        choice.step.confidence,
        Confidence::Low | Confidence::Unknown
    ) {
        why.push("This rule is not confirmed locally.".to_owned());
    }
    let drive = choice.prospect.drive;
    why.push(match (choice.prospect.then, way) {
        (Some(then), Way::Ambulance) => format!(
            "{drive} minutes' drive, then about {} minutes to hand over ({} to {}).",
            then.median, then.low, then.high
        ),
        (Some(then), _) => format!(
            "{drive} minutes' drive, then about {} minutes to be seen ({} to {}).",
            then.median, then.low, then.high
        ),
        (None, _) => format!("{drive} minutes' drive; what is waited for there is not known."),
    });
    if let (Some(own), Some(best)) = (choice.prospect.minutes(), first) {
        let same = best.prospect.step == choice.prospect.step;
        if let Some(more) = best
            .prospect
            .minutes()
            .map(|best| own - best)
            .filter(|m| *m > 0 && same)
        {
            why.push(format!("{more} minutes longer than the first in all."));
        }
    }
    if is_first_tie {
        why.push("As good as the others marked as a tie with the first: the difference is smaller than the doubt.".to_owned());
    } else if is_tie {
        why.push("A tie with its neighbours: the difference is smaller than the doubt.".to_owned());
    }
    if choice.coming.adds > 0 {
        let people = choice.coming.inbound + choice.coming.booked + choice.coming.advised;
        why.push(format!(
            "{people} on their way, booked or just advised; those beyond the usual add {} minutes.",
            choice.coming.adds
        ));
    }
    if let Some(off) = &choice.standing.off {
        why.push(format!("Not recommended for now: {}", sentence(&off.why)));
    } else if Guard::SERVER.is_full(&choice.standing) {
        why.push(
            "Enough people were sent here lately: nobody more is sent out of their way for now."
                .to_owned(),
        );
    }
    why
}

/// A capital letter and a full stop.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>());
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
}

/// What is recommended.
pub fn recommended(found: &Destinations) -> Value {
    let said = found.recommended;
    let choice = said.and_then(|said| Some((said, found.choices.get(said.place)?)));
    choice.map_or(Value::Null, |(said, choice)| {
        json!({
            "service": choice.view.service.id,
            "nudge": said.is_nudge,
            "gain_minutes": said.gain,
        })
    })
}

/// Places named by a step that cannot take the patient now.
pub fn left_out(found: &Destinations) -> Value {
    let all = found.left_out.iter().map(|(view, why)| {
        json!({
            "service": view.service.id,
            "name": view.service.shown_name(),
            "reason": why.label(),
            "words": words(*why),
        })
    });
    all.collect()
}

/// Why a place is not offered, as a sentence.
pub fn words(why: Excluded) -> String {
    let opens = |at: Option<At>| {
        at.map_or(String::new(), |at| {
            format!("; opens {}", at.rfc3339_london())
        })
    };
    match why {
        Excluded::TooFar => "Too far for a drive to be worked out.".to_owned(),
        Excluded::BeyondBypass(most) => format!("Further than the {most} minutes of the pathway."),
        Excluded::Age => "Does not take patients of that age.".to_owned(),
        Excluded::NoAmbulances => "Ambulances do not go there.".to_owned(),
        Excluded::NotWalkIn => "Nobody may walk in.".to_owned(),
        Excluded::ClosedOnArrival(at) => {
            format!("Closed when the patient would be there{}.", opens(at))
        }
        Excluded::ClosedOutOfTurn => "Closed out of turn.".to_owned(),
        Excluded::NoCapacity => "Says that it has no capacity.".to_owned(),
    }
}

/// Steps for which nobody told us a place.
pub fn unknown(found: &Destinations) -> Value {
    found
        .unknown
        .iter()
        .map(|step| sentence(&step.why))
        .collect()
}
