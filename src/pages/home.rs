//! `/`: the list of services with their waits.

use askama::Template;
use serde::Deserialize;

use crate::accuracy;
use crate::frame::Frame;
use crate::reader_location::ReaderLocation;
use crate::service_card::Card;
use app::ServerMode;
use domain::service_kind::ServiceKind;
use domain::{Age, At, ReadingName, Withheld};
use views::{Published, ServiceView};

/// What the reader chose; anything else than what the form offers is as if nothing was chosen.
#[derive(Debug, Default, Deserialize)]
pub struct HomeQuery {
    show: Option<String>,
    sort: Option<String>,
    from: Option<String>,
}

/// Orders that cannot be made without knowing where the reader is.
const NEED_A_PLACE: [&str; 2] = ["nearest", "soonest"];

/// A choice of the form: its value, its words, chosen.
type Choices = Vec<(&'static str, &'static str, bool)>;

/// The page.
#[derive(Template)]
#[template(path = "home.html")]
pub struct HomePage {
    frame: Frame,
    origin: ReaderLocation,
    by_transport: bool,
    shows: Choices,
    sorts: Choices,
    summary: String,
    accuracy: Option<String>,
    cards: Vec<Card>,
    others: Vec<Card>,
}

impl HomePage {
    /// The page for a published value, as of `now`.
    pub fn new(published: &Published, mode: &ServerMode, now: At, choice: &HomeQuery) -> Self {
        let show = choice.show.as_deref().unwrap_or_default();
        let sort = choice.sort.as_deref().unwrap_or_default();
        let listed = |view: &&ServiceView| view.service.kind.has_waits() && is_shown(view, show);
        let views = published
            .services
            .values()
            .map(AsRef::as_ref)
            .filter(listed);
        let (with_feed, without): (Vec<&ServiceView>, Vec<_>) = views.partition(|v| has_feed(v));
        let origin = ReaderLocation::find(choice.from.as_deref(), NEED_A_PLACE.contains(&sort));
        let card = |view: &&ServiceView| match origin.place {
            Some(place) => Card::of(view, now).seen_from(place, &view.service),
            None => Card::of(view, now),
        };
        let mut cards: Vec<Card> = with_feed.iter().map(card).collect();
        let mut others: Vec<Card> = without.iter().map(card).collect();
        put_in_order(&mut cards, sort, origin.place.is_some());
        others.sort_by(|a, b| a.name.cmp(&b.name));
        if origin.place.is_some() {
            others.sort_by(|a, b| km(a).total_cmp(&km(b)));
        }
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
            sorts: options(
                sort,
                &[
                    ("wait", "Shortest wait"),
                    ("soonest", "Soonest seen (travel and wait)"),
                    ("nearest", "Nearest"),
                    ("transport", "Best transport links"),
                    ("name", "Name"),
                ],
            ),
            origin,
            by_transport: sort == "transport",
            summary: summary(live, cards.len()),
            accuracy: accuracy::overall(published),
            cards,
            others,
        }
    }
}

/// The order that was chosen; what is closed comes last in all but the order by name.
fn put_in_order(cards: &mut [Card], sort: &str, has_place: bool) {
    match sort {
        "name" => cards.sort_by(|a, b| a.name.cmp(&b.name)),
        "nearest" if has_place => cards.sort_by(|a, b| {
            let by_distance = || km(a).total_cmp(&km(b));
            a.is_closed.cmp(&b.is_closed).then_with(by_distance)
        }),
        "soonest" if has_place => cards.sort_by_key(|card| {
            let in_all = card.in_all();
            (card.is_closed, in_all.is_none(), in_all, card.name.clone())
        }),
        "transport" => cards.sort_by(|a, b| {
            let by_bus = || b.links.0.cmp(&a.links.0);
            let by_rail = || a.links.1.total_cmp(&b.links.1);
            a.is_closed
                .cmp(&b.is_closed)
                .then_with(by_bus)
                .then_with(by_rail)
        }),
        _ => cards.sort_by(|a, b| a.order().cmp(&b.order())),
    }
}

fn km(card: &Card) -> f64 {
    card.way.as_ref().map_or(f64::MAX, |way| way.km)
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

#[cfg(test)]
mod tests {
    use super::*;
    use config::directory;
    use domain::Position;

    /// Cards without live figures, in the order chosen, of some services of the shipped Directory.
    fn names(sort: &str, place: Option<Position>, waits: &[(&str, i64)]) -> Vec<String> {
        let demo = directory::demo().unwrap();
        let mut cards: Vec<Card> = waits
            .iter()
            .map(|(id, minutes)| {
                let service = demo.find_service(id).unwrap();
                let card = Card::blank(service, Some(*minutes));
                match place {
                    Some(place) => card.seen_from(place, service),
                    None => card,
                }
            })
            .collect();
        put_in_order(&mut cards, sort, place.is_some());
        cards.into_iter().map(|card| card.id).collect()
    }

    #[test]
    fn each_order_is_what_it_says() {
        let loughborough = Position::new(52.772, -1.206);
        let waits = [("lri-ed", 20), ("lboro-utc", 50), ("oadby-utc", 40)];
        assert_eq!(
            names("wait", None, &waits),
            ["lri-ed", "oadby-utc", "lboro-utc"]
        );
        let near = names("nearest", loughborough, &waits);
        assert_eq!(near, ["lboro-utc", "lri-ed", "oadby-utc"]);
        // 1 and 50 minutes are sooner than 30 and 40; 26 and 20 are sooner still.
        let soon = names("soonest", loughborough, &waits);
        assert_eq!(soon, ["lri-ed", "lboro-utc", "oadby-utc"]);
        let nowhere = names("nearest", None, &waits);
        assert_eq!(
            nowhere,
            names("wait", None, &waits),
            "there is no nearest without a place"
        );
        assert_eq!(names("transport", None, &waits).len(), 3);
    }
}
