//! From a postcode to the hex it lies in. The postcode itself is not kept anywhere.

use std::collections::HashMap;
use std::sync::OnceLock;

use geo::{Contains, Coord, LineString, Polygon};

use super::geo::{Cell, Position};

/// A hex of level 8, then the postcodes (without blank) in it.
const POSTCODES: &str = include_str!("../../fixtures/places/postcodes.csv");
/// A hex of level 6, then the outcodes whose middle lies in it.
const OUTCODES: &str = include_str!("../../fixtures/places/outcodes.csv");

/// Towns and villages: name, latitude, longitude, people.
const TOWNS_CSV: &str = include_str!("../../fixtures/places/towns.csv");

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

/// How exactly a place is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exactness {
    /// Within a few streets.
    Postcode,
    /// The middle of the first half of a postcode.
    Outcode,
    /// The middle of a town or village.
    Town,
}

/// A place that was looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its middle.
    pub position: Position,
    /// How exactly it is known.
    pub exactness: Exactness,
}

/// A town, village, postcode or first half of one; of several towns that it may mean the largest.
pub fn find_place(text: &str) -> Option<Place> {
    if text.chars().count() > NAME_CHARS_MAX {
        return None;
    }
    let postcode = text.to_ascii_uppercase();
    if let Some(cell) = find_postcode(text) {
        let plain = postcode.chars().filter(char::is_ascii_alphanumeric);
        let is_whole = plain.count() > OUTCODE_CHARS_MAX;
        let exactness = if is_whole {
            Exactness::Postcode
        } else {
            Exactness::Outcode
        };
        return Some(Place {
            name: postcode.trim().to_owned(),
            position: cell.centre(),
            exactness,
        });
    }
    let name = plain_name(text);
    let letters = name.chars().count();
    let largest = |is_meant: &dyn Fn(&str) -> bool| {
        let meant = towns().iter().filter(|town| is_meant(&town.plain));
        meant.max_by_key(|town| town.people)
    };
    let found = largest(&|town| town == name)
        .or_else(|| largest(&|town| letters >= PREFIX_CHARS_MIN && town.starts_with(&name)))
        .or_else(|| largest(&|town| letters >= SLIP_CHARS_MIN && is_one_slip(&name, town)))?;
    Some(Place {
        name: found.name.to_owned(),
        position: found.position,
        exactness: Exactness::Town,
    })
}

/// Longest text that is looked up, characters.
const NAME_CHARS_MAX: usize = 60;
/// Longest first half of a postcode, characters.
const OUTCODE_CHARS_MAX: usize = 4;
/// So many letters may be the beginning of a name, and in so many one may be wrong.
const PREFIX_CHARS_MIN: usize = 4;
/// See [`PREFIX_CHARS_MIN`].
const SLIP_CHARS_MIN: usize = 6;

struct Town {
    name: &'static str,
    plain: String,
    position: Position,
    people: u32,
}

fn towns() -> &'static [Town] {
    static TOWNS: OnceLock<Vec<Town>> = OnceLock::new();
    TOWNS.get_or_init(|| {
        let lines = TOWNS_CSV.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| {
                let mut cells = line.split(',');
                let (name, lat, lng, people) =
                    (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
                Some(Town {
                    name,
                    plain: plain_name(name),
                    position: Position::new(lat.parse().ok()?, lng.parse().ok()?)?,
                    people: people.parse().ok()?,
                })
            })
            .collect()
    })
}

/// Lower case, hyphens as blanks, without other signs, "st" as "saint".
fn plain_name(text: &str) -> String {
    let letters: String = text
        .chars()
        .filter(|c| c.is_alphanumeric() || c.is_whitespace() || *c == '-')
        .flat_map(char::to_lowercase)
        .map(|c| if c == '-' { ' ' } else { c })
        .collect();
    let words = letters
        .split_whitespace()
        .map(|word| if word == "st" { "saint" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether one letter was put in, left out or changed.
fn is_one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = |word: &[char], skip: usize| word.get(same + skip..).unwrap_or_default().to_vec();
    rest(&a, 1) == rest(&b, 1) || rest(&a, 0) == rest(&b, 1) || rest(&a, 1) == rest(&b, 0)
}

/// A coarse outline of England, longitude and latitude, drawn for this: it takes in all of England and a few miles
/// of sea and border.
const ENGLAND: [(f64, f64); 38] = [
    (-1.90, 55.90),
    (-2.40, 55.62),
    (-2.60, 55.30),
    (-3.08, 55.08),
    (-3.50, 55.00),
    (-3.80, 54.50),
    (-3.40, 53.95),
    (-3.25, 53.50),
    (-3.15, 53.30),
    (-2.90, 53.15),
    (-3.15, 52.95),
    (-3.20, 52.60),
    (-3.20, 52.20),
    (-3.10, 51.95),
    (-2.72, 51.80),
    (-2.70, 51.58),
    (-3.10, 51.33),
    (-4.30, 51.30),
    (-4.80, 51.00),
    (-5.35, 50.50),
    (-5.95, 50.10),
    (-5.80, 49.90),
    (-5.00, 49.85),
    (-3.60, 50.10),
    (-2.40, 50.40),
    (-1.30, 50.48),
    (0.30, 50.65),
    (1.10, 50.85),
    (1.55, 51.15),
    (1.60, 51.50),
    (1.90, 52.40),
    (1.85, 52.80),
    (0.60, 53.10),
    (0.50, 53.35),
    (0.25, 53.75),
    (-0.40, 54.60),
    (-1.20, 55.00),
    (-1.45, 55.70),
];

/// Whether a position is in England, a few miles of sea and border included.
pub fn is_in_england(position: Position) -> bool {
    let ring = LineString::from(ENGLAND.to_vec());
    Polygon::new(ring, Vec::new()).contains(&Coord {
        x: position.lng,
        y: position.lat,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn towns_are_found_as_people_write_them() {
        let name = |text: &str| find_place(text).map(|place| place.name);
        for (text, town) in [
            ("loughborough", "Loughborough"),
            ("Loughboroug", "Loughborough"),
            ("market harborough", "Market Harborough"),
            ("Market Harboro'", "Market Harborough"),
            ("ashby de la zouch", "Ashby-de-la-Zouch"),
            ("Melton", "Melton Mowbray"),
            ("Wigston", "Wigston Magna"),
            ("Hinkley", "Hinckley"),
            ("OAKHAM", "Oakham"),
        ] {
            assert_eq!(name(text).as_deref(), Some(town), "{text}");
        }
        assert_eq!(
            find_place("LE1 5WW").unwrap().exactness,
            Exactness::Postcode
        );
        assert_eq!(find_place("LE15").unwrap().exactness, Exactness::Outcode);
        for nonsense in ["Atlantis", "", "le", "<script>", &"x".repeat(5_000)] {
            assert_eq!(name(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn england_is_told_from_its_neighbours() {
        let is_in = |lat, lng| is_in_england(Position { lat, lng });
        for (lat, lng) in [
            (52.63, -1.13),
            (51.51, -0.13),
            (54.89, -2.94),
            (50.12, -5.54),
            (55.77, -2.00),
            (52.48, 1.75),
            (53.19, -2.89),
        ] {
            assert!(is_in(lat, lng), "{lat}, {lng}");
        }
        for (lat, lng) in [
            (53.35, -6.26),
            (48.86, 2.35),
            (55.95, -3.19),
            (51.48, -3.18),
            (40.71, -74.01),
            (f64::NAN, 0.0),
        ] {
            assert!(!is_in(lat, lng), "{lat}, {lng}");
        }
    }

    proptest! {
        #[test]
        fn no_text_brings_the_look_up_down(text in "\\PC{0,80}") {
            let _found_or_not = find_place(&text);
        }
    }
}
