//! Finding a place: from a question to places in order, each with what a reader needs to choose; for the pages
//! and for other software alike.

mod fault;
mod offer;
pub mod parameters;
pub mod sentences;

use std::cmp::Ordering;

use crate::AppState;
use domain::{Age, Reading, ReadingName};
use views::search::{self, LeftOut, Quota, RankReason};
use views::{Published, ServiceView};

pub use fault::Fault;
pub use offer::Offer;

use parameters::{SearchRequest, SortOrder};

/// Places of one kind that are put in another order than the clinical one.
const EACH_MAX: usize = 60;

/// Places in the order that was asked for.
pub struct Offers {
    /// Of all places in the order the ones asked for.
    pub offers: Vec<Offer>,
    /// How many there are in all.
    pub total: usize,
    /// Those not offered, with the reasons, if asked for; nearest first.
    pub left_out: Vec<LeftOut>,
}

/// Answers a question from a published value.
pub async fn offers(shared: &AppState, published: &Published, ask: &SearchRequest) -> Offers {
    let live = |service: &domain::Service| search::live_in(&published.services, service);
    let quota = match ask.sort {
        SortOrder::Rank => Quota::National,
        _ => Quota::Each(EACH_MAX),
    };
    let finder = &published.finder;
    let answer = if ask.explain {
        finder.explain(&ask.query, quota, &live)
    } else {
        finder.search(&ask.query, quota, &live)
    };
    let places: Vec<_> = answer
        .found
        .iter()
        .map(|found| found.service.position)
        .collect();
    let minutes = shared.travel.minutes(ask.query.from, &places).await;
    let mut offers: Vec<Offer> = answer
        .found
        .into_iter()
        .zip(minutes)
        .map(|(found, by_car)| {
            let view = published.services.get(&found.service.id);
            Offer {
                by_car,
                wait: view.and_then(|view| wait(view)),
                found,
                why: Vec::new(),
            }
        })
        .collect();
    put_in_order(&mut offers, ask.sort, ask.query.age_days.is_none());
    let total = offers.len();
    let mut shown: Vec<Offer> = offers
        .into_iter()
        .skip(ask.offset)
        .take(ask.limit)
        .collect();
    for offer in &mut shown {
        offer.why = sentences::reasons(offer, ask);
    }
    Offers {
        offers: shown,
        total,
        left_out: answer.left_out,
    }
}

fn wait(view: &ServiceView) -> Option<Reading> {
    let reading = view.find_reading(ReadingName::Wait)?;
    let is_no_news = matches!(reading.age, Age::Withheld(domain::Withheld::NoFeed));
    (!is_no_news).then(|| reading.clone())
}

/// A total order: what is closed comes last in each, before it what takes only children where no age was
/// said, and equal ones go by distance and then by id.
fn put_in_order(offers: &mut [Offer], sort: SortOrder, is_ageless: bool) {
    let closed = |offer: &Offer| {
        let is_for_children = is_ageless && sentences::is_for_children(&offer.found.service);
        (offer.found.session.is_none(), is_for_children)
    };
    let nearest = |a: &Offer, b: &Offer| {
        let by_id = || a.found.service.id.cmp(&b.found.service.id);
        a.found.km.total_cmp(&b.found.km).then_with(by_id)
    };
    let in_all = |offer: &Offer| (offer.in_all().is_none(), offer.in_all());
    let links = |offer: &Offer| {
        let service = &offer.found.service;
        let rail = service.nearest_rail.as_ref();
        let bus = service.bus_stops_400m.unwrap_or(0);
        (
            std::cmp::Reverse(bus),
            rail.map_or(u32::MAX, |rail| rail.metres),
        )
    };
    offers.sort_by(|a, b| {
        let by_sort = match sort {
            SortOrder::Rank => rank(a).cmp(&rank(b)),
            SortOrder::Nearest => Ordering::Equal,
            SortOrder::Soonest => in_all(a).cmp(&in_all(b)),
            SortOrder::Transport => links(a).cmp(&links(b)),
        };
        let by_door = || match sort {
            SortOrder::Rank => Ordering::Equal,
            _ => closed(a).cmp(&closed(b)),
        };
        by_door().then(by_sort).then_with(|| nearest(a, b))
    });
}

/// Catch-all departments stand behind everything else.
fn rank(offer: &Offer) -> (u32, u32) {
    match offer.found.standing {
        RankReason::Ranked { kind, nearest } => (kind, nearest),
        RankReason::CatchAll => (u32::MAX, 0),
    }
}
