//! The answer as cards.

use crate::crew::map;
use app::destinations::DestinationsRequest;
use app::destinations::as_json::{self, RankedPlace};
use app::plain_words;
use domain::pathway::Way;
use domain::{Age, At, Position, ReadingName};
use views::Published;
use views::destinations::{Basis, Destinations, RankedDestination};

/// Attribute of a Directory record: the way in for ambulances.
const ENTRANCE: &str = "ambulance_entrance";

/// A place.
pub struct Card {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    /// "36 min": drive and hand-over; nothing where the hand-over is not known.
    pub total: Option<i64>,
    pub drive: i64,
    /// "Hand-over about 20 min (5 to 45)", or why it is not known.
    pub then: String,
    pub is_late: bool,
    /// "Free again after about 50 min."
    pub clear: Option<i64>,
    pub is_recommended: bool,
    pub is_tie: bool,
    /// Must be rung and agree first.
    pub accept_first: bool,
    /// Not recommended for now: why.
    pub off: Option<String>,
    /// So many are on their way.
    pub inbound: u32,
    pub phone: Option<String>,
    pub entrance: Option<String>,
    pub why: Vec<String>,
}

/// The answer.
pub struct DestinationCards {
    pub need: String,
    pub from: String,
    pub as_of: At,
    pub as_of_words: String,
    /// "8 in 10".
    pub holds: Option<String>,
    pub cards: Vec<Card>,
    /// The places on a map, as SVG; nothing where there is no place.
    pub map: Option<String>,
    /// Name and why.
    pub left_out: Vec<(String, String)>,
    /// Steps that name no place.
    pub unknown: Vec<String>,
    pub how: &'static str,
    pub source: String,
    pub is_signed_off: bool,
    /// Whoever asks may tell that they set off.
    pub may_tell: bool,
}

impl DestinationCards {
    /// In words.
    pub fn new(
        published: &Published,
        question: &DestinationsRequest,
        found: &Destinations,
        how: &'static str,
        may_tell: bool,
    ) -> Self {
        let table = published.directory.pathways();
        let left_out = found.left_out.iter();
        let at = found
            .choices
            .iter()
            .map(|choice| choice.view.service.position);
        let places: Vec<Position> = at.collect();
        let unknown = found.unknown.iter();
        Self {
            need: question.need.name.clone(),
            from: question.place.clone(),
            as_of: published.as_of,
            as_of_words: plain_words::clock(published.as_of),
            holds: found.holds.filter(|_| has_two(found)).map(tenths),
            map: (!places.is_empty()).then(|| map::draw(question.from, &places)),
            cards: as_json::told(found, Way::Ambulance).map(card).collect(),
            left_out: left_out
                .map(|(view, why)| (view.service.shown_name().to_owned(), as_json::words(*why)))
                .collect(),
            unknown: unknown.map(|step| as_json::sentence(&step.why)).collect(),
            how,
            source: table.source.clone(),
            is_signed_off: table.signed_off,
            may_tell,
        }
    }
}

/// An order of one place whose hand-over is known, beside others of which nothing is, says nothing.
fn has_two(found: &Destinations) -> bool {
    let known = found
        .choices
        .iter()
        .filter(|choice| choice.prospect.then.is_some());
    known.count() > 1
}

fn tenths(chance: f64) -> String {
    match (chance * 10.0).round() {
        tenths if tenths >= 10.0 => "more than 9 in 10".to_owned(),
        tenths if tenths < 1.0 => "less than 1 in 10".to_owned(),
        tenths => format!("{tenths} in 10"),
    }
}

fn card(told: RankedPlace<'_>) -> Card {
    let RankedPlace {
        choice,
        is_tie,
        is_recommended,
        why,
    } = told;
    let service = &choice.view.service;
    let (then, is_late) = then(choice);
    Card {
        id: service.id.to_string(),
        name: service.shown_name().to_owned(),
        kind: service.kind.plain(),
        total: choice.prospect.minutes(),
        drive: choice.prospect.drive,
        then,
        is_late,
        clear: choice.to_clear,
        is_recommended,
        is_tie,
        accept_first: choice.step.accept,
        off: choice
            .standing
            .off
            .as_ref()
            .map(|off| as_json::sentence(&off.why)),
        inbound: choice.coming.inbound,
        phone: service.contacts.clinical_phone.clone(),
        entrance: service.attributes.get(ENTRANCE).map(ToString::to_string),
        why,
    }
}

/// What is known of the hand-over, and whether its feed is late.
fn then(choice: &RankedDestination) -> (String, bool) {
    let Some(range) = choice.prospect.then else {
        let why = match choice.basis {
            Basis::NotKnown(why) => why.plain(),
            _ => "No live data",
        };
        return (format!("Hand-over not known. {why}"), false);
    };
    let words = format!(
        "Hand-over about {} min ({} to {})",
        range.median, range.low, range.high
    );
    let reading = choice.view.find_reading(ReadingName::Handover);
    match reading.map(|reading| reading.age) {
        Some(Age::Late { heard, .. }) => (
            format!("{words}, last heard at {}", plain_words::clock(heard)),
            true,
        ),
        _ => (words, false),
    }
}
