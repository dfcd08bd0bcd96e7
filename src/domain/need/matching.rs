//! Whether a phrase is in what somebody wrote, spelling mistakes forgiven.

/// Most that is looked at of a text, bytes.
const TEXT_BYTES_MAX: usize = 200;
/// Words that are looked at.
const WORDS_MAX: usize = 30;
/// Words of this length may have one letter wrong.
const ONE_WRONG_FROM: usize = 6;
/// Words of this length may have two letters wrong.
const TWO_WRONG_FROM: usize = 9;
/// Words that say nothing about what is the matter.
const EMPTY: [&str; 24] = [
    "a", "an", "the", "my", "his", "her", "our", "i", "im", "is", "in", "on", "of", "to", "and",
    "have", "has", "had", "with", "s", "it", "that", "am", "me",
];

/// A text as words, in a plain form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Lower case, without apostrophes and endings, without words that say nothing.
    pub fn of(text: &str) -> Self {
        let end = (0..=text.len().min(TEXT_BYTES_MAX))
            .rev()
            .find(|end| text.is_char_boundary(*end));
        let text = text.get(..end.unwrap_or(0)).unwrap_or_default();
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, '\'' | '’' | '‘' | '`'))
            .flat_map(char::to_lowercase)
            .map(|c| if c.is_alphanumeric() { c } else { ' ' })
            .collect();
        let words = plain.split_whitespace().take(WORDS_MAX);
        Self(
            words
                .filter(|word| !EMPTY.contains(word))
                .map(|word| stem(word).to_owned())
                .collect(),
        )
    }

    /// How well this phrase is in what was said: the letters of its words that are there, exact ones counting
    /// double; `None` when one of them is not.
    pub fn within(&self, said: &Self) -> Option<u32> {
        if self.0.is_empty() {
            return None;
        }
        let mut score = 0;
        for word in &self.0 {
            let best = said
                .0
                .iter()
                .filter_map(|other| likeness(word, other))
                .max()?;
            score += best;
        }
        Some(score)
    }
}

/// Twice the letters when they are the same word, once when they are the same but for a slip; `None` otherwise.
fn likeness(word: &str, other: &str) -> Option<u32> {
    let letters = word.chars().count();
    if word == other {
        return Some(2 * letters as u32);
    }
    let allowed = match letters {
        0..ONE_WRONG_FROM => return None,
        ONE_WRONG_FROM..TWO_WRONG_FROM => 1,
        _ => 2,
    };
    // A slip is seldom in the first letter, and another first letter is often another word.
    let is_alike = word.chars().next() == other.chars().next() && distance(word, other) <= allowed;
    is_alike.then_some(letters as u32)
}

/// Letters to put in, take out, change or swap with their neighbour to get from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let change = last[j] + usize::from(letter != other);
            let mut best = change.min(last[j + 1] + 1).min(row[j] + 1);
            let is_swap = i > 0 && j > 0 && *letter == b[j - 1] && a[i - 1] == *other;
            if is_swap {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// A word without the endings that do not change what is meant.
fn stem(word: &str) -> &str {
    for ending in ["ing", "es", "ed", "s"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.chars().count() >= 4
            && !stem.ends_with('s')
        {
            return stem;
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        let said = |text: &str| Words::of(text);
        let phrase = said("toothache");
        assert!(phrase.within(&said("tothache")).is_some());
        assert!(phrase.within(&said("my Toothache's bad")).is_some());
        assert_eq!(phrase.within(&said("stomach ache")), None);
        assert_eq!(said("cut").within(&said("cat")), None);
        assert!(
            said("chest pain")
                .within(&said("pains in my chest"))
                .is_some()
        );
        assert_eq!(said("chest pain").within(&said("chest")), None);
        assert_eq!(said("the").within(&said("the")), None, "it says nothing");
    }

    #[test]
    fn the_distance_of_two_words_is_the_known_one() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("suicidal", "suisidal"), 1);
        assert_eq!(distance("form", "from"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
