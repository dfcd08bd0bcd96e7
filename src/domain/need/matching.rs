//! How words are compared: small letters, without endings, with a slip of the finger forgiven.

/// Longest word that is looked at with its slips, letters; longer ones must be right.
const SLIP_LETTERS_MAX: usize = 24;
/// From so many letters, one slip is forgiven.
const ONE_SLIP_LETTERS: usize = 5;
/// From so many letters, two.
const TWO_SLIPS_LETTERS: usize = 9;

/// The beginning of a text, at most so many bytes, cut between two characters.
pub fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The words of a text in small letters, without apostrophes and signs.
pub fn words(text: &str) -> Vec<String> {
    let is_apostrophe = |c: &char| matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '`');
    let plain: String = text.chars().filter(|c| !is_apostrophe(c)).collect();
    let plain = plain.to_lowercase();
    let words = plain.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// A word without its ending: "burns", "burned" and "burning" are "burn". Both sides of a comparison go
/// through it, so that it need not be right, only the same.
pub fn stem(word: &str) -> String {
    let mut stem = match word.strip_suffix("ies") {
        Some(start) if start.len() > 1 => format!("{start}y"),
        _ => word.to_owned(),
    };
    let mut shorten = |ending: &str, but: &[&str], left: usize| {
        let is_other = but.iter().any(|but| stem.ends_with(but));
        if !is_other && stem.ends_with(ending) && stem.len() >= ending.len() + left {
            stem.truncate(stem.len() - ending.len());
            return true;
        }
        false
    };
    shorten("s", &["ss", "us", "is"], 3);
    let was_longer = shorten("ing", &[], 3) || shorten("ed", &["eed"], 3);
    let doubled = ["bb", "dd", "gg", "mm", "nn", "pp", "rr", "tt"];
    let is_doubled = was_longer && doubled.iter().any(|pair| stem.ends_with(pair));
    if is_doubled || (stem.len() > 3 && stem.ends_with('e')) {
        stem.pop();
    }
    stem
}

/// How many slips separate a written word from a known one; `None` when too many for its length, or when
/// the first letter differs: people rarely miss that one, and it keeps other words apart.
pub fn slips(written: &str, known: &str) -> Option<usize> {
    if written == known {
        return Some(0);
    }
    let letters = known.chars().count().min(written.chars().count());
    let most = match letters {
        TWO_SLIPS_LETTERS.. => 2,
        ONE_SLIP_LETTERS.. => 1,
        _ => return None,
    };
    if written.chars().next() != known.chars().next() {
        return None;
    }
    edits(written, known, most)
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour to make one word
/// of the other; `None` when more than `most`.
pub fn edits(one: &str, other: &str, most: usize) -> Option<usize> {
    let one: Vec<char> = one.chars().take(SLIP_LETTERS_MAX + 1).collect();
    let other: Vec<char> = other.chars().take(SLIP_LETTERS_MAX + 1).collect();
    let longest = one.len().max(other.len());
    if longest > SLIP_LETTERS_MAX || one.len().abs_diff(other.len()) > most {
        return None;
    }
    // Three rows of the usual table: the swap of neighbours looks two rows back.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut cost = (last[j] + usize::from(a != b))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|cost| *cost <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_forms_of_a_word_have_one_stem() {
        for forms in [
            &["burn", "burns", "burned", "burning"][..],
            &["rash", "rashes"],
            &["bite", "bites", "biting"],
            &["cut", "cuts", "cutting"],
            &["injury", "injuries"],
            &["bleed", "bleeding", "bleeds"],
            &["swell", "swelling"],
        ] {
            for form in forms {
                assert_eq!(stem(form), stem(forms[0]), "{form}");
            }
        }
    }

    #[test]
    fn slips_are_forgiven_by_length() {
        assert_eq!(slips("suisidal", "suicidal"), Some(1));
        assert_eq!(slips("tothache", "toothache"), Some(1));
        assert_eq!(slips("stomcah", "stomach"), Some(1));
        assert_eq!(slips("presciptoin", "prescription"), Some(2));
        assert_eq!(slips("bum", "burn"), None);
        assert_eq!(slips("hello", "jello"), None);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
    }

    proptest! {
        #[test]
        fn no_word_is_too_odd(one in any::<String>(), other in any::<String>()) {
            let _ = slips(&stem(&one), &stem(&other));
            prop_assert_eq!(edits(&one, &other, 2), edits(&other, &one, 2));
        }
    }
}
