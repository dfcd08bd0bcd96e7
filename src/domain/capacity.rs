//! What a service reports of its room: spaces, beds, bookable times.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::ids::SlotId;
use super::time::{At, HOUR, Millis};

/// A bookable time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// Its name within the service.
    pub slot: SlotId,
    /// From.
    pub start: At,
    /// To.
    pub end: At,
    /// What it is for, in the service's words.
    pub kind: CompactString,
}

/// The longest time that can be booked as one Slot.
pub const SLOT_MAX: Millis = 12 * HOUR;

impl Slot {
    /// What is wrong with it, if anything.
    pub fn fault(&self) -> Option<&'static str> {
        let length = self.end.since(self.start);
        if length <= 0 || length > SLOT_MAX {
            return Some("a slot ends after it starts, and within 12 hours");
        }
        (self.kind.chars().count() > 100).then_some("kind has more than 100 characters")
    }
}

/// Counts a service reports about itself; absent means "not said", never zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Capacity {
    /// Treatment spaces with staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staffed_spaces: Option<u32>,
    /// Of these, taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupied_spaces: Option<u32>,
    /// General and acute beds open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beds_open: Option<u32>,
    /// Of these, taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beds_occupied: Option<u32>,
    /// Of the open beds, escalation beds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation_beds: Option<u32>,
    /// Patients in a bed who no longer need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_criteria_to_reside: Option<u32>,
    /// Clinicians on duty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinicians: Option<u32>,
}
