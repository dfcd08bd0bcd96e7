//! The ground under every FHIR resource that comes in or goes out: which elements R4 has, whether a resource keeps to
//! them, and XML beside JSON. A resource is a `serde_json::Value`; decision 010 says why.
//!
//! Nothing here knows of bookings. A fault never repeats a value, since values may be personal.

mod check;
mod div;
mod elements;
mod primitive;
#[cfg(test)]
mod tests;
mod xml_in;
mod xml_out;

use std::fmt;

use serde_json::Value;

pub use check::check;
pub use xml_in::from_xml;
pub use xml_out::to_xml;

/// Most bytes of a resource in JSON or XML.
pub const BYTES_MAX: usize = 4 << 20;
/// Most elements within one another, contained resources and extensions included.
pub const DEPTH_MAX: usize = 40;
/// Most elements of a resource, the repeated ones each counted.
pub const ELEMENTS_MAX: usize = 100_000;
/// Most characters of a text (FHIR R4: one mebibyte).
pub const TEXT_CHARS_MAX: usize = 1 << 20;
/// Most faults that are told of one resource; whoever sent it has enough to do.
pub const FAULTS_MAX: usize = 25;

/// Namespace of FHIR in XML.
const FHIR: &str = "http://hl7.org/fhir";
/// Namespace of a narrative.
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Something that a resource must not be. Its text is plain words and repeats no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceFault {
    /// Where, as a path: `Bundle.entry[2].resource.birthDate`.
    pub place: String,
    /// What is wrong, as FHIR's issue types have it: `required`, `value`, `structure`, `too-long`.
    pub issue: &'static str,
    /// In words.
    pub words: &'static str,
}

impl fmt::Display for ResourceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(self.words),
            place => write!(f, "{place}: {}", self.words),
        }
    }
}

impl ResourceFault {
    fn new(place: &str, (issue, words): Wrong) -> Self {
        Self {
            place: place.to_owned(),
            issue,
            words,
        }
    }
}

/// An issue type and the words for it.
type Wrong = (&'static str, &'static str);

const NO_KIND: Wrong = ("structure", "resourceType is missing");
const UNKNOWN_KIND: Wrong = ("structure", "a resource of a type that is not known here");
const UNKNOWN: Wrong = (
    "structure",
    "has an element that R4 does not have in this place",
);
const SINGLE: Wrong = ("structure", "must be one and is a list, or is repeated");
const MANY: Wrong = ("structure", "must be a list");
const OBJECT: Wrong = ("structure", "must have elements of its own");
const CHOICE: Wrong = ("structure", "only one type may be chosen");
const EMPTY: Wrong = ("structure", "is empty");
const NULL: Wrong = (
    "structure",
    "is null, which FHIR has only beside an extension",
);
const SIDECAR: Wrong = (
    "structure",
    "an element with an underscore must belong to a primitive",
);
const REQUIRED: Wrong = ("required", "is missing");
const TOO_DEEP: Wrong = ("too-long", "is too deep within other elements");
const TOO_MANY: Wrong = ("too-long", "the resource has too many elements");
const TOO_LARGE: Wrong = ("too-long", "the resource has too many bytes");

/// Reads a resource from JSON; the fault says where the text ends to be JSON, not what stands there.
pub fn from_json(bytes: &[u8]) -> Result<Value, ResourceFault> {
    if bytes.len() > BYTES_MAX {
        return Err(ResourceFault::new("", TOO_LARGE));
    }
    serde_json::from_slice(bytes).map_err(|why| ResourceFault {
        place: format!("line {}, column {}", why.line(), why.column()),
        issue: "structure",
        words: "is not JSON",
    })
}

/// Adds texts to a text.
fn add(out: &mut String, texts: &[&str]) {
    for text in texts {
        out.push_str(text);
    }
}

/// The path of the element that is looked at; grows and shrinks with it.
struct FhirPath(String);

impl FhirPath {
    fn enter(&mut self, name: &str) -> usize {
        let before = self.0.len();
        self.0.push('.');
        self.0.push_str(name);
        before
    }

    fn enter_index(&mut self, index: usize) -> usize {
        let before = self.0.len();
        add(&mut self.0, &["[", &index.to_string(), "]"]);
        before
    }

    fn leave(&mut self, before: usize) {
        self.0.truncate(before);
    }
}
