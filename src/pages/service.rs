//! `/services/{id}`: everything known of one service, each figure with what it means.

use askama::Template;

use crate::frame::Frame;
use crate::service_card::Card;
use crate::{accuracy, find};
use app::ServerMode;
use app::plain_words as words;
use app::search::sentences as finding;
use domain::reading::Unit;
use domain::time::HOUR;
use domain::{AcuityGroup, Age, At, Reading, ReadingName, Service};
use views::{ServiceView, StreamView};

/// One row of the table of figures.
pub struct FigureRow {
    key: &'static str,
    name: &'static str,
    value: String,
    meaning: String,
}

/// The page.
#[derive(Template)]
#[template(path = "service.html")]
pub struct ServicePage {
    frame: Frame,
    card: Card,
    as_of: String,
    figures: Vec<FigureRow>,
    streams: Vec<(&'static str, String, String, String)>,
    /// Time, median, nine in ten.
    ahead: Vec<(String, String, String)>,
    accuracy: Option<String>,
    facts: Vec<(&'static str, String)>,
}

impl ServicePage {
    /// The page for a service, as of `now`.
    pub fn new(view: &ServiceView, mode: &ServerMode, now: At) -> Self {
        let is_live = view
            .find_reading(ReadingName::Waiting)
            .is_some_and(|reading| reading.age.measure().is_some());
        let streams = view.streams.iter().filter(|_| is_live).map(|stream| {
            let waiting = words::people(i64::from(stream.waiting));
            (
                urgency(stream.group),
                waiting,
                words::duration(stream.longest_minutes),
                expected(stream),
            )
        });
        Self {
            frame: Frame::of(mode),
            card: Card::of(view, now),
            as_of: words::clock(now),
            figures: view.readings.iter().map(figure).collect(),
            streams: streams.collect(),
            ahead: ahead(view, now),
            accuracy: view.accuracy.as_ref().map(accuracy::sentence),
            facts: facts(view, now),
        }
    }
}

/// The wait of a group that comes now; where too few of it were seen, that of everyone.
fn expected(stream: &StreamView) -> String {
    let Some(wait) = &stream.wait else {
        return "As for everyone".to_owned();
    };
    match wait.age {
        Age::Fresh(measure) | Age::Late { measure, .. } => words::about(measure.value),
        Age::Withheld(why) => why.plain().to_owned(),
    }
}

/// Every full hour of what is expected.
fn ahead(view: &ServiceView, now: At) -> Vec<(String, String, String)> {
    let later = view.ahead.iter().filter(|ahead| ahead.at > now);
    let hourly = later.filter(|ahead| ahead.at.0 % HOUR == 0);
    hourly
        .map(|ahead| {
            (
                words::when(ahead.at, now),
                words::about(ahead.median),
                words::within(ahead.high),
            )
        })
        .collect()
}

fn urgency(group: AcuityGroup) -> &'static str {
    match group {
        AcuityGroup::Emergency => "Immediate or very urgent",
        AcuityGroup::Urgent => "Urgent",
        AcuityGroup::Standard => "Standard or low",
        AcuityGroup::NotTriaged => "Not assessed yet",
    }
}

fn title(name: ReadingName) -> &'static str {
    match name {
        ReadingName::Wait => "Wait to be seen",
        ReadingName::Waiting => "Waiting",
        ReadingName::LongestWait => "Longest wait",
        ReadingName::InDepartment => "In the department",
        ReadingName::Over4h => "Here over 4 hours",
        ReadingName::Over12h => "Here over 12 hours",
        ReadingName::WaitingForBed => "Waiting for a ward bed",
        ReadingName::Over12hFromDecision => "Waiting for a bed over 12 hours",
        ReadingName::ActualWait => "Seen in the last 4 hours",
        ReadingName::TreatmentToday => "Seen since midnight",
        ReadingName::Assessment => "Time to first assessment",
        ReadingName::Stay => "Time in the department",
        ReadingName::FourHour => "Within 4 hours",
        ReadingName::ArrivalsToday => "Arrived today",
        ReadingName::ArrivalsHour => "Arrived in the last hour",
        ReadingName::ArrivalsRolling => "Arrived in the last 4 hours",
        ReadingName::LeftToday => "Left before being seen",
        ReadingName::Handover => "Expected handover",
        ReadingName::HandoversWaiting => "Ambulances outside",
        ReadingName::LongestHandover => "Longest handover",
        ReadingName::MeanHandover => "Mean handover",
        ReadingName::Inbound => "Ambulances coming",
    }
}

fn figure(reading: &Reading) -> FigureRow {
    let value = match reading.age {
        Age::Fresh(measure) => value(reading.unit, measure.value),
        Age::Late { measure, heard } => {
            let then = words::clock(heard);
            format!("{} (last heard {then})", value(reading.unit, measure.value))
        }
        Age::Withheld(why) => why.plain().to_owned(),
    };
    let mut meaning = words::capital(reading.statistic);
    if let (Some(from), Some(to)) = (reading.from, reading.to) {
        meaning.extend([", from ", from, " to ", to]);
    }
    if let Some(window) = reading.window {
        let length = words::duration(window / domain::time::MINUTE);
        meaning.extend([", over the last ", &length]);
    }
    if reading.unit == Unit::Minutes || reading.unit == Unit::Percent {
        meaning.extend([" (", &reading.count.to_string(), " counted)"]);
    }
    meaning.push('.');
    FigureRow {
        key: reading.name.label(),
        name: title(reading.name),
        value,
        meaning,
    }
}

fn value(unit: Unit, value: i64) -> String {
    match unit {
        Unit::Minutes => words::duration(value),
        Unit::People => words::people(value),
        Unit::Ambulances => value.to_string(),
        Unit::Percent => format!("{value}%"),
    }
}

fn facts(view: &ServiceView, now: At) -> Vec<(&'static str, String)> {
    let service = &view.service;
    let mut facts = vec![
        ("Getting in", find::entry(service).to_owned()),
        ("Open", finding::opening(service, now)),
        ("Opening hours", hours(service.hours.text())),
        (
            "Address",
            format!("{} {}", service.address, service.postcode)
                .trim()
                .to_owned(),
        ),
    ];
    let mut say = |name, words: Option<String>| facts.extend(words.map(|words| (name, words)));
    say(
        "How to use it",
        service.referral.public_instructions.clone(),
    );
    say("Ages", ages(service));
    say("Telephone", service.contacts.public_phone.clone());
    say("Web", service.contacts.web.clone());
    say("What is there", find::facilities(service));
    say("Getting there", finding::transport(service));
    say(
        "Run by",
        Some(service.provider.clone()).filter(|who| !who.is_empty()),
    );
    say("Record checked", Some(checked(service, now)));
    let sure = format!(
        "{} confidence. {}",
        words::capital(&service.confidence),
        service.source
    );
    say("Where this record is from", Some(sure));
    facts
}

/// "16 and over", "Under 16".
fn ages(service: &Service) -> Option<String> {
    const DAYS_PER_YEAR: u32 = 365;
    /// Nobody is older, years.
    const OLDEST: u32 = 120;
    let range = service.care.ages.first()?;
    let (from, to) = (
        range.from_days / DAYS_PER_YEAR,
        (range.to_days + 1) / DAYS_PER_YEAR,
    );
    Some(match (from, to) {
        (0, to) => format!("Under {to}"),
        (from, to) if to > OLDEST => format!("{from} and over"),
        (from, to) => format!("{from} to under {to}"),
    })
}

/// When somebody last looked whether the record is right.
fn checked(service: &Service, now: At) -> String {
    let Some(date) = service.checked_on else {
        return "Not known: it may be out of date. Call before you go.".to_owned();
    };
    let date = date.strftime("%-d %B %Y");
    match service.is_stale(now) {
        Some(true) => format!("{date}: over six months ago. It may be out of date."),
        _ => format!("{date}."),
    }
}

/// The days of the opening hours spelt out.
fn hours(text: &str) -> String {
    if text == "24/7" {
        return "24 hours a day, every day".to_owned();
    }
    let days = [
        ("Mo", "Monday"),
        ("Tu", "Tuesday"),
        ("We", "Wednesday"),
        ("Th", "Thursday"),
        ("Fr", "Friday"),
        ("Sa", "Saturday"),
        ("Su", "Sunday"),
        ("PH", "bank holidays"),
    ];
    let spelt = days.iter().fold(text.to_owned(), |text, (short, long)| {
        text.replace(short, long)
    });
    spelt.replace("day-", "day to ").replace(',', ", ")
}
