//! Plausible but messy days: visits and ambulances, whole minutes, told out of order.

use domain::event::{Acuity, ArrivalMode, Decision, Departure, Event};
use domain::time::{HOUR, MINUTE};
use domain::{At, EventId, Fact, FeedId, IncidentId, ServiceId, VisitId};
use proptest::prelude::*;

/// A Monday, 09:00 in London.
pub fn start() -> At {
    At::parse("2026-11-23T09:00:00Z").unwrap()
}

pub fn service(id: &str) -> ServiceId {
    ServiceId::new(id).unwrap()
}

pub fn visit(number: usize) -> VisitId {
    VisitId::new(&format!("v{number}")).unwrap()
}

/// What may happen to one visit: minutes after the start, and steps.
#[derive(Debug, Clone)]
struct Story {
    arrives: i64,
    is_child: bool,
    acuity: u8,
    steps: Vec<(i64, u8)>,
}

fn any_story() -> impl Strategy<Value = Story> {
    let step = (0..90_i64, 0..9_u8);
    (
        0..300_i64,
        any::<bool>(),
        1..=5_u8,
        prop::collection::vec(step, 0..6),
    )
        .prop_map(|(arrives, is_child, acuity, steps)| Story {
            arrives,
            is_child,
            acuity,
            steps,
        })
}

fn events(number: usize, story: &Story) -> Vec<(i64, Event)> {
    let home = service(if story.is_child { "lri-ced" } else { "lri-ed" });
    let name = visit(number);
    let mut minute = story.arrives;
    let mut told = vec![(
        minute,
        Event::VisitArrived {
            service: home,
            visit: name.clone(),
            mode: ArrivalMode::WalkIn,
            acuity: None,
            age_band: None,
            origin: None,
            incident: None,
            booking: None,
        },
    )];
    for (gap, kind) in &story.steps {
        minute += gap;
        let acuity = Acuity::new(story.acuity).unwrap();
        let event = match kind {
            0 => Event::VisitTriaged {
                visit: name.clone(),
                acuity,
            },
            1 | 2 => Event::VisitSeen {
                visit: name.clone(),
            },
            3 => Event::VisitMoved {
                visit: name.clone(),
                service: service("lri-eye"),
            },
            4 => Event::VisitDecided {
                visit: name.clone(),
                decision: Decision::Admit,
            },
            5 => Event::VisitDeparted {
                visit: name.clone(),
                how: Departure::LeftBeforeSeen,
            },
            6 => Event::VisitDeparted {
                visit: name.clone(),
                how: Departure::Discharged,
            },
            7 => Event::VisitReopened {
                visit: name.clone(),
            },
            _ => Event::VisitCancelled {
                visit: name.clone(),
            },
        };
        told.push((minute, event));
    }
    told
}

fn run(number: usize, sets_off: i64, drive: i64, handover: i64, stage: u8) -> Vec<(i64, Event)> {
    let incident = IncidentId::new(&format!("i{number}")).unwrap();
    let started = Event::ConveyanceStarted {
        incident: incident.clone(),
        vehicle: None,
        service: service("lri-ed"),
        eta: None,
    };
    let all = [
        (sets_off, started),
        (
            sets_off + drive,
            Event::ConveyanceArrived {
                incident: incident.clone(),
            },
        ),
        (
            sets_off + drive + handover,
            Event::HandoverCompleted { incident },
        ),
    ];
    all.into_iter().take(usize::from(stage)).collect()
}

/// Facts of a day in the order they happened; the ids are their numbers.
pub fn any_day() -> impl Strategy<Value = Vec<Fact>> {
    let stories = prop::collection::vec(any_story(), 1..14);
    let runs = prop::collection::vec((0..300_i64, 1..40_i64, 1..90_i64, 1..=3_u8), 0..6);
    let merges = prop::collection::vec((0..14_usize, 0..14_usize, 0..400_i64), 0..2);
    (stories, runs, merges).prop_map(|(stories, runs, merges)| {
        let mut told: Vec<(i64, Event, &str)> = Vec::new();
        for (number, story) in stories.iter().enumerate() {
            told.extend(
                events(number, story)
                    .into_iter()
                    .map(|(m, e)| (m, e, "uhl-adt")),
            );
        }
        for (number, (sets_off, drive, handover, stage)) in runs.into_iter().enumerate() {
            let run = run(number, sets_off, drive, handover, stage);
            told.extend(run.into_iter().map(|(m, e)| (m, e, "emas-cad")));
        }
        let known = |number: &usize| *number < stories.len();
        for (from, into, minute) in merges
            .iter()
            .filter(|(a, b, _)| known(a) && known(b) && a < b)
        {
            let event = Event::VisitMerged {
                visit: visit(*from),
                into: visit(*into),
            };
            told.push((*minute, event, "uhl-adt"));
        }
        told.sort_by_key(|(minute, ..)| *minute);
        let fact = |(number, (minute, event, feed)): (usize, (i64, Event, &str))| Fact {
            id: EventId::new(&format!("e{number}")).unwrap(),
            feed: FeedId::new(feed).unwrap(),
            happened_at: start().plus(minute * MINUTE),
            event,
        };
        told.into_iter().enumerate().map(fact).collect()
    })
}

/// The same facts told in another order, all within the lateness bound.
pub fn told_out_of_order() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    any_day().prop_flat_map(|day| (Just(day.clone()), Just(day).prop_shuffle()))
}

/// When everything has been told.
pub fn evening() -> At {
    start().plus(14 * HOUR)
}
