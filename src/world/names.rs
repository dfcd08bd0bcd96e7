//! Names on the wire. A tag made of seed and start goes into each, so that a second run against
//! the same server is new people, not the first ones again.

use super::happening::{IncidentNo, VisitNo};
use domain::{At, FeedId};

/// Marks a stay that never was: a registration in error.
pub(super) const MISTAKEN: VisitNo = 1 << 63;

/// Gives names.
#[derive(Debug, Clone)]
pub(super) struct Names {
    tag: String,
    messages: u64,
}

impl Names {
    pub(super) fn new(seed: u64, start: At) -> Self {
        // Any fixed mixing will do; this is the finaliser of SplitMix64.
        let mut mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ start.0 as u64;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self {
            tag: format!("{:07x}", (mixed ^ (mixed >> 31)) & 0xFFF_FFFF),
            messages: 0,
        }
    }

    pub(super) fn visit(&self, visit: VisitNo) -> String {
        if visit & MISTAKEN == 0 {
            format!("v-{}-{visit:x}", self.tag)
        } else {
            format!("v-{}-x{:x}", self.tag, visit ^ MISTAKEN)
        }
    }

    /// The hospital's own pseudonym for the patient, as its record number would be.
    pub(super) fn patient(&self, visit: VisitNo) -> String {
        let kind = if visit & MISTAKEN == 0 { 'P' } else { 'X' };
        format!(
            "{kind}{}{:07X}",
            self.tag.to_uppercase(),
            visit & 0xFFF_FFFF
        )
    }

    pub(super) fn incident(&self, incident: IncidentNo) -> String {
        format!("i-{}-{incident:x}", self.tag)
    }

    /// Ambulances carry one of so many call signs.
    pub(super) fn vehicle(incident: IncidentNo) -> String {
        const CALL_SIGNS: u64 = 96;
        format!("EM{:04}", 5_001 + incident.wrapping_mul(37) % CALL_SIGNS)
    }

    /// A name for one message of a feed, never given twice.
    pub(super) fn message(&mut self, feed: &FeedId) -> String {
        self.messages += 1;
        format!("{feed}-{}-{:x}", self.tag, self.messages)
    }
}
