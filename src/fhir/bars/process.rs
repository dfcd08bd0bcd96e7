//! `POST /$process-message`: carries out what a message asks for, once.

use axum::http::StatusCode;
use compact_str::{CompactString, format_compact};
use serde_json::{Value, json};

use crate::bars::bundles::VERSION;
use crate::bars::headers::Call;
use crate::bars::idempotency::Requests;
use crate::bars::message::{BarsMessage, MessageAction, one};
use crate::bars::patient;
use crate::bars::slot_id::slot_of;
use crate::outcome::Problem;
use app::booking::{BookingDesk, BookingError, BookingRequest, ReferralRequest, fresh_uuid};
use domain::booking::ReferralCategory;
use domain::{
    At, BookingId, Caller, Declined, Event, MessageRef, ReferralId, Role, Service, SlotId,
};

/// The answer to a message, or what is wrong with it.
pub async fn answer(
    desk: &BookingDesk,
    requests: &Requests,
    call: &Call,
    bundle: Value,
) -> Result<Value, Problem> {
    let now = desk.shared.clock.now();
    let key = format_compact!("{}|{}", call.request, call.correlation);
    let running = requests.begin(key, now)?;
    let done = carry_out(desk, call, bundle).await;
    if let Err(why) = &done
        && is_final(why)
    {
        running.failed(why, now);
    }
    done
}

/// A failure that would be the same again: what went wrong for want of time or room is tried again.
fn is_final(why: &Problem) -> bool {
    let status = why.status;
    status.is_client_error()
        && status != StatusCode::REQUEST_TIMEOUT
        && status != StatusCode::TOO_MANY_REQUESTS
}

async fn carry_out(desk: &BookingDesk, call: &Call, bundle: Value) -> Result<Value, Problem> {
    let told = BarsMessage::of(&bundle)?;
    if call.target.dos_id.as_deref() != Some(told.destination.as_str()) {
        let words = "MessageHeader.destination is another service than NHSD-Target-Identifier";
        return Err(Problem::bad("invariant", words));
    }
    let message = MessageRef {
        request: call.request.clone(),
        correlation: call.correlation.clone(),
        bundle: told.bundle.clone(),
        updated: told.updated,
    };
    let work = Work {
        desk,
        call,
        message,
        use_case: told.use_case,
    };
    match told.wish {
        MessageAction::Book { slot } => work.book(bundle, &slot).await,
        MessageAction::CancelBooking { booking, start } => {
            work.cancel_booking(bundle, &booking, start).await
        }
        MessageAction::Refer { category, booking } => work.refer(bundle, category, booking).await,
        MessageAction::CancelReferral { referral } => work.cancel_referral(bundle, &referral).await,
    }
}

/// One message on its way.
struct Work<'a> {
    desk: &'a BookingDesk,
    call: &'a Call,
    message: MessageRef,
    use_case: Option<CompactString>,
}

impl Work<'_> {
    fn service(&self) -> &Service {
        &self.call.target
    }

    async fn book(self, bundle: Value, slot: &str) -> Result<Value, Problem> {
        let details = patient::details(&bundle)?;
        let slot: SlotId = slot_of(self.service(), slot)
            .ok_or_else(|| Problem::conflict(Declined::SlotUnknown.detail()))?;
        let id = fresh_uuid();
        let booking = BookingId::new(&id).map_err(|_why| Problem::unavailable())?;
        let asked = BookingRequest {
            booking,
            service: self.service().id.clone(),
            slot,
            hold: None,
            instead_of: None,
            by: self.call.by.clone(),
            message: Some(self.message),
            details,
        };
        self.desk.book(asked).await.map_err(|why| match why {
            BookingError::Declined(Declined::HasReferral) => {
                Problem::conflict(Declined::HasReferral.detail())
            }
            why => problem(&why),
        })?;
        let published = self.desk.shared.published();
        let (_, booking) = BookingDesk::find(&published, &id).ok_or_else(Problem::unavailable)?;
        let (start, end) = (booking.made.start, booking.made.end);
        Ok(echo(bundle, booking.at, "Appointment", |appointment| {
            appointment["id"] = id.clone().into();
            appointment["created"] = booking.at.rfc3339_london().into();
            // Our diary is right about the time, whatever the message had.
            appointment["start"] = start.rfc3339_london().into();
            appointment["end"] = end.rfc3339_london().into();
        }))
    }

    async fn cancel_booking(
        self,
        bundle: Value,
        id: &str,
        start: Option<At>,
    ) -> Result<Value, Problem> {
        let published = self.desk.shared.published();
        let known = BookingDesk::find(&published, id)
            .filter(|(_, known)| known.made.service == self.service().id);
        let (_, known) =
            known.ok_or_else(|| problem(&BookingError::Declined(Declined::BookingUnknown)))?;
        if known.is_current() {
            self.is_same_patient(id, &bundle).await?;
            if start.is_some_and(|start| start != known.made.start) {
                let words = "Appointment.start is not the start of this booking";
                return Err(Problem::unprocessable("processing", words));
            }
        }
        let event = Event::BookingCancelled {
            booking: known.made.booking.clone(),
            by: self.call.by.clone(),
            message: Some(self.message),
        };
        self.desk
            .tell_in_time(event)
            .await
            .map_err(|why| problem(&why))?;
        let now = self.desk.shared.clock.now();
        Ok(echo(bundle, now, "Appointment", |_| {}))
    }

    async fn refer(
        self,
        bundle: Value,
        category: ReferralCategory,
        booking: Option<String>,
    ) -> Result<Value, Problem> {
        let details = patient::details(&bundle)?;
        let booking = booking.and_then(|id| BookingId::new(&id).ok());
        let id = fresh_uuid();
        let referral = ReferralId::new(&id).map_err(|_why| Problem::unavailable())?;
        let asked = ReferralRequest {
            referral,
            service: self.service().id.clone(),
            booking,
            category,
            use_case: self.use_case.clone(),
            by: self.call.by.clone(),
            message: Some(self.message),
            details,
        };
        self.desk.refer(asked).await.map_err(|why| match why {
            BookingError::Declined(Declined::HasReferral) => {
                Problem::conflict("the booking has a referral already")
            }
            why => problem(&why),
        })?;
        let now = self.desk.shared.clock.now();
        Ok(echo(bundle, now, "ServiceRequest", |request| {
            request["id"] = id.clone().into();
        }))
    }

    async fn cancel_referral(self, bundle: Value, id: &str) -> Result<Value, Problem> {
        let published = self.desk.shared.published();
        let known = BookingDesk::find_referral(&published, id)
            .filter(|known| known.referred.service == self.service().id);
        let known =
            known.ok_or_else(|| problem(&BookingError::Declined(Declined::ReferralUnknown)))?;
        if known.cancelled.is_none() {
            self.is_same_patient(id, &bundle).await?;
        }
        let event = Event::ReferralCancelled {
            referral: known.referred.referral.clone(),
            by: self.call.by.clone(),
            message: Some(self.message),
        };
        self.desk
            .tell_in_time(event)
            .await
            .map_err(|why| problem(&why))?;
        let now = self.desk.shared.clock.now();
        Ok(echo(bundle, now, "ServiceRequest", |_| {}))
    }

    /// Whoever cancels must mean the same patient.
    async fn is_same_patient(&self, about: &str, bundle: &Value) -> Result<(), Problem> {
        let caller = Caller {
            role: Role::Clinician,
            name: self.call.by.clone(),
            feeds: Vec::new(),
            services: Vec::new(),
        };
        let purpose = "to compare a cancellation with what is held";
        let held = self.desk.read(about, &caller, purpose).await;
        let Some(held) = held.map_err(|why| problem(&why))? else {
            // Destroyed: there is nothing left to compare with, and the id was known to the sender.
            return Ok(());
        };
        let told = one(bundle, "Patient")?;
        let number = patient::nhs_number(told)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_lowercase();
        let names = told["name"].as_array().into_iter().flatten();
        let is_named = names
            .clone()
            .any(|name| text(&name["family"]) == held.family.to_lowercase());
        let is_same = (number.is_none() || held.nhs_number.is_none() || number == held.nhs_number)
            && (told["birthDate"].is_null() || text(&told["birthDate"]) == held.birth_date)
            && (names.count() == 0 || is_named);
        if is_same {
            return Ok(());
        }
        let words = "the patient of the message is not the patient of what it cancels";
        Err(Problem::unprocessable("processing", words))
    }
}

/// The message as it came, with what was decided written in and an id for everything.
fn echo(mut bundle: Value, now: At, kind: &str, write: impl Fn(&mut Value)) -> Value {
    let id = bundle["id"].clone();
    bundle["meta"]["versionId"] = VERSION.into();
    let entries = bundle["entry"].as_array_mut();
    for entry in entries.into_iter().flatten() {
        let resource = &mut entry["resource"];
        if resource["resourceType"] == kind {
            write(resource);
            resource["meta"]["lastUpdated"] = now.rfc3339_london().into();
        }
        if resource["resourceType"] == "MessageHeader" {
            resource["response"] = json!({"identifier": id, "code": "ok"});
        }
        if resource["id"].is_null() && resource.is_object() {
            resource["id"] = fresh_uuid().into();
        }
    }
    bundle
}

/// What did not come about, in the codes of BaRS.
pub fn problem(why: &BookingError) -> Problem {
    let why = match why {
        BookingError::Declined(why) => *why,
        BookingError::Refused(_) | BookingError::Unavailable => return Problem::unavailable(),
        BookingError::TimedOut => return Problem::timeout(),
        BookingError::TooLong => return Problem::too_large(),
    };
    let words = why.detail();
    match why {
        Declined::SlotTaken
        | Declined::SlotUnknown
        | Declined::SlotNotOffered
        | Declined::HoldGone
        | Declined::TooManyHolds
        | Declined::HasBooking
        | Declined::LinkMissing
        | Declined::Older
        | Declined::IdInUse => Problem::conflict(words),
        Declined::AlreadyDone => Problem::duplicate(words),
        Declined::BookingUnknown | Declined::ReferralUnknown => Problem::bad("value", words),
        Declined::BundleReused
        | Declined::HasReferral
        | Declined::BookingNotCurrent
        | Declined::ReferralNotCurrent
        | Declined::BookingRequired => Problem::bad("invariant", words),
        Declined::Full => Problem::unavailable(),
    }
}
