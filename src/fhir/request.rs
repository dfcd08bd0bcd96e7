//! What is asked: the parts of the address, the parameters, and what the answer shall be written in.
//!
//! Everything under the FHIR base comes through here, so that whatever cannot be read is answered with an
//! OperationOutcome too, and with the ids of the question.

use axum::http::{HeaderMap, Uri};

use crate::format::{self, ResponseFormat};
use crate::outcome::Problem;

/// The FHIR base.
pub const BASE: &str = "/FHIR/R4";
/// Most parts of an address after the base, and most parameters.
const PIECES_MAX: usize = 64;

/// A question that can be read.
#[derive(Debug)]
pub struct FhirRequest {
    /// The parts of the address after the base.
    pub path: Vec<String>,
    /// The parameters in their order. A `+` is a blank here, as in every form.
    pub pairs: Vec<(String, String)>,
    /// Headers.
    pub headers: HeaderMap,
    /// What the answer shall be.
    pub wanted: ResponseFormat,
}

impl FhirRequest {
    /// A part of the address; empty when there is none.
    pub fn part(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }

    /// Reads the address and what the answer shall be; what cannot be is told with what was understood.
    pub fn read(uri: &Uri, headers: &HeaderMap) -> (Self, Result<(), Problem>) {
        let unreadable = || {
            let words = "the address cannot be read: %-codes must be those of UTF-8";
            Problem::bad("invalid", words)
        };
        let below = uri.path().strip_prefix(BASE).unwrap_or_default();
        let path: Option<Vec<String>> = below
            .split('/')
            .skip(1)
            .take(PIECES_MAX)
            .map(|part| decoded(part, false))
            .collect();
        let read: Vec<Option<(String, String)>> = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .take(PIECES_MAX + 1)
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decoded(name, true)?, decoded(value, true)?))
            })
            .collect();
        let is_read = path.is_some() && read.iter().all(Option::is_some);
        // Among what can be read may be the format in which to say that the rest cannot.
        let pairs: Vec<(String, String)> = read.into_iter().flatten().collect();
        let (wanted, acceptable) = format::wanted(headers, &pairs);
        let fault = if !is_read {
            Err(unreadable())
        } else if pairs.len() > PIECES_MAX {
            Err(Problem::bad("invalid", "there are too many parameters"))
        } else {
            acceptable
        };
        let asked = Self {
            path: path.unwrap_or_default(),
            pairs,
            headers: headers.clone(),
            wanted,
        };
        (asked, fault)
    }
}

/// A text of an address without its %-codes; `None` when one is broken or they are not UTF-8.
fn decoded(text: &str, plus_is_blank: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            b'+' if plus_is_blank => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;

    fn read(uri: &str) -> (FhirRequest, Result<(), Problem>) {
        FhirRequest::read(&uri.parse().unwrap(), &HeaderMap::new())
    }

    #[test]
    fn an_address_is_taken_apart() {
        let (asked, fault) =
            read("/FHIR/R4/Location/a%2Fb/?name=St+John%27s&near=52.6%7C-1.1&_format=xml&x");
        assert_eq!(fault, Ok(()));
        assert_eq!(asked.path, ["Location", "a/b", ""]);
        assert_eq!((asked.part(0), asked.part(7)), ("Location", ""));
        assert_eq!(asked.pairs[0], ("name".to_owned(), "St John's".to_owned()));
        assert_eq!(asked.pairs[1].1, "52.6|-1.1");
        assert_eq!(asked.pairs[3], ("x".to_owned(), String::new()));
        assert_eq!(asked.wanted.format, Format::Xml);
    }

    #[test]
    fn broken_codes_are_told_in_the_format_that_was_asked_for() {
        for uri in [
            "/FHIR/R4/Location?name=%zz",
            "/FHIR/R4/Location/%ff",
            "/FHIR/R4/Location?name=%2",
        ] {
            assert!(read(uri).1.is_err(), "{uri}");
        }
        let (asked, fault) = read("/FHIR/R4/Location/%ff?name=%zz&_format=xml");
        assert!(fault.is_err());
        assert_eq!(asked.wanted.format, Format::Xml);
        let many = format!("/FHIR/R4/Location?{}", "name=a&".repeat(100));
        assert!(read(&many).1.is_err());
    }
}
