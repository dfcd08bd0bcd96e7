//! Why a place is offered, and why another is not, in sentences.

use crate::plain_words::{MILES_PER_KM, clock, duration, when};
use crate::search::offer::Offer;
use crate::search::parameters::{SearchRequest, SortOrder};
use domain::care::years_in_days;
use domain::event::Rag;
use domain::opening::Opening;
use domain::service_contacts::{Audience, Facility};
use domain::time::{DAY, MINUTE};
use domain::{At, Service};
use views::search::{Excluded, RankReason, Reach};

/// "2.1 miles"
pub fn miles(km: f64) -> String {
    let miles = km * MILES_PER_KM;
    if miles < 0.1 {
        "less than 0.1 miles".to_owned()
    } else {
        format!("{miles:.1} miles")
    }
}

/// Whether it is open at a moment, and until when or from when.
pub fn opening(service: &Service, at: At) -> String {
    match service.hours.at(at) {
        Opening::AllHours => "Open 24 hours.".to_owned(),
        Opening::Open { until: Some(until) } => format!("Open until {}.", closing(until, at)),
        Opening::Open { until: None } => "Open now.".to_owned(),
        Opening::Closed { opens: Some(opens) } => {
            let minutes = opens.minutes_since(at);
            if minutes <= 180 {
                format!(
                    "Closed. Opens in {}, at {}.",
                    duration(minutes.max(1)),
                    clock(opens)
                )
            } else {
                format!("Closed. Opens at {}.", when(opens, at))
            }
        }
        Opening::Closed { opens: None } => "Closed.".to_owned(),
    }
}

/// The midnight at which a day ends belongs to that day: "midnight", and not "midnight tomorrow".
fn closing(until: At, at: At) -> String {
    let is_tonight = until == until.london_midnight() && until.since(at) <= DAY;
    if is_tonight {
        "midnight".to_owned()
    } else {
        when(until, at)
    }
}

/// Why a place is offered and stands where it does.
pub fn reasons(offer: &Offer, ask: &SearchRequest) -> Vec<String> {
    let found = &offer.found;
    let service = &found.service;
    let mut why = Vec::new();
    match found.standing {
        RankReason::CatchAll => why.push(
            "An emergency department is always offered, whatever its capacity and whatever else was asked."
                .to_owned(),
        ),
        RankReason::Ranked { kind, nearest } if ask.sort == SortOrder::Rank => why.push(format!(
            "Rank {kind} of its kind, {} of these; {} away.",
            ordinal(nearest),
            miles(found.km)
        )),
        RankReason::Ranked { .. } => why.push(place_in(offer, ask.sort)),
    }
    if let Some(need) = ask.needs.first() {
        why.push(format!("For: {}.", need.name));
    }
    why.extend(seen_before_it_closes(offer, ask));
    why.extend(age_and_care(service, ask));
    if ask.query.age_days.is_none() && is_for_children(service) {
        why.push("For children only: say the age to see whether it fits.".to_owned());
    }
    if found.capacity == Some(Rag::Amber) {
        why.push("It says that it is very busy.".to_owned());
    }
    if found.capacity == Some(Rag::Red) {
        why.push("It says that it has no capacity.".to_owned());
    }
    if let Some(facility) = ask
        .needs
        .first()
        .and_then(|need| need.needs_facility.as_deref())
        && let Some(facility) = Facility::find(facility)
    {
        why.push(match service.has(facility) {
            Some(true) => format!("{}: yes.", facility.plain()),
            Some(false) => format!("{}: no. You may be sent on.", facility.plain()),
            None => format!("{}: not known. Ask before you go.", facility.plain()),
        });
    }
    if service.requires_booking() {
        why.push("Only with a booking: call 111.".to_owned());
    }
    why
}

/// Whether no adult is taken.
pub fn is_for_children(service: &Service) -> bool {
    !service.care.takes_age(years_in_days(40.0))
}

fn place_in(offer: &Offer, sort: SortOrder) -> String {
    let away = miles(offer.found.km);
    match (sort, offer.in_all()) {
        (SortOrder::Soonest, Some(total)) => {
            format!("About {} for travel and wait together.", duration(total))
        }
        (SortOrder::Soonest, None) => {
            format!("{away} away. It has no live wait, so it stands behind those that have.")
        }
        (SortOrder::Transport, _) => transport(&offer.found.service)
            .unwrap_or_else(|| "Its bus stops and stations are not known.".to_owned()),
        _ => format!("{away} away in a straight line."),
    }
}

/// "16 bus stops within 400 metres; Leicester station 0.6 miles; car park."
pub fn transport(service: &Service) -> Option<String> {
    let stops = service.bus_stops_400m.map(|stops| match stops {
        1 => "1 bus stop within 400 metres".to_owned(),
        _ => format!("{stops} bus stops within 400 metres"),
    });
    let rail = service
        .nearest_rail
        .as_ref()
        .map(|rail| format!("{} station {}", rail.name, miles(rail.km())));
    let parking = service
        .has(Facility::Parking)
        .map(|is_there| if is_there { "car park" } else { "no car park" }.to_owned());
    let parts: Vec<String> = [stops, rail, parking].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
}

fn seen_before_it_closes(offer: &Offer, ask: &SearchRequest) -> Option<String> {
    let at = ask.query.at;
    let session = offer.found.session?;
    if session.opens > at {
        return Some(format!("Opens at {}.", when(session.opens, at)));
    }
    let closes = session.closes?;
    let seen = at.plus(offer.in_all()? * MINUTE);
    (seen > closes).then(|| {
        format!(
            "It closes at {}, before you could expect to be seen.",
            closing(closes, at)
        )
    })
}

fn age_and_care(service: &Service, ask: &SearchRequest) -> Option<String> {
    let query = &ask.query;
    let is_said = query.age_days.is_some() && !service.care.ages.is_empty();
    let is_treated = query.symptom.is_some() && !service.care.symptoms.is_empty();
    match (is_said, is_treated) {
        (true, true) => Some("Takes this age and treats this symptom.".to_owned()),
        (true, false) => Some("Takes this age.".to_owned()),
        (false, true) => Some("Treats this symptom.".to_owned()),
        (false, false) if query.audience == Audience::Professional => {
            Some("Its record sets no limit of age or symptom that was asked about.".to_owned())
        }
        (false, false) => None,
    }
}

fn ordinal(number: u32) -> String {
    match number {
        1 => "the nearest".to_owned(),
        2 => "the second nearest".to_owned(),
        3 => "the third nearest".to_owned(),
        _ => format!("number {number} by distance"),
    }
}

/// The stable word for a reason, on the wire.
pub fn label(why: Excluded) -> &'static str {
    match why {
        Excluded::NotActive => "not_active",
        Excluded::NotForThePublic => "professionals_only",
        Excluded::OtherKind => "other_kind",
        Excluded::Facility => "facility",
        Excluded::Age => "age",
        Excluded::Sex => "sex",
        Excluded::Symptom => "symptom",
        Excluded::Disposition => "disposition",
        Excluded::Role => "role",
        Excluded::ClosedOutOfTurn => "closed_out_of_turn",
        Excluded::NoCapacity => "no_capacity",
        Excluded::NotOpen { .. } => "not_open",
        Excluded::ClosesTooSoon { .. } => "closes_too_soon",
        Excluded::EnoughNearer => "enough_nearer",
    }
}

/// Why a place is not offered.
pub fn excluded(why: Excluded, now: At) -> String {
    match why {
        Excluded::NotActive => "Its record is not active.".to_owned(),
        Excluded::NotForThePublic => "It is for professionals only.".to_owned(),
        Excluded::OtherKind => "Another kind of place was asked for.".to_owned(),
        Excluded::Facility => "It is not known to have what was asked for.".to_owned(),
        Excluded::Age => "It does not take this age.".to_owned(),
        Excluded::Sex => "It does not take this sex.".to_owned(),
        Excluded::Symptom => "It does not treat this symptom.".to_owned(),
        Excluded::Disposition => "This disposition may not be sent there.".to_owned(),
        Excluded::Role => "This role may not refer to it.".to_owned(),
        Excluded::ClosedOutOfTurn => "It is closed out of turn.".to_owned(),
        Excluded::NoCapacity => "It says that it has no capacity.".to_owned(),
        Excluded::NotOpen { opens: Some(opens) } => {
            format!("It is not open in time; it opens at {}.", when(opens, now))
        }
        Excluded::NotOpen { opens: None } => "It is not open.".to_owned(),
        Excluded::ClosesTooSoon { closes } => format!(
            "It closes at {}, within half an hour of when the patient could be there.",
            when(closes, now)
        ),
        Excluded::EnoughNearer => "Enough others of its kind are nearer.".to_owned(),
    }
}

/// "within 32.2 km" or "in a square of 60 km to each side".
pub fn reach(reach: Reach) -> String {
    match reach {
        Reach::Square(km) => format!("in a square of {km} km to each side"),
        Reach::Circle(km) => format!("within {}", miles(km)),
    }
}
