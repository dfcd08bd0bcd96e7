//! `/clinician`: the Directory for an NHS 111 clinician, by keyboard: who, where, what; a ranked answer with reasons.

use askama::Template;

use crate::frame::Frame;
use app::AppState;
use app::plain_words;
use app::search::parameters::{self, Fields, SearchRequest};
use app::search::{Offer, offers, sentences};
use domain::At;
use domain::care::Sex;
use domain::event::Rag;
use views::Published;
use views::search::{LeftOut, RankReason};

/// Fields of the form, in the order in which they are filled in.
const FIELDS: [&str; 10] = [
    "postcode",
    "age",
    "sex",
    "sg",
    "sd",
    "dx",
    "dx_minutes",
    "kind",
    "role",
    "km",
];
/// Places left out that the page names.
const LEFT_OUT_MAX: usize = 100;

/// A row of the answer.
pub struct OfferRow {
    number: usize,
    id: String,
    name: String,
    kind: &'static str,
    miles: String,
    by_car: String,
    opening: String,
    /// "Amber, set at 9:05am".
    capacity: String,
    tag: &'static str,
    wait: String,
    slots: u32,
    phone: Option<String>,
    instructions: Option<String>,
    is_catch_all: bool,
    why: Vec<String>,
}

/// The page.
#[derive(Template)]
#[template(path = "clinician.html")]
pub struct ClinicianPage {
    frame: Frame,
    /// Who is signed in.
    who: String,
    /// As filled in, in the order of [`FIELDS`].
    values: Vec<(&'static str, String)>,
    sexes: Vec<(&'static str, &'static str, bool)>,
    faults: Vec<(&'static str, String, String)>,
    is_asked: bool,
    place: String,
    area: String,
    rows: Vec<OfferRow>,
    left_out: Vec<(String, String, String)>,
    left_out_total: usize,
    how: &'static str,
    as_of: String,
}

impl ClinicianPage {
    /// Answers the form, or shows it empty.
    pub async fn new(shared: &AppState, who: &str, pairs: Vec<(String, String)>) -> Self {
        let known: Vec<(String, String)> = pairs
            .into_iter()
            .filter(|(name, text)| FIELDS.contains(&name.as_str()) && !text.trim().is_empty())
            .collect();
        let fields = Fields::of(known.clone(), &FIELDS);
        let value = |name: &'static str| {
            let text = fields.get(name).unwrap_or_default();
            (name, text.chars().take(200).collect::<String>())
        };
        let sex = fields.get("sex").unwrap_or_default().to_owned();
        let now = shared.clock.now();
        let mut page = Self {
            frame: Frame::of(&shared.mode),
            who: who.to_owned(),
            values: FIELDS.map(value).to_vec(),
            sexes: sexes(&sex),
            faults: Vec::new(),
            is_asked: !known.is_empty(),
            place: String::new(),
            area: String::new(),
            rows: Vec::new(),
            left_out: Vec::new(),
            left_out_total: 0,
            how: shared.travel.how(),
            as_of: plain_words::clock(now),
        };
        if page.is_asked {
            let mut pairs = known;
            for (name, text) in [("for", "clinician"), ("explain", "true"), ("limit", "100")] {
                pairs.push((name.to_owned(), text.to_owned()));
            }
            match parameters::read(pairs, now) {
                Ok(ask) => page.answer(shared, &ask).await,
                Err(faults) => {
                    page.faults = faults
                        .into_iter()
                        .map(|fault| (fault.field, fault.message, fault.hint))
                        .collect();
                }
            }
        }
        page
    }

    /// What was filled in.
    fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, text)| text)
    }

    /// Whether something is wrong with a field.
    fn is_bad(&self, name: &str) -> bool {
        self.faults.iter().any(|(field, _, _)| *field == name)
    }

    async fn answer(&mut self, shared: &AppState, ask: &SearchRequest) {
        let published = shared.published();
        let answer = offers(shared, &published, ask).await;
        let at = ask.query.at;
        self.place.clone_from(&ask.place);
        self.area = sentences::reach(ask.query.reach);
        let rows = (1..).zip(&answer.offers);
        self.rows = rows
            .map(|(number, offer)| row(number, offer, &published, at))
            .collect();
        self.left_out_total = answer.left_out.len();
        let shown = answer.left_out.iter().take(LEFT_OUT_MAX);
        self.left_out = shown.map(|left| left_out(left, at)).collect();
    }
}

fn sexes(chosen: &str) -> Vec<(&'static str, &'static str, bool)> {
    let is = |sex: Sex| Sex::find(chosen) == Some(sex);
    vec![
        ("", "Not said", chosen.is_empty()),
        ("F", "Female", is(Sex::F)),
        ("M", "Male", is(Sex::M)),
        ("I", "Indeterminate", is(Sex::I)),
    ]
}

fn row(number: usize, offer: &Offer, published: &Published, at: At) -> OfferRow {
    let found = &offer.found;
    let service = &found.service;
    let view = published.services.get(&service.id);
    let status = view.and_then(|view| view.status.as_ref());
    let (word, tag) = match status.map(|status| status.rag) {
        Some(Rag::Green) => ("Green", "green"),
        Some(Rag::Amber) => ("Amber", "yellow"),
        Some(Rag::Red) => ("Red", "red"),
        None => ("Not said", "grey"),
    };
    let capacity = match status {
        Some(status) => format!("{word}, set at {}", plain_words::when(status.since, at)),
        None => word.to_owned(),
    };
    let wait = match (&offer.wait, offer.waiting()) {
        (_, Some(minutes)) => plain_words::about(minutes),
        (Some(_), None) => "Withheld".to_owned(),
        (None, None) => "No live data".to_owned(),
    };
    OfferRow {
        number,
        id: service.id.to_string(),
        name: service.name.clone(),
        kind: service.kind.plain(),
        miles: sentences::miles(found.km),
        by_car: offer
            .by_car
            .map_or_else(|| "–".to_owned(), plain_words::duration),
        opening: sentences::opening(service, at),
        capacity,
        tag,
        wait,
        slots: view.map_or(0, |view| view.slots_ahead),
        phone: service
            .contacts
            .clinical_phone
            .clone()
            .or_else(|| service.contacts.public_phone.clone()),
        instructions: service
            .referral
            .clinical_instructions
            .clone()
            .or_else(|| service.referral.public_instructions.clone()),
        is_catch_all: found.standing == RankReason::CatchAll,
        why: offer.why.clone(),
    }
}

fn left_out(left: &LeftOut, at: At) -> (String, String, String) {
    let why: Vec<String> = left
        .why
        .iter()
        .map(|why| sentences::excluded(*why, at))
        .collect();
    (
        left.service.name.clone(),
        sentences::miles(left.km),
        why.join(" "),
    )
}
