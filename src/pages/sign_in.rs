//! `/sign-in`: an access token becomes a session of one shift.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::frame::{Frame, PagesState, page};
use app::access::onward;
use app::session;

/// What was filled in.
#[derive(Deserialize)]
pub struct SignInForm {
    token: String,
    /// Where to go on.
    next: Option<String>,
}

/// Where to go on.
#[derive(Deserialize)]
pub struct Next {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "sign-in.html")]
struct SignInPage {
    frame: Frame,
    fault: Option<&'static str>,
    next: String,
}

fn form(
    parts: &PagesState,
    status: StatusCode,
    next: Option<&str>,
    fault: Option<&'static str>,
) -> Response {
    let page_of = SignInPage {
        frame: Frame::of(&parts.shared.mode),
        fault,
        next: onward(next).to_owned(),
    };
    page(status, &page_of)
}

/// The form.
pub async fn show(State(parts): State<PagesState>, Query(asked): Query<Next>) -> Response {
    form(&parts, StatusCode::OK, asked.next.as_deref(), None)
}

/// Signs in, or says why not.
pub async fn take(
    State(parts): State<PagesState>,
    headers: HeaderMap,
    Form(filled): Form<SignInForm>,
) -> Response {
    let next = filled.next.as_deref();
    if !session::is_from_here(&headers) {
        let fault = "This form was not sent by this site. Sign in here";
        return form(&parts, StatusCode::FORBIDDEN, next, Some(fault));
    }
    let now = parts.shared.clock.now();
    let Some(secret) = parts.access.sign_in(filled.token.trim(), now) else {
        let fault = "This token is not known, or not one to sign in with";
        return form(&parts, StatusCode::UNAUTHORIZED, next, Some(fault));
    };
    let is_secure = headers
        .get("x-forwarded-proto")
        .is_some_and(|value| value == "https");
    let mut answer = Redirect::to(onward(next)).into_response();
    if let Some(cookie) = session::set_cookie(&secret, is_secure) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// Signs out.
pub async fn leave(State(parts): State<PagesState>, headers: HeaderMap) -> Response {
    let mut answer = Redirect::to("/").into_response();
    if !session::is_from_here(&headers) {
        // Another site signs nobody out.
        return answer;
    }
    parts.access.sign_out(&headers);
    answer
        .headers_mut()
        .insert(header::SET_COOKIE, session::drop_cookie());
    answer
}
