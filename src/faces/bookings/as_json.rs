//! Slots and bookings as JSON.

use serde_json::{Value, json};

use domain::{At, Slot};
use views::{Booking, Diary, Noticed, SlotClaim};

/// One bookable time; `status` is `free`, `held`, `booked` or `closed` (not offered now).
pub fn slot(diary: &Diary, slot: &Slot, is_offered: bool, now: At) -> Value {
    let status = match diary.claim(slot.slot.as_str(), now) {
        Some(SlotClaim::Booked(_)) => "booked",
        Some(SlotClaim::Held { .. }) => "held",
        None if is_offered => "free",
        None => "closed",
    };
    json!({
        "slot": slot.slot,
        "start": slot.start.rfc3339_london(),
        "end": slot.end.rfc3339_london(),
        "kind": slot.kind,
        "status": status,
    })
}

/// A booking, without anything of the patient.
pub fn booking(diary: &Diary, booking: &Booking, now: At) -> Value {
    let made = &booking.made;
    let time = |at: Option<At>| at.map(At::rfc3339_london);
    let details = match (&made.sealed, booking.handling.erased) {
        (_, Some(_)) => "erased",
        (Some(_), None) => "held",
        (None, None) => "none",
    };
    let notices: Vec<Value> = booking.handling.notices.iter().map(notice).collect();
    json!({
        "booking": made.booking,
        "service": made.service,
        "slot": made.slot,
        "start": made.start.rfc3339_london(),
        "end": made.end.rfc3339_london(),
        "status": booking.standing(now, diary.rule()).label(),
        "made_at": booking.at.rfc3339_london(),
        "by": made.by,
        "instead_of": made.instead_of,
        "cancelled_at": time(booking.cancelled.as_ref().map(|(at, _)| *at)),
        "arrived_at": time(booking.arrived),
        "seen_at": time(booking.seen),
        "booked_to_seen_minutes": booking.booked_to_seen(),
        "referral": booking.referral,
        "details": details,
        "details_read": booking.handling.read_count,
        "notices": notices,
    })
}

fn notice(notice: &Noticed) -> Value {
    json!({
        "topic": notice.topic,
        "channel": notice.channel,
        "delivery": notice.delivery,
        "at": notice.at.rfc3339_london(),
        "why": notice.why,
    })
}

/// Who read the details, newest last.
pub fn readings(booking: &Booking) -> Vec<Value> {
    let all = booking.handling.readings.iter();
    all.map(|reading| {
        json!({
            "at": reading.at.rfc3339_london(),
            "by": reading.by,
            "role": reading.role,
            "purpose": reading.purpose,
        })
    })
    .collect()
}
