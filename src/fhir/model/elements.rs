//! Which elements R4 has, in the order of the standard: `fixtures/fhir/elements.txt`, read once.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::primitive::Primitive;

const TEXT: &str = include_str!("../../../fixtures/fhir/elements.txt");

static TABLE: LazyLock<ElementTable> = LazyLock::new(|| ElementTable::read(TEXT));

/// What an element holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementContent {
    /// A value.
    Primitive(Primitive),
    /// Elements of the type at this place of the table.
    Complex(usize),
    /// Any resource.
    Resource,
    /// A narrative's `div`.
    Xhtml,
}

/// One element as it is named in JSON and XML; each type of a choice is one.
#[derive(Debug)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Which element of the standard it is of its type; those of a choice have the same.
    pub group: usize,
    /// Whether it is a list.
    pub is_many: bool,
    /// Whether it, or another of its choice, must be there.
    pub is_required: bool,
    /// What it holds.
    pub sort: ElementContent,
}

/// A type of R4: its elements.
#[derive(Debug)]
pub struct TypeDefinition {
    /// Its name.
    pub name: &'static str,
    /// Its elements in the order of the standard.
    pub elements: Vec<Element>,
    by_name: HashMap<String, usize>,
    is_resource: bool,
}

impl TypeDefinition {
    /// The element of that name.
    pub fn find(&self, name: &str) -> Option<&Element> {
        self.elements.get(*self.by_name.get(name)?)
    }

    /// Whether XML has the element as an attribute: ids of what is no resource, and which extension it is.
    pub fn is_attribute(&self, name: &str) -> bool {
        match name {
            "id" => !self.is_resource,
            "url" => self.name == "Extension",
            _ => false,
        }
    }
}

struct ElementTable {
    kinds: Vec<TypeDefinition>,
    by_name: HashMap<&'static str, usize>,
}

/// The resource type of that name; those that only others are built from are none.
pub fn resource(name: &str) -> Option<&'static TypeDefinition> {
    let kind = TABLE.kinds.get(*TABLE.by_name.get(name)?)?;
    let is_base = matches!(name, "Resource" | "DomainResource");
    (kind.is_resource && !is_base).then_some(kind)
}

/// The type at a place of the table.
pub fn kind(at: usize) -> Option<&'static TypeDefinition> {
    TABLE.kinds.get(at)
}

/// What may stand beside a primitive: an id and extensions.
pub fn element_type() -> Option<&'static TypeDefinition> {
    kind(*TABLE.by_name.get("Element")?)
}

/// Reads `name*![a|b]` or `name*! type`: name, marks, types, whether it is a choice.
fn element(text: &'static str) -> Option<(&'static str, &'static str, Vec<&'static str>, bool)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, rest) = text.split_at(end);
    let start = rest.find(['[', ' '])?;
    let (marks, types) = rest.split_at(start);
    Some(match types.strip_prefix('[') {
        Some(types) => (
            name,
            marks,
            types.trim_end_matches(']').split('|').collect(),
            true,
        ),
        None => (name, marks, vec![types.trim()], false),
    })
}

/// "deceased" and "boolean" as "deceasedBoolean".
fn chosen(name: &str, kind: &str) -> String {
    let (first, rest) = kind.split_at(1);
    format!("{name}{}{rest}", first.to_ascii_uppercase())
}

impl ElementTable {
    fn read(text: &'static str) -> Self {
        let mut rows = Vec::new();
        let mut by_name = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((head, elements)) = line.split_once(':') else {
                continue;
            };
            let (name, base) = head.split_once(" < ").unwrap_or((head, ""));
            by_name.insert(name, rows.len());
            rows.push((name, base, elements.trim()));
        }
        let mut kinds: Vec<TypeDefinition> = Vec::new();
        for (name, base, elements) in rows {
            let base = by_name.get(base).and_then(|at| kinds.get(*at));
            let kind = TypeDefinition::read(name, base, elements, &by_name);
            kinds.push(kind);
        }
        Self { kinds, by_name }
    }
}

impl TypeDefinition {
    /// A base stands before what is built on it, so that it is there already.
    fn read(
        name: &'static str,
        base: Option<&Self>,
        text: &'static str,
        kinds: &HashMap<&'static str, usize>,
    ) -> Self {
        let mut kind = Self {
            name,
            elements: Vec::new(),
            by_name: HashMap::new(),
            is_resource: name == "Resource" || base.is_some_and(|base| base.is_resource),
        };
        for known in base.into_iter().flat_map(|base| &base.elements) {
            kind.add(Element {
                name: known.name.clone(),
                ..*known
            });
        }
        let before = kind.elements.last().map_or(0, |last| last.group + 1);
        for (index, (name, marks, types, is_choice)) in
            text.split(", ").filter_map(element).enumerate()
        {
            for sort in types {
                let name = if is_choice {
                    chosen(name, sort)
                } else {
                    name.to_owned()
                };
                let sort = match sort {
                    "Resource" => Some(ElementContent::Resource),
                    "xhtml" => Some(ElementContent::Xhtml),
                    sort => Primitive::named(sort)
                        .map(ElementContent::Primitive)
                        .or_else(|| kinds.get(sort).copied().map(ElementContent::Complex)),
                };
                let Some(sort) = sort else { continue };
                kind.add(Element {
                    name,
                    group: before + index,
                    is_many: marks.contains('*'),
                    is_required: marks.contains('!'),
                    sort,
                });
            }
        }
        kind
    }

    fn add(&mut self, element: Element) {
        self.by_name
            .insert(element.name.clone(), self.elements.len());
        self.elements.push(element);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_the_table_names_is_in_it() {
        let mut elements = 0;
        for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
            let (head, body) = line.split_once(':').unwrap();
            let name = head.split_once(" < ").map_or(head, |(name, _)| name);
            let of = &TABLE.kinds[TABLE.by_name[name]];
            for text in body.trim().split(", ").filter(|text| !text.is_empty()) {
                let (name, _, types, is_choice) = element(text).unwrap();
                for sort in types {
                    let name = if is_choice {
                        chosen(name, sort)
                    } else {
                        name.to_owned()
                    };
                    assert!(of.find(&name).is_some(), "{}.{name}: {sort}", of.name);
                    elements += 1;
                }
            }
        }
        assert!(elements > 1_000, "{elements}");
    }

    #[test]
    fn a_patient_has_what_its_bases_have_first_and_then_its_own() {
        let patient = resource("Patient").unwrap();
        let names: Vec<&str> = patient.elements.iter().map(|e| e.name.as_str()).collect();
        assert_eq!(&names[..4], ["id", "meta", "implicitRules", "language"]);
        assert!(patient.find("name").unwrap().is_many);
        let died = patient.find("deceasedBoolean").unwrap();
        assert_eq!(died.group, patient.find("deceasedDateTime").unwrap().group);
        assert!(patient.find("deceased").is_none());
        assert!(resource("DomainResource").is_none() && resource("HumanName").is_none());
    }
}
