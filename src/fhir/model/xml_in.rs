//! Reads a resource from XML. Which elements are lists, numbers or resources is known from the table alone.
//!
//! A document type is refused and no entity but XML's own five is known, so nothing can be fetched or grow.

use std::collections::BTreeMap;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use serde_json::{Map, Value};

use super::elements::{self, Element, ElementContent, TypeDefinition};
use super::primitive::Primitive;
use super::{
    BYTES_MAX, DEPTH_MAX, ELEMENTS_MAX, EMPTY, FHIR, FhirPath, ResourceFault, SINGLE, TOO_DEEP,
    TOO_LARGE, TOO_MANY, UNKNOWN, UNKNOWN_KIND, Wrong, XHTML, div,
};

/// Most attributes of an element; namespaces count. FHIR has three at most.
const ATTRIBUTES_MAX: usize = 16;

const NOT_UTF8: Wrong = ("structure", "must be UTF-8");
const NOT_XML: Wrong = ("structure", "is not well-formed XML");
const DOCTYPE: Wrong = ("structure", "has a document type, which is refused");
const NAMESPACE: Wrong = ("structure", "has an element of another namespace");
const WORDS: Wrong = ("structure", "has text between elements");
const ATTRIBUTE: Wrong = ("structure", "has an attribute that does not belong there");
const ENTITY: Wrong = ("structure", "has an entity other than those of XML");
const NO_RESOURCE: Wrong = ("structure", "must hold one resource");

/// The resource that a text of XML is. `check` it afterwards: this asks only what is needed to read it.
pub fn from_xml(bytes: &[u8]) -> Result<Value, ResourceFault> {
    if bytes.len() > BYTES_MAX {
        return Err(ResourceFault::new("", TOO_LARGE));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_where| ResourceFault::new("", NOT_UTF8))?;
    let mut reading = XmlReader {
        reader: NsReader::from_str(text),
        place: FhirPath(String::new()),
        depth: 0,
        elements: 0,
    };
    let found = match reading.next()? {
        Node::Open(tag) => reading.resource(&tag)?,
        Node::Close | Node::End => return Err(reading.fault(NO_RESOURCE)),
    };
    match reading.next()? {
        Node::End => Ok(found),
        Node::Open(_) | Node::Close => Err(reading.fault(NO_RESOURCE)),
    }
}

struct XmlReader<'a> {
    reader: NsReader<&'a [u8]>,
    place: FhirPath,
    depth: usize,
    elements: usize,
}

enum Node<'a> {
    Open(Tag<'a>),
    Close,
    End,
}

struct Tag<'a> {
    start: BytesStart<'a>,
    is_empty: bool,
    is_xhtml: bool,
}

/// The attributes that FHIR knows.
#[derive(Default)]
struct Attributes {
    id: Option<String>,
    url: Option<String>,
    value: Option<String>,
}

/// Elements as they come: lists and what stands beside their values are kept together until the end.
#[derive(Default)]
struct Gathered {
    fields: Map<String, Value>,
    beside: BTreeMap<String, Vec<Value>>,
}

impl<'a> XmlReader<'a> {
    fn fault(&self, wrong: Wrong) -> ResourceFault {
        ResourceFault::new(&self.place.0, wrong)
    }

    /// The next tag; blanks, comments and instructions are passed over.
    fn next(&mut self) -> Result<Node<'a>, ResourceFault> {
        loop {
            let Ok((space, event)) = self.reader.read_resolved_event() else {
                return Err(self.fault(NOT_XML));
            };
            let is_of = |name: &str| space == ResolveResult::Bound(Namespace(name.as_bytes()));
            let (is_fhir, is_xhtml) = (is_of(FHIR), is_of(XHTML));
            let (start, is_empty) = match event {
                Event::Start(start) => (start, false),
                Event::Empty(start) => (start, true),
                Event::End(_) => return Ok(Node::Close),
                Event::Eof => return Ok(Node::End),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => continue,
                Event::Text(words) if words.iter().all(u8::is_ascii_whitespace) => continue,
                // Between the entries of a Bundle nothing can be said of a patient; the national kit's message of 999
                // to CAS has a stray letter there.
                Event::Text(_) if self.place.0 == "Bundle" => continue,
                Event::DocType(_) => return Err(self.fault(DOCTYPE)),
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    return Err(self.fault(WORDS));
                }
            };
            self.elements += 1;
            if self.elements > ELEMENTS_MAX {
                return Err(self.fault(TOO_MANY));
            }
            if !is_fhir && !is_xhtml {
                return Err(self.fault(NAMESPACE));
            }
            return Ok(Node::Open(Tag {
                start,
                is_empty,
                is_xhtml,
            }));
        }
    }

    fn attributes(&self, start: &BytesStart<'_>) -> Result<Attributes, ResourceFault> {
        let mut found = Attributes::default();
        for (index, attribute) in start.attributes().enumerate() {
            if index >= ATTRIBUTES_MAX {
                return Err(self.fault(ATTRIBUTE));
            }
            let Ok(attribute) = attribute else {
                return Err(self.fault(NOT_XML));
            };
            let name = attribute.key.as_ref();
            let place = match name {
                b"id" => &mut found.id,
                b"url" => &mut found.url,
                b"value" => &mut found.value,
                // Declarations, and where a schema is: nothing is fetched from there.
                _ if name == b"xmlns" || name.starts_with(b"xmlns:") => continue,
                _ if name.ends_with(b":schemaLocation") => continue,
                _ => return Err(self.fault(ATTRIBUTE)),
            };
            let Ok(text) = attribute.unescape_value() else {
                return Err(self.fault(ENTITY));
            };
            *place = Some(text.into_owned());
        }
        Ok(found)
    }

    fn resource(&mut self, tag: &Tag<'_>) -> Result<Value, ResourceFault> {
        let name = tag.start.local_name();
        let kind = std::str::from_utf8(name.as_ref())
            .ok()
            .and_then(elements::resource);
        let Some(kind) = kind.filter(|_| !tag.is_xhtml) else {
            return Err(self.fault(UNKNOWN_KIND));
        };
        if self.place.0.is_empty() {
            kind.name.clone_into(&mut self.place.0);
        }
        let said = self.attributes(&tag.start)?;
        if said.id.is_some() || said.url.is_some() || said.value.is_some() {
            return Err(self.fault(ATTRIBUTE));
        }
        let mut gathered = Gathered::default();
        let name = Value::String(kind.name.to_owned());
        gathered.fields.insert("resourceType".to_owned(), name);
        self.object(kind, tag.is_empty, gathered)
    }

    /// Reads the elements of a type until it is closed.
    fn object(
        &mut self,
        kind: &'static TypeDefinition,
        is_empty: bool,
        mut gathered: Gathered,
    ) -> Result<Value, ResourceFault> {
        if self.depth >= DEPTH_MAX {
            return Err(self.fault(TOO_DEEP));
        }
        self.depth += 1;
        let mut is_closed = is_empty;
        while !is_closed {
            let tag = match self.next()? {
                Node::Open(tag) => tag,
                Node::Close => {
                    is_closed = true;
                    continue;
                }
                Node::End => return Err(self.fault(NOT_XML)),
            };
            let name = tag.start.local_name();
            let element = std::str::from_utf8(name.as_ref())
                .ok()
                .and_then(|name| kind.find(name))
                .filter(|element| !kind.is_attribute(&element.name));
            let Some(element) = element else {
                return Err(self.fault(UNKNOWN));
            };
            let before = self.place.enter(&element.name);
            if element.is_many {
                self.place.enter_index(gathered.count(element));
            }
            let (value, beside) = self.element(element, &tag)?;
            if !gathered.put(element, value, beside) {
                return Err(self.fault(SINGLE));
            }
            self.place.leave(before);
        }
        self.depth -= 1;
        Ok(gathered.done())
    }

    /// The value of an element, and what stands beside it.
    fn element(
        &mut self,
        element: &Element,
        tag: &Tag<'_>,
    ) -> Result<(Value, Value), ResourceFault> {
        if tag.is_xhtml != (element.sort == ElementContent::Xhtml) {
            return Err(self.fault(NAMESPACE));
        }
        match element.sort {
            ElementContent::Xhtml => {
                let text = div::copy(&mut self.reader, &tag.start, tag.is_empty);
                let text = text.map_err(|wrong| self.fault(wrong))?;
                Ok((Value::String(text), Value::Null))
            }
            ElementContent::Primitive(primitive) => self.primitive(primitive, tag),
            ElementContent::Resource => Ok((self.contained(tag)?, Value::Null)),
            ElementContent::Complex(at) => {
                let Some(kind) = elements::kind(at) else {
                    return Err(self.fault(UNKNOWN));
                };
                let said = self.attributes(&tag.start)?;
                let is_extension = kind.is_attribute("url");
                if said.value.is_some() || (said.url.is_some() && !is_extension) {
                    return Err(self.fault(ATTRIBUTE));
                }
                let mut gathered = Gathered::default();
                for (name, text) in [("id", said.id), ("url", said.url)] {
                    if let Some(text) = text {
                        gathered.fields.insert(name.to_owned(), Value::String(text));
                    }
                }
                Ok((self.object(kind, tag.is_empty, gathered)?, Value::Null))
            }
        }
    }

    fn primitive(
        &mut self,
        primitive: Primitive,
        tag: &Tag<'_>,
    ) -> Result<(Value, Value), ResourceFault> {
        let said = self.attributes(&tag.start)?;
        if said.url.is_some() {
            return Err(self.fault(ATTRIBUTE));
        }
        let value = match said.value {
            Some(text) => primitive.read(&text).map_err(|wrong| self.fault(wrong))?,
            None => Value::Null,
        };
        let mut beside = Gathered::default();
        if let Some(id) = said.id {
            beside.fields.insert("id".to_owned(), Value::String(id));
        }
        let beside = match elements::element_type() {
            Some(kind) => self.object(kind, tag.is_empty, beside)?,
            None => Value::Null,
        };
        let is_nothing = beside.as_object().is_none_or(Map::is_empty);
        if value.is_null() && is_nothing {
            return Err(self.fault(EMPTY));
        }
        Ok((value, if is_nothing { Value::Null } else { beside }))
    }

    /// The one resource inside of an element.
    fn contained(&mut self, tag: &Tag<'_>) -> Result<Value, ResourceFault> {
        let said = self.attributes(&tag.start)?;
        if said.id.is_some() || said.url.is_some() || said.value.is_some() {
            return Err(self.fault(ATTRIBUTE));
        }
        if tag.is_empty {
            return Err(self.fault(NO_RESOURCE));
        }
        let Node::Open(inner) = self.next()? else {
            return Err(self.fault(NO_RESOURCE));
        };
        let found = self.resource(&inner)?;
        match self.next()? {
            Node::Close => Ok(found),
            Node::Open(_) | Node::End => Err(self.fault(NO_RESOURCE)),
        }
    }
}

impl Gathered {
    fn count(&self, element: &Element) -> usize {
        let known = self.fields.get(&element.name).and_then(Value::as_array);
        known.map_or(0, Vec::len)
    }

    /// Keeps it; `false` when there was one and only one may be.
    fn put(&mut self, element: &Element, value: Value, beside: Value) -> bool {
        let all = self.beside.entry(element.name.clone()).or_default();
        all.push(beside);
        if element.is_many {
            let list = self
                .fields
                .entry(element.name.clone())
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Some(list) = list.as_array_mut() {
                list.push(value);
            }
            return true;
        }
        let is_first = all.len() == 1 && !self.fields.contains_key(&element.name);
        self.fields.insert(element.name.clone(), value);
        is_first
    }

    /// The object: lists of nothing are left out, what stands beside a value has its underscore.
    fn done(mut self) -> Value {
        let is_nothing = |value: &Value| match value {
            Value::Null => true,
            Value::Array(all) => all.iter().all(Value::is_null),
            _ => false,
        };
        for (name, all) in self.beside {
            if all.iter().all(Value::is_null) {
                continue;
            }
            let known = self.fields.get(&name);
            let is_many = known.is_some_and(Value::is_array);
            let beside = if is_many {
                Value::Array(all)
            } else {
                all.into_iter().next().unwrap_or_default()
            };
            self.fields.insert(format!("_{name}"), beside);
        }
        self.fields.retain(|_, value| !is_nothing(value));
        Value::Object(self.fields)
    }
}
