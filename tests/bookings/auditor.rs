//! Decides by reading the whole history again, event by event, with nothing kept.

use domain::booking::{BookingMade, ReferralMade};
use domain::event::{Event, Rag};
use domain::time::MINUTE;
use domain::{At, BookingId, HoldId, MessageRef, ServiceId, SlotId};

/// What was taken, and when.
pub type History = Vec<(At, Event)>;

const HOLD_MINUTES: i64 = 10;
const STATUS_MINUTES: i64 = 240;
const HOLDS: usize = 5;

/// Whether the event may be taken now.
pub fn may(history: &History, at: At, event: &Event) -> bool {
    match event {
        Event::SlotHeld {
            hold,
            service,
            slot,
            by,
            ..
        } => {
            let whose = history.iter().rev().find_map(|(_, e)| match e {
                Event::SlotHeld { hold: h, by, .. } if h == hold => Some(by),
                _ => None,
            });
            let lives = |id: &HoldId| place_of_hold(history, at, id).is_some();
            let is_mine = whose.is_none_or(|w| w == by || !lives(hold));
            let mut mine: Vec<&HoldId> = history
                .iter()
                .filter_map(|(_, e)| match e {
                    Event::SlotHeld { hold: h, by: b, .. } if b == by && h != hold => Some(h),
                    _ => None,
                })
                .filter(|id| lives(id))
                .collect();
            mine.sort();
            mine.dedup();
            is_mine && mine.len() < HOLDS && claimable(history, at, service, slot, Some(hold))
        }
        Event::SlotReleased { hold } => place_of_hold(history, at, hold).is_some(),
        Event::BookingMade(made) => may_book(history, at, made),
        Event::BookingCancelled {
            booking, message, ..
        } => is_new(history, message.as_ref()) && is_cancellable(history, booking),
        Event::ReferralMade(referred) => may_refer(history, referred),
        Event::ReferralCancelled {
            referral, message, ..
        } => {
            let made = history
                .iter()
                .any(|(_, e)| matches!(e, Event::ReferralMade(r) if r.referral == *referral));
            let ended = history.iter().any(
                |(_, e)| matches!(e, Event::ReferralCancelled { referral: r, .. } if r == referral),
            );
            made && !ended && is_new(history, message.as_ref())
        }
        _ => true,
    }
}

/// The bookings that hold now, with their slots.
pub fn current(history: &History) -> Vec<(BookingId, ServiceId, SlotId)> {
    let made = history.iter().filter_map(|(_, e)| match e {
        Event::BookingMade(made) => Some(made),
        _ => None,
    });
    made.filter(|made| !is_ended(history, &made.booking))
        .map(|made| {
            (
                made.booking.clone(),
                made.service.clone(),
                made.slot.clone(),
            )
        })
        .collect()
}

fn is_ended(history: &History, id: &BookingId) -> bool {
    history.iter().any(|(_, e)| match e {
        Event::BookingCancelled { booking, .. } => booking == id,
        Event::BookingMade(made) => made.instead_of.as_ref() == Some(id),
        _ => false,
    })
}

fn may_book(history: &History, at: At, made: &BookingMade) -> bool {
    let is_used = history
        .iter()
        .any(|(_, e)| matches!(e, Event::BookingMade(m) if m.booking == made.booking));
    let former = made.instead_of.as_ref();
    let journey = made.message.as_ref().is_some_and(|message| {
        let newest = history.iter().rev().find_map(|(_, e)| match e {
            Event::BookingMade(m)
                if m.message
                    .as_ref()
                    .is_some_and(|m| m.correlation == message.correlation) =>
            {
                Some(&m.booking)
            }
            _ => None,
        });
        newest.is_some_and(|id| !is_ended(history, id) && Some(id) != former)
    });
    !is_used
        && !journey
        && is_new(history, made.message.as_ref())
        && former.is_none_or(|id| is_cancellable(history, id))
        && claimable(history, at, &made.service, &made.slot, made.hold.as_ref())
}

fn may_refer(history: &History, referred: &ReferralMade) -> bool {
    let is_used = history
        .iter()
        .any(|(_, e)| matches!(e, Event::ReferralMade(r) if r.referral == referred.referral));
    let is_new = !is_used && is_new(history, referred.message.as_ref());
    if let Some(id) = &referred.booking {
        let is_there = current(history)
            .iter()
            .any(|(b, service, _)| b == id && *service == referred.service);
        return is_new && is_there && !is_referred(history, id);
    }
    let correlation =
        |message: &Option<MessageRef>| message.as_ref().map(|m| m.correlation.clone());
    let journey = correlation(&referred.message);
    let newest = history.iter().rev().find_map(|(_, e)| match e {
        Event::BookingMade(m) if journey.is_some() && correlation(&m.message) == journey => {
            Some(&m.booking)
        }
        _ => None,
    });
    let open = |id: &BookingId| current(history).iter().any(|(b, ..)| b == id);
    is_new && !newest.is_some_and(open)
}

fn is_referred(history: &History, id: &BookingId) -> bool {
    let mut open = false;
    let mut which = None;
    for (_, e) in history {
        match e {
            Event::ReferralMade(r) if r.booking.as_ref() == Some(id) => {
                open = true;
                which = Some(r.referral.clone());
            }
            Event::ReferralCancelled { referral, .. } if which.as_ref() == Some(referral) => {
                open = false;
            }
            _ => {}
        }
    }
    open
}

fn is_cancellable(history: &History, id: &BookingId) -> bool {
    current(history).iter().any(|(b, ..)| b == id) && !is_referred(history, id)
}

fn is_new(history: &History, message: Option<&MessageRef>) -> bool {
    let Some(message) = message else { return true };
    let known = history.iter().filter_map(|(_, e)| match e {
        Event::BookingMade(m) => m.message.as_ref(),
        Event::ReferralMade(r) => r.message.as_ref(),
        Event::BookingCancelled { message, .. } | Event::ReferralCancelled { message, .. } => {
            message.as_ref()
        }
        _ => None,
    });
    let mut known = known;
    !known.any(|k| {
        k.bundle == message.bundle
            || (&k.request, &k.correlation) == (&message.request, &message.correlation)
    })
}

fn claimable(
    history: &History,
    at: At,
    service: &ServiceId,
    slot: &SlotId,
    hold: Option<&HoldId>,
) -> bool {
    let booked = current(history)
        .iter()
        .any(|(_, s, t)| s == service && t == slot);
    let holders = history.iter().filter_map(|(_, e)| match e {
        Event::SlotHeld { hold, .. } => Some(hold),
        _ => None,
    });
    let mut holders = holders.filter(|id| Some(*id) != hold);
    let held = holders.any(|id| place_of_hold(history, at, id) == Some((service, slot)));
    !booked && !held && is_offered(history, at, service, slot)
}

fn place_of_hold<'a>(
    history: &'a History,
    at: At,
    hold: &HoldId,
) -> Option<(&'a ServiceId, &'a SlotId)> {
    let last = history.iter().rev().find_map(|(then, e)| match e {
        Event::SlotHeld {
            hold: h,
            service,
            slot,
            until,
            ..
        } if h == hold => {
            let until = (*until).min(then.plus(HOLD_MINUTES * MINUTE));
            Some((at < until).then_some((service, slot)))
        }
        Event::SlotReleased { hold: h } if h == hold => Some(None),
        Event::BookingMade(made) if made.hold.as_ref() == Some(hold) => Some(None),
        _ => None,
    });
    last.flatten()
}

fn is_offered(history: &History, at: At, service: &ServiceId, slot: &SlotId) -> bool {
    let (mut start, mut closed, mut red_until) = (None, false, At(0));
    for (then, event) in history {
        match event {
            Event::SlotsPublished { service: s, slots } if s == service => {
                if let Some(found) = slots.iter().find(|known| known.slot == *slot) {
                    start = Some(found.start);
                }
            }
            Event::SlotsWithdrawn { service: s, slots } if s == service && slots.contains(slot) => {
                start = None;
            }
            Event::ServiceClosed { service: s, .. } if s == service => closed = true,
            Event::ServiceOpened { service: s, .. } if s == service => closed = false,
            Event::StatusSet {
                service: s, status, ..
            } if s == service => {
                let until = then.plus(STATUS_MINUTES * MINUTE);
                red_until = if *status == Rag::Red { until } else { At(0) };
            }
            _ => {}
        }
    }
    start.is_some_and(|start| start > at) && !closed && at >= red_until
}
