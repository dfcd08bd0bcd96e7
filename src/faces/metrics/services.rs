//! The figures of services, as metrics. A withheld figure is absent, never zero.

use crate::metrics::bookings::takes_bookings;
use crate::metrics::family::{Family, quoted};
use domain::event::Rag;
use domain::time::{MINUTE, SECOND};
use domain::{AcuityGroup, Age, ReadingName};
use telemetry::name;
use views::{Published, ServiceView};

const SECONDS_PER_MINUTE: f64 = (MINUTE / SECOND) as f64;

/// Figures that are one number for a service: name, help, reading, and seconds for a minute.
const PLAIN: [(&str, &str, ReadingName, f64); 20] = [
    (
        name::WAITING_FOR_BED_PEOPLE,
        "In the department, to be admitted",
        ReadingName::WaitingForBed,
        1.0,
    ),
    (
        name::OVER_12H_FROM_DECISION_PEOPLE,
        "In the department over 12 hours after the decision to admit",
        ReadingName::Over12hFromDecision,
        1.0,
    ),
    (
        name::ACTUAL_WAIT_SECONDS,
        "Median wait of those seen in the last 4 hours",
        ReadingName::ActualWait,
        SECONDS_PER_MINUTE,
    ),
    (
        name::ASSESSMENT_SECONDS,
        "Median time to first assessment, last 4 hours",
        ReadingName::Assessment,
        SECONDS_PER_MINUTE,
    ),
    (
        name::STAY_SECONDS,
        "Median time in the department of those who left in the last 4 hours",
        ReadingName::Stay,
        SECONDS_PER_MINUTE,
    ),
    (
        name::EXPECTED_HANDOVER_SECONDS,
        "Expected handover of an ambulance that arrives now, median",
        ReadingName::Handover,
        SECONDS_PER_MINUTE,
    ),
    (
        name::LONGEST_WAIT_SECONDS,
        "Longest wait now of those not yet seen by a clinician",
        ReadingName::LongestWait,
        SECONDS_PER_MINUTE,
    ),
    (
        name::IN_DEPARTMENT_PEOPLE,
        "People in the department",
        ReadingName::InDepartment,
        1.0,
    ),
    (
        name::ARRIVALS_TODAY_PEOPLE,
        "Arrivals since midnight",
        ReadingName::ArrivalsToday,
        1.0,
    ),
    (
        name::OVER_4H_PEOPLE,
        "In the department over 4 hours",
        ReadingName::Over4h,
        1.0,
    ),
    (
        name::OVER_12H_PEOPLE,
        "In the department over 12 hours",
        ReadingName::Over12h,
        1.0,
    ),
    (
        name::LEFT_TODAY_PEOPLE,
        "Left before being seen since midnight",
        ReadingName::LeftToday,
        1.0,
    ),
    (
        name::FOUR_HOUR_RATIO,
        "Share of visits ended since midnight within 4 hours",
        ReadingName::FourHour,
        0.01,
    ),
    (
        name::HANDOVERS_WAITING,
        "Ambulances outside now",
        ReadingName::HandoversWaiting,
        1.0,
    ),
    (
        name::LONGEST_HANDOVER_SECONDS,
        "Handover clock of the ambulance that has waited longest",
        ReadingName::LongestHandover,
        SECONDS_PER_MINUTE,
    ),
    (
        name::MEAN_HANDOVER_SECONDS,
        "Mean handover since midnight",
        ReadingName::MeanHandover,
        SECONDS_PER_MINUTE,
    ),
    (
        name::INBOUND_AMBULANCES,
        "Ambulances on their way",
        ReadingName::Inbound,
        1.0,
    ),
    (
        name::TREATMENT_TODAY_SECONDS,
        "Median time to treatment since midnight",
        ReadingName::TreatmentToday,
        SECONDS_PER_MINUTE,
    ),
    (
        name::ARRIVALS_HOUR_PEOPLE,
        "Arrivals of the last hour",
        ReadingName::ArrivalsHour,
        1.0,
    ),
    (
        name::ARRIVALS_ROLLING_PEOPLE,
        "Arrivals of the last 4 hours",
        ReadingName::ArrivalsRolling,
        1.0,
    ),
];

/// Every family of services.
pub fn families(published: &Published) -> Vec<Family> {
    let mut families = waits(published);
    for (name, help, reading, scale) in PLAIN {
        let mut family = Family::new(name, help);
        for (id, view) in &published.services {
            let value = view
                .find_reading(reading)
                .and_then(|reading| reading.age.measure());
            if let Some(value) = value {
                family.add(format!("service=\"{id}\""), value.value as f64 * scale);
            }
        }
        families.push(family);
    }
    families.extend(doors(published));
    families.extend(places(published));
    families
}

fn waits(published: &Published) -> Vec<Family> {
    let mut wait = Family::new(
        name::WAIT_SECONDS,
        "Wait of people arriving now, by percentile",
    );
    let mut waiting = Family::new(name::WAITING_PEOPLE, "People waiting to be seen, by group");
    let mut withheld = Family::new(name::READINGS_WITHHELD, "Figures withheld, by reason");
    for (id, view) in &published.services {
        let estimate = view
            .find_reading(ReadingName::Wait)
            .and_then(|r| r.age.measure());
        if let Some(estimate) = estimate {
            let percentiles = [
                ("10", estimate.low),
                ("50", Some(estimate.value)),
                ("90", estimate.high),
            ];
            for (percentile, minutes) in percentiles {
                if let Some(minutes) = minutes {
                    let labels = format!("service=\"{id}\",percentile=\"{percentile}\"");
                    wait.add(labels, minutes as f64 * SECONDS_PER_MINUTE);
                }
            }
        }
        let known = view
            .find_reading(ReadingName::Waiting)
            .and_then(|r| r.age.measure());
        if known.is_some() {
            for group in AcuityGroup::ALL {
                let line = view.streams.iter().find(|stream| stream.group == group);
                let people = line.map_or(0, |stream| stream.waiting);
                let labels = format!("service=\"{id}\",group=\"{}\"", group.label());
                waiting.add(labels, f64::from(people));
            }
        }
        for reading in &view.readings {
            if let Age::Withheld(why) = reading.age {
                let (figure, why) = (reading.name.label(), why.label());
                let labels = format!("service=\"{id}\",reading=\"{figure}\",reason=\"{why}\"");
                withheld.add(labels, 1.0);
            }
        }
    }
    vec![wait, waiting, withheld]
}

/// Handovers of today, the usual wait, and how many people asked for care.
fn doors(published: &Published) -> [Family; 4] {
    let mut usual = Family::new(
        name::USUAL_WAIT_SECONDS,
        "Mean wait that is usual at this hour of the day",
    );
    let mut handovers = Family::new(
        name::HANDOVERS_TODAY,
        "Handovers that ended since midnight: those that the mean rests on",
    );
    let mut demand = Family::new(
        name::DEMAND_PEOPLE,
        "People who asked for care in the last whole hour, as far as the public may see them",
    );
    for (id, view) in &published.services {
        if let Some(minutes) = view.usual {
            let seconds = minutes as f64 * SECONDS_PER_MINUTE;
            usual.add(format!("service=\"{id}\""), seconds);
        }
        let mean = view.find_reading(ReadingName::MeanHandover);
        if let Some(mean) = mean.filter(|mean| mean.age.measure().is_some()) {
            handovers.add(format!("service=\"{id}\""), f64::from(mean.count));
        }
    }
    if let Some(people) = published.demand.public.people() {
        demand.add(String::new(), f64::from(people));
    }
    let mut spots = Family::new(
        name::DEMAND_HOT_SPOTS,
        "Places where far more people ask for care than usual",
    );
    spots.add(String::new(), published.demand.hot_spots.len() as f64);
    [usual, handovers, demand, spots]
}

/// Which services are open, what they say of themselves, and where they are.
fn places(published: &Published) -> [Family; 5] {
    let mut open = Family::new(name::SERVICE_OPEN, "1 while a service is open");
    let mut status = Family::new(
        name::SERVICE_STATUS_LEVEL,
        "What a service says of its own load: 1 green, 2 amber, 3 red",
    );
    let mut position = Family::new(
        name::SERVICE_POSITION,
        "Where a service with figures of its own is; always 1",
    );
    let mut slots = Family::new(
        name::SLOTS_AHEAD,
        "Times of the next 24 hours that can be booked now",
    );
    let mut capacity = Family::new(
        name::CAPACITY,
        "Spaces, beds and clinicians as the service last reported them",
    );
    for (id, view) in &published.services {
        let label = format!("service=\"{id}\"");
        open.add(label.clone(), f64::from(u8::from(view.is_open())));
        if let Some(said) = &view.status {
            status.add(label.clone(), level(said.rag));
        }
        if !view.readings.is_empty() {
            position.add(place(view), 1.0);
        }
        // A service that never publishes times has no figure rather than none left.
        if takes_bookings(view) {
            slots.add(label.clone(), f64::from(view.slots_ahead));
        }
        for (of, count) in reported(view) {
            if let Some(count) = count {
                capacity.add(format!("{label},of=\"{of}\""), f64::from(count));
            }
        }
    }
    [open, status, position, slots, capacity]
}

fn level(rag: Rag) -> f64 {
    match rag {
        Rag::Green => 1.0,
        Rag::Amber => 2.0,
        Rag::Red => 3.0,
    }
}

/// Labels of a service for a map: name and coordinates as text, as the panel wants them.
fn place(view: &ServiceView) -> String {
    let service = &view.service;
    format!(
        "service=\"{}\",name={},kind={},latitude=\"{:.4}\",longitude=\"{:.4}\"",
        service.id,
        quoted(service.shown_name()),
        quoted(service.kind.plain()),
        service.position.lat,
        service.position.lng,
    )
}

fn reported(view: &ServiceView) -> [(&'static str, Option<u32>); 7] {
    let said = &view.capacity;
    [
        ("staffed_spaces", said.staffed_spaces),
        ("occupied_spaces", said.occupied_spaces),
        ("beds_open", said.beds_open),
        ("beds_occupied", said.beds_occupied),
        ("escalation_beds", said.escalation_beds),
        ("no_criteria_to_reside", said.no_criteria_to_reside),
        ("clinicians", said.clinicians),
    ]
}
