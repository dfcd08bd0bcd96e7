//! `/services/{id}`: everything known of one service, each figure with what it means.

use askama::Template;

use crate::domain::reading::Unit;
use crate::domain::time::HOUR;
use crate::domain::{AcuityGroup, Age, At, Reading, ReadingName};
use crate::faces::Mode;
use crate::faces::pages::card::Card;
use crate::faces::pages::{Frame, accuracy, words};
use crate::views::{ServiceView, StreamView};

/// One row of the table of figures.
pub struct Figure {
    key: &'static str,
    name: &'static str,
    value: String,
    meaning: String,
}

/// The page.
#[derive(Template)]
#[template(path = "service.html")]
pub struct Page {
    frame: Frame,
    card: Card,
    as_of: String,
    figures: Vec<Figure>,
    streams: Vec<(&'static str, String, String, String)>,
    /// Time, median, nine in ten.
    ahead: Vec<(String, String, String)>,
    accuracy: Option<String>,
    facts: Vec<(&'static str, String)>,
}

impl Page {
    /// The page for a service, as of `now`.
    pub fn new(view: &ServiceView, mode: &Mode, now: At) -> Self {
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
            facts: facts(view),
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

fn figure(reading: &Reading) -> Figure {
    let value = match reading.age {
        Age::Fresh(measure) => value(reading.unit, measure.value),
        Age::Late { measure, heard } => {
            let then = words::clock(heard);
            format!("{} (last heard {then})", value(reading.unit, measure.value))
        }
        Age::Withheld(why) => why.plain().to_owned(),
    };
    let mut meaning = capital(reading.statistic);
    if let (Some(from), Some(to)) = (reading.from, reading.to) {
        meaning.extend([", from ", from, " to ", to]);
    }
    if let Some(window) = reading.window {
        let length = words::duration(window / crate::domain::time::MINUTE);
        meaning.extend([", over the last ", &length]);
    }
    if reading.unit == Unit::Minutes || reading.unit == Unit::Percent {
        meaning.extend([" (", &reading.count.to_string(), " counted)"]);
    }
    meaning.push('.');
    Figure {
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

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn facts(view: &ServiceView) -> Vec<(&'static str, String)> {
    let service = &view.service;
    let yes = |is: bool| if is { "Yes" } else { "No" }.to_owned();
    let mut facts = vec![
        (
            "Address",
            format!("{}, {}", service.address, service.postcode),
        ),
        ("Opening hours", hours(service.hours.text())),
        ("Walk in", yes(service.walk_in)),
    ];
    let booking = match service.bookable_via_111.as_str() {
        "yes" | "time-slot" => "Yes, through NHS 111",
        "clinician" => "Only by a clinician",
        "pharmacy-first" => "Ask your pharmacist or NHS 111",
        _ => "No",
    };
    facts.push(("Can be booked", booking.to_owned()));
    if let Some(stops) = service.bus_stops_400m {
        facts.push(("Bus stops within 400 metres", stops.to_string()));
    }
    if let Some((station, km)) = &service.nearest_rail {
        facts.push((
            "Nearest station",
            format!("{station}, {:.1} miles", km * 0.621_371),
        ));
    }
    if !service.provider.is_empty() {
        facts.push(("Run by", service.provider.clone()));
    }
    let sure = format!(
        "{} confidence. {}",
        capital(&service.confidence),
        service.source
    );
    facts.push(("Where this record is from", sure));
    facts
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
