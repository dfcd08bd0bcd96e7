//! `/metrics` for Prometheus: what the server counted about itself, and the figures of the published
//! published value. A withheld figure is absent, never zero.

mod bookings;
mod escalation;
mod family;
mod feeds;
mod handovers;
mod process;
mod request;
mod scores;
mod services;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::metrics::family::Family;
use app::AppState;
use domain::At;
use domain::time::SECOND;
use telemetry::{self, name};
use views::Published;

pub use request::observe;

/// Buckets of times, seconds: from one disk sync to a slow request.
const SECONDS: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0,
];
/// How often the recorder forgets what it has summed up already.
const UPKEEP: Duration = Duration::from_secs(5);

/// The recorder as this server has it.
pub fn builder() -> anyhow::Result<PrometheusBuilder> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    Ok(PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS)?)
}

/// Installs the recorder for this process and keeps it up; call once.
pub fn install() -> anyhow::Result<PrometheusHandle> {
    let handle = builder()?.install_recorder()?;
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
pub fn router(shared: AppState, recorder: PrometheusHandle) -> Router {
    Router::new()
        .route("/metrics", get(scrape))
        .with_state((shared, recorder))
}

async fn scrape(State((shared, recorder)): State<(AppState, PrometheusHandle)>) -> Response {
    let text = text(&recorder, &shared.published(), shared.clock.now());
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
        .into_response()
}

/// What a scrape is answered.
pub fn text(recorder: &PrometheusHandle, published: &Published, now: At) -> String {
    let mut text = recorder.render();
    text.push_str(&figures(published, now));
    text
}

/// The figures of a published value, in the text format.
fn figures(published: &Published, now: At) -> String {
    let mut families = services::families(published);
    families.extend(handovers::families(published));
    families.push(bookings::family(published, now));
    families.extend(feeds::families(published, now));
    families.extend(scores::families(published));
    families.extend(escalation::families(published));
    families.extend(process::families());
    let mut build = Family::new(name::BUILD_INFO, "The running version");
    build.add(format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), 1.0);
    families.push(build);
    let mut age = Family::new(
        name::PICTURE_AGE_SECONDS,
        "Time since the published picture was true; above a minute the writer is stuck",
    );
    // Before the first entry there is no published value that could be old.
    if published.seq > 0 {
        let seconds = now.since(published.as_of).max(0) as f64 / SECOND as f64;
        age.add(String::new(), seconds);
    }
    families.push(age);
    let mut out = String::new();
    for family in families {
        family.write(&mut out);
    }
    out
}
