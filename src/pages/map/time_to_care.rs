//! Where care is soonest: the drive and the wait together, at the best place for each hex.

use std::collections::BTreeMap;

use h3o::Resolution;

use crate::map::scale::{CLASSES, Scale};
use crate::map::scene::{
    LegendKey, LiveMap, MapCell, MapPlace, MapRow, MapTable, Scene, dated, hexes, sheet,
    towns_of_the_area, towns_on_paper,
};
use crate::map::svg::Drawing;
use app::plain_words::{about, clock, gain};
use domain::{Cell, Service};
use domain::{gazetteer, outlines};
use views::Published;
use views::time_to_care::{Best, Fineness, PatientGroup};

/// Where the hexes of one surface go in the drawing.
#[derive(Default)]
struct Sorted {
    classes: [Vec<Cell>; 5],
    unknown: Vec<Cell>,
    nowhere: Vec<Cell>,
}

/// The map for those of a group who set off in so many hours.
pub fn scene(published: &Published, group: PatientGroup, hours: usize) -> Scene {
    let surface = published.surfaces.surface(Fineness::Seven);
    let rows = surface.rows(group, hours);
    let best: BTreeMap<Cell, (&Service, Best)> = rows
        .map(|(cell, service, best)| (cell, (service, best)))
        .collect();
    let all = gazetteer::area(Resolution::Seven);
    let scale = match group {
        PatientGroup::Ambulance => Scale::AMBULANCE,
        _ => Scale::WALK_IN,
    };
    let sorted = sort(&all, &best, scale);
    let mut named: Vec<&Service> = best.values().map(|(service, _)| *service).collect();
    named.sort_by(|a, b| a.id.cmp(&b.id));
    named.dedup_by(|a, b| a.id == b.id);
    let places = MapPlace::number(sheet(), named.into_iter().map(|s| (s, "app-map__place")));
    let title = title(published, group, hours);
    Scene {
        drawing: draw(&sorted, &places, &dated(&title, published)),
        meaning: meaning(group),
        alerts: Vec::new(),
        unit: match group {
            PatientGroup::Ambulance => "Minutes until handed over",
            _ => "Minutes until seen",
        },
        legend: legend(&sorted, scale),
        table: table(&best, group, &title),
        places,
        live: LiveMap {
            kind: "care",
            topic: (hours == 0).then(|| "heat:time-to-care:7".to_owned()),
            prefix: format!("{}:", group.label()),
            cuts: scale.cuts(),
            values: (hours > 0).then(|| {
                let group = group.label();
                format!("/api/v1/heat?kind=time-to-care&group={group}&at_plus={hours}&res=7")
            }),
            ..LiveMap::default()
        },
        title,
    }
}

fn title(published: &Published, group: PatientGroup, hours: usize) -> String {
    let who = match group {
        PatientGroup::Minor => "An adult with a minor injury or illness",
        PatientGroup::Child => "A child with a minor injury or illness",
        PatientGroup::Ambulance => "Anybody who comes by ambulance",
    };
    let when = match hours {
        0 => "setting off now".to_owned(),
        hours => {
            let at = published.as_of.plus(hours as i64 * domain::time::HOUR);
            format!("setting off at {}", clock(at))
        }
    };
    format!("{who}, {when}")
}

fn meaning(group: PatientGroup) -> Vec<&'static str> {
    let mut all = vec![match group {
        PatientGroup::Ambulance => {
            "The drive and the time until the hospital takes over, together, at the best place that takes \
             ambulances. Getting the ambulance to you is not counted. The crew decides where to go."
        }
        _ => {
            "The drive and the wait until a clinician sees you, together, at the place where that is soonest. \
             This is an estimate for half of people: half take less, half take more."
        }
    }];
    all.push("Drives are estimates that know nothing of today’s traffic. The sickest are always seen first.");
    all
}

fn sort(all: &[Cell], best: &BTreeMap<Cell, (&Service, Best)>, scale: Scale) -> Sorted {
    let mut sorted = Sorted::default();
    for cell in all {
        let to = match best.get(cell).map(|(_, best)| best.minutes) {
            Some(Some(minutes)) => &mut sorted.classes[scale.class(f64::from(minutes))],
            Some(None) => &mut sorted.unknown,
            None => &mut sorted.nowhere,
        };
        to.push(*cell);
    }
    sorted
}

fn draw(sorted: &Sorted, places: &[MapPlace], title: &str) -> String {
    let mut drawing = Drawing::new(sheet(), title);
    drawing.land(outlines::outlines());
    drawing.hexes("app-map__0", &sorted.nowhere);
    for (class, cells) in CLASSES.iter().zip(&sorted.classes) {
        drawing.hexes(class, cells);
    }
    drawing.hatched(&sorted.unknown);
    drawing.outlines(outlines::outlines());
    let marks: Vec<_> = places.iter().map(MapPlace::mark).collect();
    drawing.places_and_names(&marks, towns_on_paper());
    drawing.finish()
}

fn legend(sorted: &Sorted, scale: Scale) -> Vec<LegendKey> {
    let classes = CLASSES.iter().zip(scale.minutes()).zip(&sorted.classes);
    let mut keys: Vec<LegendKey> = classes
        .map(|((class, words), cells)| LegendKey {
            class,
            words,
            count: hexes(cells.len()),
        })
        .collect();
    keys.push(LegendKey {
        class: "app-map__unknown",
        words: "Not known: no live wait".to_owned(),
        count: hexes(sorted.unknown.len()),
    });
    keys.push(LegendKey {
        class: "app-map__0",
        words: "No place is open then".to_owned(),
        count: hexes(sorted.nowhere.len()),
    });
    keys
}

fn table(best: &BTreeMap<Cell, (&Service, Best)>, group: PatientGroup, title: &str) -> MapTable {
    let until = match group {
        PatientGroup::Ambulance => "Until handed over",
        _ => "Until seen",
    };
    let row = |town: &&'static domain::gazetteer::Town| {
        let cell = town.position.cell(Resolution::Seven)?;
        let (minutes, service, against) = match best.get(&cell) {
            Some((service, best)) => (
                best.minutes
                    .map_or_else(|| NOT_KNOWN.to_owned(), |m| about(i64::from(m))),
                Some(*service),
                best.minutes
                    .map_or_else(String::new, |_| gain(best.gain.map(i64::from))),
            ),
            None => (NOWHERE.to_owned(), None, String::new()),
        };
        Some(MapRow {
            key: cell.to_string(),
            value: None,
            head: format!("From {}", town.name),
            href: None,
            cells: vec![
                MapCell::of("minutes", minutes),
                MapCell {
                    part: "place",
                    words: service.map_or_else(String::new, |s| s.shown_name().to_owned()),
                    href: service.map(|service| format!("/services/{}", service.id)),
                },
                MapCell::of("gain", against),
            ],
        })
    };
    MapTable {
        caption: title.to_owned(),
        heads: vec!["From", until, "At", "Against the nearest"],
        rows: towns_of_the_area().iter().filter_map(row).collect(),
        empty: "There are no towns to show.",
    }
}

/// Where the wait of no open place is known.
const NOT_KNOWN: &str = "Not known: no live wait";
/// Where nothing is open.
const NOWHERE: &str = "No place is open then";
