//! What the public says is the matter, in plain words, and which kinds of place treat it.
//!
//! Not a triage tool: it names kinds of place and what to do first, and decides nothing. Its table is demonstration
//! content and was not signed off by clinicians. It errs to the safe side: whatever sounds like an emergency comes
//! first, also where it is denied ("no chest pain"); what is not understood is answered with [`FALLBACK`].

mod matching;

use std::sync::OnceLock;

use compact_str::CompactString;
use serde::Deserialize;

use matching::Words;

/// The needs, as shipped.
const NEEDS_TOML: &str = include_str!("../../../fixtures/directory/needs.toml");
/// Needs that one text may mean.
const NEEDS_MAX: usize = 3;

/// What to say when nothing was understood.
pub const FALLBACK: &str =
    "Call 111, or use 111 online, and they will say where to go. Call 999 if a life is in danger.";

/// How soon it must be dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Call 999 now.
    Emergency,
    /// A crisis of mental health or safety: 111, or 999 when a life is in danger.
    Crisis,
    /// Today.
    Urgent,
    /// Within a day or two.
    Soon,
    /// Mostly passes by itself; a pharmacist helps.
    SelfCare,
}

impl Urgency {
    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Crisis => "crisis",
            Self::Urgent => "urgent",
            Self::Soon => "soon",
            Self::SelfCare => "self_care",
        }
    }
}

/// Something that can be the matter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its id, for instance `sore-throat`.
    pub id: CompactString,
    /// As shown to people.
    pub name: String,
    /// Phrases that mean it.
    words: Vec<String>,
    /// How soon.
    pub urgency: Urgency,
    /// What to do first.
    pub advice: String,
    /// Words of the kinds of place that treat it, best first.
    kinds: Vec<CompactString>,
    /// The same for children.
    #[serde(default)]
    child_kinds: Vec<CompactString>,
    /// What such a place must have, for instance `xray`.
    #[serde(default)]
    pub needs_facility: Option<CompactString>,
}

impl Need {
    /// Words of the kinds of place that treat it, best first.
    pub fn kinds_for(&self, is_child: bool) -> &[CompactString] {
        if is_child && !self.child_kinds.is_empty() {
            &self.child_kinds
        } else {
            &self.kinds
        }
    }
}

/// What a text means.
#[derive(Debug, Clone, PartialEq)]
pub struct Understood {
    /// Best first: whatever is an emergency or a crisis before all else.
    pub needs: Vec<&'static Need>,
    /// One of them is an emergency.
    pub is_emergency: bool,
}

#[derive(Deserialize)]
struct File {
    need: Vec<Need>,
}

/// A need and its phrases, ready to be looked for.
struct Known {
    need: Need,
    phrases: Vec<Words>,
}

/// The table; the tests make sure that what is shipped can be read.
fn table() -> &'static [Known] {
    static TABLE: OnceLock<Vec<Known>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let needs =
            toml::from_str::<File>(NEEDS_TOML).map_or_else(|_| Vec::new(), |file| file.need);
        let known = |need: Need| Known {
            phrases: need.words.iter().map(|phrase| Words::of(phrase)).collect(),
            need,
        };
        needs.into_iter().map(known).collect()
    })
}

/// What a text means; nothing when it is not understood.
pub fn find(text: &str) -> Understood {
    let said = Words::of(text);
    let mut matches: Vec<(Urgency, u32, usize)> = Vec::new();
    for (index, known) in table().iter().enumerate() {
        let best = known
            .phrases
            .iter()
            .filter_map(|phrase| phrase.within(&said))
            .max();
        matches.extend(best.map(|score| (known.need.urgency, score, index)));
    }
    let is_first = |urgency: Urgency| urgency <= Urgency::Crisis;
    matches.sort_by_key(|(urgency, score, index)| {
        let rank = is_first(*urgency).then_some(*urgency);
        (rank.is_none(), rank, u32::MAX - score, *index)
    });
    let needs: Vec<&'static Need> = matches
        .iter()
        .take(NEEDS_MAX)
        .filter_map(|(_, _, index)| table().get(*index))
        .map(|known| &known.need)
        .collect();
    Understood {
        is_emergency: needs.iter().any(|need| need.urgency == Urgency::Emergency),
        needs,
    }
}

/// The need of that id.
pub fn find_id(id: &str) -> Option<&'static Need> {
    let known = table().iter().find(|known| known.need.id == id);
    known.map(|known| &known.need)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::ServiceKind;
    use crate::domain::listing::Facility;

    const PHRASES: &str = include_str!("../../../fixtures/directory/needs-phrases.csv");

    #[test]
    fn the_shipped_table_can_be_read_and_names_only_what_there_is() {
        let file: File = toml::from_str(NEEDS_TOML).unwrap();
        assert!(file.need.len() >= 30);
        let ids: BTreeSet<_> = file.need.iter().map(|need| &need.id).collect();
        assert_eq!(ids.len(), file.need.len(), "an id is there twice");
        for need in &file.need {
            assert!(!need.kinds.is_empty() && !need.advice.is_empty() && !need.words.is_empty());
            for kind in need.kinds.iter().chain(&need.child_kinds) {
                assert!(ServiceKind::find(kind).is_some(), "{}: {kind}", need.id);
            }
            if let Some(facility) = &need.needs_facility {
                assert!(
                    Facility::find(facility).is_some(),
                    "{}: {facility}",
                    need.id
                );
            }
            if need.urgency == Urgency::Emergency {
                assert!(need.advice.contains("999"), "{}", need.id);
            }
        }
    }

    #[test]
    fn what_people_say_is_understood_and_what_is_no_complaint_is_not() {
        let mut seen = BTreeSet::new();
        let mut wrong = Vec::new();
        for line in PHRASES.lines().skip(1) {
            let (phrase, expected) = line.rsplit_once(',').unwrap();
            let understood = find(phrase);
            let found = understood.needs.first().map_or("", |need| need.id.as_str());
            if found != expected {
                wrong.push(format!("{phrase:?}: {found:?} and not {expected:?}"));
            }
            seen.insert(expected);
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        for known in table() {
            assert!(
                seen.contains(known.need.id.as_str()),
                "{} has no phrase",
                known.need.id
            );
        }
    }

    #[test]
    fn an_emergency_comes_first_whatever_else_is_said() {
        for known in table()
            .iter()
            .filter(|known| known.need.urgency == Urgency::Emergency)
        {
            for phrase in &known.need.words {
                let text = format!("I have a sore throat and toothache and {phrase}");
                let understood = find(&text);
                assert!(understood.is_emergency, "{text}");
                assert_eq!(understood.needs[0].urgency, Urgency::Emergency, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down(text in "\\PC{0,400}") {
            prop_assert!(find(&text).needs.len() <= NEEDS_MAX);
        }
    }
}
