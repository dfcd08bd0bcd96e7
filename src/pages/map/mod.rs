//! `/map`: where care is soonest, how loaded places are, where people ask for care. A drawing, and a table that says
//! the same in words.

mod demand;
mod pressure;
mod scale;
pub mod scene;
pub mod svg;
pub mod tiles;
mod time_to_care;

use askama::Template;
use serde::Deserialize;

use crate::frame::Frame;
use app::ServerMode;
use app::plain_words::clock;
use domain::At;
use scene::Scene;
use tiles::Tiles;
use views::Published;
use views::demand::{HOURS_AGO_MAX, Window};
use views::time_to_care::{HOURS_AHEAD, PatientGroup};

/// What the reader chose; anything else than what the page offers is as if nothing was chosen.
#[derive(Debug, Default, Deserialize)]
pub struct MapQuery {
    kind: Option<String>,
    group: Option<String>,
    at_plus: Option<String>,
    window: Option<String>,
    ago: Option<String>,
}

/// A choice of the form: its value, its words, chosen.
type Choices = Vec<(&'static str, &'static str, bool)>;

/// Towns that the script may name, most populous first: more have no room at any zoom that it offers.
const NAMES_MAX: usize = 150;

/// The maps.
const KINDS: [(&str, &str); 3] = [
    ("time-to-care", "Where care is soonest"),
    ("pressure", "How long people wait"),
    ("demand", "Where people ask for care"),
];

const GROUPS: [(&str, &str); 3] = [
    ("minor", "An adult with a minor injury or illness"),
    ("child", "A child with a minor injury or illness"),
    ("ambulance", "Anybody by ambulance"),
];

const HOURS: [(&str, &str); HOURS_AHEAD] = [("0", "Now"), ("1", "In 1 hour"), ("2", "In 2 hours")];

/// Over how long demand is counted.
const WINDOWS: [(&str, &str); 3] = [("60m", "1 hour"), ("4h", "4 hours"), ("24h", "24 hours")];

/// The page.
#[derive(Template)]
#[template(path = "map.html")]
pub struct MapPage {
    frame: Frame,
    kind: &'static str,
    heading: &'static str,
    kinds: Choices,
    groups: Choices,
    hours: Choices,
    windows: Choices,
    /// So many hours ago, of at most so many.
    ago: i64,
    ago_max: i64,
    as_of: String,
    is_demonstration: bool,
    scene: Scene,
    names: String,
    tiles: Option<Tiles>,
}

impl MapPage {
    /// The page for a picture, as of `now`.
    pub fn new(
        published: &Published,
        mode: &ServerMode,
        now: At,
        choice: &MapQuery,
        tiles: Option<&Tiles>,
    ) -> Self {
        let (kind, heading) = chosen(&KINDS, choice.kind.as_deref());
        let (group, _) = chosen(&GROUPS, choice.group.as_deref());
        let (hours, _) = chosen(&HOURS, choice.at_plus.as_deref());
        let (window, _) = chosen(&WINDOWS, choice.window.as_deref());
        let ago = choice.ago.as_deref().and_then(|ago| ago.parse().ok());
        let ago = ago
            .filter(|ago| (0..=HOURS_AGO_MAX).contains(ago))
            .unwrap_or(0);
        let scene = match kind {
            "pressure" => pressure::scene(published, now),
            "demand" => demand::scene(published, Window::find(window).unwrap_or(Window::Hour), ago),
            _ => time_to_care::scene(
                published,
                PatientGroup::find(group).unwrap_or(PatientGroup::Minor),
                hours.parse().unwrap_or(0),
            ),
        };
        let names: Vec<String> = scene::towns_on_paper()
            .iter()
            .take(NAMES_MAX)
            .map(|town| {
                let at = town.position;
                format!("{},{:.3},{:.3}", town.name, at.lat, at.lng)
            })
            .collect();
        Self {
            frame: Frame::of(mode),
            kind,
            heading,
            kinds: options(&KINDS, kind),
            groups: options(&GROUPS, group),
            hours: options(&HOURS, hours),
            windows: options(&WINDOWS, window),
            ago,
            ago_max: HOURS_AGO_MAX,
            as_of: clock(published.as_of),
            is_demonstration: mode.demonstration.is_some(),
            scene,
            names: names.join(";"),
            tiles: tiles.cloned(),
        }
    }
}

type Offered = (&'static str, &'static str);

/// What was chosen of these, or the first.
fn chosen(offered: &[Offered], wanted: Option<&str>) -> Offered {
    let found = offered.iter().find(|(value, _)| Some(*value) == wanted);
    found.or(offered.first()).copied().unwrap_or_default()
}

fn options(offered: &[Offered], chosen: &str) -> Choices {
    offered
        .iter()
        .map(|(value, words)| (*value, *words, *value == chosen))
        .collect()
}
