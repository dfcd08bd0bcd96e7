//! Bodies: a resource in JSON or XML that keeps to the structure of R4, or what is wrong with it.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::format::{self, Format};
use crate::model;
use crate::outcome::Problem;

/// Reads and checks the resource that was sent.
pub fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Value, Problem> {
    let format = format::of_body(headers)?;
    let bytes = body.map_err(|why| match why.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::bad("invalid", "the body could not be read to its end"),
    })?;
    let found = match format {
        Format::Json => model::from_json(&bytes),
        Format::Xml => model::from_xml(&bytes),
    };
    let mut resource = found.map_err(|fault| Problem::faults(&[fault]))?;
    trim(&mut resource);
    let faults = model::check(&resource);
    if faults.is_empty() {
        Ok(resource)
    } else {
        Err(Problem::faults(&faults))
    }
}

/// Blanks around a value are a slip of the sender and mean nothing.
fn trim(value: &mut Value) {
    match value {
        Value::String(text) if text.trim().len() < text.len() => *text = text.trim().to_owned(),
        Value::Array(all) => all.iter_mut().for_each(trim),
        Value::Object(fields) => fields.values_mut().for_each(trim),
        _ => {}
    }
}
