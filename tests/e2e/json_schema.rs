//! As much of JSON Schema as our OpenAPI document uses; a word that is not known here is a fault of the
//! document. Patterns and formats are left to schemathesis.

use serde_json::Value;

/// Words that describe, or that only schemathesis checks.
const PASSED_OVER: [&str; 6] = [
    "description",
    "default",
    "example",
    "format",
    "pattern",
    "uniqueItems",
];

/// What is wrong with a value, each fault with its place.
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check {
        document,
        faults: Vec::new(),
    };
    check.value(schema, value, "");
    check.faults
}

/// What a reference points to.
pub fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    while let Some(place) = value["$ref"].as_str() {
        value = document
            .pointer(place.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{place} is not in the document"));
    }
    value
}

struct Check<'a> {
    document: &'a Value,
    faults: Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, value: &Value, place: &str) {
        let schema = resolve(self.document, schema);
        if schema == &Value::Bool(true) {
            return;
        }
        let words = schema
            .as_object()
            .unwrap_or_else(|| panic!("{place}: {schema} is no schema"));
        for (word, rule) in words {
            if let Some(why) = self.word(schema, word, rule, value, place) {
                self.faults.push(format!("{place}: {word}: {why}"));
            }
        }
    }

    /// Whether a value keeps to a schema, without noting why not.
    fn holds(&self, schema: &Value, value: &Value) -> bool {
        faults(self.document, schema, value).is_empty()
    }

    fn word(
        &mut self,
        schema: &Value,
        word: &str,
        rule: &Value,
        value: &Value,
        place: &str,
    ) -> Option<String> {
        let list = || rule.as_array().unwrap();
        let holding = || list().iter().filter(|one| self.holds(one, value)).count();
        let is_right = match word {
            "type" => match rule {
                Value::Array(types) => types.iter().any(|one| is_of(one, value)),
                one => is_of(one, value),
            },
            "enum" => list().contains(value),
            "const" => rule == value,
            "anyOf" => holding() > 0,
            "oneOf" => holding() == 1,
            "not" => !self.holds(rule, value),
            "minimum" => value.as_f64().is_none_or(|v| v >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|v| v <= rule.as_f64().unwrap()),
            "minItems" | "minLength" | "minProperties" => {
                size(word, value).is_none_or(|n| n >= rule.as_u64().unwrap())
            }
            "maxItems" | "maxLength" => {
                size(word, value).is_none_or(|n| n <= rule.as_u64().unwrap())
            }
            "required" => {
                let has = |name: &Value| value.get(name.as_str().unwrap()).is_some();
                !value.is_object() || list().iter().all(has)
            }
            "allOf" => {
                for one in list() {
                    self.value(one, value, place);
                }
                true
            }
            "items" => {
                let all = value.as_array().into_iter().flatten().enumerate();
                all.for_each(|(index, one)| self.value(rule, one, &format!("{place}/{index}")));
                true
            }
            "properties" => {
                for (name, one) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        self.value(one, value, &format!("{place}/{name}"));
                    }
                }
                true
            }
            "additionalProperties" => self.others(schema, rule, value, place),
            _ => PASSED_OVER.contains(&word),
        };
        let said: String = value.to_string().chars().take(200).collect();
        (!is_right).then(|| format!("{rule} does not hold for {said}"))
    }

    /// The fields that the schema does not name.
    fn others(&mut self, schema: &Value, rule: &Value, value: &Value, place: &str) -> bool {
        let named = |name: &String| schema["properties"].get(name).is_some();
        let others = value.as_object().into_iter().flatten();
        let others: Vec<_> = others.filter(|(name, _)| !named(name)).collect();
        if rule == &Value::Bool(false) {
            return others.is_empty();
        }
        for (name, value) in others {
            self.value(rule, value, &format!("{place}/{name}"));
        }
        true
    }
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("{other} is no type"),
    }
}

fn size(word: &str, value: &Value) -> Option<u64> {
    let size = match word.trim_start_matches(['m', 'i', 'n', 'a', 'x']) {
        "Items" => value.as_array()?.len(),
        "Length" => value.as_str()?.chars().count(),
        _ => value.as_object()?.len(),
    };
    Some(size as u64)
}

#[test]
fn a_value_that_breaks_its_schema_is_caught() {
    let document = serde_json::json!({"components": {"schemas": {"Rag": {"enum": ["red"]}}}});
    let schema = serde_json::json!({
        "type": "object",
        "required": ["rag"],
        "properties": {"rag": {"$ref": "#/components/schemas/Rag"}, "count": {"type": "integer", "minimum": 0}},
        "additionalProperties": {"type": ["string", "null"], "minLength": 1},
        "not": {"required": ["secret"]},
    });
    let count = |value: Value| faults(&document, &schema, &value).len();
    assert_eq!(
        count(serde_json::json!({"rag": "red", "count": 0, "note": null})),
        0
    );
    // Not an object, and what is asked of objects alone holds for it: also that it has a secret.
    assert_eq!(count(serde_json::json!([])), 2);
    assert_eq!(count(serde_json::json!({"rag": "blue", "count": -1})), 2);
    assert_eq!(count(serde_json::json!({"count": 0.5, "note": ""})), 3);
    assert_eq!(count(serde_json::json!({"rag": "red", "secret": "x"})), 1);
}
