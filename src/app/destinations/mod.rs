//! Destinations for crews and clinicians: where this patient may be taken, in what order and why; and what crews and
//! advisers tell in return, so that those on their way count before they arrive.

pub mod as_json;
pub mod reports;

use crate::AppState;
use crate::search::Fault;
use crate::search::parameters::{Fields, age_days, origin};
use domain::Position;
use domain::pathway::{PathwayNeed, Pathways, Way};
use domain::time::HOUR;
use log::Submitter;
use views::Published;
use views::destinations::{self, Destinations, DestinationsQuery};

/// Every parameter of the question.
const KNOWN: [&str; 9] = [
    "postcode", "place", "lat", "lng", "need", "age", "age_days", "way", "at_plus",
];

/// What these routes need.
#[derive(Clone)]
pub struct DestinationsState {
    /// The published value.
    pub shared: AppState,
    /// The way into the log.
    pub submitter: Submitter,
}

/// A question as understood.
pub struct DestinationsRequest {
    /// Where from.
    pub from: Position,
    /// Where from, in words.
    pub place: String,
    /// What the patient needs.
    pub need: PathwayNeed,
    /// How they come.
    pub way: Way,
    age_days: Option<u32>,
    /// So many hours from now.
    pub hours: i64,
}

impl DestinationsRequest {
    /// Places for the patient as things stand in a published value.
    pub async fn answer(&self, shared: &AppState, published: &Published) -> Destinations {
        let named = destinations::named(published, &self.need);
        let positions: Vec<Position> = named.iter().map(|view| view.service.position).collect();
        let minutes = shared.travel.minutes(self.from, &positions).await;
        let places: Vec<_> = named.into_iter().zip(minutes).collect();
        let asked = DestinationsQuery {
            need: &self.need,
            way: self.way,
            age_days: self.age_days,
            in_time: self.hours * HOUR,
        };
        destinations::answer(published, published.directory.pathways(), &asked, &places)
    }
}

/// Reads a question from its parameters.
pub fn read(
    table: &Pathways,
    pairs: Vec<(String, String)>,
) -> Result<DestinationsRequest, Vec<Fault>> {
    let mut fields = Fields::of(pairs, &KNOWN);
    let from = origin(&mut fields);
    let keys: Vec<&str> = table.need.iter().map(|need| need.id.as_str()).collect();
    let hint = format!("one of: {}", keys.join(", "));
    if fields.get("need").is_none() {
        fields
            .faults
            .push(Fault::new("need", "is missing", hint.clone()));
    }
    let need = fields.read("need", &hint, |text| table.find(text));
    let way = fields.read("way", "ambulance or walk_in", |text| match text {
        "ambulance" => Some(Way::Ambulance),
        "walk_in" => Some(Way::WalkIn),
        _ => None,
    });
    let age_days = age_days(&mut fields);
    let hours = fields.read("at_plus", "0, 1 or 2 hours", |text| {
        text.parse().ok().filter(|hours| (0..=2).contains(hours))
    });
    let way = way.unwrap_or(match need.map(|need| need.way) {
        Some(Way::WalkIn) => Way::WalkIn,
        _ => Way::Ambulance,
    });
    if need.is_some_and(|need| !need.allows(way)) {
        let message = "such patients do not come that way";
        fields
            .faults
            .push(Fault::new("way", message, "give the other way"));
    }
    match (from, need) {
        (Some((from, place)), Some(need)) if fields.faults.is_empty() => Ok(DestinationsRequest {
            from,
            place,
            need: need.clone(),
            way,
            age_days,
            hours: hours.unwrap_or(0),
        }),
        _ => Err(fields.faults),
    }
}
