//! What a map page shows, whichever map it is: a drawing, its legend, and a table that says the same in words.

use std::sync::OnceLock;

use crate::map::svg::{Mark, Sheet};
use app::plain_words::{MILES_PER_KM, clock};
use domain::gazetteer::{self, Town};
use domain::geo::DEMAND_RESOLUTION;
use domain::{Cell, Position, Service};
use views::Published;

/// Towns with so many people are rows of a table.
const PEOPLE_MIN: u32 = 4_000;
/// Towns outside the area that have so many people are named on its maps.
const AROUND_PEOPLE_MIN: u32 = 35_000;
/// Short or other names of towns that stand in the list of towns by their full name too.
const OTHER_NAMES: [&str; 4] = ["Ashby", "Harborough", "Melton", "Wigston Magna"];
/// Within so many kilometres of its middle one is in a town.
const IN_TOWN_KM: f64 = 0.7;

/// One map and everything that is said about it.
pub struct Scene {
    /// As SVG.
    pub drawing: String,
    /// Its title.
    pub title: String,
    /// What it means, in plain words.
    pub meaning: Vec<&'static str>,
    /// What is out of the usual just now, each in a sentence.
    pub alerts: Vec<String>,
    /// Over the legend.
    pub unit: &'static str,
    /// Each class, what it means, and how much of the map it is.
    pub legend: Vec<LegendKey>,
    /// The same in words.
    pub table: MapTable,
    /// The numbered places.
    pub places: Vec<MapPlace>,
    /// What the script needs to go on from here.
    pub live: LiveMap,
}

/// One line of the legend.
pub struct LegendKey {
    /// Its class in the style sheet.
    pub class: &'static str,
    /// What it means.
    pub words: String,
    /// "128 hexes".
    pub count: String,
}

/// A table.
pub struct MapTable {
    /// Over it.
    pub caption: String,
    /// Of its columns.
    pub heads: Vec<&'static str>,
    /// In order.
    pub rows: Vec<MapRow>,
    /// Where there are no rows.
    pub empty: &'static str,
}

/// A row: what it is of, and its cells.
pub struct MapRow {
    /// For the script: a hex or a service,
    pub key: String,
    /// and how many people, where that is what the map shows.
    pub value: Option<u32>,
    /// What it is of.
    pub head: String,
    /// A page about that.
    pub href: Option<String>,
    /// The others.
    pub cells: Vec<MapCell>,
}

/// One cell of a row.
pub struct MapCell {
    /// By which the script finds it.
    pub part: &'static str,
    /// What it says.
    pub words: String,
    /// A page about that.
    pub href: Option<String>,
}

impl MapCell {
    /// Words alone.
    pub fn of(part: &'static str, words: impl Into<String>) -> Self {
        Self {
            part,
            words: words.into(),
            href: None,
        }
    }
}

/// A numbered place on the map.
pub struct MapPlace {
    /// Its number.
    pub sign: String,
    /// Which.
    pub id: String,
    /// As shown.
    pub name: String,
    /// What sort of place.
    pub kind: &'static str,
    /// Where.
    pub at: Position,
    /// Its class in the style sheet.
    pub class: &'static str,
}

impl MapPlace {
    /// The places of these services that are on the paper, numbered from 1.
    pub fn number<'a>(
        sheet: &Sheet,
        services: impl Iterator<Item = (&'a Service, &'static str)>,
    ) -> Vec<Self> {
        let shown = services.filter(|(service, _)| sheet.holds(service.position));
        let place = |(number, (service, class)): (usize, (&Service, &'static str))| Self {
            sign: number.to_string(),
            id: service.id.to_string(),
            name: service.shown_name().to_owned(),
            kind: service.kind.plain(),
            at: service.position,
            class,
        };
        (1..).zip(shown).map(place).collect()
    }

    /// As it is drawn.
    pub fn mark(&self) -> Mark {
        Mark {
            at: self.at,
            sign: self.sign.clone(),
            class: self.class,
        }
    }
}

/// What the script needs to keep a map up.
#[derive(Default)]
pub struct LiveMap {
    /// Which map, for the script.
    pub kind: &'static str,
    /// The topic, where the map can be followed.
    pub topic: Option<String>,
    /// What the keys of the topic begin with.
    pub prefix: String,
    /// Where classes begin.
    pub cuts: String,
    /// Where the values stand, where they cannot be followed.
    pub values: Option<String>,
    /// Hours that people are counted over.
    pub hours: Option<f64>,
    /// Hexes in the middle of hot spots.
    pub hot: Vec<String>,
}

/// The sheet of the area.
pub fn sheet() -> &'static Sheet {
    static SHEET: OnceLock<Sheet> = OnceLock::new();
    SHEET.get_or_init(Sheet::of_the_area)
}

/// Towns of the area by one name each, and cities around it, most populous first, as far as they are on the paper.
pub fn towns_on_paper() -> &'static [&'static Town] {
    static ALL: OnceLock<Vec<&'static Town>> = OnceLock::new();
    ALL.get_or_init(|| {
        let all = gazetteer::towns().iter();
        let on_paper = all.filter(|town| sheet().holds(town.position));
        on_paper
            .filter(|town| !OTHER_NAMES.contains(&town.name))
            .filter(|town| is_in_the_area(town) || town.people >= AROUND_PEOPLE_MIN)
            .collect()
    })
}

/// Towns of the area that have a row of their own, by name.
pub fn towns_of_the_area() -> &'static [&'static Town] {
    static ALL: OnceLock<Vec<&'static Town>> = OnceLock::new();
    ALL.get_or_init(|| {
        let large = towns_on_paper().iter().copied();
        let mut towns: Vec<&Town> = large
            .filter(|town| town.people >= PEOPLE_MIN && is_in_the_area(town))
            .collect();
        towns.sort_by_key(|town| town.name);
        towns
    })
}

fn is_in_the_area(town: &Town) -> bool {
    let cell = town.position.cell(DEMAND_RESOLUTION);
    cell.is_some_and(|cell| gazetteer::area_cells().binary_search(&cell).is_ok())
}

/// Where a hex is, by the nearest town: "Wigston", "1.2 miles north of Wigston", "Around Wigston".
pub fn whereabouts(cell: Cell, is_wide: bool) -> String {
    let middle = cell.centre();
    let km = |town: &&Town| town.position.km_to(middle);
    let towns = gazetteer::towns().iter();
    let known = towns.filter(|town| !OTHER_NAMES.contains(&town.name));
    let Some(town) = known.min_by(|a, b| km(a).total_cmp(&km(b))) else {
        return "Elsewhere".to_owned();
    };
    let away = km(&town);
    match away {
        _ if is_wide => format!("Around {}", town.name),
        ..IN_TOWN_KM => town.name.to_owned(),
        _ => {
            let miles = away * MILES_PER_KM;
            let way = direction(town.position, middle);
            format!("{miles:.1} miles {way} of {}", town.name)
        }
    }
}

fn direction(from: Position, to: Position) -> &'static str {
    const ESTIMATORS: [&str; 8] = [
        "east",
        "north-east",
        "north",
        "north-west",
        "west",
        "south-west",
        "south",
        "south-east",
    ];
    let east = (to.lng - from.lng) * from.lat.to_radians().cos();
    let turn = (to.lat - from.lat).atan2(east) / std::f64::consts::FRAC_PI_4;
    ESTIMATORS[(turn.round() as i64).rem_euclid(8) as usize]
}

/// The title of a drawing, which stays as it is.
pub fn dated(title: &str, published: &Published) -> String {
    format!("Map: {title}. As of {}.", clock(published.as_of))
}

/// "128 hexes".
pub fn hexes(count: usize) -> String {
    match count {
        1 => "1 hex".to_owned(),
        count => format!("{count} hexes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hex_is_named_by_the_town_it_is_near() {
        let at = |lat, lng| {
            let place = Position::new(lat, lng).unwrap();
            place.cell(DEMAND_RESOLUTION).unwrap()
        };
        let oakham = gazetteer::find_place("Oakham").unwrap().position;
        assert_eq!(whereabouts(at(oakham.lat, oakham.lng), false), "Oakham");
        let north = whereabouts(at(oakham.lat + 0.012, oakham.lng), false);
        assert!(north.ends_with("north of Oakham"), "{north}");
        assert_eq!(
            whereabouts(at(oakham.lat, oakham.lng), true),
            "Around Oakham"
        );
    }

    #[test]
    fn towns_of_the_area_have_one_name_each() {
        let names: Vec<&str> = towns_of_the_area().iter().map(|town| town.name).collect();
        assert!((20..60).contains(&names.len()), "{names:?}");
        for name in [
            "Leicester",
            "Loughborough",
            "Oakham",
            "Melton Mowbray",
            "Wigston",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(!names.contains(&"Nottingham") && !names.contains(&"Melton"));
    }
}
