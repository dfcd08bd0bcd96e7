//! From a postcode to the hex it lies in. The postcode itself is not kept anywhere.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::geo::Cell;

/// A hex of level 8, then the postcodes (without blank) in it.
const POSTCODES: &str = include_str!("../../fixtures/places/postcodes.csv");
/// A hex of level 6, then the outcodes whose middle lies in it.
const OUTCODES: &str = include_str!("../../fixtures/places/outcodes.csv");

fn table() -> &'static HashMap<&'static str, Cell> {
    static TABLE: OnceLock<HashMap<&'static str, Cell>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let lines = POSTCODES.lines().chain(OUTCODES.lines());
        let mut table = HashMap::new();
        let mut cell = None;
        for line in lines.filter(|line| !line.starts_with('#')) {
            // One hex, then the postcodes in it: a line a hex.
            let mut words = line.split(',');
            cell = words
                .next()
                .and_then(|text| text.parse::<Cell>().ok())
                .or(cell);
            table.extend(words.filter_map(|word| Some((word, cell?))));
        }
        table
    })
}

/// The hex of a postcode, or a wider one when only its first half is known; `None` when neither is.
pub fn find_postcode(text: &str) -> Option<Cell> {
    let mut plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    plain.make_ascii_uppercase();
    let whole = table().get(plain.as_str());
    let outcode = || {
        plain
            .len()
            .checked_sub(3)
            .and_then(|end| table().get(plain.get(..end)?))
    };
    whole.or_else(outcode).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Position;

    #[test]
    fn the_infirmary_is_where_it_stands() {
        let cell = find_postcode("le1 5ww").unwrap();
        let infirmary = Position {
            lat: 52.62678,
            lng: -1.13596,
        };
        assert!(cell.centre().km_to(infirmary) < 1.0);
        assert_eq!(find_postcode("LE15WW"), Some(cell));
    }

    #[test]
    fn an_unknown_postcode_falls_back_to_its_first_half_and_nonsense_to_nothing() {
        let wide = find_postcode("LE1 9ZZ").unwrap();
        assert_eq!(Some(wide), find_postcode("LE1"));
        assert_eq!(find_postcode("nonsense"), None);
        assert_eq!(find_postcode(""), None);
    }
}
