//! `/find`: what is the matter, and where are you; which places are right, and why.

use askama::Template;
use serde::Deserialize;

use crate::frame::Frame;
use app::AppState;
use app::plain_words;
use app::search::parameters::{self, SearchRequest};
use app::search::{Fault, Offer, offers, sentences};
use domain::need::{self, Need, Urgency};
use domain::service_contacts::Facility;
use domain::{Age, At, Service};

/// Longest text that is looked at, characters.
const TEXT_CHARS_MAX: usize = 200;

/// What the reader filled in.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Form {
    q: Option<String>,
    from: Option<String>,
    age: Option<String>,
    sort: Option<String>,
    open: Option<String>,
}

/// A place on the page.
pub struct FoundService {
    id: String,
    name: String,
    kind: &'static str,
    /// "2.1 miles away, about 12 minutes by car."
    way: String,
    /// "About 35 minutes to be seen", or nothing when there is no live wait.
    wait: Option<String>,
    /// "About 1 hour in all."
    total: Option<String>,
    opening: String,
    is_closed: bool,
    /// Whether one can simply go there.
    entry: &'static str,
    phone: Option<String>,
    instructions: Option<String>,
    facilities: Option<String>,
    why: Vec<String>,
}

/// What to do first.
pub struct Advice {
    name: Option<String>,
    words: String,
    is_emergency: bool,
    is_crisis: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "find.html")]
pub struct FindPage {
    frame: Frame,
    q: String,
    from: String,
    age: String,
    open_only: bool,
    sorts: Vec<(&'static str, &'static str, bool)>,
    /// The field it is about, and words.
    faults: Vec<(&'static str, String)>,
    advice: Option<Advice>,
    /// Something was asked, so that there is an answer to show.
    is_asked: bool,
    place: String,
    places: Vec<FoundService>,
    how: &'static str,
}

impl FindPage {
    /// Answers the form, or shows it empty.
    pub async fn new(shared: &AppState, form: &Form) -> Self {
        let cut = |text: &Option<String>| -> String {
            let text = text.as_deref().unwrap_or_default().trim();
            text.chars().take(TEXT_CHARS_MAX).collect()
        };
        let (q, from, age) = (cut(&form.q), cut(&form.from), cut(&form.age));
        let sort = form.sort.as_deref().unwrap_or("soonest");
        let mut page = Self {
            frame: Frame::of(&shared.mode),
            open_only: form.open.is_some(),
            sorts: sorts(sort),
            faults: Vec::new(),
            advice: None,
            is_asked: !q.is_empty() || !from.is_empty(),
            place: String::new(),
            places: Vec::new(),
            how: shared.travel.how(),
            q,
            from,
            age,
        };
        if !page.is_asked {
            return page;
        }
        let understood = need::find(&page.q);
        page.advice = advice(&page.q, &understood.needs);
        if page.from.is_empty() {
            page.faults
                .push(("from", "Enter your postcode or town".to_owned()));
            return page;
        }
        match parameters::read(page.pairs(sort), shared.clock.now()) {
            Ok(ask) => page.answer(shared, &ask).await,
            Err(faults) => page.faults = faults.iter().map(in_plain_words).collect(),
        }
        page
    }

    /// Whether something is wrong with a field.
    fn is_bad(&self, name: &str) -> bool {
        self.faults.iter().any(|(field, _)| *field == name)
    }

    async fn answer(&mut self, shared: &AppState, ask: &SearchRequest) {
        let published = shared.published();
        let answer = offers(shared, &published, ask).await;
        self.place.clone_from(&ask.place);
        self.places = answer
            .offers
            .iter()
            .map(|offer| place(offer, ask.query.at))
            .collect();
    }

    fn pairs(&self, sort: &str) -> Vec<(String, String)> {
        let is_postcode = self.from.chars().any(|c| c.is_ascii_digit());
        let origin = if is_postcode { "postcode" } else { "place" };
        let open = if self.open_only { "now" } else { "any" };
        let pairs = [
            (origin, self.from.as_str()),
            ("q", &self.q),
            ("age", &self.age),
            ("sort", sort),
            ("open", open),
        ];
        pairs
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .to_vec()
    }
}

fn sorts(chosen: &str) -> Vec<(&'static str, &'static str, bool)> {
    [
        ("soonest", "Soonest seen (travel and wait)"),
        ("nearest", "Nearest"),
        ("transport", "Best transport links"),
    ]
    .map(|(value, words)| (value, words, value == chosen))
    .to_vec()
}

/// What to do first; nothing to say when nothing was asked in words.
fn advice(q: &str, needs: &[&'static Need]) -> Option<Advice> {
    if q.is_empty() {
        return None;
    }
    let need = needs.first();
    Some(Advice {
        name: need.map(|need| need.name.clone()),
        words: need.map_or(need::FALLBACK, |need| &need.advice).to_owned(),
        is_emergency: need.is_some_and(|need| need.urgency == Urgency::Emergency),
        is_crisis: need.is_some_and(|need| need.urgency == Urgency::Crisis),
    })
}

/// The fault as the form has it.
fn in_plain_words(fault: &Fault) -> (&'static str, String) {
    match fault.field {
        "postcode" | "place" => (
            "from",
            "Enter a full postcode, or a town or village, in or near Leicester, Leicestershire and Rutland"
                .to_owned(),
        ),
        "age" => ("age", "Enter an age in years, like 34".to_owned()),
        "sort" => ("sort", "Choose an order from the list".to_owned()),
        _ => ("q", format!("{}: {}", fault.field, fault.message)),
    }
}

fn place(offer: &Offer, at: At) -> FoundService {
    let found = &offer.found;
    let service = &found.service;
    let miles = plain_words::capital(&sentences::miles(found.km));
    FoundService {
        id: service.id.to_string(),
        name: service.shown_name().to_owned(),
        kind: service.kind.plain(),
        way: match offer.by_car {
            Some(minutes) => {
                format!(
                    "{miles} away, about {} by car.",
                    plain_words::duration(minutes)
                )
            }
            None => format!("{miles} away."),
        },
        wait: wait(offer),
        total: offer
            .in_all()
            .map(|total| format!("{} in all.", plain_words::about(total))),
        opening: sentences::opening(service, at),
        is_closed: found.session.is_none(),
        entry: entry(service),
        phone: service.contacts.public_phone.clone(),
        instructions: service.referral.public_instructions.clone(),
        facilities: facilities(service),
        why: offer.why.clone(),
    }
}

fn wait(offer: &Offer) -> Option<String> {
    let reading = offer.wait.as_ref()?;
    Some(match reading.age {
        Age::Fresh(measure) => format!("{} to be seen", plain_words::about(measure.value)),
        Age::Late { measure, heard } => format!(
            "{} to be seen, as last heard at {}",
            plain_words::about(measure.value),
            plain_words::clock(heard)
        ),
        Age::Withheld(why) => why.plain().to_owned(),
    })
}

/// Whether one can simply go there.
pub fn entry(service: &Service) -> &'static str {
    match service.bookable_via_111.as_str() {
        _ if service.walk_in && !service.requires_booking() => "You can walk in.",
        "clinician" => "Only if a clinician sends you.",
        "yes" | "time-slot" => "Call 111 first for a booked time.",
        _ => "Get in touch first: you cannot walk in.",
    }
}

/// "X-ray, car park. Not here: step-free access. Children are not treated here."
pub fn facilities(service: &Service) -> Option<String> {
    let of = |is_there: bool| -> Vec<&'static str> {
        Facility::ALL
            .into_iter()
            .filter(|facility| is_there || *facility != Facility::Children)
            .filter(|facility| service.has(*facility) == Some(is_there))
            .map(Facility::plain)
            .collect()
    };
    let (there, not) = (of(true), of(false));
    let there = (!there.is_empty()).then(|| format!("{}.", there.join(", ")));
    let not = (!not.is_empty()).then(|| format!("Not here: {}.", not.join(", ").to_lowercase()));
    let is_for_adults = service.has(Facility::Children) == Some(false);
    let adults = is_for_adults.then(|| "Children are not treated here.".to_owned());
    let parts: Vec<String> = [there, not, adults].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
