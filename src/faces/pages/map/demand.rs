//! Where people ask for care: contacts, call-outs and arrivals by hex, as the public may see them.

use h3o::Resolution;

use crate::domain::Cell;
use crate::faces::demand;
use crate::faces::pages::map::draw::Drawing;
use crate::faces::pages::map::scale::{CLASSES, Scale};
use crate::faces::pages::map::scene::{
    Entry, Key, Live, Place, Row, Scene, Table, dated, hexes, sheet, towns_on_paper, whereabouts,
};
use crate::faces::plain::people;
use crate::faces::shapes;
use crate::views::Published;

/// The map of the last hour.
pub fn scene(picture: &Published) -> Scene {
    let mut cells: Vec<(Cell, u32)> = demand::public(&picture.demand).into_iter().collect();
    // Wide hexes lie below the finer ones inside them.
    cells.sort_by_key(|(cell, _)| cell.0.resolution());
    let title = "People who asked for care in the last hour".to_owned();
    let listed = picture
        .services
        .values()
        .filter(|view| view.service.in_llr && view.service.kind.has_waits())
        .map(|view| (view.service.as_ref(), "app-map__place"));
    let places = Place::number(sheet(), listed);
    Scene {
        drawing: draw(&cells, &places, &dated(&title, picture)),
        meaning: vec![
            "Calls to 111 and 999 and arrivals at services that report to us, by where people live.",
            "Nobody can be found on this map: a hex holds at least five people. Where there are fewer they are \
             counted in the wider hex around them, so hexes are of several sizes and the colour says how many \
             people there are in ten square miles.",
        ],
        unit: "People in ten square miles",
        legend: legend(&cells),
        table: table(&mut cells, &title),
        places,
        live: Live {
            kind: "demand",
            topic: Some("heat:demand:60m:7"),
            prefix: String::new(),
            cuts: Scale::PEOPLE.cuts(),
            values: None,
        },
        title,
    }
}

/// How many people there are in ten square miles; hexes of a level are of one size within a few percent.
fn density(cell: Cell, people: u32) -> f64 {
    f64::from(people) * 10.0 / square_miles(cell)
}

fn square_miles(cell: Cell) -> f64 {
    const IN_A_SQUARE_KM: f64 = 0.386_102;
    cell.0.resolution().area_km2() * IN_A_SQUARE_KM
}

/// `None` for hexes in which people are spread so thin that the hex is not filled.
fn class(cell: Cell, people: u32) -> Option<usize> {
    let density = density(cell, people);
    (density >= 1.0).then(|| Scale::PEOPLE.class(density))
}

fn draw(cells: &[(Cell, u32)], places: &[Place], title: &str) -> String {
    let mut drawing = Drawing::new(sheet(), title);
    drawing.land(shapes::outlines());
    for level in [
        Resolution::Four,
        Resolution::Five,
        Resolution::Six,
        demand::FINEST,
    ] {
        let of = |wanted: Option<usize>| -> Vec<Cell> {
            let of_level = cells
                .iter()
                .filter(|(cell, _)| cell.0.resolution() == level);
            of_level
                .filter(|(cell, count)| class(*cell, *count) == wanted)
                .map(|(cell, _)| *cell)
                .collect()
        };
        drawing.hexes("app-map__0", &of(None));
        for (number, name) in CLASSES.iter().enumerate() {
            drawing.hexes(name, &of(Some(number)));
        }
    }
    drawing.outlines(shapes::outlines());
    let marks: Vec<_> = places.iter().map(Place::mark).collect();
    drawing.places_and_names(&marks, towns_on_paper());
    drawing.finish()
}

fn legend(cells: &[(Cell, u32)]) -> Vec<Key> {
    let count = |wanted: Option<usize>| {
        let of_class = |(cell, people): &&(Cell, u32)| class(*cell, *people) == wanted;
        hexes(cells.iter().filter(of_class).count())
    };
    let mut keys = vec![Key {
        class: "app-map__0",
        words: "Fewer than 1, not filled".to_owned(),
        count: count(None),
    }];
    let classes = CLASSES.iter().zip(Scale::PEOPLE.people()).enumerate();
    keys.extend(classes.map(|(number, (class, words))| Key {
        class,
        words,
        count: count(Some(number)),
    }));
    keys
}

fn table(cells: &mut [(Cell, u32)], title: &str) -> Table {
    cells.sort_by(|a, b| density(b.0, b.1).total_cmp(&density(a.0, a.1)));
    let row = |(cell, count): &(Cell, u32)| {
        let is_wide = cell.0.resolution() < demand::FINEST;
        let miles = square_miles(*cell).round();
        Row {
            key: cell.to_string(),
            head: whereabouts(*cell, is_wide),
            href: None,
            cells: vec![
                Entry::of("people", people(i64::from(*count))),
                Entry::of("area", format!("in {miles} square miles")),
            ],
        }
    };
    Table {
        caption: format!("{title}, most to a square mile first"),
        heads: vec!["Where", "People", "In"],
        rows: cells.iter().map(row).collect(),
        empty: "Nobody asked for care in that time, or too few to show anywhere.",
    }
}
