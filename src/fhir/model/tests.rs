//! Faults are found and said without values; XML and JSON are the same resource.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use domain::NhsNumber;

fn patient() -> Value {
    json!({
        "resourceType": "Patient",
        "id": "p1",
        "meta": {"lastUpdated": "2026-11-27T13:00:00.1234567+00:00"},
        "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a &amp; b</p></div>"},
        "contained": [{"resourceType": "Organization", "id": "gp", "name": "Test & <Practice>"}],
        "extension": [{"url": "urn:x", "extension": [{"url": "a", "valueDecimal": 1.5}, {"url": "b", "valueBoolean": false}]}],
        "identifier": [{"id": "i1", "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018"}],
        "active": true,
        "name": [{"use": "official", "family": "Patient-One", "given": ["Test", null],
                  "_given": [null, {"extension": [{"url": "urn:why", "valueCode": "unknown"}]}]}],
        "_birthDate": {"id": "b", "extension": [{"url": "urn:why", "valueString": "line\none\t\"two\""}]},
        "multipleBirthInteger": 2,
        "contact": [{"telecom": [{"system": "phone", "value": "07700 900001", "rank": 1}]}],
    })
}

fn places(resource: &Value) -> Vec<String> {
    check(resource).iter().map(ToString::to_string).collect()
}

#[test]
fn a_sound_patient_has_no_fault_and_is_the_same_after_xml() {
    let before = patient();
    assert_eq!(places(&before), Vec::<String>::new());
    let xml = to_xml(&before).unwrap();
    assert_eq!(from_xml(xml.as_bytes()).unwrap(), before, "{xml}");
    let order: Vec<usize> = [
        "<id ",
        "<meta>",
        "<text>",
        "<contained>",
        "<identifier ",
        "<active ",
        "<birthDate ",
    ]
    .into_iter()
    .map(|tag| xml.find(tag).unwrap())
    .collect();
    assert!(order.is_sorted(), "{xml}");
}

#[test]
fn comments_of_old_writers_are_passed_over() {
    let mut before = patient();
    before["name"][0]["fhir_comments"] = json!(["x"]);
    assert_eq!(places(&before), Vec::<String>::new());
    let after = from_xml(to_xml(&before).unwrap().as_bytes()).unwrap();
    assert_eq!(after, patient());
}

/// A change to the patient, and the place and words of the fault that it is.
fn broken(change: impl Fn(&mut Value)) -> Vec<String> {
    let mut resource = patient();
    change(&mut resource);
    places(&resource)
}

const SECRET: &str = "Secret-Value";

/// Held against what each change is said to be.
fn told(all: Vec<(&str, Vec<String>)>) {
    for (wanted, found) in all {
        assert!(
            found.len() == 1 && found[0].starts_with(wanted),
            "{wanted}: {found:?}"
        );
        assert!(!found[0].contains(SECRET), "{found:?}");
    }
}

#[test]
fn values_and_cardinality_are_told_by_their_place_and_never_by_a_value() {
    told(vec![
        (
            "Patient.name: must be a list",
            broken(|p| p["name"] = json!({"text": SECRET})),
        ),
        (
            "Patient.active: must be one",
            broken(|p| p["active"] = json!([true])),
        ),
        (
            "Patient.active: must be true",
            broken(|p| p["active"] = json!(SECRET)),
        ),
        (
            "Patient.birthDate: must be a date",
            broken(|p| p["birthDate"] = json!(SECRET)),
        ),
        (
            "Patient.name[0].family: is an empty",
            broken(|p| p["name"][0]["family"] = json!(" ")),
        ),
        (
            "Patient.name[0].family: is null",
            broken(|p| p["name"][0]["family"] = json!(null)),
        ),
        (
            "Patient.name[0].given[0]: is null",
            broken(|p| p["name"][0]["given"][0] = json!(null)),
        ),
        (
            "Patient.link[0].other: is missing",
            broken(|p| p["link"] = json!([{"type": "refer"}])),
        ),
        (
            "Patient.contact: is empty",
            broken(|p| p["contact"] = json!([])),
        ),
        (
            "Patient.maritalStatus: is empty",
            broken(|p| p["maritalStatus"] = json!({})),
        ),
        (
            "Patient.maritalStatus: must have elements",
            broken(|p| p["maritalStatus"] = json!(SECRET)),
        ),
        (
            "Patient.text.div: must be a div",
            broken(|p| p["text"]["div"] = json!(SECRET)),
        ),
    ]);
}

#[test]
fn elements_that_do_not_belong_are_told_by_their_place_and_never_by_their_name() {
    told(vec![
        ("Patient: has an element", broken(|p| p[SECRET] = json!(1))),
        (
            "Patient.multipleBirthBoolean: only one",
            broken(|p| p["multipleBirthBoolean"] = json!(true)),
        ),
        (
            "Patient.contained[0]: a resource of a type",
            broken(|p| p["contained"][0]["resourceType"] = json!(SECRET)),
        ),
        (
            "Patient.contained[0]: resourceType",
            broken(|p| p["contained"][0] = json!({"id": "x"})),
        ),
        (
            "Patient.name[0].period: an element with",
            broken(|p| p["name"][0]["_period"] = json!({"id": "x"})),
        ),
        (
            "Patient.name[0].given: an element with",
            broken(|p| p["name"][0]["_given"] = json!([null, {"id": "x"}, {"id": "y"}])),
        ),
        (
            "Patient.text.status: is missing",
            broken(|p| {
                p["text"].as_object_mut().unwrap().remove("status");
            }),
        ),
    ]);
    assert_eq!(places(&json!([])), ["must have elements of its own"]);
    assert_eq!(
        places(&json!({"resourceType": "Patient"})),
        ["Patient: is empty"]
    );
}

#[test]
fn depth_elements_and_faults_are_bounded() {
    let mut deep = json!({"url": "x", "valueString": "y"});
    for _ in 0..100 {
        deep = json!({"url": "x", "extension": [deep]});
    }
    let deep = json!({"resourceType": "Patient", "extension": [deep]});
    assert!(places(&deep).concat().contains("is too deep"));
    assert_eq!(to_xml(&deep).unwrap_err().words, TOO_DEEP.1);
    let nested = format!(
        "{}{}",
        "<extension url=\"x\">".repeat(100),
        "</extension>".repeat(100)
    );
    let nested = format!("<Patient xmlns=\"{FHIR}\">{nested}</Patient>");
    assert_eq!(from_xml(nested.as_bytes()).unwrap_err().words, TOO_DEEP.1);
    let wide = json!({"resourceType": "Patient", "name": vec![json!({"text": "x"}); ELEMENTS_MAX]});
    assert!(places(&wide).concat().contains("too many elements"));
    let wrong = json!({"resourceType": "Patient", "name": vec![json!({"text": ""}); 1_000]});
    assert_eq!(check(&wrong).len(), FAULTS_MAX);
    let large = vec![b' '; BYTES_MAX + 1];
    assert_eq!(from_xml(&large).unwrap_err().words, TOO_LARGE.1);
    assert_eq!(from_json(&large).unwrap_err().words, TOO_LARGE.1);
}

#[test]
fn xml_that_is_not_a_resource_is_refused_without_saying_what_it_holds() {
    let bomb = format!(
        "<!DOCTYPE p [<!ENTITY a \"secret\"><!ENTITY b \"&a;&a;\">]><Patient xmlns=\"{FHIR}\"><id value=\"&b;\"/></Patient>"
    );
    let inside = |body: &str| format!("<Patient xmlns=\"{FHIR}\">{body}</Patient>");
    for (words, text) in [
        ("document type", bomb),
        ("an entity", inside("<id value=\"&secret;\"/>")),
        (
            "another namespace",
            "<Patient><id value=\"secret\"/></Patient>".to_owned(),
        ),
        (
            "another namespace",
            inside("<id xmlns=\"urn:secret\" value=\"x\"/>"),
        ),
        ("text between", inside("secret")),
        ("text between", inside("<![CDATA[secret]]>")),
        ("an attribute", inside("<id value=\"x\" secret=\"y\"/>")),
        ("an attribute", inside("<name value=\"secret\"/>")),
        ("does not have", inside("<secret value=\"x\"/>")),
        (
            "does not have",
            inside("<name><id value=\"secret\"/></name>"),
        ),
        (
            "must be one",
            inside("<gender value=\"male\"/><gender value=\"secret\"/>"),
        ),
        ("is empty", inside("<gender/>")),
        ("true or false", inside("<active value=\"secret\"/>")),
        ("one resource", inside("<contained/>")),
        ("not known here", inside("<contained><secret/></contained>")),
        (
            "one resource",
            inside("<contained><Patient/><Patient/></contained>"),
        ),
        ("well-formed", inside("<name>")),
        ("well-formed", format!("<Patient xmlns=\"{FHIR}\">")),
        ("one resource", format!("{}{}", inside(""), inside(""))),
        ("one resource", String::new()),
        (
            "a div",
            inside(
                "<text><status value=\"generated\"/><p xmlns=\"http://www.w3.org/1999/xhtml\">secret</p></text>",
            ),
        ),
    ] {
        let fault = from_xml(text.as_bytes()).unwrap_err();
        let said = fault.to_string();
        let is_right = said.contains(words) || (words == "a div" && said.contains("does not have"));
        assert!(is_right && !said.contains("secret"), "{words}: {said}");
    }
    assert_eq!(
        from_xml(b"<Patient \xff/>").unwrap_err().words,
        "must be UTF-8"
    );
    let mut many = String::from("<Patient xmlns=\"http://hl7.org/fhir\"");
    for number in 0..50 {
        add(&mut many, &[" xmlns:a", &number.to_string(), "=\"u\""]);
    }
    many.push_str("/>");
    assert!(from_xml(many.as_bytes()).is_err());
}

#[test]
fn a_resource_that_xml_cannot_hold_is_a_fault() {
    for (change, words) in [
        (
            json!({"resourceType": "Patient", "id": "a\u{1}b"}),
            "XML cannot hold",
        ),
        (
            json!({"resourceType": "Patient", "nick": "x"}),
            "does not have",
        ),
        (
            json!({"resourceType": "Patient", "name": {"text": "x"}}),
            "must be a list",
        ),
        (
            json!({"resourceType": "Patient", "id": ["x"]}),
            "must be one",
        ),
        (json!({"resourceType": "Nothing"}), "not known"),
    ] {
        let fault = to_xml(&change).unwrap_err();
        assert!(fault.words.contains(words), "{fault}");
    }
}

#[test]
fn a_stray_letter_between_entries_is_passed_over_and_anywhere_else_refused() {
    let entry = "<entry><resource><Patient><active value=\"true\"/></Patient></resource></entry>";
    let bundle = |inside: &str| {
        format!("<Bundle xmlns=\"{FHIR}\"><type value=\"message\"/>{inside}</Bundle>")
    };
    let found = from_xml(bundle(&format!("v{entry}")).as_bytes()).unwrap();
    assert_eq!(check(&found), []);
    assert_eq!(found["entry"].as_array().map(Vec::len), Some(1));
    let inside = entry.replace("<resource>", "v<resource>");
    let fault = from_xml(bundle(&inside).as_bytes()).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "Bundle.entry[0]: has text between elements"
    );
}

/// The messages of `fixtures/bars`, by the names of their files.
fn messages() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/bars");
    let mut found: Vec<(String, Value)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, from_json(&text).unwrap())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn our_messages_are_sound_and_the_same_after_xml() {
    let all = messages();
    assert_eq!(all.len(), 20);
    for (name, message) in all {
        assert_eq!(places(&message), Vec::<String>::new(), "{name}");
        let xml = to_xml(&message).unwrap();
        assert_eq!(from_xml(xml.as_bytes()).unwrap(), message, "{name}");
    }
}

/// Every text of a value, with the name it has.
fn texts<'a>(name: &'a str, value: &'a Value, into: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::String(text) => into.push((name, text)),
        Value::Array(all) => all.iter().for_each(|value| texts(name, value, into)),
        Value::Object(fields) => {
            for (name, value) in fields {
                texts(name, value, into);
            }
        }
        _ => {}
    }
}

#[test]
fn nobody_in_our_messages_is_real_and_each_reference_leads_somewhere() {
    for (file, message) in messages() {
        let mut all = Vec::new();
        texts("", &message, &mut all);
        let places: Vec<&str> = all
            .iter()
            .filter(|(name, _)| *name == "fullUrl")
            .map(|(_, text)| *text)
            .collect();
        for (name, text) in &all {
            let is_right = match *name {
                "reference" if text.starts_with("urn:uuid:") => places.contains(text),
                "given" => *text == "Test",
                "family" => text.contains("Patient-") || text.contains("Clinician-"),
                "value" if text.contains('@') => text.ends_with("@example.org"),
                "value" if text.starts_with('0') => {
                    text.starts_with("07700 900") || text.starts_with("0116 496 0")
                }
                "value" if text.len() == 10 && text.starts_with("999") => {
                    NhsNumber::new(text).is_ok()
                }
                _ => true,
            };
            assert!(is_right, "{file}: {name}: {text}");
        }
        let number = message["entry"]
            .as_array()
            .unwrap()
            .iter()
            .find_map(|entry| {
                entry["resource"]
                    .pointer("/identifier/0/value")
                    .filter(|_| entry["resource"]["resourceType"] == "Patient")
            });
        let is_known = number
            .and_then(Value::as_str)
            .is_some_and(|text| NhsNumber::new(text).is_ok_and(|n| n.is_for_tests()));
        assert_eq!(is_known, !file.ends_with("unregistered"), "{file}");
    }
}

/// A patient of texts of all sorts.
fn patients() -> impl Strategy<Value = Value> {
    let text = "[ -~\u{a0}-\u{2ff}\n\t]{0,12}[a-z<&\"'>]";
    let beside = proptest::option::of(text);
    let name = (text, proptest::collection::vec((text, beside), 0..3));
    (proptest::collection::vec(name, 1..3), any::<i32>(), any::<f64>(), any::<bool>()).prop_map(
        |(names, born, number, is_active)| {
            let names: Vec<Value> = names
                .into_iter()
                .map(|(family, given)| {
                    let mut name = json!({"family": family});
                    let beside: Vec<Value> = given
                        .iter()
                        .map(|(_, beside)| match beside {
                            Some(text) => json!({"extension": [{"url": "urn:x", "valueString": text}]}),
                            None => Value::Null,
                        })
                        .collect();
                    if !given.is_empty() {
                        name["given"] = given.iter().map(|(text, _)| json!(text)).collect();
                    }
                    if beside.iter().any(Value::is_object) {
                        name["_given"] = Value::Array(beside);
                    }
                    name
                })
                .collect();
            json!({
                "resourceType": "Patient", "name": names, "active": is_active, "multipleBirthInteger": born,
                "extension": [{"url": "urn:n", "valueDecimal": if number.is_finite() { number } else { 0.5 }}],
            })
        },
    )
}

proptest! {
    #[test]
    fn whatever_a_text_holds_it_comes_back_from_xml(before in patients()) {
        let xml = to_xml(&before).unwrap();
        prop_assert_eq!(from_xml(xml.as_bytes()).unwrap(), before);
    }

    #[test]
    fn no_text_makes_the_reader_fall_over(text in "(<|>|/|\"|&|;|=|Patient|name| xmlns='http://hl7.org/fhir'|value|[a-z]){0,40}") {
        let _either = from_xml(text.as_bytes());
    }
}
