//! What the pages share: what they need, what is around each, and how one goes out.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::assets;
use crate::map::tiles::Tiles;
use app::access::Access;
use app::{AppState, ServerMode};

/// What every page has around its contents.
pub struct Frame {
    /// The style sheet.
    pub css: String,
    /// The script.
    pub script: Option<String>,
    /// What is said above every page, if anything is.
    pub notice: Option<String>,
}

impl Frame {
    /// With the script and style of most pages.
    pub fn of(mode: &ServerMode) -> Self {
        Self::with(assets::MAIN, mode)
    }

    /// With another script and style than most pages have.
    pub fn with(entry: &str, mode: &ServerMode) -> Self {
        let (css, script) = assets::entry(entry);
        Self {
            css,
            script,
            notice: mode.notice(),
        }
    }
}

/// What the pages need.
#[derive(Clone)]
pub struct PagesState {
    /// The published value.
    pub shared: AppState,
    /// Who may.
    pub access: Access,
    /// Detailed maps under ours, where the operator named some.
    pub tiles: Option<Tiles>,
}

/// A heading and some sentences.
#[derive(Template)]
#[template(path = "message.html")]
pub struct MessagePage {
    /// What is around it.
    pub frame: Frame,
    /// The heading.
    pub heading: &'static str,
    /// A paragraph each.
    pub lines: Vec<&'static str>,
}

/// An answer that nobody keeps.
pub fn private(mut answer: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    answer
}

/// A page, which a cache may keep and asks about before it shows it.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let mut answer = (status, Html(html)).into_response();
            answer
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            answer
        }
        Err(why) => {
            tracing::error!(%why, "a page could not be rendered");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "This page is broken. Call 111.\n",
            )
                .into_response()
        }
    }
}
