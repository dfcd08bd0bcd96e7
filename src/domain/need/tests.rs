//! The table is whole, and the phrases of `needs-phrases.csv` mean what that file says.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::ServiceKind;
use crate::service_contacts::Facility;

const PHRASES: &str = include_str!("../../../fixtures/directory/needs-phrases.csv");

/// Phrase and the id of its first need; nothing when it must not be understood.
fn phrases() -> Vec<(&'static str, &'static str)> {
    let lines = PHRASES.lines().filter(|line| !line.starts_with('#'));
    lines
        .skip(1)
        .map(|line| line.rsplit_once(',').unwrap())
        .collect()
}

fn first(text: &str) -> &'static str {
    find(text).needs.first().map_or("", |need| need.id.as_str())
}

#[test]
fn the_table_reads_and_names_only_kinds_and_facilities_that_exist() {
    let file: File = toml::from_str(TABLE).unwrap();
    assert!(file.need.len() >= 45);
    let ids: BTreeSet<&str> = file.need.iter().map(|need| need.id.as_str()).collect();
    assert_eq!(ids.len(), file.need.len(), "an id is given twice");
    // Two groups with one word would get one number for two meanings.
    let mut groups = BTreeSet::new();
    for group in &file.same {
        let stems: BTreeSet<String> = group.iter().map(|word| stem(word)).collect();
        assert!(
            stems.into_iter().all(|stem| groups.insert(stem)),
            "{group:?}"
        );
    }
    for need in &file.need {
        let id = &need.id;
        assert!(
            id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
            "{id}"
        );
        assert!(!need.kinds.is_empty() && !need.words.is_empty(), "{id}");
        assert!(!need.advice.is_empty() && !need.source.is_empty(), "{id}");
        for kind in need.kinds.iter().chain(&need.child_kinds) {
            assert!(ServiceKind::find(kind).is_some(), "{id}: {kind}");
        }
        if let Some(facility) = &need.needs_facility {
            assert!(Facility::find(facility).is_some(), "{id}: {facility}");
        }
        for phrase in &need.words {
            assert!(!words(phrase).is_empty(), "{id}: {phrase}");
        }
    }
}

#[test]
fn advice_to_an_emergency_says_999_and_to_a_crisis_111_option_2() {
    for need in &table().needs {
        match need.urgency {
            Urgency::Emergency => assert!(need.advice.contains("999"), "{}", need.id),
            Urgency::Crisis => {
                assert!(need.advice.contains("option 2"), "{}", need.id);
                assert!(need.advice.contains("999"), "{}", need.id);
            }
            _ => {}
        }
    }
    assert!(FALLBACK.contains("999") && FALLBACK.contains("111"));
}

#[test]
fn every_phrase_of_the_file_means_what_it_says() {
    let wrong: Vec<String> = phrases()
        .into_iter()
        .filter(|(text, id)| first(text) != *id)
        .map(|(text, id)| format!("{text:?}: {:?}, not {id:?}", first(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_file_of_phrases_tries_every_need_and_enough_nonsense() {
    let phrases = phrases();
    assert!(phrases.len() >= 80);
    assert!(phrases.iter().filter(|(_, id)| id.is_empty()).count() >= 12);
    for need in &table().needs {
        assert!(phrases.iter().any(|(_, id)| need.id == *id), "{}", need.id);
    }
}

#[test]
fn each_phrase_of_the_table_finds_its_need_or_a_more_pressing_one() {
    for need in &table().needs {
        for phrase in &need.words {
            let found = find(phrase).needs;
            let is_there = found
                .iter()
                .any(|other| other.id == need.id || other.urgency < need.urgency);
            assert!(is_there, "{}: {phrase}", need.id);
        }
    }
}

#[test]
fn a_word_of_an_emergency_comes_first_whatever_else_is_said() {
    for text in [
        "sore throat and chest pain",
        "I need my repeat prescription for my inhaler and I have chest pain",
        "no chest pain",
        "PAIN in my CHEST!!! and toothache, earache",
    ] {
        assert_eq!(first(text), "chest-pain", "{text}");
        assert!(find(text).is_emergency, "{text}");
    }
    assert!(!find("sore throat").is_emergency);
    assert!(find("toothache earache rash cough vomiting").needs.len() <= 3);
}

#[test]
fn every_emergency_and_crisis_phrase_wins_beside_an_everyday_one() {
    let pressing = |need: &&Need| need.urgency <= Urgency::Crisis;
    for need in table().needs.iter().filter(pressing) {
        for phrase in &need.words {
            let text = format!("repeat prescription, sore throat, {phrase}");
            let best = find(&text).needs[0];
            assert!(best.urgency <= need.urgency, "{text}: {}", best.id);
        }
    }
}

#[test]
fn a_child_is_sent_where_children_are_treated() {
    let need = find_id("chest-pain").unwrap();
    assert_ne!(need.kinds_for(true), need.kinds_for(false));
    assert_eq!(find_id("nothing"), None);
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        prop_assert!(find(&text).needs.len() <= ANSWERS_MAX);
    }

    #[test]
    fn the_order_of_the_words_does_not_matter(
        mut list in prop::sample::subsequence(vec!["chest", "pain", "sore", "throat", "broken", "wrist", "burn"], 1..7)
    ) {
        let one = find(&list.join(" "));
        list.reverse();
        prop_assert_eq!(one, find(&list.join(" ")));
    }

    #[test]
    fn what_stands_beyond_the_limit_is_not_looked_at(text in "[a-z]{1,8}( é){100,120}", more in any::<String>()) {
        prop_assert_eq!(find(&text), find(&format!("{text}{more}")));
    }
}
