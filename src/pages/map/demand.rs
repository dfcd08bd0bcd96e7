//! Where people ask for care: contacts, call-outs and arrivals by hex, as the public may see them.

use std::collections::BTreeMap;

use h3o::Resolution;

use crate::map::scale::{CLASSES, Scale};
use crate::map::scene::{
    LegendKey, LiveMap, MapCell, MapPlace, MapRow, MapTable, Scene, dated, hexes, sheet,
    towns_on_paper, whereabouts,
};
use crate::map::svg::Drawing;
use app::plain_words::{clock, people};
use domain::outlines;
use domain::time::{DAY, HOUR};
use domain::{At, Cell};
use views::Published;
use views::demand::{FINEST, HotSpot, PublicWindow, Share, Window, whole};

/// People of the hexes of a window, and how many hours it is long.
struct DemandCounts {
    /// Wide hexes first: they lie below the finer ones inside them.
    cells: Vec<(Cell, Share)>,
    hours: f64,
}

/// The map of a window as it was so many hours ago.
pub fn scene(published: &Published, window: Window, hours_ago: i64) -> Scene {
    let public = published.demand.public_ago(hours_ago);
    let found = public.window(window);
    let mut counted = DemandCounts::of(found);
    let title = title(found, published.as_of);
    let spots: &[HotSpot] = match hours_ago {
        0 => &published.demand.hot_spots,
        _ => &[],
    };
    let listed = published
        .services
        .values()
        .filter(|view| view.service.in_llr && view.service.kind.has_waits())
        .map(|view| (view.service.as_ref(), "app-map__place"));
    let places = MapPlace::number(sheet(), listed);
    Scene {
        drawing: draw(&counted, spots, &places, &dated(&title, published)),
        meaning: vec![
            "Calls to 111 and 999 and arrivals at services that report to us, by where people live, in whole hours.",
            "Nobody can be found on this map: a hex holds at least five people of each hour. Where there are fewer they \
             are counted in the wider hex around them, so hexes are of several sizes and the colour says how many \
             people there are in ten square miles.",
        ],
        alerts: spots
            .iter()
            .map(|spot| alert(spot, published.as_of))
            .collect(),
        unit: "People an hour in ten square miles",
        legend: legend(&counted),
        table: table(&mut counted, &title),
        places,
        live: LiveMap {
            kind: "demand",
            topic: Some(format!("heat:demand:{}:7", window.label())),
            prefix: String::new(),
            cuts: Scale::PEOPLE.cuts(),
            values: None,
            hours: Some(counted.hours),
            hot: spots.iter().map(|spot| spot.centre.to_string()).collect(),
        },
        title,
    }
}

/// "People who asked for care from 2pm to 3pm today".
fn title(window: Option<&PublicWindow>, now: At) -> String {
    let Some(window) = window else {
        return "People who asked for care: no whole hour is known of then".to_owned();
    };
    let (from, until) = (window.from, window.until);
    let day = |at: At| at.london().date();
    let words = |at: At| match day(at) {
        of if of == day(now) => format!("{} today", clock(at)),
        of if of == day(now.plus(-DAY)) => format!("{} yesterday", clock(at)),
        of => format!("{} on {}", clock(at), of.strftime("%A")),
    };
    // The last hour of a day ends when it does, not at the beginning of the next.
    if day(from) == day(until.plus(-1)) {
        return format!(
            "People who asked for care from {} to {}",
            clock(from),
            words(until.plus(-1)).replacen(&clock(until.plus(-1)), &clock(until), 1)
        );
    }
    format!(
        "People who asked for care from {} to {}",
        words(from),
        words(until)
    )
}

/// A hot spot in words.
fn alert(spot: &HotSpot, now: At) -> String {
    let place = whereabouts(spot.centre, false);
    let place = match place.split_once(' ') {
        Some(_) if place.contains(" of ") => place,
        _ => format!("In or near {place}"),
    };
    let since = match now.since(spot.since) {
        ..DAY => clock(spot.since),
        _ => format!("{} yesterday", clock(spot.since)),
    };
    let sure = if spot.is_clear() {
        "far more than chance would bring"
    } else {
        "this may still be chance"
    };
    format!("{place}, since {since}: {sure}.")
}

impl DemandCounts {
    fn of(window: Option<&PublicWindow>) -> Self {
        let all: Option<&BTreeMap<Cell, Share>> = window.map(|window| &window.cells);
        let mut cells: Vec<(Cell, Share)> = all
            .into_iter()
            .flatten()
            .map(|(cell, share)| (*cell, *share))
            .collect();
        cells.sort_by_key(|(cell, _)| cell.0.resolution());
        let length = window.map_or(HOUR, |window| window.until.since(window.from));
        Self {
            cells,
            hours: length as f64 / HOUR as f64,
        }
    }

    /// How many people there are in ten square miles and an hour; hexes of a level are of one size within a few percent.
    fn density(&self, cell: Cell, share: Share) -> f64 {
        f64::from(share.people) * 10.0 / square_miles(cell) / self.hours
    }

    /// `None` for hexes in which people are spread so thin that the hex is not filled.
    fn class(&self, cell: Cell, share: Share) -> Option<usize> {
        let density = self.density(cell, share);
        (density >= 1.0).then(|| Scale::PEOPLE.class(density))
    }

    fn of_class(&self, wanted: Option<usize>) -> impl Iterator<Item = Cell> + '_ {
        let all = self.cells.iter();
        all.filter(move |(cell, share)| self.class(*cell, *share) == wanted)
            .map(|(cell, _)| *cell)
    }
}

fn square_miles(cell: Cell) -> f64 {
    const IN_A_SQUARE_KM: f64 = 0.386_102;
    cell.0.resolution().area_km2() * IN_A_SQUARE_KM
}

fn draw(counted: &DemandCounts, spots: &[HotSpot], places: &[MapPlace], title: &str) -> String {
    let mut drawing = Drawing::new(sheet(), title);
    drawing.land(outlines::outlines());
    for level in [Resolution::Four, Resolution::Five, Resolution::Six, FINEST] {
        let of = |wanted: Option<usize>| -> Vec<Cell> {
            let of_class = counted.of_class(wanted);
            of_class
                .filter(|cell| cell.0.resolution() == level)
                .collect()
        };
        drawing.hexes("app-map__0", &of(None));
        for (number, name) in CLASSES.iter().enumerate() {
            drawing.hexes(name, &of(Some(number)));
        }
    }
    drawing.outlines(outlines::outlines());
    let hot: Vec<Cell> = spots.iter().map(|spot| spot.centre).collect();
    drawing.hexes("app-map__hot", &hot);
    let marks: Vec<_> = places.iter().map(MapPlace::mark).collect();
    drawing.places_and_names(&marks, towns_on_paper());
    drawing.finish()
}

fn legend(counted: &DemandCounts) -> Vec<LegendKey> {
    let count = |wanted: Option<usize>| hexes(counted.of_class(wanted).count());
    let mut keys = vec![LegendKey {
        class: "app-map__0",
        words: "Fewer than 1, not filled".to_owned(),
        count: count(None),
    }];
    let classes = CLASSES.iter().zip(Scale::PEOPLE.people()).enumerate();
    keys.extend(classes.map(|(number, (class, words))| LegendKey {
        class,
        words,
        count: count(Some(number)),
    }));
    keys
}

fn table(counted: &mut DemandCounts, title: &str) -> MapTable {
    let mut cells = counted.cells.clone();
    cells.sort_by(|a, b| {
        counted
            .density(b.0, b.1)
            .total_cmp(&counted.density(a.0, a.1))
    });
    let row = |(cell, share): &(Cell, Share)| {
        let is_wide = cell.0.resolution() < FINEST;
        let miles = square_miles(*cell).round();
        let usual = share
            .usual
            .map(whole)
            .and_then(|usual| i64::try_from(usual).ok());
        MapRow {
            key: cell.to_string(),
            value: Some(share.people),
            head: whereabouts(*cell, is_wide),
            href: None,
            cells: vec![
                MapCell::of("people", people(i64::from(share.people))),
                MapCell::of(
                    "usual",
                    usual.map_or_else(|| "Not known yet".to_owned(), people),
                ),
                MapCell::of("area", format!("{miles} square miles")),
            ],
        }
    };
    MapTable {
        caption: format!("{title}, most to a square mile first"),
        heads: vec!["Where", "People", "Usually then", "In"],
        rows: cells.iter().map(row).collect(),
        empty: "Nobody asked for care in that time, too few to show anywhere, or nothing was reported to us.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hot_spot_is_said_by_place_time_and_how_sure_it_is() {
        let found = At::parse("2026-11-24T15:10:00Z").unwrap();
        let oakham = domain::gazetteer::find_place("Oakham").unwrap();
        let spot = |score| HotSpot {
            centre: oakham.position.cell(FINEST).unwrap(),
            ring: 1,
            found,
            since: At::parse("2026-11-24T14:30:00Z").unwrap(),
            seen: found,
            minutes: 40,
            observed: 12,
            expected: 512,
            score,
        };
        let said = alert(&spot(1_000), found);
        assert!(said.contains("Oakham"), "{said}");
        assert!(
            said.ends_with("since 2:30pm: this may still be chance."),
            "{said}"
        );
        let clear = alert(&spot(4_000), found.plus(DAY));
        assert!(
            clear.ends_with("since 2:30pm yesterday: far more than chance would bring."),
            "{clear}"
        );
    }

    #[test]
    fn the_hours_of_a_window_are_said_as_people_say_them() {
        let at = |text: &str| At::parse(text).unwrap();
        let said = |from: &str, until: &str, now: &str| {
            let window = PublicWindow {
                from: at(from),
                until: at(until),
                cells: BTreeMap::new(),
            };
            title(Some(&window), at(now)).replace("People who asked for care ", "")
        };
        let now = "2026-11-24T15:12:00Z";
        for (from, until, words) in [
            (
                "2026-11-24T14:00:00Z",
                "2026-11-24T15:00:00Z",
                "from 2pm to 3pm today",
            ),
            (
                "2026-11-23T23:00:00Z",
                "2026-11-24T00:00:00Z",
                "from 11pm to midnight yesterday",
            ),
            (
                "2026-11-23T22:00:00Z",
                "2026-11-24T02:00:00Z",
                "from 10pm yesterday to 2am today",
            ),
            (
                "2026-11-22T15:00:00Z",
                "2026-11-23T15:00:00Z",
                "from 3pm on Sunday to 3pm yesterday",
            ),
        ] {
            assert_eq!(said(from, until, now), words);
        }
    }
}
