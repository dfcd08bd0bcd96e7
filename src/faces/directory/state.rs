//! What the Directory's routes share: what they need, and how they refuse.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use app::access::{Access, secret};
use app::{AppState, error_response};
use domain::Role;
use log::Submitter;

/// What the Directory's routes need.
#[derive(Clone)]
pub struct DirectoryState {
    /// The published value.
    pub shared: AppState,
    /// Who may.
    pub access: Access,
    /// The way into the log.
    pub submitter: Submitter,
}

/// Whom we do not know is asked to sign in (401); who has a token of another role is refused (403).
pub fn unauthorised(parts: &DirectoryState, headers: &HeaderMap, need: &str) -> Response {
    if parts
        .access
        .find_caller(secret(headers), &Role::ALL)
        .is_some()
    {
        let what = "ask the operator for a token of the right role";
        return error_response(StatusCode::FORBIDDEN, "not_allowed", need, what);
    }
    let what = "send `Authorization: Bearer` and a token made by `uec-live token new`";
    let mut answer = error_response(StatusCode::UNAUTHORIZED, "sign_in", need, what);
    let scheme = HeaderValue::from_static("Bearer");
    answer
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, scheme);
    answer
}
