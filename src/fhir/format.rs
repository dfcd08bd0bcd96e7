//! JSON or XML, and which version: what a question asks to be answered in, and what a body is in.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};

use crate::outcome::Problem;

/// How a resource is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/fhir+json`
    Json,
    /// `application/fhir+xml`
    Xml,
}

/// Versions of the national standard for bookings and referrals that are spoken (BaRS API).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// When none is asked for.
    V1_0,
    /// The newest; what is newer within 1 is answered by this.
    V1_1,
}

/// What an answer shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseFormat {
    /// How it is written.
    pub format: Format,
    /// Of which version it is.
    pub version: Version,
}

impl Default for ResponseFormat {
    fn default() -> Self {
        Self {
            format: Format::Json,
            version: Version::V1_0,
        }
    }
}

impl Format {
    /// The media type of answers.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/fhir+json",
            Self::Xml => "application/fhir+xml",
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "application/fhir+json" | "application/json" | "text/json" | "json" => Some(Self::Json),
            "application/fhir+xml" | "application/xml" | "text/xml" | "xml" => Some(Self::Xml),
            _ => None,
        }
    }
}

impl Version {
    /// The newest of ours that is not newer than what was asked for; none of another major version.
    fn for_asked(asked: &str) -> Option<Self> {
        let mut parts = asked.split('.').map(|part| part.parse::<u16>().ok());
        let major = parts.next()??;
        let minor = parts.next().map_or(Some(0), |minor| minor)?;
        match (major, minor) {
            (1, 0) => Some(Self::V1_0),
            (1, _) => Some(Self::V1_1),
            _ => None,
        }
    }
}

/// One of the media types that a header lists.
struct Range<'a> {
    name: &'a str,
    version: Option<&'a str>,
    fhir_version: Option<&'a str>,
    /// How much it is wanted, thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    fn of(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let mut range = Self {
            name: parts.next().unwrap_or_default(),
            version: None,
            fhir_version: None,
            quality: 1_000,
        };
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => range.version = Some(value),
                "fhirversion" => range.fhir_version = Some(value),
                "q" => {
                    let quality = value.parse::<f32>().unwrap_or(0.0);
                    range.quality = (quality.clamp(0.0, 1.0) * 1_000.0) as u16;
                }
                _ => {}
            }
        }
        range
    }

    fn format(&self) -> Option<Format> {
        match self.name {
            "*/*" | "application/*" => Some(Format::Json),
            "text/*" => Some(Format::Xml),
            name => Format::named(name),
        }
    }

    fn version(&self) -> Option<Version> {
        let is_r4 = self.fhir_version.is_none_or(|v| v == "4.0" || v == "4.0.1");
        let version = self.version.map_or(Some(Version::V1_0), Version::for_asked);
        version.filter(|_| is_r4)
    }
}

/// What the answer shall be: `_format` beats `Accept`. What cannot be is told in the format that was asked for, as far
/// as that is known.
pub fn wanted(
    headers: &HeaderMap,
    pairs: &[(String, String)],
) -> (ResponseFormat, Result<(), Problem>) {
    let accept: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    let ranges: Vec<Range<'_>> = accept.iter().map(|text| Range::of(text)).collect();
    let mut asked = pairs.iter().filter(|(name, _)| name == "_format");
    let parameter = asked
        .next()
        .map(|(_, value)| value.replacen("fhir ", "fhir+", 1));
    if let Some(parameter) = parameter {
        let range = Range::of(&parameter);
        let Some(format) = range.format() else {
            return (ResponseFormat::default(), Err(Problem::not_acceptable()));
        };
        // A version is asked for by `Accept`, or here.
        let versions = if range.version.is_some() || ranges.is_empty() {
            vec![range]
        } else {
            ranges
        };
        return settle(format, &versions);
    }
    let known = || {
        ranges
            .iter()
            .filter(|range| range.quality > 0 && range.format().is_some())
    };
    // Of those that are wanted as much the first stands, if its version can be.
    let best = known()
        .filter(|range| range.version().is_some())
        .chain(known())
        .reduce(|best, next| match (best.version(), next.version()) {
            (Some(_), Some(_)) if next.quality > best.quality => next,
            _ => best,
        });
    match best.and_then(Range::format) {
        Some(format) => {
            let same: Vec<Range<'_>> = ranges
                .into_iter()
                .filter(|range| range.quality > 0 && range.format() == Some(format))
                .collect();
            settle(format, &same)
        }
        None if accept.is_empty() => (ResponseFormat::default(), Ok(())),
        None => (ResponseFormat::default(), Err(Problem::not_acceptable())),
    }
}

/// The newest version of those listed that is spoken here.
fn settle(format: Format, ranges: &[Range<'_>]) -> (ResponseFormat, Result<(), Problem>) {
    let newest = ranges.iter().filter_map(Range::version).max();
    let wanted = ResponseFormat {
        format,
        version: newest.unwrap_or(Version::V1_0),
    };
    let answer = newest.map(|_| ()).ok_or_else(Problem::not_acceptable);
    (wanted, answer)
}

/// What a body is in.
pub fn of_body(headers: &HeaderMap) -> Result<Format, Problem> {
    let said = headers
        .get(CONTENT_TYPE)
        .map(HeaderValue::to_str)
        .and_then(Result::ok);
    let range = Range::of(said.unwrap_or_default());
    let format = Format::named(range.name).filter(|_| range.name.contains('/'));
    format.ok_or_else(Problem::unsupported_media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Accept` of one header or of two (`&`) | `_format` | what is answered.
    const ASKED: &str = "
        | | json 1.0
        */* | | json 1.0
        application/fhir+json | | json 1.0
        application/fhir+json; version=1.1.0 | | json 1.1
        application/fhir+xml;version=1.1.0 | | xml 1.1
        application/xml | | xml 1.0
        text/xml | | xml 1.0
        application/json | | json 1.0
        Application/FHIR+XML; Version=\"1.1.0\" | | xml 1.1
        application/fhir+json; version=1.0.0, application/fhir+json; version=1.1.0 | | json 1.1
        application/fhir+json; version=1.1.0 & application/fhir+json; version=2.0.0 | | json 1.1
        application/fhir+json; version=2.0.0, application/fhir+json; version=1.0.0 | | json 1.0
        application/fhir+json; version=1.4.0 | | json 1.1
        application/fhir+json; version=1.0.5 | | json 1.0
        application/fhir+json; version=2.0.0 | | refused
        application/fhir+json; version=one | | refused
        application/fhir+json; version=2.0.0, application/fhir+xml; version=1.1.0 | | xml 1.1
        application/fhir+json; fhirVersion=4.0 | | json 1.0
        application/fhir+json; fhirVersion=5.0 | | refused
        application/fhir+json;q=0.5, application/fhir+xml | | xml 1.0
        application/fhir+xml, application/fhir+json | | xml 1.0
        application/fhir+xml;q=0, application/fhir+json | | json 1.0
        text/html, */*;q=0.8 | | json 1.0
        text/html | | refused
        image/png | | refused
        application/fhir+json; version=1.1.0 | xml | xml 1.1
        text/html | json | json 1.0
        | application/fhir xml | xml 1.0
        application/fhir+json; version=2.0.0 | xml | refused
        application/fhir+json | application/fhir+xml; version=1.1.0 | xml 1.1
        application/fhir+json | turtle | refused";

    #[test]
    fn each_way_of_asking_has_one_answer() {
        for line in ASKED.lines().skip(1) {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            let mut headers = HeaderMap::new();
            for value in columns[0].split(" & ").filter(|value| !value.is_empty()) {
                headers.append(ACCEPT, value.parse().unwrap());
            }
            let mut pairs = vec![("name".to_owned(), "x".to_owned())];
            if !columns[1].is_empty() {
                pairs.push(("_format".to_owned(), columns[1].to_owned()));
            }
            let (wanted, answer) = wanted(&headers, &pairs);
            let found = match (answer, wanted.format, wanted.version) {
                (Err(_), _, _) => "refused",
                (_, Format::Json, Version::V1_0) => "json 1.0",
                (_, Format::Json, Version::V1_1) => "json 1.1",
                (_, Format::Xml, Version::V1_0) => "xml 1.0",
                (_, Format::Xml, Version::V1_1) => "xml 1.1",
            };
            assert_eq!(found, columns[2], "{line}");
        }
    }

    #[test]
    fn a_body_is_json_or_xml_or_refused() {
        for (said, expected) in [
            ("application/fhir+json; charset=utf-8", Some(Format::Json)),
            ("application/fhir+xml; version=1.1.0", Some(Format::Xml)),
            ("application/json", Some(Format::Json)),
            ("text/xml", Some(Format::Xml)),
            ("text/plain", None),
            ("json", None),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, said.parse().unwrap())]);
            assert_eq!(of_body(&headers).ok(), expected, "{said}");
        }
        assert!(of_body(&HeaderMap::new()).is_err());
    }
}
