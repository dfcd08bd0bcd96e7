//! Where the reader is, as far as they say.

use domain::{Cell, Position, gazetteer};

/// Longest text that is looked up, bytes; a postcode has eight.
const TEXT_MAX: usize = 40;

/// A postcode, and the place it means.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReaderLocation {
    /// As it was typed, for the form.
    pub text: String,
    /// The middle of its hex, within half a mile of where it is.
    pub place: Option<Position>,
    /// What was wrong, in words.
    pub fault: Option<&'static str>,
}

impl ReaderLocation {
    /// Looks a postcode up; `is_needed` when the reader chose something that cannot be done without.
    pub fn find(text: Option<&str>, is_needed: bool) -> Self {
        let text: String = text.unwrap_or_default().trim().to_owned();
        if text.is_empty() {
            let fault = is_needed.then_some("Enter your postcode to sort by distance");
            return Self {
                fault,
                ..Self::default()
            };
        }
        let known = (text.len() <= TEXT_MAX).then(|| gazetteer::find_postcode(&text));
        let place = known.flatten().map(Cell::centre);
        let fault = place.is_none().then_some(
            "Enter a full postcode in or near Leicester, Leicestershire or Rutland, like LE1 5WW",
        );
        Self {
            text: text.chars().take(TEXT_MAX).collect(),
            place,
            fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postcode_is_found_however_it_is_typed_and_nonsense_is_explained() {
        let known = ReaderLocation::find(Some(" le15ww "), true);
        assert_eq!((known.text.as_str(), known.fault), ("le15ww", None));
        assert!(known.place.is_some());
        assert_eq!(
            known.place,
            ReaderLocation::find(Some("LE1 5WW"), false).place
        );
        for nonsense in ["nowhere", "ZZ1 1ZZ", &"x".repeat(5_000), "<script>"] {
            let unknown = ReaderLocation::find(Some(nonsense), false);
            assert!(unknown.place.is_none() && unknown.fault.is_some());
            assert!(unknown.text.len() <= TEXT_MAX);
        }
        assert_eq!(
            ReaderLocation::find(Some("  "), false),
            ReaderLocation::default()
        );
        assert!(ReaderLocation::find(None, true).fault.is_some());
    }
}
