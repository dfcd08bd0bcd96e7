//! `/metrics` for Prometheus: what the server counted about itself, and the figures of the published
//! picture. A withheld figure is absent, never zero.

mod family;
mod scores;

use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::domain::time::{MINUTE, SECOND};
use crate::domain::{Age, At, ReadingName};
use crate::faces::Shared;
use crate::faces::metrics::family::Family;
use crate::telemetry;
use crate::views::{Health, Published};

/// Buckets of times, seconds: from one disk sync to a slow request.
const SECONDS: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0,
];
/// How often the recorder forgets what it has summed up already.
const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the recorder for this process and keeps it up; call once.
pub fn install() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    telemetry::describe();
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut every = tokio::time::interval(UPKEEP);
        loop {
            every.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// The route.
pub fn router(shared: Shared, recorder: PrometheusHandle) -> Router {
    Router::new()
        .route("/metrics", get(scrape))
        .with_state((shared, recorder))
}

async fn scrape(State((shared, recorder)): State<(Shared, PrometheusHandle)>) -> Response {
    let mut text = recorder.render();
    text.push_str(&figures(&shared.picture(), shared.clock.now()));
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
        .into_response()
}

/// Middleware: times each request by its route's pattern.
pub async fn observe(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    let started = tokio::time::Instant::now();
    let answer = next.run(request).await;
    let route = route.as_deref().unwrap_or("unmatched");
    let method = if method.len() > 7 { "OTHER" } else { &method };
    telemetry::http_answered(
        route,
        method,
        answer.status().as_u16(),
        started.elapsed().as_secs_f64(),
    );
    answer
}

const SECONDS_PER_MINUTE: f64 = (MINUTE / SECOND) as f64;

/// Figures that are one number for a service: name, help, reading, and seconds for a minute.
const PLAIN: [(&str, &str, ReadingName, f64); 17] = [
    (
        "uec_waiting_for_bed_people",
        "In the department, to be admitted",
        ReadingName::WaitingForBed,
        1.0,
    ),
    (
        "uec_over_12h_from_decision_people",
        "In the department over 12 hours after the decision to admit",
        ReadingName::Over12hFromDecision,
        1.0,
    ),
    (
        "uec_actual_wait_seconds",
        "Median wait of those seen in the last 4 hours",
        ReadingName::ActualWait,
        SECONDS_PER_MINUTE,
    ),
    (
        "uec_assessment_seconds",
        "Median time to first assessment, last 4 hours",
        ReadingName::Assessment,
        SECONDS_PER_MINUTE,
    ),
    (
        "uec_stay_seconds",
        "Median time in the department of those who left in the last 4 hours",
        ReadingName::Stay,
        SECONDS_PER_MINUTE,
    ),
    (
        "uec_expected_handover_seconds",
        "Expected handover of an ambulance that arrives now, median",
        ReadingName::Handover,
        SECONDS_PER_MINUTE,
    ),
    (
        "uec_longest_wait_seconds",
        "Longest wait now of those not yet seen by a clinician",
        ReadingName::LongestWait,
        SECONDS_PER_MINUTE,
    ),
    (
        "uec_in_department_people",
        "People in the department",
        ReadingName::InDepartment,
        1.0,
    ),
    (
        "uec_arrivals_today_people",
        "Arrivals since midnight",
        ReadingName::ArrivalsToday,
        1.0,
    ),
    (
        "uec_over_4h_people",
        "In the department over 4 hours",
        ReadingName::Over4h,
        1.0,
    ),
    (
        "uec_over_12h_people",
        "In the department over 12 hours",
        ReadingName::Over12h,
        1.0,
    ),
    (
        "uec_left_today_people",
        "Left before being seen since midnight",
        ReadingName::LeftToday,
        1.0,
    ),
    (
        "uec_four_hour_ratio",
        "Share of visits ended since midnight within 4 hours",
        ReadingName::FourHour,
        0.01,
    ),
    (
        "uec_handovers_waiting",
        "Ambulances outside now",
        ReadingName::HandoversWaiting,
        1.0,
    ),
    (
        "uec_longest_handover_seconds",
        "Handover clock of the ambulance that has waited longest",
        ReadingName::LongestHandover,
        SECONDS_PER_MINUTE,
    ),
    (
        "uec_mean_handover_seconds",
        "Mean handover since midnight",
        ReadingName::MeanHandover,
        SECONDS_PER_MINUTE,
    ),
    (
        "uec_inbound_ambulances",
        "Ambulances on their way",
        ReadingName::Inbound,
        1.0,
    ),
];

/// The figures of a picture, in the text format.
fn figures(picture: &Published, now: At) -> String {
    let mut families = waits(picture);
    for (name, help, reading, scale) in PLAIN {
        let mut family = Family::new(name, help);
        for (id, view) in &picture.services {
            let value = view
                .find_reading(reading)
                .and_then(|reading| reading.age.measure());
            if let Some(value) = value {
                family.add(format!("service=\"{id}\""), value.value as f64 * scale);
            }
        }
        families.push(family);
    }
    families.extend(feeds(picture, now));
    families.extend(scores::families(picture));
    families.extend(opel(picture));
    let mut entries = Family::new("uec_build_info", "The running version");
    entries.add(format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), 1.0);
    families.push(entries);
    let mut out = String::new();
    for family in families {
        family.write(&mut out);
    }
    out
}

fn opel(picture: &Published) -> [Family; 4] {
    let mut value = Family::new(
        "uec_opel_parameter",
        "An escalation parameter, in the unit of its rule: minutes or per cent",
    );
    let mut level = Family::new(
        "uec_opel_parameter_level",
        "The level of a parameter, 1 to 4",
    );
    let mut score = Family::new("uec_opel_score", "Sum of points, when nothing is missing");
    let mut whole = Family::new("uec_opel_level", "The level of the score, 1 to 4");
    for trust in picture.opel.iter() {
        let id = &trust.id;
        for part in &trust.parts {
            if let Ok((number, reached)) = part.value {
                let labels = format!("trust=\"{id}\",parameter=\"{}\"", part.rule.key.label());
                value.add(labels.clone(), number as f64);
                level.add(labels, f64::from(reached));
            }
        }
        if let Some((sum, reached)) = trust.score {
            score.add(format!("trust=\"{id}\""), f64::from(sum));
            whole.add(format!("trust=\"{id}\""), f64::from(reached));
        }
    }
    [value, level, score, whole]
}

fn waits(picture: &Published) -> Vec<Family> {
    let mut wait = Family::new(
        "uec_wait_seconds",
        "Wait of people arriving now, by percentile",
    );
    let mut waiting = Family::new("uec_waiting_people", "People waiting to be seen, by group");
    let mut withheld = Family::new("uec_readings_withheld", "Figures withheld, by reason");
    for (id, view) in &picture.services {
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
            for group in crate::domain::AcuityGroup::ALL {
                let line = view.streams.iter().find(|stream| stream.group == group);
                let people = line.map_or(0, |stream| stream.waiting);
                let labels = format!("service=\"{id}\",group=\"{}\"", group.label());
                waiting.add(labels, f64::from(people));
            }
        }
        for reading in &view.readings {
            if let Age::Withheld(why) = reading.age {
                let (name, why) = (reading.name.label(), why.label());
                let labels = format!("service=\"{id}\",reading=\"{name}\",reason=\"{why}\"");
                withheld.add(labels, 1.0);
            }
        }
    }
    vec![wait, waiting, withheld]
}

fn feeds(picture: &Published, now: At) -> [Family; 4] {
    let mut up = Family::new("uec_feed_up", "1 while a feed is heard in time");
    let mut age = Family::new("uec_feed_age_seconds", "Time since a feed was last heard");
    let mut quiet = Family::new(
        "uec_feed_quiet_chance_ratio",
        "Chance of so long a time without news at this hour of the week",
    );
    let mut doubts = Family::new(
        "uec_doubts",
        "1 while the waits of a service are not believed, by why",
    );
    for (id, view) in &picture.services {
        if let Some(doubt) = view.doubt {
            let labels = format!("service=\"{id}\",why=\"{}\"", doubt.label());
            doubts.add(labels, 1.0);
        }
    }
    for (id, view) in &picture.feeds {
        quiet.add(format!("feed=\"{id}\""), view.quiet_chance);
        let is_up = f64::from(u8::from(view.health == Health::Live));
        up.add(format!("feed=\"{id}\""), is_up);
        if let Some(heard) = view.heard {
            let seconds = now.since(heard).max(0) as f64 / SECOND as f64;
            age.add(format!("feed=\"{id}\""), seconds);
        }
    }
    [up, age, quiet, doubts]
}
