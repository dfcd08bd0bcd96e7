//! Ambulances: from call-out to clear, and the handover clock at the door.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Cell, EventId, FeedId, IncidentId, ServiceId};

/// A call-out is forgotten this long after its last news.
pub const INCIDENT_KEPT: Millis = 50 * HOUR;
/// A conveyance that never arrived, or a handover that never ended, no longer counts after this.
pub const CONVEYANCE_MAX: Millis = 12 * HOUR;
/// Handovers are told apart at these lengths, minutes. At most 15, 30 and 60 are the standards of the contract of
/// 2022/23, 45 the most allowed by the plan for 2025/26.
pub const BAND_MINUTES: [i64; 4] = [15, 30, 45, 60];
/// What a handover takes beyond this is lost to the ambulance service.
const EXPECTED_MAX: Millis = BAND_MINUTES[0] * MINUTE;

/// Handovers by how long they took, or have taken so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bands {
    /// Those of at most each of [`BAND_MINUTES`] and of more than the one before; last those beyond all.
    pub counts: [u32; BAND_MINUTES.len() + 1],
    /// What each took beyond `EXPECTED_MAX`, together.
    pub lost: Millis,
}

impl Bands {
    /// Sorts lengths into bands.
    pub fn of(lengths: impl IntoIterator<Item = Millis>) -> Self {
        let mut bands = Self::default();
        for length in lengths {
            let band = BAND_MINUTES
                .iter()
                .position(|minutes| length <= minutes * MINUTE)
                .unwrap_or(BAND_MINUTES.len());
            bands.counts[band] += 1;
            bands.lost += (length - EXPECTED_MAX).max(0);
        }
        bands
    }
}

/// What one fact says of a call-out. The order settles steps of the same moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IncidentStep {
    /// The call came.
    Opened(Cell),
    /// Under way to a service, first or diverted, with the crew's expected time.
    Towards(ServiceId, Option<At>),
    /// Outside the door: the handover clock starts.
    Arrived,
    /// The patient is the department's: the clock stops.
    HandedOver,
    /// The crew is free.
    Cleared,
    /// The call-out ended.
    Closed,
}

/// One fact of a call-out, ordered by when it happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IncidentFact {
    /// When it happened.
    pub happened_at: At,
    /// What it says.
    pub leg: IncidentStep,
    /// Who said so.
    pub feed: FeedId,
    /// Under which id.
    pub id: EventId,
}

/// One call-out, derived from its facts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    facts: Vec<IncidentFact>,
    /// Where and when the call came.
    pub opened: Option<(At, Cell)>,
    /// Under way to, since, expected.
    pub towards: Option<(ServiceId, At, Option<At>)>,
    /// Outside the door since.
    pub arrived: Option<At>,
    /// Handed over at.
    pub handed_over: Option<At>,
    /// Free, or over.
    pub ended: Option<At>,
}

impl Incident {
    fn derive(&mut self) {
        self.facts.sort();
        let facts = std::mem::take(&mut self.facts);
        *self = Self::default();
        for fact in &facts {
            let at = fact.happened_at;
            match &fact.leg {
                IncidentStep::Opened(cell) => self.opened = self.opened.or(Some((at, *cell))),
                IncidentStep::Towards(service, eta) if self.arrived.is_none() => {
                    self.towards = Some((service.clone(), at, *eta));
                }
                IncidentStep::Towards(..) => {}
                IncidentStep::Arrived => self.arrived = self.arrived.or(Some(at)),
                IncidentStep::HandedOver => self.handed_over = self.handed_over.or(Some(at)),
                IncidentStep::Cleared | IncidentStep::Closed => {
                    self.ended = self.ended.or(Some(at));
                }
            }
        }
        self.facts = facts;
    }

    fn newest(&self) -> At {
        self.facts
            .iter()
            .map(|fact| fact.happened_at)
            .max()
            .unwrap_or_default()
    }

    /// The service it is at or on its way to.
    pub fn service(&self) -> Option<&ServiceId> {
        self.towards.as_ref().map(|(service, ..)| service)
    }

    /// On its way, not yet there.
    pub fn is_inbound(&self, now: At) -> bool {
        self.arrived.is_none()
            && self.ended.is_none()
            && self
                .towards
                .as_ref()
                .is_some_and(|(_, since, _)| now.since(*since) < CONVEYANCE_MAX)
    }

    /// Outside the door with the patient, since when.
    pub fn waiting_since(&self, now: At) -> Option<At> {
        self.arrived.filter(|since| {
            self.handed_over.is_none() && self.ended.is_none() && now.since(*since) < CONVEYANCE_MAX
        })
    }

    /// A handover that is complete: when it ended and how long it took.
    pub fn handover(&self) -> Option<(At, Millis)> {
        let (arrived, ended) = (self.arrived?, self.handed_over?);
        Some((ended, ended.since(arrived).max(0)))
    }
}

/// Call-outs that still matter, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incidents {
    by_id: BTreeMap<IncidentId, Incident>,
}

impl Incidents {
    /// Takes a fact; returns the services whose figures it touches.
    pub fn take(&mut self, name: &IncidentId, fact: IncidentFact) -> Vec<ServiceId> {
        let incident = self.by_id.entry(name.clone()).or_default();
        let before = incident.service().cloned();
        incident.facts.push(fact);
        incident.derive();
        before
            .into_iter()
            .chain(incident.service().cloned())
            .collect()
    }

    /// The call-out of that name.
    pub fn find(&self, name: &IncidentId) -> Option<&Incident> {
        self.by_id.get(name)
    }

    /// The call-outs at a service or on their way to it.
    pub fn towards<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Incident> {
        self.all()
            .filter(move |incident| incident.service().is_some_and(|s| s.as_str() == service))
    }

    /// All call-outs, by name.
    pub fn all(&self) -> impl Iterator<Item = &Incident> {
        self.by_id.values()
    }

    /// All call-outs with their names.
    pub fn by_name(&self) -> impl Iterator<Item = (&IncidentId, &Incident)> {
        self.by_id.iter()
    }

    /// Forgets what is long over.
    pub fn tidy(&mut self, now: At) {
        self.by_id
            .retain(|_, incident| now.since(incident.newest()) <= INCIDENT_KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handover_on_the_edge_is_still_within_and_only_what_is_beyond_15_minutes_is_lost() {
        let lengths = [
            0, 900_000, 900_001, 1_800_000, 2_700_000, 3_600_000, 3_600_001,
        ];
        let bands = Bands::of(lengths);
        assert_eq!(bands.counts, [2, 2, 1, 1, 1]);
        assert_eq!(bands.lost, 1 + 900_000 + 1_800_000 + 2_700_000 + 2_700_001);
        assert_eq!(Bands::of([]), Bands::default());
    }
}
