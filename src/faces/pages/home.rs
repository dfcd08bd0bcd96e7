//! `/`: the list of services with their waits.

use askama::Template;
use serde::Deserialize;

use crate::domain::service::ServiceKind;
use crate::domain::{Age, At, ReadingName, Withheld};
use crate::faces::Mode;
use crate::faces::pages::card::Card;
use crate::faces::pages::{Frame, accuracy};
use crate::views::{Published, ServiceView};

/// What the reader chose; anything else than what the form offers is as if nothing was chosen.
#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    show: Option<String>,
    sort: Option<String>,
}

/// A choice of the form: its value, its words, chosen.
type Choices = Vec<(&'static str, &'static str, bool)>;

/// The page.
#[derive(Template)]
#[template(path = "home.html")]
pub struct Home {
    frame: Frame,
    shows: Choices,
    sorts: Choices,
    summary: String,
    accuracy: Option<String>,
    cards: Vec<Card>,
    others: Vec<Card>,
}

impl Home {
    /// The page for a picture, as of `now`.
    pub fn new(picture: &Published, mode: &Mode, now: At, choice: &Choice) -> Self {
        let show = choice.show.as_deref().unwrap_or_default();
        let sort = choice.sort.as_deref().unwrap_or_default();
        let listed = |view: &&ServiceView| view.service.kind.has_waits() && is_shown(view, show);
        let views = picture.services.values().map(AsRef::as_ref).filter(listed);
        let (with_feed, without): (Vec<&ServiceView>, Vec<_>) = views.partition(|v| has_feed(v));
        let mut cards: Vec<Card> = with_feed.iter().map(|view| Card::of(view, now)).collect();
        let mut others: Vec<Card> = without.iter().map(|view| Card::of(view, now)).collect();
        if sort == "name" {
            cards.sort_by(|a, b| a.name.cmp(&b.name));
        } else {
            cards.sort_by(|a, b| a.order().cmp(&b.order()));
        }
        others.sort_by(|a, b| a.name.cmp(&b.name));
        let live = cards.iter().filter(|card| card.minutes.is_some()).count();
        Self {
            frame: Frame::of(mode),
            shows: options(
                show,
                &[
                    ("all", "All services"),
                    ("open", "Open now"),
                    ("ed", "Emergency departments"),
                    ("urgent", "Urgent care centres"),
                ],
            ),
            sorts: options(sort, &[("wait", "Shortest wait"), ("name", "Name")]),
            summary: summary(live, cards.len()),
            accuracy: accuracy::overall(picture),
            cards,
            others,
        }
    }
}

fn summary(live: usize, all: usize) -> String {
    match live {
        0 => format!("{all} services, none with a live wait now"),
        live if live == all => format!("{live} services with live waits"),
        live => format!("{live} of {all} services have a live wait now"),
    }
}

fn options(chosen: &str, offered: &[(&'static str, &'static str)]) -> Choices {
    offered
        .iter()
        .map(|(value, words)| (*value, *words, *value == chosen))
        .collect()
}

fn is_shown(view: &ServiceView, show: &str) -> bool {
    let kind = view.service.kind;
    let is_ed = matches!(
        kind,
        ServiceKind::Ed
            | ServiceKind::EdMtc
            | ServiceKind::EdPaediatric
            | ServiceKind::EdSingleSpecialty
    );
    match show {
        "open" => view.is_open(),
        "ed" => is_ed,
        "urgent" => !is_ed,
        _ => true,
    }
}

fn has_feed(view: &ServiceView) -> bool {
    let wait = view.find_reading(ReadingName::Wait);
    wait.is_some_and(|reading| reading.age != Age::Withheld(Withheld::NoFeed))
}
