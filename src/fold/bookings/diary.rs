//! The diary of one service: its bookable times, who claimed them, and what was agreed.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use domain::booking::{Delivery, NoticeChannel, ReferralCategory, Topic};
use domain::opening::Hours;
use domain::slot_rule::{ABSENT_MINUTES, AHEAD_MAX};
use domain::time::{MINUTE, Millis};
use domain::{
    At, BookingId, BookingMade, HoldId, Notice, ReferralId, ReferralMade, Slot, SlotId, SlotRule,
    VisitId,
};

/// Times that a service may publish for the future.
pub const SLOTS_MAX: usize = 2_000;
/// Bookings kept for one service, past ones included.
pub const BOOKINGS_MAX: usize = 20_000;
/// The longest that a slot may be held while a form is filled in.
pub const HOLD_MAX: Millis = 10 * MINUTE;
/// Readings of the details of one booking that are kept in sight; the log has all.
pub const READINGS_MAX: usize = 20;

/// Who has a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlotClaim {
    /// Somebody fills in a form.
    Held {
        /// Their claim.
        hold: HoldId,
        /// It ends then.
        until: At,
    },
    /// A patient.
    Booked(BookingId),
}

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookingStanding {
    /// The patient is expected.
    Booked,
    /// The patient came and waits.
    Arrived,
    /// A clinician has seen the patient.
    Seen,
    /// Given up.
    Cancelled,
    /// The patient was not there so long after the beginning: by rule, and taken back when they come.
    DidNotAttend,
}

impl BookingStanding {
    /// The word in metrics and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Arrived => "arrived",
            Self::Seen => "seen",
            Self::Cancelled => "cancelled",
            Self::DidNotAttend => "did_not_attend",
        }
    }
}

/// The last word of one kind about a booking or a referral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// About what.
    pub topic: Topic,
    /// By which way.
    pub channel: NoticeChannel,
    /// How far it has come.
    pub delivery: Delivery,
    /// Since.
    pub at: At,
    /// Why it failed.
    pub why: Option<CompactString>,
    /// The carrier's own id for it.
    pub carrier_id: Option<CompactString>,
}

/// Somebody read the details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailsRead {
    /// When.
    pub at: At,
    /// The label of the token.
    pub by: CompactString,
    /// In which role.
    pub role: CompactString,
    /// What for.
    pub purpose: CompactString,
}

/// What was done with the details of a booking or a referral.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    /// Words sent, one of each topic and channel.
    pub notices: Vec<Noticed>,
    /// The last readings of the details, newest last.
    pub readings: Vec<DetailsRead>,
    /// Readings in all.
    pub read_count: u32,
    /// The details were destroyed.
    pub erased: Option<At>,
}

impl Handling {
    pub(super) fn notice(&mut self, at: At, notice: &Notice) {
        let same = |known: &Noticed| (known.topic, known.channel) == (notice.topic, notice.channel);
        let fresh = Noticed {
            topic: notice.topic,
            channel: notice.channel,
            delivery: notice.delivery,
            at,
            why: notice.why.clone(),
            carrier_id: notice.carrier_id.clone(),
        };
        let Some(known) = self.notices.iter_mut().find(|known| same(known)) else {
            self.notices.push(fresh);
            return;
        };
        // What arrived does not un-arrive when an older word comes late.
        if known.delivery != Delivery::Delivered {
            let carrier_id = fresh.carrier_id.or_else(|| known.carrier_id.take());
            *known = Noticed {
                carrier_id,
                ..fresh
            };
        }
    }

    pub(super) fn read(&mut self, reading: DetailsRead) {
        self.read_count += 1;
        if self.readings.len() == READINGS_MAX {
            self.readings.remove(0);
        }
        self.readings.push(reading);
    }
}

/// One agreed place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// What was agreed.
    pub made: BookingMade,
    /// When.
    pub at: At,
    /// Given up when, and by whom.
    pub cancelled: Option<(At, CompactString)>,
    /// The patient's stay, once they came.
    pub visit: Option<VisitId>,
    /// Came when.
    pub arrived: Option<At>,
    /// Seen when.
    pub seen: Option<At>,
    /// The referral that goes with it, while that holds.
    pub referral: Option<ReferralId>,
    /// What was done with the details.
    pub handling: Handling,
}

impl Booking {
    /// Agreed, not given up, and the patient has not come.
    pub fn is_current(&self) -> bool {
        self.cancelled.is_none() && self.arrived.is_none()
    }

    /// Where it stands, by the rule of its service.
    pub fn standing(&self, now: At, rule: Option<&SlotRule>) -> BookingStanding {
        let minutes = rule.and_then(|rule| rule.absent_minutes);
        let patience = i64::from(minutes.unwrap_or(ABSENT_MINUTES)) * MINUTE;
        match (&self.cancelled, self.arrived, self.seen) {
            (_, Some(_), Some(_)) => BookingStanding::Seen,
            (_, Some(_), None) => BookingStanding::Arrived,
            (Some(_), ..) => BookingStanding::Cancelled,
            _ if now.since(self.made.start) >= patience => BookingStanding::DidNotAttend,
            _ => BookingStanding::Booked,
        }
    }

    /// From the booked time to being seen by a clinician, minutes; below zero when seen early.
    pub fn booked_to_seen(&self) -> Option<i64> {
        Some(self.seen?.since(self.made.start).div_euclid(MINUTE))
    }
}

/// One referral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// What was asked.
    pub referred: ReferralMade,
    /// When.
    pub at: At,
    /// Taken back when, and by whom.
    pub cancelled: Option<(At, CompactString)>,
    /// What was done with the details.
    pub handling: Handling,
}

impl Referral {
    /// What it asks for.
    pub fn category(&self) -> ReferralCategory {
        self.referred.category
    }
}

/// What a service says about itself just now, as far as it decides whether times are offered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfferState {
    /// Closed out of turn.
    pub closed: bool,
    /// Its own word is red.
    pub red: bool,
}

/// The diary of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diary {
    rule: Option<Arc<SlotRule>>,
    published: BTreeMap<SlotId, (At, At, CompactString)>,
    /// Times by rule that were taken back, until they would have begun.
    withdrawn: BTreeMap<SlotId, At>,
    claims: BTreeMap<SlotId, SlotClaim>,
    pub(super) bookings: BTreeMap<BookingId, Arc<Booking>>,
    pub(super) referrals: BTreeMap<ReferralId, Arc<Referral>>,
}

impl Diary {
    /// The rule, if one was set.
    pub fn rule(&self) -> Option<&SlotRule> {
        self.rule.as_deref()
    }

    /// Bookings by id.
    pub fn bookings(&self) -> impl Iterator<Item = &Arc<Booking>> {
        self.bookings.values()
    }

    /// The booking of that id.
    pub fn find_booking(&self, id: &str) -> Option<&Arc<Booking>> {
        self.bookings.get(id)
    }

    /// Referrals by id.
    pub fn referrals(&self) -> impl Iterator<Item = &Arc<Referral>> {
        self.referrals.values()
    }

    /// The referral of that id.
    pub fn find_referral(&self, id: &str) -> Option<&Arc<Referral>> {
        self.referrals.get(id)
    }

    /// All times that begin in `from..until`, in order: published, by rule, and those booked whatever became
    /// of their time since.
    pub fn slots(&self, hours: &Hours, from: At, until: At) -> Vec<Slot> {
        let mut slots: BTreeMap<(At, SlotId), Slot> = BTreeMap::new();
        let mut put = |slot: Slot| {
            if slot.start >= from && slot.start < until {
                slots.insert((slot.start, slot.slot.clone()), slot);
            }
        };
        let by_rule = self.rule().map(|rule| rule.slots(hours, from, until));
        by_rule
            .into_iter()
            .flatten()
            .filter(|slot| !self.withdrawn.contains_key(&slot.slot))
            .for_each(&mut put);
        for (id, (start, end, kind)) in &self.published {
            put(Slot {
                slot: id.clone(),
                start: *start,
                end: *end,
                kind: kind.clone(),
            });
        }
        let booked = self.claims.values().filter_map(|claim| match claim {
            SlotClaim::Booked(booking) => self.bookings.get(booking),
            SlotClaim::Held { .. } => None,
        });
        booked.map(|booking| of_booking(booking)).for_each(&mut put);
        slots.into_values().collect()
    }

    /// The time of that name, if the service has it.
    pub fn find_slot(&self, hours: &Hours, id: &SlotId) -> Option<Slot> {
        if let Some((start, end, kind)) = self.published.get(id) {
            return Some(Slot {
                slot: id.clone(),
                start: *start,
                end: *end,
                kind: kind.clone(),
            });
        }
        if let Some(SlotClaim::Booked(booking)) = self.claims.get(id) {
            return self
                .bookings
                .get(booking)
                .map(|booking| of_booking(booking));
        }
        let start = domain::slot_rule::start_of(id)?;
        let at_that_time = self.rule()?.slots(hours, start, start.plus(1));
        at_that_time
            .into_iter()
            .find(|slot| slot.slot == *id && !self.withdrawn.contains_key(id))
    }

    /// Who has the time now.
    pub fn claim(&self, slot: &str, now: At) -> Option<&SlotClaim> {
        self.claims.get(slot).filter(|claim| match claim {
            SlotClaim::Held { until, .. } => now < *until,
            SlotClaim::Booked(_) => true,
        })
    }

    /// Whether the time is offered now, whoever has it.
    pub fn is_offered(&self, slot: &Slot, live: OfferState, now: At) -> bool {
        let default = SlotRule::default();
        let rule = self.rule().unwrap_or(&default);
        let before = slot.start.since(now);
        let released = rule
            .release_minutes
            .is_none_or(|minutes| before <= i64::from(minutes) * MINUTE);
        before > i64::from(rule.notice_minutes) * MINUTE
            && released
            && (!live.closed || rule.when_closed)
            && (!live.red || rule.when_red)
    }

    /// Times that can be booked now and begin in `from..until`.
    pub fn free(
        &self,
        hours: &Hours,
        (from, until): (At, At),
        live: OfferState,
        now: At,
    ) -> Vec<Slot> {
        let all = self.slots(hours, from, until.min(now.plus(AHEAD_MAX)));
        let is_free = |slot: &Slot| {
            self.claim(slot.slot.as_str(), now).is_none() && self.is_offered(slot, live, now)
        };
        all.into_iter().filter(is_free).collect()
    }

    pub(super) fn set_rule(&mut self, rule: SlotRule) {
        self.rule = Some(Arc::new(rule));
    }

    /// How many published times there would be with these.
    pub(crate) fn published_with(&self, now: At, slots: &[Slot]) -> usize {
        let ahead = self.published.iter();
        let known = ahead.filter(|(_, (start, ..))| *start > now).count();
        let new = slots
            .iter()
            .filter(|slot| !self.published.contains_key(&slot.slot));
        known + new.count()
    }

    /// Takes published times; one sent again is replaced unless it is booked, those that began are dropped.
    pub(super) fn publish(&mut self, now: At, slots: &[Slot]) {
        self.published.retain(|_, (start, ..)| *start > now);
        for slot in slots {
            self.withdrawn.remove(&slot.slot);
            if matches!(self.claims.get(&slot.slot), Some(SlotClaim::Booked(_))) {
                continue;
            }
            let times = (slot.start, slot.end, slot.kind.clone());
            self.published.insert(slot.slot.clone(), times);
        }
    }

    /// Takes times back.
    pub(super) fn withdraw(&mut self, slots: &[SlotId]) {
        for slot in slots {
            if self.published.remove(slot).is_none()
                && let Some(start) = domain::slot_rule::start_of(slot)
            {
                self.withdrawn.insert(slot.clone(), start);
            }
        }
    }

    pub(super) fn hold(&mut self, slot: &SlotId, hold: &HoldId, until: At) {
        let hold = hold.clone();
        self.claims
            .insert(slot.clone(), SlotClaim::Held { hold, until });
    }

    /// Ends a hold, if the slot is still held by it.
    pub(super) fn release(&mut self, slot: &SlotId, ended: &HoldId) {
        if matches!(self.claims.get(slot), Some(SlotClaim::Held { hold, .. }) if hold == ended) {
            self.claims.remove(slot);
        }
    }

    pub(super) fn book(&mut self, booking: Booking) {
        let (slot, id) = (booking.made.slot.clone(), booking.made.booking.clone());
        self.claims.insert(slot, SlotClaim::Booked(id.clone()));
        self.bookings.insert(id, Arc::new(booking));
    }

    /// Gives a place up: the time is free again.
    pub(super) fn cancel(&mut self, at: At, id: &BookingId, by: &CompactString) {
        let Some(booking) = self.change(id) else {
            return;
        };
        booking.cancelled = Some((at, by.clone()));
        let slot = booking.made.slot.clone();
        if matches!(self.claims.get(&slot), Some(SlotClaim::Booked(booked)) if booked == id) {
            self.claims.remove(&slot);
        }
    }

    pub(super) fn change(&mut self, id: &BookingId) -> Option<&mut Booking> {
        self.bookings.get_mut(id).map(Arc::make_mut)
    }

    pub(super) fn change_referral(&mut self, id: &ReferralId) -> Option<&mut Referral> {
        self.referrals.get_mut(id).map(Arc::make_mut)
    }

    /// Drops what began long ago; gives the ids that are gone.
    pub(super) fn tidy(&mut self, now: At, kept: Millis) -> Vec<CompactString> {
        let mut gone = Vec::new();
        self.bookings.retain(|id, booking| {
            let stays = now.since(booking.made.end) <= kept;
            if !stays {
                gone.push(id.as_str().into());
            }
            stays
        });
        self.referrals.retain(|id, referral| {
            let stays = now.since(referral.at) <= kept;
            if !stays {
                gone.push(id.as_str().into());
            }
            stays
        });
        let bookings = &self.bookings;
        self.claims.retain(|_, claim| match claim {
            SlotClaim::Held { until, .. } => now < *until,
            SlotClaim::Booked(id) => bookings.contains_key(id),
        });
        self.withdrawn.retain(|_, start| *start > now);
        self.published.retain(|_, (start, ..)| *start > now);
        gone
    }
}

fn of_booking(booking: &Booking) -> Slot {
    Slot {
        slot: booking.made.slot.clone(),
        start: booking.made.start,
        end: booking.made.end,
        kind: CompactString::default(),
    }
}
