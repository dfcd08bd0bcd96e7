//! Whether a hold, a booking or a referral can be. Asked on the writer, one after the other: of two who want
//! one slot the second finds it taken.

use crate::bookings::diary::BOOKINGS_MAX;
use crate::bookings::{Diary, HOLDS_MAX, OfferState, SlotClaim, request_key};
use crate::{Bookings, FoldState};
use domain::{
    At, BookingId, BookingMade, Declined, Event, HoldId, MessageRef, ReferralMade, Service,
    ServiceId, SlotId,
};

impl FoldState {
    /// What a service says of itself, as far as it decides whether its times are offered.
    pub fn live(&self, service: &str) -> OfferState {
        let said = self.find_service_state(service);
        OfferState {
            closed: said.is_some_and(|said| said.closure().is_some()),
            red: said
                .and_then(|said| said.status(self.at()))
                .is_some_and(|status| status.rag == domain::event::Rag::Red),
        }
    }

    /// Why the event cannot be, if it cannot. `Ok` for whatever is not about places for patients.
    pub(crate) fn check_booking(&self, at: At, event: &Event) -> Result<(), Declined> {
        let bookings = self.bookings();
        match event {
            Event::SlotHeld {
                hold,
                service,
                slot,
                by,
                ..
            } => {
                bookings.may_hold(at, hold, by)?;
                self.claimable(at, service, slot, Some(hold)).map(|_| ())
            }
            Event::SlotReleased { hold } if bookings.holds_live(at, hold) => Ok(()),
            Event::SlotReleased { .. } => Err(Declined::HoldGone),
            Event::BookingMade(made) => self.may_book(at, made),
            Event::BookingCancelled {
                booking, message, ..
            } => bookings.may_cancel(booking, message.as_ref()),
            Event::ReferralMade(referred) => self.may_refer(referred),
            Event::ReferralCancelled {
                referral, message, ..
            } => {
                bookings.is_new(message.as_ref())?;
                let known = bookings.find_referral(referral.as_str());
                let known = known.ok_or(Declined::ReferralUnknown)?;
                if known.cancelled.is_some() {
                    return Err(Declined::ReferralNotCurrent);
                }
                is_newer(message.as_ref(), known.referred.message.as_ref())
            }
            Event::DetailsRead { about, .. } | Event::DetailsErased { about, .. } => {
                bookings.is_known(about)
            }
            Event::NoticeReported(notice) => bookings.is_known(&notice.about),
            _ => Ok(()),
        }
    }

    /// The slot, where it is offered and nobody else has it.
    fn claimable(
        &self,
        at: At,
        service: &ServiceId,
        slot: &SlotId,
        hold: Option<&HoldId>,
    ) -> Result<domain::Slot, Declined> {
        let record = self.record(service).ok_or(Declined::SlotUnknown)?;
        let diary = self.bookings().find_diary(service.as_str());
        let diary = diary.ok_or(Declined::SlotUnknown)?;
        let found = diary.find_slot(&record.hours, slot);
        let found = found.ok_or(Declined::SlotUnknown)?;
        match diary.claim(slot.as_str(), at) {
            Some(SlotClaim::Held { hold: by, .. }) if Some(by) == hold => {}
            Some(_) => return Err(Declined::SlotTaken),
            None => {}
        }
        if !record.active || !diary.is_offered(&found, self.live(service.as_str()), at) {
            return Err(Declined::SlotNotOffered);
        }
        Ok(found)
    }

    fn record(&self, service: &ServiceId) -> Option<&Service> {
        let found = self.directory().find_service(service.as_str())?;
        Some(found)
    }

    fn may_book(&self, at: At, made: &BookingMade) -> Result<(), Declined> {
        let bookings = self.bookings();
        bookings.is_new(made.message.as_ref())?;
        if bookings.owners.contains_key(made.booking.as_str()) {
            return Err(Declined::IdInUse);
        }
        if let Some(former) = &made.instead_of {
            bookings.may_cancel(former, None)?;
        }
        let journey = made.message.as_ref();
        let journey = journey.and_then(|message| bookings.journeys.get(&message.correlation));
        let has_other = journey.is_some_and(|id| {
            Some(id) != made.instead_of.as_ref()
                && bookings.find(id.as_str()).is_some_and(|b| b.is_current())
        });
        if has_other {
            return Err(Declined::HasBooking);
        }
        let found = self.claimable(at, &made.service, &made.slot, made.hold.as_ref());
        let found = found.map_err(|why| match (why, &made.hold) {
            (Declined::SlotTaken, Some(hold)) if !bookings.holds_live(at, hold) => {
                Declined::HoldGone
            }
            (why, _) => why,
        })?;
        let diary = bookings.find_diary(made.service.as_str());
        if diary.is_some_and(|diary| diary.bookings.len() >= BOOKINGS_MAX) {
            return Err(Declined::Full);
        }
        // The caller was shown other times than the diary has now.
        let is_same = (found.start, found.end) == (made.start, made.end);
        is_same.then_some(()).ok_or(Declined::SlotUnknown)
    }

    fn may_refer(&self, referred: &ReferralMade) -> Result<(), Declined> {
        let bookings = self.bookings();
        bookings.is_new(referred.message.as_ref())?;
        if bookings.owners.contains_key(referred.referral.as_str()) {
            return Err(Declined::IdInUse);
        }
        if let Some(booking) = &referred.booking {
            let known = bookings.find(booking.as_str());
            let known = known.ok_or(Declined::BookingUnknown)?;
            if known.referral.is_some() {
                return Err(Declined::HasReferral);
            }
            return if known.cancelled.is_none() && known.made.service == referred.service {
                Ok(())
            } else {
                Err(Declined::BookingNotCurrent)
            };
        }
        let correlation = referred
            .message
            .as_ref()
            .map(|message| &message.correlation);
        let journey = correlation.and_then(|id| bookings.journeys.get(id));
        let journey = journey.and_then(|id| bookings.find(id.as_str()));
        if journey.is_some_and(|booking| booking.is_current()) {
            return Err(Declined::LinkMissing);
        }
        let record = self.record(&referred.service);
        if record.is_some_and(Service::requires_booking) {
            return Err(Declined::BookingRequired);
        }
        Ok(())
    }
}

impl Bookings {
    /// Whether the caller may have one more hold, or move this one.
    fn may_hold(&self, at: At, hold: &HoldId, by: &str) -> Result<(), Declined> {
        if let Some(known) = self.holds.get(hold)
            && at < known.until
            && known.by != by
        {
            return Err(Declined::HoldGone);
        }
        let others = self
            .holds
            .iter()
            .filter(|(id, other)| *id != hold && other.by == by && at < other.until);
        if others.count() >= HOLDS_MAX {
            return Err(Declined::TooManyHolds);
        }
        Ok(())
    }

    fn holds_live(&self, at: At, hold: &HoldId) -> bool {
        self.holds.get(hold).is_some_and(|held| at < held.until)
    }

    fn may_cancel(&self, id: &BookingId, message: Option<&MessageRef>) -> Result<(), Declined> {
        self.is_new(message)?;
        let known = self.find(id.as_str()).ok_or(Declined::BookingUnknown)?;
        if !known.is_current() {
            return Err(Declined::BookingNotCurrent);
        }
        if known.referral.is_some() {
            return Err(Declined::HasReferral);
        }
        is_newer(message, known.made.message.as_ref())
    }

    /// Whether a message was not carried out before and its Bundle.id is its own.
    fn is_new(&self, message: Option<&MessageRef>) -> Result<(), Declined> {
        let Some(message) = message else {
            return Ok(());
        };
        let key = request_key(message);
        if self.requests.contains_key(&key) {
            return Err(Declined::AlreadyDone);
        }
        if self.bundles.contains_key(&message.bundle) {
            return Err(Declined::BundleReused);
        }
        Ok(())
    }

    fn is_known(&self, about: &str) -> Result<(), Declined> {
        let known = self.owners.contains_key(about);
        known.then_some(()).ok_or(Declined::BookingUnknown)
    }
}

impl Diary {
    /// People booked and not here yet whose time begins in `from..until`.
    pub fn expected(&self, from: At, until: At) -> usize {
        let expected = self.bookings.values().filter(|booking| {
            booking.is_current() && booking.made.start >= from && booking.made.start < until
        });
        expected.count()
    }
}

/// What a message tells must not be older than what is held.
fn is_newer(message: Option<&MessageRef>, held: Option<&MessageRef>) -> Result<(), Declined> {
    let told = message.and_then(|message| message.updated);
    let known = held.and_then(|message| message.updated);
    match (told, known) {
        (Some(told), Some(known)) if told < known => Err(Declined::Older),
        _ => Ok(()),
    }
}
