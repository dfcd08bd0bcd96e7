//! Bookings of today by where they stand: numbers by service, never who or when.

use crate::metrics::family::Family;
use domain::At;
use telemetry::name;
use views::{BookingStanding, Diary, Published, ServiceView};

const STANDINGS: [BookingStanding; 5] = [
    BookingStanding::Booked,
    BookingStanding::Arrived,
    BookingStanding::Seen,
    BookingStanding::Cancelled,
    BookingStanding::DidNotAttend,
];

/// Whether a service has times that can be booked, today or on other days.
pub fn takes_bookings(view: &ServiceView) -> bool {
    matches!(view.service.bookable_via_111.as_str(), "yes" | "time-slot") || view.slots_ahead > 0
}

/// Bookings whose time begins on this day in London.
pub fn family(published: &Published, now: At) -> Family {
    let mut today = Family::new(
        name::BOOKINGS_TODAY,
        "Bookings whose time begins today, by where they stand now",
    );
    for (id, view) in &published.services {
        let diary = published.diaries.get(id);
        // A service that takes no bookings has no figure rather than none.
        if !takes_bookings(view) && diary.is_none() {
            continue;
        }
        let counts = diary.map_or([0; STANDINGS.len()], |diary| count(diary, now));
        for (standing, count) in STANDINGS.iter().zip(counts) {
            let labels = format!("service=\"{id}\",standing=\"{}\"", standing.label());
            today.add(labels, f64::from(count));
        }
    }
    today
}

fn count(diary: &Diary, now: At) -> [u32; STANDINGS.len()] {
    let midnight = now.london_midnight();
    let next = now.next_london_midnight();
    let mut counts = [0; STANDINGS.len()];
    for booking in diary.bookings() {
        let is_today = booking.made.start >= midnight && booking.made.start < next;
        let standing = booking.standing(now, diary.rule());
        let place = STANDINGS.iter().position(|known| *known == standing);
        if let (true, Some(place)) = (is_today, place) {
            counts[place] += 1;
        }
    }
    counts
}
