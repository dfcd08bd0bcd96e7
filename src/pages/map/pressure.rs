//! How loaded each place is.

use std::collections::BTreeMap;

use crate::map::scale::CLASSES;
use crate::map::scene::{
    LegendKey, LiveMap, MapCell, MapPlace, MapRow, MapTable, Scene, dated, sheet, towns_on_paper,
};
use crate::map::svg::Drawing;
use crate::service_card::Card;
use app::plain_words::{duration, people, tag};
use domain::outlines;
use domain::{At, Cell, ReadingName};
use views::time_to_care::Fineness;
use views::{Published, ServiceView};

/// The words of a wait, and the class of each; the middle class is left out, so that neighbours differ more.
const WORDS: [(&str, &str, &str); 4] = [
    ("Short", "Short: under 1 hour", CLASSES[0]),
    ("Moderate", "Moderate: 1 to 2 hours", CLASSES[1]),
    ("Long", "Long: 2 to 4 hours", CLASSES[3]),
    ("Very long", "Very long: 4 hours or more", CLASSES[4]),
];

/// The map of now.
pub fn scene(published: &Published, now: At) -> Scene {
    let mut views: Vec<&ServiceView> = published
        .services
        .values()
        .map(AsRef::as_ref)
        .filter(|view| !view.readings.is_empty())
        .collect();
    // The longest wait first; what is not known comes last, closed places before it.
    views.sort_by_key(|view| {
        let wait = wait(view);
        (
            wait.is_none(),
            wait.map(|w| -w),
            view.is_open(),
            view.service.name.clone(),
        )
    });
    let title = "How long people wait at each place".to_owned();
    let classed = views
        .iter()
        .map(|view| (view.service.as_ref(), class(view)));
    let places = MapPlace::number(sheet(), classed);
    Scene {
        drawing: draw(published, &places, &dated(&title, published)),
        meaning: vec![
            "The colour of a place is the wait from arriving to being seen by a clinician, for people who arrive now. \
             Numbers on the map are those of the list of places.",
            "Each hex has the colour of the open place nearest to it by car that treats adults with something minor: what \
             people there meet when they go to the nearest.",
            "Places outside the area of which nothing is known are in the table only. Where nothing is known, that does \
             not mean that the wait is short.",
        ],
        alerts: Vec::new(),
        unit: "Wait to be seen",
        legend: legend(&places),
        table: table(published, &views, &title, now),
        places,
        live: LiveMap {
            kind: "pressure",
            topic: Some("waits".to_owned()),
            ..LiveMap::default()
        },
        title,
    }
}

fn wait(view: &ServiceView) -> Option<i64> {
    let reading = view.find_reading(ReadingName::Wait)?;
    Some(reading.age.measure()?.value)
}

fn class(view: &ServiceView) -> &'static str {
    match wait(view) {
        Some(minutes) => {
            let word = tag(minutes).0;
            let known = WORDS.iter().find(|(known, ..)| *known == word);
            known.map_or("app-map__unknown", |(.., class)| class)
        }
        None if !view.is_open() => "app-map__closed",
        None => "app-map__unknown",
    }
}

fn draw(published: &Published, places: &[MapPlace], title: &str) -> String {
    let mut drawing = Drawing::new(sheet(), title);
    drawing.land(outlines::outlines());
    let mut hexes: BTreeMap<&str, Vec<Cell>> = BTreeMap::new();
    for (cell, service) in published.surfaces.nearest(Fineness::Seven) {
        let view = published.services.get(service.id.as_str());
        let class = view.map_or("app-map__unknown", |view| class(view));
        hexes.entry(class).or_default().push(cell);
    }
    for (class, cells) in &hexes {
        match *class {
            "app-map__unknown" => drawing.hatched(cells),
            class => drawing.hexes(class, cells),
        }
    }
    drawing.outlines(outlines::outlines());
    let marks: Vec<_> = places.iter().map(MapPlace::mark).collect();
    drawing.places_and_names(&marks, towns_on_paper());
    drawing.finish()
}

fn legend(places: &[MapPlace]) -> Vec<LegendKey> {
    let others = [
        ("app-map__unknown", "Open, no live wait"),
        ("app-map__closed", "Closed now"),
    ];
    let known = WORDS.iter().map(|(_, words, class)| (*class, *words));
    known
        .chain(others)
        .map(|(class, words)| {
            let count = places.iter().filter(|place| place.class == class).count();
            LegendKey {
                class,
                words: words.to_owned(),
                count: match count {
                    1 => "1 place".to_owned(),
                    count => format!("{count} places"),
                },
            }
        })
        .collect()
}

fn table(published: &Published, views: &[&ServiceView], title: &str, now: At) -> MapTable {
    let row = |view: &&ServiceView| {
        let card = Card::of(view, now);
        let word = card
            .tag
            .map(|(word, _)| format!(" ({})", word.to_lowercase()));
        let waiting = view.find_reading(ReadingName::Waiting);
        let waiting = waiting.and_then(|reading| reading.age.measure());
        MapRow {
            key: view.service.id.to_string(),
            value: None,
            head: view.service.shown_name().to_owned(),
            href: Some(format!("/services/{}", view.service.id)),
            cells: vec![
                MapCell::of("wait", format!("{}{}", card.wait, word.unwrap_or_default())),
                MapCell::of(
                    "waiting",
                    waiting.map_or_else(String::new, |m| format!("{} waiting", people(m.value))),
                ),
                MapCell::of("trend", trend(published, view)),
                MapCell::of("more", more(view)),
            ],
        }
    };
    MapTable {
        caption: format!("{title}, the longest wait first"),
        heads: vec![
            "Place",
            "Wait to be seen",
            "Waiting",
            "In an hour",
            "Ambulances and spaces",
        ],
        rows: views.iter().map(row).collect(),
        empty: "No place reports to us.",
    }
}

fn trend(published: &Published, view: &ServiceView) -> String {
    match view.trend(published.as_of) {
        Some(("rising", minutes)) => format!("Rising: {} longer", duration(minutes)),
        Some(("falling", minutes)) => format!("Falling: {} shorter", duration(-minutes)),
        Some(_) => "Steady".to_owned(),
        None => String::new(),
    }
}

/// "3 ambulances outside, 46 minutes to hand over. 98% of spaces are full."
fn more(view: &ServiceView) -> String {
    let figure = |name| Some(view.find_reading(name)?.age.measure()?.value);
    let outside = figure(ReadingName::HandoversWaiting).map(|count| match count {
        0 => "No ambulance outside".to_owned(),
        1 => "1 ambulance outside".to_owned(),
        count => format!("{count} ambulances outside"),
    });
    let handover = figure(ReadingName::Handover).map(|m| format!("{} to hand over", duration(m)));
    let ambulances: Vec<String> = [outside, handover].into_iter().flatten().collect();
    let capacity = &view.capacity;
    let spaces = capacity.occupied_spaces.zip(capacity.staffed_spaces);
    let full = spaces
        .filter(|(_, staffed)| *staffed > 0)
        .map(|(occupied, staffed)| format!("{}% of spaces are full.", occupied * 100 / staffed));
    let ambulances = (!ambulances.is_empty()).then(|| format!("{}.", ambulances.join(", ")));
    [ambulances, full]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}
