//! The route table: every path of the server, grouped by who calls it.

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::{post, put};
use axum::{Extension, Router, middleware};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::writer::LogState;
use app::access::{self, Access, Gate};
use app::booking::BookingDesk;
use app::connections::TrustedProxies;
use app::history::HistoryTurns;
use config::directory::read_records;
use faces::directory::{self, ReadRecords};
use faces::{api, bookings, destinations, metrics};
use fhir::{self};
use pages::map::tiles::Tiles;
use pages::{self};
use push::{self};
use sources::{self, http_encounters, http_events};

/// What the routes need.
pub struct RouteParts {
    /// The published picture, and where places for patients are asked for.
    pub desk: BookingDesk,
    /// Who may.
    pub access: Access,
    /// Whether the log takes facts.
    pub log_state: watch::Receiver<LogState>,
    /// What taking events needs.
    pub events: sources::SourcesState,
    /// What the server counted about itself.
    pub recorder: PrometheusHandle,
    /// Proxies whose word about a caller's address is believed.
    pub proxies: TrustedProxies,
    /// Tells long-lived connections to end.
    pub stop: CancellationToken,
    /// Open sockets.
    pub sockets: TaskTracker,
    /// Detailed maps under ours.
    pub tiles: Option<Tiles>,
}

/// Everything is from this server: no other host may run anything on our pages, and none may draw on them but the one
/// that serves the detailed maps, where that is named.
fn content_security_policy(tiles: Option<&Tiles>) -> HeaderValue {
    let pictures = tiles.and_then(Tiles::origin).unwrap_or_default();
    let gap = if pictures.is_empty() { "" } else { " " };
    let policy = format!(
        "default-src 'self'; img-src 'self' data:{gap}{pictures}; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    // It was checked with the settings, so it can be a header.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}

/// A sender that says nothing in the middle of a body for so long is given up.
const BODY_PAUSE_MAX: Duration = Duration::from_secs(30);

/// The table.
pub fn table(parts: RouteParts) -> Router {
    let RouteParts {
        desk,
        access,
        log_state,
        events,
        recorder,
        proxies,
        stop,
        sockets,
        tiles,
    } = parts;
    let policy = content_security_policy(tiles.as_ref());
    let shared = desk.shared.clone();
    let gate = Gate::new(access.clone(), &shared, fhir::refusal);
    let past = HistoryTurns::default();
    // People: / /find /map /clinician /sign-in /services/{id} /accuracy /accessibility /assets/…
    let people = pages::router(pages::PagesState {
        shared: shared.clone(),
        access: access.clone(),
        tiles,
    })
    .layer(CompressionLayer::new());
    // Other software: /api/v1/{waits,services,feeds,scorecard,opel,heat,outlines,hexes} /livez /readyz
    let software = api::router(api::ApiState {
        shared: shared.clone(),
        log_state,
        access: access.clone(),
        looking_back: past.clone(),
    })
    .layer(CompressionLayer::new());
    // Finding a place: /api/v1/directory/… /api/v0.0.1/capacity/… /api/openapi.json
    let finding = directory::router(directory::DirectoryState {
        shared: shared.clone(),
        access: access.clone(),
        submitter: events.submitter.clone(),
    })
    .layer(Extension(ReadRecords(read_records)))
    .layer(CompressionLayer::new());
    let router = people
        .merge(software)
        .merge(finding)
        .merge(placing(&desk))
        // Feeds: POST /api/v1/events /feeds/{feed}/FHIR/R4…
        .merge(feeds(events))
        // Screens: /api/v1/push /api/v1/push/sse /api/v1/state /api/asyncapi.json
        .merge(push::router(push::PushSettings {
            shared: shared.clone(),
            past,
            proxies,
            stop,
            tasks: sockets,
        }))
        // 111 booking software: /FHIR/R4/…
        .merge(fhir::router(desk, access).layer(RequestBodyTimeoutLayer::new(BODY_PAUSE_MAX)))
        // Prometheus: /metrics
        .merge(metrics::router(shared, recorder));
    guarded(router, gate, policy)
}

/// What every request and answer goes through.
fn guarded(router: Router, gate: Gate, policy: HeaderValue) -> Router {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    router
        .layer(middleware::from_fn_with_state(gate, access::gate))
        .layer(middleware::from_fn(api::refuse_in_json))
        .layer(middleware::from_fn(metrics::observe))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            policy,
        ))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "same-origin"))
}

/// Places for patients, and where to take them.
fn placing(desk: &BookingDesk) -> Router {
    // Crews: /api/v1/destinations… /crew…
    let parts = app::destinations::DestinationsState {
        shared: desk.shared.clone(),
        submitter: desk.submitter.clone(),
    };
    let crews = destinations::router(parts.clone())
        .merge(pages::crew::router(parts))
        .layer(CompressionLayer::new());
    // Booking: /api/v1/{bookings,holds}/… /api/v1/services/{id}/slots… /clinician/…; never compressed, since secrets
    // and what was typed stand side by side there.
    bookings::router(desk.clone())
        .merge(pages::booking::router(pages::booking::BookingPagesState {
            desk: desk.clone(),
        }))
        .merge(crews)
}

/// What senders of events call.
fn feeds(events: sources::SourcesState) -> Router {
    Router::new()
        .route("/api/v1/events", post(http_events::post))
        .route("/feeds/{feed}/FHIR/R4", post(http_encounters::post))
        .route(
            "/feeds/{feed}/FHIR/R4/Encounter",
            post(http_encounters::post),
        )
        .route(
            "/feeds/{feed}/FHIR/R4/Encounter/{id}",
            put(http_encounters::post),
        )
        .layer(DefaultBodyLimit::max(http_encounters::BODY_BYTES_MAX))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE_MAX))
        .with_state(events)
}
