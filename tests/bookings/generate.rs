//! Crowded histories: few slots, many who want them, and services that close and open.

use domain::booking::{BookingMade, ReferralCategory, ReferralMade};
use domain::event::{Event, Rag};
use domain::time::MINUTE;
use domain::{At, BookingId, HoldId, MessageRef, ReferralId, ServiceId, Slot, SlotId};
use proptest::prelude::*;

pub const SERVICES: [&str; 2] = ["oadby-utc", "lri-ed"];
const SLOTS: i64 = 4;

pub fn start() -> At {
    At::parse("2026-11-23T09:00:00Z").unwrap()
}

fn service(n: usize) -> ServiceId {
    ServiceId::new(SERVICES[n % SERVICES.len()]).unwrap()
}

pub fn slot(n: i64) -> Slot {
    let start = start().plus((60 + 15 * n) * MINUTE);
    Slot {
        slot: SlotId::new(&format!("s{n}")).unwrap(),
        start,
        end: start.plus(15 * MINUTE),
        kind: "in person".into(),
    }
}

/// All slots of a service, published.
pub fn published(n: usize) -> Event {
    Event::SlotsPublished {
        service: service(n),
        slots: (0..SLOTS).map(slot).collect(),
    }
}

fn message() -> impl Strategy<Value = Option<MessageRef>> {
    prop::option::of((0..12_u8, 0..4_u8, 0..12_u8)).prop_map(|ids| {
        let (request, correlation, bundle) = ids?;
        Some(MessageRef {
            request: format!("r{request}").into(),
            correlation: format!("c{correlation}").into(),
            bundle: format!("b{bundle}").into(),
            updated: None,
        })
    })
}

fn id<T>(made: impl Fn(&str) -> Option<T>, letter: char, n: u8) -> T {
    made(&format!("{letter}{n}")).unwrap()
}

fn booking(n: u8) -> BookingId {
    id(|text| BookingId::new(text).ok(), 'k', n)
}

fn hold(n: u8) -> HoldId {
    id(|text| HoldId::new(text).ok(), 'h', n)
}

fn making() -> impl Strategy<Value = Event> {
    let what = (0..10_u8, 0..2_usize, 0..SLOTS);
    (
        what,
        prop::option::of(0..8_u8),
        prop::option::weighted(0.2, 0..10_u8),
        message(),
    )
        .prop_map(|((n, s, t), held, former, message)| {
            let slot = slot(t);
            Event::BookingMade(Box::new(BookingMade {
                booking: booking(n),
                service: service(s),
                slot: slot.slot,
                start: slot.start,
                end: slot.end,
                hold: held.map(hold),
                instead_of: former.filter(|former| *former != n).map(booking),
                by: "somebody".into(),
                message,
                sealed: None,
            }))
        })
}

fn holding() -> impl Strategy<Value = Event> {
    (
        0..8_u8,
        0..2_usize,
        0..SLOTS,
        1..15_i64,
        0..2_u8,
        0..400_i64,
    )
        .prop_map(|(n, s, t, minutes, who, now)| Event::SlotHeld {
            hold: hold(n),
            service: service(s),
            slot: slot(t).slot,
            until: start().plus((now + minutes) * MINUTE),
            by: format!("caller-{who}").into(),
        })
}

fn referring() -> impl Strategy<Value = Event> {
    (0..5_u8, 0..2_usize, prop::option::of(0..10_u8), message()).prop_map(|(n, s, of, message)| {
        Event::ReferralMade(Box::new(ReferralMade {
            referral: id(|text| ReferralId::new(text).ok(), 'f', n),
            service: service(s),
            booking: of.map(booking),
            category: ReferralCategory::Referral,
            use_case: None,
            by: "somebody".into(),
            message,
            sealed: None,
        }))
    })
}

fn said() -> impl Strategy<Value = Event> {
    (0..2_usize, 0..6_u8, 0..SLOTS).prop_map(|(s, what, t)| match what {
        0 => Event::ServiceClosed {
            service: service(s),
            reason: "flood".into(),
            next_update_at: None,
        },
        1 => Event::ServiceOpened {
            service: service(s),
            reason: "dry".into(),
            next_update_at: None,
        },
        2 | 3 => Event::StatusSet {
            service: service(s),
            status: if what == 2 { Rag::Red } else { Rag::Green },
            reset_in_minutes: None,
            note: None,
            by: "staff".into(),
        },
        4 => Event::SlotsWithdrawn {
            service: service(s),
            slots: vec![slot(t).slot],
        },
        _ => published(s),
    })
}

fn step() -> impl Strategy<Value = Event> {
    let cancelled = (0..10_u8, message()).prop_map(|(n, message)| Event::BookingCancelled {
        booking: booking(n),
        by: "somebody".into(),
        message,
    });
    let taken_back = (0..5_u8, message()).prop_map(|(n, message)| Event::ReferralCancelled {
        referral: id(|text| ReferralId::new(text).ok(), 'f', n),
        by: "somebody".into(),
        message,
    });
    prop_oneof![
        6 => making(),
        4 => holding(),
        1 => (0..8_u8).prop_map(|n| Event::SlotReleased { hold: hold(n) }),
        2 => cancelled,
        2 => referring(),
        1 => taken_back,
        1 => said(),
    ]
}

/// Steps, each so many minutes after the one before.
pub fn any_history() -> impl Strategy<Value = Vec<(i64, Event)>> {
    prop::collection::vec((0..4_i64, step()), 1..60)
}
