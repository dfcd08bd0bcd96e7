//! Slots of a service as they are offered, and what is to be known of the service beside them.

use app::booking::BookingDesk;
use app::plain_words;
use domain::event::Rag;
use domain::time::DAY;
use domain::{At, ServiceId, Slot, SlotId};
use views::{Published, ServiceView};

/// Days that can be chosen.
pub const DAYS_AHEAD: i64 = 7;

/// One slot to choose.
#[derive(Clone)]
pub struct SlotOption {
    /// Its name.
    pub id: String,
    /// `10:15am`.
    pub time: String,
    /// What it is for.
    pub kind: String,
}

/// Where the page stands with a service.
pub struct About {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Plain words of what is said of it now.
    pub said: Vec<String>,
    /// Telephone for clinicians.
    pub phone: Option<String>,
    /// How to refer.
    pub instructions: Option<String>,
}

impl About {
    /// What is to be known at the point of action.
    pub fn of(view: &ServiceView, now: At) -> Self {
        let service = &view.service;
        let mut said = Vec::new();
        if let Some(closure) = &view.closure {
            said.push(format!("Closed: {}", closure.reason));
        }
        match view.status.as_ref() {
            Some(status) => {
                let word = match status.rag {
                    Rag::Red => "Red: no capacity",
                    Rag::Amber => "Amber: some capacity",
                    Rag::Green => "Green: normal",
                };
                said.push(format!(
                    "{word}, set at {}",
                    plain_words::when(status.since, now)
                ));
                said.extend(status.note.clone());
            }
            None => said.push("Capacity not said".to_owned()),
        }
        Self {
            id: service.id.to_string(),
            name: service.name.clone(),
            said,
            phone: service
                .contacts
                .clinical_phone
                .clone()
                .or_else(|| service.contacts.public_phone.clone()),
            instructions: service.referral.clinical_instructions.clone(),
        }
    }
}

/// A slot as it is shown.
pub fn choice(slot: &Slot) -> SlotOption {
    SlotOption {
        id: slot.slot.to_string(),
        time: plain_words::clock(slot.start),
        kind: slot.kind.to_string(),
    }
}

/// The first slots that are free from now on.
pub fn next_free(published: &Published, service: &ServiceId, now: At, most: usize) -> Vec<Slot> {
    let (Some(view), Some(diary)) = (
        published.services.get(service),
        published.diaries.get(service),
    ) else {
        return Vec::new();
    };
    let window = (now, now.plus((DAYS_AHEAD + 1) * DAY));
    let free = diary.free(&view.service.hours, window, view.live(), now);
    free.into_iter().take(most).collect()
}

/// The slot of a service, if it has it.
pub fn find(published: &Published, service: &ServiceId, slot: &SlotId) -> Option<Slot> {
    BookingDesk::find_slot(published, service, slot)
}
