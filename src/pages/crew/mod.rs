//! `/crew`: where to take this patient, for a phone in one hand. The page is whole without JavaScript; with it, it is
//! kept for when there is no signal, and a choice made then is sent later.

mod cards;
mod map;

use askama::Template;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};

use crate::assets;
use crate::frame::{Frame, page, private};
use app::destinations::reports::{Conveying, NotTaken, set_off};
use app::destinations::{DestinationsState, read};
use app::plain_words;
use app::search::Fault;
use app::search::parameters::Fields;
use cards::DestinationCards;
use domain::pathway::Way;
use domain::{At, Caller, IncidentId, Role, ServiceId};

/// Largest form, bytes.
const BODY_BYTES_MAX: usize = 4 << 10;
/// Longest text that is looked at, characters.
const TEXT_CHARS_MAX: usize = 60;
/// Hours of London in which the page is dark of itself: from, and until.
const NIGHT: [i8; 2] = [20, 6];

/// What an installed page is called and how it looks. No part of it is an answer.
const MANIFEST: &str = include_str!("manifest.json");
const ICON: &str = include_str!("icon.svg");

/// The routes.
pub fn router(parts: DestinationsState) -> Router {
    Router::new()
        .route("/crew", get(show).post(ask))
        .route("/crew/conveying", post(conveying))
        .route("/crew/manifest.webmanifest", get(manifest))
        .route("/crew/icon.svg", get(icon))
        .route("/crew/worker.js", get(assets::worker))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(parts)
}

async fn manifest() -> Response {
    installed("application/manifest+json", MANIFEST)
}

async fn icon() -> Response {
    installed("image/svg+xml", ICON)
}

fn installed(kind: &'static str, text: &'static str) -> Response {
    let fields = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (fields, text).into_response()
}

/// What was filled in, as it was.
#[derive(Debug, Default)]
struct CrewForm {
    need: String,
    from: String,
    lat: String,
    lng: String,
    age: String,
    vehicle: String,
    incident: String,
    /// Names this patient where the control room's number is not known.
    patient: String,
}

impl CrewForm {
    fn read(fields: &Fields) -> Self {
        let text = |name| -> String {
            let text = fields.get(name).unwrap_or_default();
            text.chars().take(TEXT_CHARS_MAX).collect()
        };
        Self {
            need: text("need"),
            from: text("from"),
            lat: text("lat"),
            lng: text("lng"),
            age: text("age"),
            vehicle: text("vehicle"),
            incident: text("incident"),
            patient: text("patient"),
        }
    }

    /// The question to the destinations.
    fn pairs(&self) -> Vec<(String, String)> {
        let is_postcode = self.from.chars().any(|c| c.is_ascii_digit());
        let named = if is_postcode { "postcode" } else { "place" };
        // A position of the phone is better than what was typed before it.
        let (from, lat, lng) = if self.lat.is_empty() {
            (self.from.as_str(), "", "")
        } else {
            ("", self.lat.as_str(), self.lng.as_str())
        };
        let years = match self.age.as_str() {
            "adult" => "40",
            "child" => "8",
            "infant" => "0",
            _ => "",
        };
        let pairs = [
            ("need", self.need.as_str()),
            (named, from),
            ("lat", lat),
            ("lng", lng),
            ("age", years),
            ("way", Way::Ambulance.label()),
        ];
        let given = pairs.into_iter().filter(|(_, text)| !text.is_empty());
        given
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect()
    }
}

const KNOWN: [&str; 8] = [
    "need", "from", "lat", "lng", "age", "vehicle", "incident", "patient",
];

/// The page.
#[derive(Template)]
#[template(path = "crew.html")]
struct CrewPage {
    frame: Frame,
    is_night: bool,
    now: At,
    filled: CrewForm,
    needs: Vec<(String, String, bool)>,
    ages: Vec<(&'static str, &'static str, bool)>,
    /// The field it is about, and words.
    faults: Vec<(&'static str, String)>,
    answer: Option<DestinationCards>,
    /// Of this showing of the page, for the messages sent from it.
    key: String,
}

impl CrewPage {
    fn new(parts: &DestinationsState, mut filled: CrewForm) -> Self {
        if IncidentId::new(&filled.patient).is_err() {
            filled.patient = random();
        }
        let now = parts.shared.clock.now();
        let published = parts.shared.published();
        let table = published.directory.pathways().need.iter();
        let needs = table.filter(|need| need.allows(Way::Ambulance));
        let ages = [
            ("", "Age not said"),
            ("adult", "Adult"),
            ("child", "Child, 1 to 15"),
            ("infant", "Under 1"),
        ];
        Self {
            frame: Frame::with(assets::CREW, &parts.shared.mode),
            is_night: is_night(now),
            now,
            needs: needs
                .map(|need| {
                    let is_chosen = need.id == filled.need;
                    (need.id.to_string(), need.name.clone(), is_chosen)
                })
                .collect(),
            ages: ages
                .map(|(value, words)| (value, words, value == filled.age))
                .to_vec(),
            faults: Vec::new(),
            answer: None,
            key: random(),
            filled,
        }
    }

    /// What the call-out is known by: the control room's number, or this page's own name for the patient.
    fn call_out(&self) -> String {
        let filled = &self.filled;
        if filled.incident.is_empty() {
            format!("crew-{}", filled.patient)
        } else {
            filled.incident.clone()
        }
    }

    /// Whether something is wrong with a field.
    fn is_bad(&self, name: &str) -> bool {
        self.faults.iter().any(|(field, _)| *field == name)
    }
}

/// Whether it is night in London.
fn is_night(now: At) -> bool {
    let hour = now.london().hour();
    !(NIGHT[1]..NIGHT[0]).contains(&hour)
}

/// What nobody else has; without it nothing is sent twice by mistake, so that a failure is said by the form.
fn random() -> String {
    let mut bytes = [0_u8; 8];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => format!("{:016x}", u64::from_be_bytes(bytes)),
        Err(_) => String::new(),
    }
}

async fn show(State(parts): State<DestinationsState>) -> Response {
    let empty = CrewPage::new(&parts, CrewForm::default());
    private(page(StatusCode::OK, &empty))
}

async fn ask(
    State(parts): State<DestinationsState>,
    Extension(caller): Extension<Caller>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let fields = Fields::of(pairs, &KNOWN);
    let filled = CrewForm::read(&fields);
    let mut shown = CrewPage::new(&parts, filled);
    let mut faults = fields.faults;
    faults.extend(faults_of_names(&shown.filled));
    let published = parts.shared.published();
    let question = match read(published.directory.pathways(), shown.filled.pairs()) {
        Ok(question) if faults.is_empty() => question,
        Ok(_) => {
            shown.faults = faults.iter().map(in_plain_words).collect();
            return private(page(StatusCode::OK, &shown));
        }
        Err(others) => {
            faults.extend(others);
            shown.faults = faults.iter().map(in_plain_words).collect();
            return private(page(StatusCode::OK, &shown));
        }
    };
    let found = question.answer(&parts.shared, &published).await;
    let how = parts.shared.travel.how();
    let may_tell = caller.role != Role::Clinician || caller.name == "demonstration";
    shown.answer = Some(DestinationCards::new(
        &published, &question, &found, how, may_tell,
    ));
    private(page(StatusCode::OK, &shown))
}

fn faults_of_names(filled: &CrewForm) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !filled.incident.is_empty() && IncidentId::new(&filled.incident).is_err() {
        faults.push(Fault::new("incident", "cannot be read", ""));
    }
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if filled.vehicle.chars().count() > 16 || !is_word(&filled.vehicle) {
        faults.push(Fault::new("vehicle", "cannot be read", ""));
    }
    faults
}

/// The fault as the form has it.
fn in_plain_words(fault: &Fault) -> (&'static str, String) {
    let (field, words) = match fault.field {
        "need" => ("need", "Choose what the patient needs"),
        "postcode" | "place" => (
            "from",
            "Use your position, or enter a full postcode, town or village in or near Leicester, Leicestershire and Rutland",
        ),
        "lat" | "lng" => (
            "from",
            "That position is not in England. Enter a postcode or town",
        ),
        "age" => ("age", "Choose an age from the list"),
        "incident" => (
            "incident",
            "Enter the incident number with letters, digits and . _ : - only",
        ),
        "vehicle" => (
            "vehicle",
            "Enter a call sign of up to 16 letters, digits and -",
        ),
        "way" => ("need", "Such patients do not come by ambulance"),
        other => return (other, format!("{other}: {}", fault.message)),
    };
    (field, words.to_owned())
}

/// What came of a choice.
#[derive(Template)]
#[template(path = "crew-told.html")]
struct ConveyingReply {
    frame: Frame,
    is_night: bool,
    heading: String,
    lines: Vec<String>,
    phone: Option<String>,
}

/// `POST /crew/conveying`: a crew sets off for a place.
async fn conveying(
    State(parts): State<DestinationsState>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    const SENT: [&str; 6] = ["service", "key", "incident", "vehicle", "eta", "ago"];
    let mut fields = Fields::of(pairs, &SENT);
    let service = fields.read("service", "", |text| ServiceId::new(text).ok());
    let incident = fields.read("incident", "", |text| IncidentId::new(text).ok());
    let eta_minutes = fields.read("eta", "", |text| text.parse().ok());
    let ago = fields.read("ago", "", |text| text.parse().ok());
    let (Some(service), true) = (service, fields.faults.is_empty()) else {
        let words = "The form could not be read, and nothing was sent. Ask again from the start.";
        return told(
            &parts,
            StatusCode::BAD_REQUEST,
            "Not sent",
            vec![words.to_owned()],
            None,
        );
    };
    let text = |name| fields.get(name).map(Into::into);
    let message = Conveying {
        service: service.clone(),
        key: text("key").unwrap_or_default(),
        incident,
        vehicle: text("vehicle"),
        eta_minutes,
        ago_seconds: ago.unwrap_or(0),
    };
    let published = parts.shared.published();
    let view = published.services.get(service.as_str());
    let name = view.map_or("that place", |view| view.service.shown_name());
    let phone = view.and_then(|view| view.service.contacts.clinical_phone.clone());
    let when = plain_words::clock(parts.shared.clock.now());
    let (status, heading, line) = match set_off(&parts, message).await {
        Ok((_, "before")) => (
            StatusCode::OK,
            format!("On your way to {name}"),
            "This was told before; it counts once.".to_owned(),
        ),
        Ok(_) => (
            StatusCode::OK,
            format!("On your way to {name}"),
            format!(
                "Told at {when}. You count as on the way there. To go elsewhere, go back and choose again."
            ),
        ),
        Err(NotTaken::NotKept) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Not sent".to_owned(),
            "It could not be kept just now. Send it again.".to_owned(),
        ),
        Err(NotTaken::UnknownService) => (
            StatusCode::NOT_FOUND,
            "Not sent".to_owned(),
            "That place is no longer in the Directory. Ask again.".to_owned(),
        ),
        Err(NotTaken::Bad(why)) => (StatusCode::BAD_REQUEST, "Not sent".to_owned(), why),
    };
    told(
        &parts,
        status,
        &heading,
        vec![line],
        phone.filter(|_| status == StatusCode::OK),
    )
}

fn told(
    parts: &DestinationsState,
    status: StatusCode,
    heading: &str,
    lines: Vec<String>,
    phone: Option<String>,
) -> Response {
    let shown = ConveyingReply {
        frame: Frame::with(assets::CREW, &parts.shared.mode),
        is_night: is_night(parts.shared.clock.now()),
        heading: heading.to_owned(),
        lines,
        phone,
    };
    private(page(status, &shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_night_from_eight_to_six_also_where_the_clocks_change() {
        let at = |text: &str| is_night(At::parse(text).unwrap());
        assert!(!at("2026-11-27T19:59:00Z"));
        assert!(at("2026-11-27T20:00:00Z"));
        assert!(at("2026-07-01T19:30:00Z"), "half past eight in summer");
        assert!(at("2026-11-28T05:59:00Z"));
        assert!(!at("2026-11-28T06:00:00Z"));
    }

    #[test]
    fn a_position_of_the_phone_goes_before_what_was_typed() {
        let mut filled = CrewForm {
            need: "stroke".to_owned(),
            from: "LE1 5WW".to_owned(),
            age: "infant".to_owned(),
            ..CrewForm::default()
        };
        let of = |filled: &CrewForm| -> Vec<String> {
            let pairs = filled.pairs().into_iter();
            pairs.map(|(name, text)| format!("{name}={text}")).collect()
        };
        assert_eq!(
            of(&filled),
            ["need=stroke", "postcode=LE1 5WW", "age=0", "way=ambulance"]
        );
        filled.lat = "52.6".to_owned();
        filled.lng = "-1.1".to_owned();
        assert_eq!(
            of(&filled),
            [
                "need=stroke",
                "lat=52.6",
                "lng=-1.1",
                "age=0",
                "way=ambulance"
            ]
        );
    }
}
