//! Whether a resource keeps to the structure of R4.

use serde_json::{Map, Value};

use super::elements::{self, Element, ElementContent, TypeDefinition};
use super::{
    CHOICE, DEPTH_MAX, ELEMENTS_MAX, EMPTY, FAULTS_MAX, FhirPath, MANY, NO_KIND, NULL, OBJECT,
    REQUIRED, ResourceFault, SIDECAR, SINGLE, TOO_DEEP, TOO_MANY, UNKNOWN, UNKNOWN_KIND, Wrong,
    div,
};

/// Comments that old writers of JSON kept; they mean nothing.
pub(super) const COMMENTS: &str = "fhir_comments";

/// Everything by which a resource is not one of R4, up to `FAULTS_MAX`; nothing when it is one.
///
/// Names of types and elements, cardinality, choices and the forms of primitives are looked at; what profiles and
/// code systems ask for is not.
pub fn check(resource: &Value) -> Vec<ResourceFault> {
    let mut checker = Checker {
        place: FhirPath(String::new()),
        faults: Vec::new(),
        elements: 0,
        depth: 0,
    };
    checker.resource(resource);
    checker.faults
}

struct Checker {
    place: FhirPath,
    faults: Vec<ResourceFault>,
    elements: usize,
    depth: usize,
}

impl Checker {
    fn say(&mut self, wrong: Wrong) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(ResourceFault::new(&self.place.0, wrong));
        }
    }

    fn say_at(&mut self, name: &str, wrong: Wrong) {
        let before = self.place.enter(name);
        self.say(wrong);
        self.place.leave(before);
    }

    fn is_done(&self) -> bool {
        self.faults.len() >= FAULTS_MAX || self.elements > ELEMENTS_MAX
    }

    fn resource(&mut self, value: &Value) {
        let Some(fields) = value.as_object() else {
            return self.say(OBJECT);
        };
        let Some(name) = fields.get("resourceType").and_then(Value::as_str) else {
            return self.say(NO_KIND);
        };
        let Some(kind) = elements::resource(name) else {
            return self.say(UNKNOWN_KIND);
        };
        if self.place.0.is_empty() {
            kind.name.clone_into(&mut self.place.0);
        }
        self.object(kind, fields, true);
    }

    fn object(
        &mut self,
        kind: &'static TypeDefinition,
        fields: &Map<String, Value>,
        is_resource: bool,
    ) {
        if self.depth >= DEPTH_MAX {
            return self.say(TOO_DEEP);
        }
        self.depth += 1;
        let said = usize::from(is_resource);
        if fields.len() <= said {
            self.say(EMPTY);
        }
        let mut is_unknown = false;
        for (name, value) in fields {
            if self.is_done() {
                break;
            }
            if (is_resource && name == "resourceType") || name == COMMENTS {
                continue;
            }
            if let Some(element) = kind.find(name) {
                self.element(element, value, fields);
            } else if let Some(element) = name.strip_prefix('_').and_then(|name| kind.find(name)) {
                self.sidecar(element, value, fields);
            } else {
                is_unknown = true;
            }
        }
        if is_unknown {
            // Its name is not repeated: nobody knows what stands there.
            self.say(UNKNOWN);
        }
        self.groups(kind, fields);
        self.depth -= 1;
    }

    /// What is missing, and choices that were made twice.
    fn groups(&mut self, kind: &'static TypeDefinition, fields: &Map<String, Value>) {
        let is_there = |element: &Element| {
            fields.contains_key(&element.name)
                || (matches!(element.sort, ElementContent::Primitive(_))
                    && fields.contains_key(&format!("_{}", element.name)))
        };
        for group in kind.elements.chunk_by(|a, b| a.group == b.group) {
            let [first, ..] = group else { continue };
            if group.len() == 1 && !first.is_required {
                continue;
            }
            match group.iter().filter(|element| is_there(element)).count() {
                0 if first.is_required => {
                    // Of a choice the first is named, which is where its name begins.
                    self.say_at(&first.name, REQUIRED);
                }
                0 | 1 => {}
                _ => self.say_at(&first.name, CHOICE),
            }
        }
    }

    fn element(&mut self, element: &'static Element, value: &Value, fields: &Map<String, Value>) {
        let before = self.place.enter(&element.name);
        match (element.is_many, value) {
            (true, Value::Array(all)) => {
                if all.is_empty() {
                    self.say(EMPTY);
                }
                let beside = fields
                    .get(&format!("_{}", element.name))
                    .and_then(Value::as_array);
                for (index, value) in all.iter().enumerate() {
                    if self.is_done() {
                        break;
                    }
                    let inner = self.place.enter_index(index);
                    let has_more = beside
                        .and_then(|beside| beside.get(index))
                        .is_some_and(Value::is_object);
                    if !(value.is_null() && has_more) {
                        self.value(element.sort, value);
                    }
                    self.place.leave(inner);
                }
            }
            (true, _) => self.say(MANY),
            (false, Value::Array(_)) => self.say(SINGLE),
            (false, value) => self.value(element.sort, value),
        }
        self.place.leave(before);
    }

    fn value(&mut self, sort: ElementContent, value: &Value) {
        self.elements += 1;
        if self.elements == ELEMENTS_MAX + 1 {
            self.say(TOO_MANY);
        }
        match (sort, value) {
            (_, Value::Null) => self.say(NULL),
            (ElementContent::Primitive(primitive), value) => {
                if let Some(wrong) = primitive.fault(value) {
                    self.say(wrong);
                }
            }
            (ElementContent::Xhtml, value) => {
                if let Some(wrong) = div::fault(value) {
                    self.say(wrong);
                }
            }
            (ElementContent::Resource, value) => self.resource(value),
            (ElementContent::Complex(at), Value::Object(fields)) => {
                if let Some(kind) = elements::kind(at) {
                    self.object(kind, fields, false);
                }
            }
            (ElementContent::Complex(_), _) => self.say(OBJECT),
        }
    }

    /// What stands beside a primitive: its id and extensions.
    fn sidecar(&mut self, element: &'static Element, value: &Value, fields: &Map<String, Value>) {
        let before = self.place.enter(&element.name);
        match (element.sort, element.is_many, value) {
            (ElementContent::Primitive(_), true, Value::Array(all)) => {
                let is_alone = !fields.contains_key(&element.name);
                for (index, value) in all.iter().enumerate() {
                    let inner = self.place.enter_index(index);
                    if is_alone || !value.is_null() {
                        self.beside(value);
                    }
                    self.place.leave(inner);
                }
                let values = fields.get(&element.name).and_then(Value::as_array);
                if values.is_some_and(|values| values.len() != all.len()) || all.is_empty() {
                    self.say(SIDECAR);
                }
            }
            (ElementContent::Primitive(_), true, _) => self.say(MANY),
            (ElementContent::Primitive(_), false, value) => self.beside(value),
            _ => self.say(SIDECAR),
        }
        self.place.leave(before);
    }

    fn beside(&mut self, value: &Value) {
        let element = elements::element_type();
        match (element, value) {
            (Some(kind), Value::Object(fields)) => self.object(kind, fields, false),
            _ => self.say(OBJECT),
        }
    }
}
