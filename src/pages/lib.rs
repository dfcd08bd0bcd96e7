//! Pages for people, whole without JavaScript. The script in `web/` only changes words on them.

mod accuracy;
mod assets;
pub mod booking;
mod clinician;
pub mod crew;
mod find;
mod frame;
mod home;
pub mod map;
mod reader_location;
mod service;
mod service_card;
mod sign_in;
mod status;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};

use domain::Caller;
use frame::{Frame, MessagePage, page, private};

pub use frame::PagesState;

/// The routes, and the page for every path that is none.
pub fn router(parts: PagesState) -> Router {
    Router::new()
        .route("/find", get(find_page))
        .route("/clinician", get(clinician_page))
        .route("/sign-in", get(sign_in::show).post(sign_in::take))
        .route("/sign-out", post(sign_in::leave))
        .route("/", get(home_page))
        .route("/services/{id}", get(service_page))
        .route("/map", get(map_page))
        .route("/accuracy", get(accuracy_page))
        .route("/status", get(status_page))
        .route("/accessibility", get(accessibility))
        .route("/assets/{*file}", get(assets::serve))
        .fallback(not_found)
        .with_state(parts)
}

async fn home_page(
    State(PagesState { shared, .. }): State<PagesState>,
    Query(query): Query<home::HomeQuery>,
) -> Response {
    let published = shared.published();
    page(
        StatusCode::OK,
        &home::HomePage::new(&published, &shared.mode, shared.clock.now(), &query),
    )
}

async fn service_page(State(parts): State<PagesState>, Path(id): Path<String>) -> Response {
    let shared = &parts.shared;
    let published = shared.published();
    match published.services.get(id.as_str()) {
        Some(view) => page(
            StatusCode::OK,
            &service::ServicePage::new(view, &shared.mode, shared.clock.now()),
        ),
        None => not_found(State(parts), Uri::default()).await,
    }
}

async fn find_page(
    State(PagesState { shared, .. }): State<PagesState>,
    Query(form): Query<find::Form>,
) -> Response {
    page(StatusCode::OK, &find::FindPage::new(&shared, &form).await)
}

/// What is for professionals; a demonstration shows it to anybody, since nothing of it is real.
async fn clinician_page(
    State(parts): State<PagesState>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let shared = &parts.shared;
    let who = if shared.mode.demonstration.is_some() && caller.name == "demonstration" {
        "Not signed in: a demonstration shows this page to anybody.".to_owned()
    } else {
        format!("Signed in as {}.", caller.name)
    };
    let shown = clinician::ClinicianPage::new(shared, &who, pairs).await;
    private(page(StatusCode::OK, &shown))
}

async fn map_page(
    State(PagesState { shared, tiles, .. }): State<PagesState>,
    Query(choice): Query<map::MapQuery>,
) -> Response {
    let (published, now) = (shared.published(), shared.clock.now());
    page(
        StatusCode::OK,
        &map::MapPage::new(&published, &shared.mode, now, &choice, tiles.as_ref()),
    )
}

async fn accuracy_page(State(PagesState { shared, .. }): State<PagesState>) -> Response {
    let published = shared.published();
    page(
        StatusCode::OK,
        &accuracy::AccuracyPage::new(&published, &shared.mode),
    )
}

async fn status_page(State(PagesState { shared, .. }): State<PagesState>) -> Response {
    let (published, tally) = (shared.published(), telemetry::tally());
    page(
        StatusCode::OK,
        &status::StatusPage::new(&published, &tally, &shared.mode, shared.clock.now()),
    )
}

async fn not_found(State(PagesState { shared, .. }): State<PagesState>, _: Uri) -> Response {
    let message = MessagePage {
        frame: Frame::of(&shared.mode),
        heading: "Page not found",
        lines: vec!["There is no page at this address. Check that it was typed in full."],
    };
    page(StatusCode::NOT_FOUND, &message)
}

async fn accessibility(State(PagesState { shared, .. }): State<PagesState>) -> Response {
    let message = MessagePage {
        frame: Frame::of(&shared.mode),
        heading: "Accessibility",
        lines: vec![
            "We mean every page here to meet the Web Content Accessibility Guidelines 2.2, level AA.",
            "Each page works without JavaScript, at any text size and by keyboard alone. A colour is \
             never the only sign: every coloured tag is also a word.",
            "The pages are checked by axe in an automated browser at phone and desktop size. They \
             have not been audited by people who use assistive technology.",
            "If something here does not work for you, call 111: they have the same information.",
        ],
    };
    page(StatusCode::OK, &message)
}
