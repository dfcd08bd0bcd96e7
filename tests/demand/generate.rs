//! People of some days who ask for care from few hexes, told soon or late, some of them taken back.

use std::sync::OnceLock;

use domain::event::{ArrivalMode, ContactChannel, IncidentCategory};
use domain::time::{HOUR, MINUTE};
use domain::{
    At, Cell, ContactId, Event, EventId, Fact, FeedId, IncidentId, Position, ServiceId, VisitId,
};
use h3o::Resolution;
use proptest::prelude::*;

use super::attacker::Person;

/// Hours in which people ask.
pub const HOURS: i64 = 30;

/// A Monday, 09:00 in London.
pub fn start() -> At {
    At::parse("2026-11-23T09:00:00Z").unwrap()
}

/// One who asks: minute since the start, minutes until we are told, hex, way, minutes until it is taken back.
#[derive(Debug, Clone)]
pub struct Story {
    asks: i64,
    after: i64,
    place: usize,
    way: u8,
    back: Option<i64>,
}

/// People of one case. In most hours some hexes have about as many people as are needed to be shown.
pub fn any_people() -> impl Strategy<Value = Vec<Story>> {
    let soon = prop_oneof![4 => 0..3_i64, 2 => 3..90_i64, 1 => 90..1_400_i64];
    let back = prop_oneof![3 => Just(None), 1 => (0..200_i64).prop_map(Some)];
    // Four busy hours, far apart or near, beside a few people at any time.
    let busy = prop::collection::vec(0..HOURS, 4);
    busy.prop_flat_map(move |busy| {
        let minute = prop_oneof![
            6 => (prop::sample::select(busy), 0..60_i64).prop_map(|(hour, minute)| hour * 60 + minute),
            1 => 0..HOURS * 60,
        ];
        let story = (minute, soon.clone(), 0..places().len(), 0..3_u8, back.clone());
        let story = story.prop_map(|(asks, after, place, way, back)| Story {
            asks,
            after,
            place,
            way,
            back,
        });
        prop::collection::vec(story, 0..160)
    })
}

/// Hexes that lie together in every way: in one of level 7, 6, 5 or in none; some wider than is shown at all.
pub fn places() -> &'static [Cell] {
    static PLACES: OnceLock<Vec<Cell>> = OnceLock::new();
    PLACES.get_or_init(|| {
        let city = Position::new(52.635, -1.13).unwrap();
        let level = |level: u8| Resolution::try_from(level).unwrap();
        let child = |of: Cell, number: usize| {
            let below = level(u8::from(of.0.resolution()) + 1);
            Cell(of.0.children(below).nth(number).unwrap())
        };
        let five = city.cell(level(5)).unwrap();
        let (six, other) = (child(five, 0), child(five, 3));
        let (seven, beside) = (child(six, 0), child(six, 2));
        let mut places = vec![child(seven, 0), child(seven, 0), child(seven, 4)];
        places.extend([child(beside, 1), child(beside, 1), child(beside, 5)]);
        places.extend((3..6).map(|number| child(child(six, number), 0)));
        places.extend((0..2).map(|number| child(child(other, number), 0)));
        // Of these only an outward code or less is known.
        places.extend([six, five, five.parent(level(3))]);
        let far = Position::new(52.77, -0.38).unwrap();
        places.push(far.cell(level(8)).unwrap());
        places
    })
}

/// The people, and the facts of each minute since the start.
pub fn told(stories: &[Story]) -> (Vec<Person>, Vec<(i64, Fact)>) {
    let (mut people, mut facts) = (Vec::new(), Vec::new());
    for (number, story) in stories.iter().enumerate() {
        let at = start().plus(story.asks * MINUTE);
        let cell = places()[story.place];
        let told = story.asks + story.after;
        let fact = |what: &str, happened_at, event| Fact {
            id: EventId::new(&format!("{what}-{number}")).unwrap(),
            feed: FeedId::new("test").unwrap(),
            happened_at,
            event,
        };
        facts.push((told, fact("asked", at, asked(number, story.way, cell))));
        // Only a visit can be cancelled.
        let back = story.back.filter(|_| story.way == 2);
        if let Some(after) = back {
            let visit = VisitId::new(&format!("v{number}")).unwrap();
            let event = Event::VisitCancelled { visit };
            facts.push((told + after, fact("back", at.plus(MINUTE), event)));
        }
        people.push(Person {
            at,
            cell,
            told: start().plus(told * MINUTE),
            taken_back: back.map(|after| start().plus((told + after) * MINUTE)),
        });
    }
    facts.sort_by_key(|(minute, _)| *minute);
    (people, facts)
}

fn asked(number: usize, way: u8, cell: Cell) -> Event {
    let origin = Some(cell);
    match way {
        0 => Event::ContactRecorded {
            contact: ContactId::new(&format!("c{number}")).unwrap(),
            channel: ContactChannel::Phone111,
            origin,
            disposition: None,
            service: None,
        },
        1 => Event::IncidentOpened {
            incident: IncidentId::new(&format!("i{number}")).unwrap(),
            category: IncidentCategory::C2,
            origin: cell,
        },
        _ => Event::VisitArrived {
            service: ServiceId::new("lri-ed").unwrap(),
            visit: VisitId::new(&format!("v{number}")).unwrap(),
            mode: ArrivalMode::WalkIn,
            acuity: None,
            age_band: None,
            origin,
            incident: None,
            booking: None,
        },
    }
}

/// How long a case lasts: until the last hour was settled and a late fact came.
pub fn minutes() -> i64 {
    (HOURS + 3) * HOUR / MINUTE
}
