//! Answers that pages of other sites may read, among them every fault of a question at once.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use app::search::Fault;

/// Pages of other sites may read the answer.
pub fn open_to_all(mut answer: Response) -> Response {
    let fields = answer.headers_mut();
    fields.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    answer
}

/// Every fault at once, as 400.
pub fn refused(faults: &[Fault]) -> Response {
    let all: Vec<Value> = faults
        .iter()
        .map(|fault| json!({"field": fault.field, "message": fault.message, "hint": fault.hint}))
        .collect();
    let first = faults.first();
    let body = json!({"error": {
        "code": "bad_question",
        "message": first.map(|fault| format!("{}: {}", fault.field, fault.message)),
        "what_to_do": first.map(|fault| fault.hint.clone()),
        "fields": all,
    }});
    open_to_all((StatusCode::BAD_REQUEST, axum::Json(body)).into_response())
}
