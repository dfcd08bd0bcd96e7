//! Places for patients, for every face that books: JSON, pages, FHIR.
//!
//! A booking is decided by the writer and durable before anybody hears of it; details are sealed before that.
//! Whatever was begun is finished though the asker gives up: a retry is then told that it was done.

mod patient_form;
mod retention;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use compact_str::CompactString;

use crate::AppState;
use domain::booking::ReferralCategory;
use domain::patient::PatientDetails;
use domain::{
    At, BookingId, BookingMade, Caller, Declined, Event, EventId, Fact, FeedId, HoldId, MessageRef,
    OWN_FEED, Reason, ReferralId, ReferralMade, Sealed, ServiceId, Slot, SlotId, Verdict,
};
use log::{NotTaken, Submitter};
use vault::Vault;
use views::{Booking, Diary, Published, Referral, SlotClaim};

pub use patient_form::PatientForm;
pub use retention::{Retention, erase_expired};

/// An answer leaves within this time, whatever the disk does (BaRS: five seconds).
pub const ANSWER_MAX: Duration = Duration::from_millis(4_500);

/// Where places are asked for.
#[derive(Clone)]
pub struct BookingDesk {
    /// The published value.
    pub shared: AppState,
    /// The way into the log.
    pub submitter: Submitter,
    /// Where details lie sealed.
    pub vault: Arc<Vault>,
}

/// Why nothing came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookingError {
    /// It cannot be, and why.
    Declined(Declined),
    /// The writer refused it for another reason; the words are for the asker.
    Refused(String),
    /// It could not be kept now; nothing was done.
    Unavailable,
    /// It takes too long. It may still be done: ask again with the same request.
    TimedOut,
    /// The details are too long to keep.
    TooLong,
}

/// A place to be booked.
#[derive(Debug, Clone)]
pub struct BookingRequest {
    /// The name that it is to have.
    pub booking: BookingId,
    /// Where.
    pub service: ServiceId,
    /// Which time.
    pub slot: SlotId,
    /// The claim that it fulfils.
    pub hold: Option<HoldId>,
    /// The booking that it replaces.
    pub instead_of: Option<BookingId>,
    /// Who asks.
    pub by: CompactString,
    /// The message that asks.
    pub message: Option<MessageRef>,
    /// Who it is for.
    pub details: PatientDetails,
}

/// A referral to be made.
#[derive(Debug, Clone)]
pub struct ReferralRequest {
    /// The name that it is to have.
    pub referral: ReferralId,
    /// To where.
    pub service: ServiceId,
    /// The booking that the patient comes with.
    pub booking: Option<BookingId>,
    /// What is asked for.
    pub category: ReferralCategory,
    /// National code of the use case.
    pub use_case: Option<CompactString>,
    /// Who asks.
    pub by: CompactString,
    /// The message that asks.
    pub message: Option<MessageRef>,
    /// Who it is for.
    pub details: PatientDetails,
}

impl BookingDesk {
    /// The booking of that id, and the diary that it is in.
    pub fn find(published: &Published, id: &str) -> Option<(Arc<Diary>, Arc<Booking>)> {
        let mut all = published.diaries.values();
        all.find_map(|diary| Some((Arc::clone(diary), Arc::clone(diary.find_booking(id)?))))
    }

    /// The referral of that id.
    pub fn find_referral(published: &Published, id: &str) -> Option<Arc<Referral>> {
        let mut all = published.diaries.values();
        all.find_map(|diary| diary.find_referral(id).map(Arc::clone))
    }

    /// The time of that name at a service, as its diary has it now.
    pub fn find_slot(published: &Published, service: &ServiceId, slot: &SlotId) -> Option<Slot> {
        let view = published.services.get(service)?;
        let diary = published.diaries.get(service)?;
        diary.find_slot(&view.service.hours, slot)
    }

    /// Claims a slot for a while, or moves a claim to it.
    pub async fn hold(
        &self,
        hold: &HoldId,
        (service, slot): (&ServiceId, &SlotId),
        until: At,
        by: &CompactString,
    ) -> Result<(), BookingError> {
        let event = Event::SlotHeld {
            hold: hold.clone(),
            service: service.clone(),
            slot: slot.clone(),
            until,
            by: by.clone(),
        };
        self.tell_in_time(event).await
    }

    /// Gives a claim up.
    pub async fn release(&self, hold: &HoldId) -> Result<(), BookingError> {
        self.tell_in_time(Event::SlotReleased { hold: hold.clone() })
            .await
    }

    /// Books; it is durable when this returns.
    pub async fn book(&self, asked: BookingRequest) -> Result<(), BookingError> {
        let desk = self.clone();
        in_time(async move {
            let published = desk.shared.published();
            let found = Self::find_slot(&published, &asked.service, &asked.slot);
            let slot = found.ok_or(BookingError::Declined(Declined::SlotUnknown))?;
            if is_lost(&published, &asked, desk.shared.clock.now()) {
                return Err(BookingError::Declined(Declined::SlotTaken));
            }
            let about = asked.booking.as_str().to_owned();
            let sealed = desk.seal(&about, asked.details).await?;
            let made = BookingMade {
                booking: asked.booking,
                service: asked.service,
                slot: asked.slot,
                start: slot.start,
                end: slot.end,
                hold: asked.hold,
                instead_of: asked.instead_of,
                by: asked.by,
                message: asked.message,
                sealed: Some(sealed),
            };
            let told = desk.tell(Event::BookingMade(Box::new(made))).await;
            desk.unseal_if_refused(&about, told).await
        })
        .await
    }

    /// Refers; it is durable when this returns.
    pub async fn refer(&self, asked: ReferralRequest) -> Result<(), BookingError> {
        let desk = self.clone();
        in_time(async move {
            let about = asked.referral.as_str().to_owned();
            let sealed = desk.seal(&about, asked.details).await?;
            let referred = ReferralMade {
                referral: asked.referral,
                service: asked.service,
                booking: asked.booking,
                category: asked.category,
                use_case: asked.use_case,
                by: asked.by,
                message: asked.message,
                sealed: Some(sealed),
            };
            let told = desk.tell(Event::ReferralMade(Box::new(referred))).await;
            desk.unseal_if_refused(&about, told).await
        })
        .await
    }

    /// Carries out anything that needs no details; it is durable when this returns.
    pub async fn tell_in_time(&self, event: Event) -> Result<(), BookingError> {
        let desk = self.clone();
        in_time(async move { desk.tell(event).await }).await
    }

    /// Who a booking or referral is for. The log is told first who reads and what for.
    pub async fn read(
        &self,
        about: &str,
        caller: &Caller,
        purpose: &str,
    ) -> Result<Option<PatientDetails>, BookingError> {
        self.tell_in_time(Event::DetailsRead {
            about: about.into(),
            by: caller.name.clone(),
            role: caller.role.label().into(),
            purpose: purpose.into(),
        })
        .await?;
        let (vault, about) = (Arc::clone(&self.vault), about.to_owned());
        let read = tokio::task::spawn_blocking(move || vault.read(&about)).await;
        match read {
            Ok(Ok(details)) => Ok(details),
            Ok(Err(why)) => {
                tracing::error!(%why, "sealed details could not be read");
                Err(BookingError::Unavailable)
            }
            Err(_stopped) => Err(BookingError::Unavailable),
        }
    }

    /// Destroys the details of a booking or referral.
    pub async fn erase(
        &self,
        about: &str,
        by: &CompactString,
        why: &str,
    ) -> Result<(), BookingError> {
        self.tell_in_time(Event::DetailsErased {
            about: about.into(),
            by: by.clone(),
            why: why.to_owned(),
        })
        .await?;
        self.destroy(about.to_owned()).await;
        Ok(())
    }

    async fn seal(&self, about: &str, details: PatientDetails) -> Result<Sealed, BookingError> {
        let (vault, about) = (Arc::clone(&self.vault), about.to_owned());
        let sealed = tokio::task::spawn_blocking(move || vault.seal(&about, &details)).await;
        match sealed {
            Ok(Ok(sealed)) => Ok(sealed),
            Ok(Err(vault::VaultError::TooLong)) => Err(BookingError::TooLong),
            Ok(Err(why)) => {
                tracing::error!(%why, "details could not be sealed");
                Err(BookingError::Unavailable)
            }
            Err(_stopped) => Err(BookingError::Unavailable),
        }
    }

    /// Details of what was not made are not kept. Where it is not certain they stay, and [`erase_expired`] finds
    /// them later.
    async fn unseal_if_refused(
        &self,
        about: &str,
        told: Result<(), BookingError>,
    ) -> Result<(), BookingError> {
        // With the id in use the details there are those of another booking.
        let is_ours = told != Err(BookingError::Declined(Declined::IdInUse));
        if is_ours
            && matches!(
                told,
                Err(BookingError::Declined(_) | BookingError::Refused(_))
            )
        {
            self.destroy(about.to_owned()).await;
        }
        told
    }

    async fn destroy(&self, about: String) {
        let vault = Arc::clone(&self.vault);
        let erased = tokio::task::spawn_blocking(move || vault.erase(&about)).await;
        if let Ok(Err(why)) = erased {
            tracing::error!(%why, "details could not be destroyed; it is tried again");
        }
    }

    async fn tell(&self, event: Event) -> Result<(), BookingError> {
        let fact = own_fact(self.shared.clock.now(), event).ok_or(BookingError::Unavailable)?;
        let receipt = self.submitter.submit(vec![fact]).await;
        let verdict = match receipt {
            Ok(receipt) => receipt.verdicts.into_iter().next(),
            Err(NotTaken::Busy | NotTaken::Unavailable(_)) => None,
        };
        match verdict {
            Some(Verdict::Accepted { .. } | Verdict::Duplicate) => Ok(()),
            Some(Verdict::Refused(why)) => Err(match why.reason {
                Reason::Declined(why) => BookingError::Declined(why),
                _ => BookingError::Refused(why.detail),
            }),
            None => Err(BookingError::Unavailable),
        }
    }
}

/// Whether another is known to have the slot already, so that nothing needs to be sealed to learn it. Only the
/// writer can say that nobody has it.
fn is_lost(published: &Published, asked: &BookingRequest, now: At) -> bool {
    let Some(diary) = published.diaries.get(&asked.service) else {
        return false;
    };
    match diary.claim(asked.slot.as_str(), now) {
        None => false,
        Some(SlotClaim::Held { hold, .. }) => asked.hold.as_ref() != Some(hold),
        Some(SlotClaim::Booked(id)) => {
            let other = diary.find_booking(id.as_str());
            let request =
                |message: &Option<MessageRef>| message.as_ref().map(|m| m.request.clone());
            let is_repeat = other.is_some_and(|other| {
                asked.message.is_some() && request(&other.made.message) == request(&asked.message)
            });
            *id != asked.booking && !is_repeat
        }
    }
}

/// A fact of this server itself, with an id never used before.
pub fn own_fact(now: At, event: Event) -> Option<Fact> {
    Some(Fact {
        id: fresh_event_id()?,
        feed: FeedId::new(OWN_FEED).ok()?,
        happened_at: now,
        event,
    })
}

/// An id never used before, for a fact of this server itself.
pub fn fresh_event_id() -> Option<EventId> {
    EventId::new(&format!("own-{}", uuid::Uuid::new_v4().simple())).ok()
}

/// An id never used before for a booking, a referral or a hold.
pub fn fresh_uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The work goes on when the time is up.
async fn in_time<T: Send + 'static>(
    work: impl Future<Output = Result<T, BookingError>> + Send + 'static,
) -> Result<T, BookingError> {
    match tokio::time::timeout(ANSWER_MAX, tokio::spawn(work)).await {
        Ok(Ok(done)) => done,
        Ok(Err(_stopped)) => Err(BookingError::Unavailable),
        Err(_late) => Err(BookingError::TimedOut),
    }
}
