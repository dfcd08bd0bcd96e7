//! Keeps what an adviser is told of, and counts what comes of the advice.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use super::asking::{Advise, Asking, Group, POSTED_WINDOW, Trial};
use super::crew::Crew;
use super::outcome::TrialCounts;
use crate::happening::{IncidentNo, VisitNo, What};
use domain::time::MINUTE;
use domain::{At, ServiceId};

/// Advises those who set off, and counts what comes of it.
pub(crate) struct AdviceRouter {
    pub(super) adviser: Box<dyn Advise>,
    pub(super) seed: u64,
    pub(super) trial: Trial,
    pub(super) counted: TrialCounts,
    /// When each who asked set off.
    pub(super) setting_off: BTreeMap<VisitNo, (Group, At, bool)>,
    pub(super) arrived: BTreeMap<VisitNo, (usize, At, bool)>,
    pub(super) crews: BTreeMap<IncidentNo, Crew>,
    /// By department: when a crew handed over, after how many minutes.
    pub(super) handovers: BTreeMap<ServiceId, VecDeque<(At, f64)>>,
    /// By department: when somebody was seen, after how many minutes, and whether of low acuity.
    pub(super) seen: BTreeMap<usize, VecDeque<(At, f64, bool)>>,
}

impl fmt::Debug for AdviceRouter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdviceRouter")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl AdviceRouter {
    pub(crate) fn new(
        adviser: Box<dyn Advise>,
        seed: u64,
        trial: Trial,
        counted: (At, At),
    ) -> Self {
        Self {
            adviser,
            seed,
            trial,
            counted: TrialCounts::new(counted),
            setting_off: BTreeMap::new(),
            arrived: BTreeMap::new(),
            crews: BTreeMap::new(),
            handovers: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    /// The same people comply whatever is advised: a fixed mixing of their number, no dice.
    pub(super) fn complies(&self, visit: VisitNo) -> bool {
        let mut mixed = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ visit;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let share = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        share < self.trial.compliance
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn advise(&mut self, asking: &Asking) -> Option<usize> {
        self.adviser.advise(asking)
    }

    /// Mean wait and number of those seen at a department after a moment.
    pub(super) fn lately(
        &self,
        department: usize,
        after: At,
        minor_only: bool,
    ) -> (u32, Option<f64>) {
        let all = self.seen.get(&department).into_iter().flatten();
        let waits: Vec<f64> = all
            .filter(|(at, _, minor)| *at > after && (*minor || !minor_only))
            .map(|(_, wait, _)| *wait)
            .collect();
        let mean = waits.iter().sum::<f64>() / waits.len().max(1) as f64;
        (waits.len() as u32, (!waits.is_empty()).then_some(mean))
    }

    pub(super) fn note(
        &mut self,
        now: At,
        what: &What,
        minor: impl Fn(VisitNo) -> Option<(usize, bool)>,
    ) {
        match what {
            What::Arrived(arrival) => {
                if let Some((department, is_minor)) = minor(arrival.visit) {
                    let arrived = (department, now, is_minor);
                    self.arrived.insert(arrival.visit, arrived);
                }
            }
            What::Seen(visit) => {
                if let Some((department, arrived, is_minor)) = self.arrived.remove(visit) {
                    let seen = self.seen.entry(department).or_default();
                    let wait = now.since(arrived) as f64 / MINUTE as f64;
                    seen.push_back((now, wait, is_minor));
                    while seen
                        .front()
                        .is_some_and(|(at, ..)| now.since(*at) > POSTED_WINDOW)
                    {
                        seen.pop_front();
                    }
                }
                if let Some((group, from, moved)) = self.setting_off.remove(visit) {
                    let minutes = now.since(from) as f64 / MINUTE as f64;
                    self.counted.seen(from, group, minutes, moved);
                }
            }
            What::Departed(visit, _) => {
                self.arrived.remove(visit);
                // Not seen: gave up.
                if let Some((group, from, _)) = self.setting_off.remove(visit) {
                    self.counted.left(from, group);
                }
            }
            _ => self.note_crew(now, what),
        }
    }
}

impl AdviceRouter {
    /// Mean hand-over at a place and number of those handed over after a moment.
    pub(super) fn handed_over_lately(&self, service: &ServiceId, after: At) -> (u32, Option<f64>) {
        let all = self.handovers.get(service).into_iter().flatten();
        let (mut people, mut minutes) = (0_u32, 0.0);
        for (_, took) in all.filter(|(at, _)| *at > after) {
            people += 1;
            minutes += took;
        }
        (people, (people > 0).then(|| minutes / f64::from(people)))
    }

    pub(super) fn crew_sets_off(&mut self, incident: IncidentNo, now: At, may_choose: bool) {
        self.crews.insert(incident, Crew::new(now, may_choose));
    }

    pub(super) fn crew_moved(&mut self, incident: IncidentNo) {
        if let Some(crew) = self.crews.get_mut(&incident) {
            crew.moved = true;
        }
    }

    /// Crews on their way to a place.
    pub(super) fn coming(&self, service: &ServiceId) -> u32 {
        let under_way = |crew: &&Crew| crew.arrived.is_none() && crew.to.as_ref() == Some(service);
        self.crews.values().filter(under_way).count() as u32
    }

    /// A hospital around the area took over from an ambulance of its own.
    pub(crate) fn neighbour_took(&mut self, now: At, service: ServiceId, since: At) {
        self.note_handover(now, service, since);
        self.counted.neighbour_took(since, now);
    }

    pub(super) fn note_crew(&mut self, now: At, what: &What) {
        match what {
            What::SetOff(run) | What::Diverted(run) => {
                let crew = self.crews.entry(run.incident);
                let crew = crew.or_insert_with(|| Crew::new(now, false));
                crew.to = Some(run.service.clone());
            }
            What::AtTheDoor(incident) => {
                if let Some(crew) = self.crews.get_mut(incident) {
                    crew.arrived = Some(now);
                }
            }
            What::HandedOver(incident) => {
                let crew = self.crews.get(incident);
                let known = crew.and_then(|crew| Some((crew.to.clone()?, crew.arrived?)));
                if let Some((service, arrived)) = known {
                    let may_choose = crew.is_some_and(|crew| crew.may_choose);
                    self.counted.handed_over(arrived, now, may_choose);
                    self.note_handover(now, service, arrived);
                }
            }
            What::Cleared(incident) => {
                if let Some(crew) = self.crews.remove(incident) {
                    self.counted.cleared(&crew, now);
                }
            }
            _ => {}
        }
    }

    pub(super) fn note_handover(&mut self, now: At, service: ServiceId, since: At) {
        let all = self.handovers.entry(service).or_default();
        all.push_back((now, now.since(since) as f64 / MINUTE as f64));
        while all
            .front()
            .is_some_and(|(at, _)| now.since(*at) > POSTED_WINDOW)
        {
            all.pop_front();
        }
    }
}
