//! Writes a resource as XML, elements in the order of the standard.

use serde_json::{Map, Value};

use super::check::COMMENTS;
use super::elements::{self, Element, ElementContent, TypeDefinition};
use super::{
    DEPTH_MAX, FHIR, FhirPath, MANY, NO_KIND, OBJECT, ResourceFault, SINGLE, TOO_DEEP, UNKNOWN,
    UNKNOWN_KIND, Wrong, add, div,
};

const CHARACTER: Wrong = ("value", "has a character that XML cannot hold");
const TEXT: Wrong = ("value", "must be a text");

/// The resource as XML. What the table does not know is a fault and not left out.
pub fn to_xml(resource: &Value) -> Result<String, ResourceFault> {
    let mut writing = Writing {
        out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
        place: FhirPath(String::new()),
        depth: 0,
    };
    writing.resource(resource, true)?;
    Ok(writing.out)
}

struct Writing {
    out: String,
    place: FhirPath,
    depth: usize,
}

impl Writing {
    fn fault(&self, wrong: Wrong) -> ResourceFault {
        ResourceFault::new(&self.place.0, wrong)
    }

    fn resource(&mut self, value: &Value, is_first: bool) -> Result<(), ResourceFault> {
        let Some(fields) = value.as_object() else {
            return Err(self.fault(OBJECT));
        };
        let Some(name) = fields.get("resourceType").and_then(Value::as_str) else {
            return Err(self.fault(NO_KIND));
        };
        let Some(kind) = elements::resource(name) else {
            return Err(self.fault(UNKNOWN_KIND));
        };
        if is_first {
            kind.name.clone_into(&mut self.place.0);
        }
        self.out.push('<');
        self.out.push_str(kind.name);
        if is_first {
            add(&mut self.out, &[" xmlns=\"", FHIR, "\""]);
        }
        self.inside(kind.name, kind, fields)
    }

    /// The elements of a type, after its opened name and attributes; and its end.
    fn inside(
        &mut self,
        name: &str,
        kind: &'static TypeDefinition,
        fields: &Map<String, Value>,
    ) -> Result<(), ResourceFault> {
        if self.depth >= DEPTH_MAX {
            return Err(self.fault(TOO_DEEP));
        }
        self.depth += 1;
        let before = self.out.len();
        self.out.push('>');
        let mut known = 0;
        for element in &kind.elements {
            let value = fields.get(&element.name);
            let beside = match element.sort {
                ElementContent::Primitive(_) => fields.get(&format!("_{}", element.name)),
                _ => None,
            };
            known += usize::from(value.is_some()) + usize::from(beside.is_some());
            if !kind.is_attribute(&element.name) && (value.is_some() || beside.is_some()) {
                self.element(element, value, beside)?;
            }
        }
        let extra = ["resourceType", COMMENTS];
        let extra = extra.iter().filter(|name| fields.contains_key(**name));
        if known + extra.count() != fields.len() {
            return Err(self.fault(UNKNOWN));
        }
        if self.out.len() == before + 1 {
            self.out.truncate(before);
            self.out.push_str("/>");
        } else {
            add(&mut self.out, &["</", name, ">"]);
        }
        self.depth -= 1;
        Ok(())
    }

    fn element(
        &mut self,
        element: &Element,
        value: Option<&Value>,
        beside: Option<&Value>,
    ) -> Result<(), ResourceFault> {
        let before = self.place.enter(&element.name);
        if element.is_many {
            let all = |list: Option<&Value>| match list {
                None => Some(Vec::new()),
                Some(list) => list.as_array().cloned(),
            };
            let (Some(values), Some(besides)) = (all(value), all(beside)) else {
                return Err(self.fault(MANY));
            };
            for index in 0..values.len().max(besides.len()) {
                let inner = self.place.enter_index(index);
                self.one(element, values.get(index), besides.get(index))?;
                self.place.leave(inner);
            }
        } else if value.is_some_and(Value::is_array) {
            return Err(self.fault(SINGLE));
        } else {
            self.one(element, value, beside)?;
        }
        self.place.leave(before);
        Ok(())
    }

    fn one(
        &mut self,
        element: &Element,
        value: Option<&Value>,
        beside: Option<&Value>,
    ) -> Result<(), ResourceFault> {
        let name = element.name.as_str();
        let value = value.filter(|value| !value.is_null());
        match (element.sort, value) {
            (ElementContent::Primitive(_), value) => self.primitive(name, value, beside),
            (ElementContent::Xhtml, Some(value)) => {
                let text = value.as_str().ok_or_else(|| self.fault(TEXT))?;
                let text = div::from_text(text).map_err(|wrong| self.fault(wrong))?;
                self.out.push_str(&text);
                Ok(())
            }
            (ElementContent::Resource, Some(value)) => {
                add(&mut self.out, &["<", name, ">"]);
                self.resource(value, false)?;
                add(&mut self.out, &["</", name, ">"]);
                Ok(())
            }
            (ElementContent::Complex(at), Some(value)) => {
                let (Some(kind), Some(fields)) = (elements::kind(at), value.as_object()) else {
                    return Err(self.fault(OBJECT));
                };
                self.out.push('<');
                self.out.push_str(name);
                for attribute in ["id", "url"] {
                    if kind.is_attribute(attribute) {
                        self.attribute(attribute, fields.get(attribute))?;
                    }
                }
                self.inside(name, kind, fields)
            }
            (_, None) => Err(self.fault(OBJECT)),
        }
    }

    fn primitive(
        &mut self,
        name: &str,
        value: Option<&Value>,
        beside: Option<&Value>,
    ) -> Result<(), ResourceFault> {
        let nothing = Map::new();
        let beside = match beside {
            None | Some(Value::Null) => &nothing,
            Some(Value::Object(beside)) => beside,
            Some(_) => return Err(self.fault(OBJECT)),
        };
        self.out.push('<');
        self.out.push_str(name);
        self.attribute("id", beside.get("id"))?;
        match value {
            Some(value @ (Value::Bool(_) | Value::Number(_))) => {
                add(&mut self.out, &[" value=\"", &value.to_string(), "\""]);
            }
            value => self.attribute("value", value)?,
        }
        match elements::element_type() {
            Some(kind) => self.inside(name, kind, beside),
            None => Err(self.fault(UNKNOWN)),
        }
    }

    fn attribute(&mut self, name: &str, value: Option<&Value>) -> Result<(), ResourceFault> {
        let text = match value {
            None => return Ok(()),
            Some(Value::String(text)) => text,
            Some(_) => return Err(self.fault(TEXT)),
        };
        add(&mut self.out, &[" ", name, "=\""]);
        for letter in text.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                // Readers of XML make blanks of these unless they are written as numbers.
                '\n' => self.out.push_str("&#10;"),
                '\r' => self.out.push_str("&#13;"),
                '\t' => self.out.push_str("&#9;"),
                '\0'..' ' | '\u{fffe}' | '\u{ffff}' => return Err(self.fault(CHARACTER)),
                letter => self.out.push(letter),
            }
        }
        self.out.push('"');
        Ok(())
    }
}
