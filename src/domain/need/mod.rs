//! From plain words to what someone needs: which kinds of place are right, and what to do first.
//!
//! This is a word list, NOT a triage tool. The table `fixtures/directory/needs.toml` is demonstration
//! content in our own words and is not clinically signed off. It errs to the safe side: a word of an
//! emergency anywhere in the text comes first, and "no chest pain" is chest pain, since negation is not
//! understood.

pub mod matching;

use std::collections::HashMap;
use std::sync::OnceLock;

use compact_str::CompactString;
use serde::Deserialize;

use matching::{cut, slips, stem, words};

const TABLE: &str = include_str!("../../../fixtures/directory/needs.toml");
/// So much of a text is looked at, bytes.
const TEXT_BYTES_MAX: usize = 200;
/// So many words of it.
const TEXT_WORDS_MAX: usize = 30;
/// So many needs are answered.
const ANSWERS_MAX: usize = 3;
/// A word that is written right counts more than one with a slip.
const EXACT: u32 = 3;
/// See [`EXACT`].
const SLIPPED: u32 = 2;

/// What to say when nothing was understood.
pub const FALLBACK: &str = "We did not understand that. If life is in danger, call 999 now. Otherwise call 111 \
     or use 111 online: they tell you where to go.";

/// How soon help is needed, most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// 999 now.
    Emergency,
    /// Mental health: 111, option 2; 999 if life is at risk.
    Crisis,
    /// Today.
    Urgent,
    /// In the next days.
    Soon,
    /// At home, with the help of a pharmacist.
    SelfCare,
}

impl Urgency {
    /// The word in files and on the wire.
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

/// One thing that people need help with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// For instance `sore-throat`.
    pub id: CompactString,
    /// In plain words.
    pub name: String,
    /// How soon.
    pub urgency: Urgency,
    /// What is always right to do.
    pub advice: String,
    /// What a place must have for it.
    pub needs_facility: Option<CompactString>,
    /// Which public guidance it follows.
    pub source: String,
    words: Vec<String>,
    kinds: Vec<CompactString>,
    #[serde(default)]
    child_kinds: Vec<CompactString>,
}

impl Need {
    /// The kinds of place that are right, best first; a child is under 16.
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
    /// Best first, at most 3; emergencies and crises before all others.
    pub needs: Vec<&'static Need>,
    /// One of them is an emergency: 999.
    pub is_emergency: bool,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Words that mean the same here.
    same: Vec<Vec<String>>,
    /// Words that look like others with a slip and are none.
    not_slips: Vec<String>,
    need: Vec<Need>,
}

/// A meaning: words that mean the same share it.
type Meaning = usize;

/// The table, ready to be looked up.
#[derive(Debug, Default)]
struct NeedTable {
    needs: Vec<Need>,
    /// Each stem that occurs in a phrase.
    meanings: HashMap<String, Meaning>,
    /// Stems that are not taken for another.
    not_slips: Vec<String>,
    /// The meanings of a phrase, and whose phrase it is.
    phrases: Vec<(Vec<Meaning>, usize)>,
}

impl NeedTable {
    fn new(file: File) -> Self {
        let mut table = Self {
            not_slips: file.not_slips.iter().map(|word| stem(word)).collect(),
            ..Self::default()
        };
        for group in &file.same {
            let meaning = table.meanings.len();
            let stems = group.iter().map(|word| (stem(word), meaning));
            table.meanings.extend(stems);
        }
        for (index, need) in file.need.iter().enumerate() {
            for phrase in &need.words {
                let stems = words(phrase).into_iter().map(|word| stem(&word));
                let meanings = stems.map(|stem| table.meaning(stem)).collect();
                table.phrases.push((meanings, index));
            }
        }
        table.needs = file.need;
        table
    }

    fn meaning(&mut self, stem: String) -> Meaning {
        // At least as many words as meanings are known, so that this number is free.
        let free = self.meanings.len();
        *self.meanings.entry(stem).or_insert(free)
    }

    /// What a written word may mean, and how much that counts.
    fn read(&self, word: &str) -> (Vec<Meaning>, u32) {
        let word = stem(word);
        if let Some(meaning) = self.meanings.get(&word) {
            return (vec![*meaning], EXACT);
        }
        if self.not_slips.contains(&word) {
            return (Vec::new(), 0);
        }
        let near = self
            .meanings
            .iter()
            .filter(|(known, _)| slips(&word, known).is_some());
        (near.map(|(_, meaning)| *meaning).collect(), SLIPPED)
    }

    fn find(&self, text: &str) -> Vec<&Need> {
        let mut text = words(cut(text, TEXT_BYTES_MAX));
        text.truncate(TEXT_WORDS_MAX);
        let text: Vec<(Vec<Meaning>, u32)> = text.iter().map(|word| self.read(word)).collect();
        let mut hits: Vec<Hit> = Vec::new();
        for (phrase, need) in &self.phrases {
            let Some((score, used)) = weigh(phrase, &text) else {
                continue;
            };
            match hits.iter_mut().find(|hit| hit.need == *need) {
                Some(hit) if hit.score >= score => {}
                Some(hit) => (hit.score, hit.used) = (score, used),
                None => hits.push(Hit {
                    need: *need,
                    score,
                    used,
                }),
            }
        }
        self.ranked(&hits)
    }

    fn ranked(&self, hits: &[Hit]) -> Vec<&Need> {
        // Emergencies and crises stand for themselves; of the others, one whose words all belong to a
        // better one says nothing new: "burning pee" is no burn.
        let pressing = |hit: &Hit| self.needs[hit.need].urgency.min(Urgency::Urgent);
        let is_part = |hit: &&Hit| {
            let is_in = |other: &Hit| hit.used & other.used == hit.used && hit.used != other.used;
            pressing(hit) == Urgency::Urgent && hits.iter().any(is_in)
        };
        let mut kept: Vec<&Hit> = hits.iter().filter(|hit| !is_part(hit)).collect();
        kept.sort_by_key(|hit| (pressing(hit), std::cmp::Reverse(hit.score), hit.need));
        let needs = kept.into_iter().map(|hit| &self.needs[hit.need]);
        needs.take(ANSWERS_MAX).collect()
    }
}

/// A need that a text speaks of.
struct Hit {
    need: usize,
    score: u32,
    /// The words of the text that say so, one bit each.
    used: u32,
}

/// How well a text holds a phrase: all its words must be there, in any order.
fn weigh(phrase: &[Meaning], text: &[(Vec<Meaning>, u32)]) -> Option<(u32, u32)> {
    let (mut score, mut used) = (0, 0);
    for meaning in phrase {
        let mut best = 0;
        for (place, (meanings, weight)) in text.iter().enumerate() {
            if meanings.contains(meaning) {
                best = best.max(*weight);
                used |= 1 << place;
            }
        }
        if best == 0 {
            return None;
        }
        score += best;
    }
    (score > 0).then_some((score, used))
}

fn table() -> &'static NeedTable {
    static ALL: OnceLock<NeedTable> = OnceLock::new();
    // A test reads the file, so that the empty table never ships.
    ALL.get_or_init(|| NeedTable::new(toml::from_str(TABLE).unwrap_or_default()))
}

/// What the text means. It is cut to its first 200 bytes and 30 words.
pub fn find(text: &str) -> Understood {
    let needs = table().find(text);
    let is_emergency = needs.iter().any(|need| need.urgency == Urgency::Emergency);
    Understood {
        needs,
        is_emergency,
    }
}

/// The need of that id.
pub fn find_id(id: &str) -> Option<&'static Need> {
    table().needs.iter().find(|need| need.id == id)
}

#[cfg(test)]
mod tests;
