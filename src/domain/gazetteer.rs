//! From a postcode to the hex it lies in, from a town to its middle. Neither is kept anywhere.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use ::geo::{Contains, Coord, LineString, Polygon};
use compact_str::CompactString;
use h3o::Resolution;

use super::geo::{Cell, Position};
use super::need::matching::{cut, edits};

/// A hex of level 8, then the postcodes (without blank) in it.
const POSTCODES: &str = include_str!("../../fixtures/places/postcodes.csv");
/// A hex of level 6, then the outcodes whose middle lies in it.
const OUTCODES: &str = include_str!("../../fixtures/places/outcodes.csv");
/// Name, latitude, longitude and population.
const TOWNS: &str = include_str!("../../fixtures/places/towns.csv");
/// So much of a text is looked at, bytes; the longest name of a town is far shorter.
const TEXT_BYTES_MAX: usize = 100;
/// See [`area_cells`].
const NEIGHBOURS_MIN: usize = 3;
/// So many first letters stand for a town.
const START_LETTERS: usize = 4;
/// A name of so many letters may be misspelt by one.
const MISSPELT_LETTERS: usize = 6;

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

/// Hexes of the area: those of level 8 that hold a postcode, and those between them that hold none but have at least
/// `NEIGHBOURS_MIN` neighbours that do. In order.
pub fn area_cells() -> &'static [Cell] {
    static ALL: OnceLock<Vec<Cell>> = OnceLock::new();
    ALL.get_or_init(|| {
        let lines = POSTCODES.lines().filter(|line| !line.starts_with('#'));
        let held: BTreeSet<Cell> = lines
            .filter_map(|line| line.split(',').next()?.parse().ok())
            .collect();
        let ring = |cell: &Cell| cell.0.grid_disk::<Vec<_>>(1).into_iter().map(Cell);
        let between: BTreeSet<Cell> = held
            .iter()
            .flat_map(ring)
            .filter(|cell| {
                let beside = ring(cell).filter(|other| held.contains(other));
                !held.contains(cell) && beside.count() >= NEIGHBOURS_MIN
            })
            .collect();
        held.union(&between).copied().collect()
    })
}

/// The hexes of the area at a level, in order.
pub fn area(resolution: Resolution) -> Vec<Cell> {
    let all = area_cells().iter();
    let mut cells: Vec<Cell> = all.map(|cell| cell.parent(resolution)).collect();
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// How exactly a place is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exactness {
    /// The hex of one postcode, about a kilometre across.
    Postcode,
    /// The middle of the first half of a postcode.
    Outcode,
    /// The middle of a town or village.
    Town,
}

/// A place that someone named.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedPlace {
    /// As we write it.
    pub name: CompactString,
    /// Its middle.
    pub position: Position,
    /// How exactly that is.
    pub exactness: Exactness,
}

/// The place of a postcode, of its first half, or of a town or village in or near the area. A town may be
/// shortened to its first letters or misspelt by one; of several that fit, the most populous is meant.
pub fn find_place(text: &str) -> Option<NamedPlace> {
    let text = cut(text, TEXT_BYTES_MAX);
    find_by_postcode(text).or_else(|| find_town(text))
}

fn find_by_postcode(text: &str) -> Option<NamedPlace> {
    let mut plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    plain.make_ascii_uppercase();
    let found = |name: CompactString, cell: Cell, exactness| NamedPlace {
        name,
        position: cell.centre(),
        exactness,
    };
    let inward = plain.len().checked_sub(3).and_then(|at| plain.get(at..))?;
    let is_whole = matches!(inward.as_bytes(), [digit, rest @ ..]
        if digit.is_ascii_digit() && rest.iter().all(u8::is_ascii_alphabetic));
    let outcode = if is_whole {
        let outcode = plain.strip_suffix(inward)?;
        if let Some(cell) = table().get(plain.as_str()) {
            let name = format!("{outcode} {inward}").into();
            return Some(found(name, *cell, Exactness::Postcode));
        }
        outcode
    } else {
        plain.as_str()
    };
    let cell = table().get(outcode)?;
    Some(found(outcode.into(), *cell, Exactness::Outcode))
}

/// A town or village in or near the area.
#[derive(Debug)]
pub struct Town {
    /// As we write it.
    pub name: &'static str,
    /// As [`plain_name`] writes it.
    plain: String,
    /// Its middle.
    pub position: Position,
    /// Its population.
    pub people: u32,
}

/// Most populous first, so that the first that fits is the one that is meant. Some have a short name too, which is a
/// town of its own here.
pub fn towns() -> &'static [Town] {
    static ALL: OnceLock<Vec<Town>> = OnceLock::new();
    ALL.get_or_init(|| {
        let lines = TOWNS.lines().filter(|line| !line.starts_with('#'));
        let mut all: Vec<Town> = lines.filter_map(town).collect();
        all.sort_by_key(|town| std::cmp::Reverse(town.people));
        all
    })
}

fn town(line: &'static str) -> Option<Town> {
    let mut fields = line.split(',');
    let name = fields.next()?;
    let lat = fields.next()?.parse().ok()?;
    let lng = fields.next()?.parse().ok()?;
    Some(Town {
        name,
        plain: plain_name(name),
        position: Position::new(lat, lng)?,
        people: fields.next()?.parse().ok()?,
    })
}

/// In small letters, hyphens as blanks, without points and apostrophes, "St" as "Saint".
fn plain_name(text: &str) -> String {
    let text = text.to_lowercase().replace(['\'', '\u{2019}', '.'], "");
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words
        .filter(|word| !word.is_empty())
        .map(|word| if word == "st" { "saint" } else { word })
        .collect();
    words.join(" ")
}

fn find_town(text: &str) -> Option<NamedPlace> {
    // "Oakham, Rutland" is Oakham.
    let plain = plain_name(text.split(',').next()?);
    let letters = plain.chars().count();
    let find = |fits: &dyn Fn(&str) -> bool| towns().iter().find(|town| fits(&town.plain));
    let found = find(&|name| name == plain)
        .or_else(|| find(&|name| letters >= START_LETTERS && name.starts_with(&plain)))
        .or_else(|| {
            find(&|name| letters >= MISSPELT_LETTERS && edits(&plain, name, 1).is_some())
        })?;
    Some(NamedPlace {
        name: found.name.into(),
        position: found.position,
        exactness: Exactness::Town,
    })
}

/// England, coarsely, with a strip of sea: corners clockwise from Berwick, latitude and longitude in
/// degrees, put down by hand. Along the borders it may be wrong by some kilometres.
const ENGLAND: [(f64, f64); 39] = [
    (55.84, -1.95), // Berwick
    (55.65, -1.50),
    (55.02, -1.30),
    (54.55, -0.45),
    (54.13, 0.05), // Flamborough Head
    (53.57, 0.25),
    (53.20, 0.50),
    (53.02, 1.35),
    (52.48, 1.85), // Lowestoft
    (51.70, 1.40),
    (51.30, 1.50),
    (51.05, 1.42), // Dover
    (50.85, 1.00),
    (50.68, 0.25),
    (50.50, -1.30),
    (50.45, -2.45), // Portland
    (50.15, -3.60),
    (49.90, -5.20), // Lizard
    (49.80, -6.20),
    (49.90, -6.50), // Scilly
    (50.20, -5.80),
    (50.60, -5.15),
    (51.05, -4.65),
    (51.27, -4.20),
    (51.28, -3.10),
    (51.50, -2.85),
    (51.64, -2.66), // Chepstow
    (51.81, -2.66),
    (51.92, -2.98),
    (52.07, -3.10),
    (52.40, -3.10),
    (52.86, -3.12), // Oswestry
    (53.00, -2.90),
    (53.25, -3.05), // the Dee
    (53.60, -3.20),
    (54.00, -3.40),
    (54.50, -3.75), // St Bees Head
    (54.98, -3.08), // Gretna
    (55.40, -2.35),
];

/// Whether a position is in England, give or take some kilometres at its borders.
pub fn is_in_england(position: Position) -> bool {
    static OUTLINE: OnceLock<Polygon> = OnceLock::new();
    let outline = OUTLINE.get_or_init(|| {
        let corners = ENGLAND.map(|(lat, lng)| (lng, lat));
        Polygon::new(LineString::from_iter(corners), Vec::new())
    });
    outline.contains(&Coord::from((position.lng, position.lat)))
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

    fn town_of(text: &str) -> Option<String> {
        find_place(text).map(|place| place.name.into_string())
    }

    #[test]
    fn the_towns_of_the_area_are_known_as_people_write_them() {
        let written = [
            ("leicester", "Leicester"),
            ("LOUGHBOROUGH", "Loughborough"),
            ("Hinckley", "Hinckley"),
            ("melton mowbray", "Melton Mowbray"),
            ("Market-Harborough", "Market Harborough"),
            ("Oakham, Rutland", "Oakham"),
            ("Coalville", "Coalville"),
            ("Lutterworth", "Lutterworth"),
            ("Wigston", "Wigston"),
            (" oadby ", "Oadby"),
            ("Ashby-de-la-Zouch", "Ashby de la Zouch"),
            ("uppingham", "Uppingham"),
            ("St. Neots", "Saint Neots"),
            ("leic", "Leicester"),
            ("Loughbrough", "Loughborough"),
            ("Hinkley", "Hinckley"),
        ];
        for (text, name) in written {
            assert_eq!(town_of(text).as_deref(), Some(name), "{text}");
        }
        for nonsense in ["", "lei", "xyzzy", "oadbi", ",", "car insurance"] {
            assert_eq!(town_of(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn every_line_of_towns_is_read() {
        let lines = TOWNS.lines().filter(|line| !line.starts_with('#')).count();
        assert!(lines > 800);
        assert_eq!(towns().len(), lines);
    }

    #[test]
    fn a_place_says_how_exactly_it_is_known() {
        let known = |text| find_place(text).map(|place| (place.name, place.exactness));
        let postcode = Some(("LE1 5WW".into(), Exactness::Postcode));
        assert_eq!(known(" le15ww "), postcode);
        assert_eq!(known("LE15"), Some(("LE15".into(), Exactness::Outcode)));
        assert_eq!(known("LE1 9ZZ"), Some(("LE1".into(), Exactness::Outcode)));
        assert_eq!(known("Oakham"), Some(("Oakham".into(), Exactness::Town)));
        assert_eq!(known("ZZ1 1ZZ"), None);
    }

    #[test]
    fn england_ends_at_its_borders() {
        let is_inside = |lat, lng| is_in_england(Position { lat, lng });
        assert!(is_inside(52.63, -1.13), "Leicester");
        assert!(is_inside(51.51, -0.13), "London");
        assert!(is_inside(54.89, -2.94), "Carlisle");
        assert!(is_inside(50.12, -5.53), "Penzance");
        assert!(is_inside(55.77, -2.00), "Berwick");
        assert!(is_inside(52.49, 1.75), "Lowestoft");
        assert!(!is_inside(53.35, -6.26), "Dublin");
        assert!(!is_inside(48.86, 2.35), "Paris");
        assert!(!is_inside(55.95, -3.19), "Edinburgh");
        assert!(!is_inside(51.48, -3.18), "Cardiff");
        assert!(!is_inside(40.71, -74.01), "New York");
        assert!(!is_inside(f64::NAN, 0.0));
    }

    proptest! {
        #[test]
        fn no_text_and_no_position_is_too_odd(text in any::<String>(), lat in any::<f64>(), lng in any::<f64>()) {
            let _ = find_postcode(&text);
            let _ = is_in_england(Position { lat, lng });
            if let Some(place) = find_place(&text) {
                prop_assert!(Position::new(place.position.lat, place.position.lng).is_some());
            }
        }

        #[test]
        fn no_name_like_text_is_too_odd(text in "[a-zA-Z0-9 '\u{2019}.,ÄßéİŁ-]{0,120}") {
            let _ = find_place(&text);
        }
    }
}
