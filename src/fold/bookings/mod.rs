//! Places for patients: diaries of services, holds, bookings, referrals, and which requests were carried out.

mod decide;
pub mod diary;

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Serialize};

use crate::visits::Visits;
use domain::time::{DAY, Millis};
use domain::{At, BookingId, Event, HoldId, MessageRef, ReferralId, ServiceId, SlotId, VisitId};

pub use diary::{Booking, BookingStanding, Diary, OfferState, Referral, SlotClaim};
use diary::{DetailsRead, HOLD_MAX, Handling};

/// A booking is kept so long after its time, and a referral after it was made.
pub const BOOKING_KEPT: Millis = 90 * DAY;
/// A request that was carried out is known so long, for its retries.
pub const REQUEST_KEPT: Millis = 14 * DAY;
/// Slots that one caller may hold at once.
pub const HOLDS_MAX: usize = 5;

/// A short claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Hold {
    service: ServiceId,
    slot: SlotId,
    until: At,
    by: CompactString,
}

/// All diaries, and what is known across them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookings {
    /// Shared with those who read: what is changed is copied first.
    diaries: Arc<BTreeMap<ServiceId, Arc<Diary>>>,
    /// Whose booking or referral.
    owners: BTreeMap<CompactString, ServiceId>,
    holds: BTreeMap<HoldId, Hold>,
    /// Requests carried out, by their two ids.
    requests: BTreeMap<CompactString, At>,
    /// The request that used a Bundle.id.
    bundles: BTreeMap<CompactString, (CompactString, At)>,
    /// The newest booking of a journey.
    journeys: BTreeMap<CompactString, BookingId>,
    visits: BTreeMap<VisitId, BookingId>,
}

fn request_key(message: &MessageRef) -> CompactString {
    format_compact!("{}|{}", message.request, message.correlation)
}

impl Bookings {
    /// Each service's diary, for readers.
    pub fn diaries(&self) -> &Arc<BTreeMap<ServiceId, Arc<Diary>>> {
        &self.diaries
    }

    /// The diary of a service that has one.
    pub fn find_diary(&self, service: &str) -> Option<&Arc<Diary>> {
        self.diaries.get(service)
    }

    /// The booking of that id.
    pub fn find(&self, id: &str) -> Option<&Arc<Booking>> {
        self.find_diary(self.owners.get(id)?.as_str())?
            .find_booking(id)
    }

    /// The referral of that id.
    pub fn find_referral(&self, id: &str) -> Option<&Arc<Referral>> {
        self.find_diary(self.owners.get(id)?.as_str())?
            .find_referral(id)
    }

    fn diary(&mut self, service: &ServiceId) -> &mut Diary {
        let diaries = Arc::make_mut(&mut self.diaries);
        Arc::make_mut(diaries.entry(service.clone()).or_default())
    }

    /// Takes an event about slots, bookings or referrals; gives the services touched.
    pub(super) fn take(&mut self, at: At, event: &Event) -> Vec<ServiceId> {
        match event {
            Event::SlotsPublished { service, slots } => {
                self.diary(service).publish(at, slots);
                vec![service.clone()]
            }
            Event::SlotsWithdrawn { service, slots } => {
                self.diary(service).withdraw(slots);
                vec![service.clone()]
            }
            Event::SlotsRuled { service, rule, .. } => {
                self.diary(service).set_rule(rule.as_ref().clone());
                vec![service.clone()]
            }
            Event::SlotHeld {
                hold,
                service,
                slot,
                until,
                by,
            } => {
                let until = (*until).min(at.plus(HOLD_MAX));
                let mut touched = self.release(hold);
                self.diary(service).hold(slot, hold, until);
                let held = Hold {
                    service: service.clone(),
                    slot: slot.clone(),
                    until,
                    by: by.clone(),
                };
                self.holds.insert(hold.clone(), held);
                touched.push(service.clone());
                touched
            }
            Event::SlotReleased { hold } => self.release(hold),
            Event::BookingMade(made) => self.make(at, made),
            Event::BookingCancelled {
                booking,
                by,
                message,
            } => {
                self.remember(at, message.as_ref());
                self.cancel(at, booking, by)
            }
            Event::ReferralMade(_) | Event::ReferralCancelled { .. } => self.refer(at, event),
            other => self.handle(at, other),
        }
    }

    fn release(&mut self, hold: &HoldId) -> Vec<ServiceId> {
        let Some(held) = self.holds.remove(hold) else {
            return Vec::new();
        };
        self.diary(&held.service).release(&held.slot, hold);
        vec![held.service]
    }

    fn remember(&mut self, at: At, message: Option<&MessageRef>) {
        if let Some(message) = message {
            let key = request_key(message);
            self.bundles
                .insert(message.bundle.clone(), (key.clone(), at));
            self.requests.insert(key, at);
        }
    }

    fn make(&mut self, at: At, made: &domain::BookingMade) -> Vec<ServiceId> {
        let mut touched = Vec::new();
        if let Some(hold) = &made.hold {
            touched.extend(self.release(hold));
        }
        if let Some(former) = &made.instead_of {
            touched.extend(self.cancel(at, former, &made.by));
        }
        self.remember(at, made.message.as_ref());
        if let Some(message) = &made.message {
            self.journeys
                .insert(message.correlation.clone(), made.booking.clone());
        }
        self.owners
            .insert(made.booking.as_str().into(), made.service.clone());
        self.diary(&made.service).book(Booking {
            made: made.clone(),
            at,
            cancelled: None,
            visit: None,
            arrived: None,
            seen: None,
            referral: None,
            handling: Handling::default(),
        });
        touched.push(made.service.clone());
        touched
    }

    fn cancel(&mut self, at: At, booking: &BookingId, by: &CompactString) -> Vec<ServiceId> {
        let Some(service) = self.owners.get(booking.as_str()).cloned() else {
            return Vec::new();
        };
        self.diary(&service).cancel(at, booking, by);
        vec![service]
    }

    fn refer(&mut self, at: At, event: &Event) -> Vec<ServiceId> {
        match event {
            Event::ReferralMade(referred) => {
                self.remember(at, referred.message.as_ref());
                let (id, service) = (referred.referral.clone(), referred.service.clone());
                self.owners.insert(id.as_str().into(), service.clone());
                self.link(referred.booking.as_ref(), Some(&id));
                let referral = Referral {
                    referred: referred.as_ref().clone(),
                    at,
                    cancelled: None,
                    handling: Handling::default(),
                };
                let diary = self.diary(&service);
                diary.referrals.insert(id, Arc::new(referral));
                vec![service]
            }
            Event::ReferralCancelled {
                referral,
                by,
                message,
            } => {
                self.remember(at, message.as_ref());
                let Some(service) = self.owners.get(referral.as_str()).cloned() else {
                    return Vec::new();
                };
                let booking = self.diary(&service).change_referral(referral).map(|known| {
                    known.cancelled = Some((at, by.clone()));
                    known.referred.booking.clone()
                });
                self.link(booking.flatten().as_ref(), None);
                vec![service]
            }
            _ => Vec::new(),
        }
    }

    fn link(&mut self, booking: Option<&BookingId>, referral: Option<&ReferralId>) {
        let Some(booking) = booking else { return };
        let Some(service) = self.owners.get(booking.as_str()).cloned() else {
            return;
        };
        if let Some(booking) = self.diary(&service).change(booking) {
            booking.referral = referral.cloned();
        }
    }

    /// What was done with the details of a booking or referral, and words about it.
    fn handle(&mut self, at: At, event: &Event) -> Vec<ServiceId> {
        let about = match event {
            Event::DetailsRead { about, .. } | Event::DetailsErased { about, .. } => about,
            Event::NoticeReported(notice) => &notice.about,
            _ => return Vec::new(),
        };
        let Some(service) = self.owners.get(about).cloned() else {
            return Vec::new();
        };
        let diary = self.diary(&service);
        if let Some(booking) = diary.bookings.get_mut(about.as_str()) {
            let booking = Arc::make_mut(booking);
            note(at, event, &mut booking.handling, &mut booking.made.sealed);
        } else if let Some(referral) = diary.referrals.get_mut(about.as_str()) {
            let referral = Arc::make_mut(referral);
            let sealed = &mut referral.referred.sealed;
            note(at, event, &mut referral.handling, sealed);
        }
        vec![service]
    }

    /// A patient came with a booking.
    pub(super) fn arrive(
        &mut self,
        visits: &Visits,
        visit: &VisitId,
        booking: &str,
    ) -> Vec<ServiceId> {
        let Some((id, _)) = BookingId::new(booking).ok().zip(self.owners.get(booking)) else {
            return Vec::new();
        };
        self.visits.insert(visit.clone(), id);
        self.follow(visits, visit)
    }

    /// Takes over what is known now of a visit that came with a booking.
    pub(super) fn follow(&mut self, visits: &Visits, visit: &VisitId) -> Vec<ServiceId> {
        let Some(id) = self.visits.get(visit).cloned() else {
            return Vec::new();
        };
        let Some(service) = self.owners.get(id.as_str()).cloned() else {
            return Vec::new();
        };
        let state = visits.find(visit).and_then(|visit| visit.state.as_ref());
        let (arrived, seen) = (
            state.map(|state| state.arrived),
            state.and_then(|state| state.seen),
        );
        if let Some(booking) = self.diary(&service).change(&id) {
            booking.visit = arrived.map(|_| visits.current_name(visit).clone());
            (booking.arrived, booking.seen) = (arrived, seen);
        }
        vec![service]
    }

    /// Forgets what is past.
    pub(super) fn tidy(&mut self, now: At) {
        self.holds.retain(|_, hold| now < hold.until);
        self.requests.retain(|_, at| now.since(*at) <= REQUEST_KEPT);
        self.bundles
            .retain(|_, (_, at)| now.since(*at) <= REQUEST_KEPT);
        if self.diaries.is_empty() {
            return;
        }
        for diary in Arc::make_mut(&mut self.diaries).values_mut() {
            for id in Arc::make_mut(diary).tidy(now, BOOKING_KEPT) {
                self.owners.remove(&id);
            }
        }
        let owners = &self.owners;
        let is_kept = |id: &BookingId| owners.contains_key(id.as_str());
        self.journeys.retain(|_, id| is_kept(id));
        self.visits.retain(|_, id| is_kept(id));
    }
}

fn note(at: At, event: &Event, handling: &mut Handling, sealed: &mut Option<domain::Sealed>) {
    match event {
        Event::NoticeReported(notice) => handling.notice(at, notice),
        Event::DetailsRead {
            by, role, purpose, ..
        } => handling.read(DetailsRead {
            at,
            by: by.clone(),
            role: role.clone(),
            purpose: purpose.clone(),
        }),
        Event::DetailsErased { .. } => {
            handling.erased = Some(at);
            *sealed = None;
        }
        _ => {}
    }
}
