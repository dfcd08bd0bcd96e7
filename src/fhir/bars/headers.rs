//! What stands around a call of booking software: who calls, for which service, under which ids.

use std::sync::Arc;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use compact_str::CompactString;
use serde_json::Value;

use crate::outcome::Problem;
use domain::{Service, systems};
use views::Published;

/// Longest value of a header that is decoded, bytes.
const HEADER_BYTES_MAX: usize = 16 << 10;

/// A call whose headers are in order.
#[derive(Debug, Clone)]
pub struct Call {
    /// `X-Request-Id`.
    pub request: CompactString,
    /// `X-Correlation-Id`.
    pub correlation: CompactString,
    /// The service that the call is for.
    pub target: Arc<Service>,
    /// Who calls: the ODS code of the organisation, or `unknown`.
    pub by: CompactString,
}

impl Call {
    /// Reads the headers; the first that is wrong is named.
    pub fn of(headers: &HeaderMap, published: &Published) -> Result<Self, Problem> {
        let request = uuid(headers, "X-Request-Id")?;
        let correlation = uuid(headers, "X-Correlation-Id")?;
        let target = decoded(headers, "NHSD-Target-Identifier")?;
        let organisation = decoded(headers, "NHSD-End-User-Organisation")?;
        let software = decoded(headers, "NHSD-Requesting-Software")?;
        expect_kind(&organisation, "Organization", "NHSD-End-User-Organisation")?;
        expect_kind(&software, "Device", "NHSD-Requesting-Software")?;
        let text = |name: &str| target[name].as_str().unwrap_or_default();
        if !systems::is_same(text("system"), systems::DOS_ID) || text("value").trim().is_empty() {
            let words = "NHSD-Target-Identifier must name a service by its dos-service-id";
            return Err(Problem::bad("value", words));
        }
        let target = find_service(published, text("value").trim())
            .ok_or_else(|| Problem::not_found("the target is not a service of this server"))?;
        Ok(Self {
            request,
            correlation,
            target,
            by: ods_of(&organisation),
        })
    }
}

/// The active service of that id in the national Directory.
pub fn find_service(published: &Published, dos_id: &str) -> Option<Arc<Service>> {
    let mut all = published.services.values().map(|view| &view.service);
    all.find(|service| service.active && service.dos_id.as_deref() == Some(dos_id))
        .map(Arc::clone)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Problem> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    value.ok_or_else(|| Problem::bad("required", &format!("the header {name} is missing")))
}

fn uuid(headers: &HeaderMap, name: &str) -> Result<CompactString, Problem> {
    let id = uuid::Uuid::try_parse(text(headers, name)?)
        .map_err(|_why| Problem::bad("value", &format!("the header {name} is not a UUID")))?;
    // A retry may be written in other letters.
    Ok(id.hyphenated().to_string().into())
}

/// A header that holds a resource or an identifier, as JSON in Base64 of either alphabet.
fn decoded(headers: &HeaderMap, name: &str) -> Result<Value, Problem> {
    let bad = || Problem::bad("value", &format!("the header {name} is not JSON in Base64"));
    let text = text(headers, name)?;
    if text.len() > HEADER_BYTES_MAX {
        return Err(bad());
    }
    let padding = DecodePaddingMode::Indifferent;
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(padding);
    let alphabets = [base64::alphabet::STANDARD, base64::alphabet::URL_SAFE];
    let bytes = alphabets
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(text).ok());
    let value: Value = serde_json::from_slice(&bytes.ok_or_else(bad)?).map_err(|_why| bad())?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(bad())
    }
}

fn expect_kind(resource: &Value, kind: &str, header: &str) -> Result<(), Problem> {
    if resource["resourceType"] == kind {
        return Ok(());
    }
    let words = format!("the header {header} does not hold a resource {kind}");
    Err(Problem::bad("value", &words))
}

/// The code, as far as it is one: it goes into the log.
fn ods_of(organisation: &Value) -> CompactString {
    let code = organisation["identifier"][0]["value"]
        .as_str()
        .unwrap_or_default()
        .trim();
    let is_code = (1..=12).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_code {
        code.into()
    } else {
        "unknown".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding_in_both_alphabets() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("NHSD-Target-Identifier", text.parse().unwrap());
            decoded(&headers, "NHSD-Target-Identifier").ok()
        };
        let expected = serde_json::json!({"a": "??>"});
        for text in ["eyJhIjoiPz8+In0=", "eyJhIjoiPz8-In0", " eyJhIjoiPz8-In0= "] {
            assert_eq!(of(text), Some(expected.clone()), "{text}");
        }
        assert_eq!(of("plain"), None);
        assert_eq!(of("MTI="), None, "a number is no identifier");
    }

    #[test]
    fn a_code_that_could_be_a_name_is_not_kept() {
        let of = |text: &str| ods_of(&serde_json::json!({"identifier": [{"value": text}]}));
        assert_eq!(of("RWE"), "RWE");
        assert_eq!(of("Dr A Smith"), "unknown");
        assert_eq!(of(""), "unknown");
    }
}
