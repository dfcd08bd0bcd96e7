//! Setting off: who asks, what they are told, and where they go.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use super::crews::Crew;
use super::outcome::{TrialCounts, TrialOutcome};
use super::{Advise, Asking, Group, POSTED_WINDOW, SEEN_WINDOW, Site, Trial};
use crate::engine::{Area, SimStep};
use crate::happening::{IncidentNo, VisitNo, What};
use crate::patient::{DepartmentSort, Patient};
use crate::residents::CHILD_BANDS;
use domain::event::ArrivalMode;
use domain::time::MINUTE;
use domain::travel::minutes_by_car;
use domain::{At, Position, ServiceId};

/// Acuity from which somebody who walks in has something minor.
const MINOR_FROM: u8 = 4;
/// Beyond the reach of the drive model nobody goes; a home just outside it takes so long, minutes.
const FAR_MINUTES: i64 = 75;

/// Advises those who set off, and counts what comes of it.
pub(crate) struct AdviceRouter {
    adviser: Box<dyn Advise>,
    seed: u64,
    trial: Trial,
    pub(super) counted: TrialCounts,
    /// When each who asked set off.
    setting_off: BTreeMap<VisitNo, (Group, At, bool)>,
    arrived: BTreeMap<VisitNo, (usize, At, bool)>,
    pub(super) crews: BTreeMap<IncidentNo, Crew>,
    /// By department: when a crew handed over, after how many minutes.
    pub(super) handovers: BTreeMap<ServiceId, VecDeque<(At, f64)>>,
    /// By department: when somebody was seen, after how many minutes, and whether of low acuity.
    seen: BTreeMap<usize, VecDeque<(At, f64, bool)>>,
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
    fn lately(&self, department: usize, after: At, minor_only: bool) -> (u32, Option<f64>) {
        let all = self.seen.get(&department).into_iter().flatten();
        let waits: Vec<f64> = all
            .filter(|(at, _, minor)| *at > after && (*minor || !minor_only))
            .map(|(_, wait, _)| *wait)
            .collect();
        let mean = waits.iter().sum::<f64>() / waits.len().max(1) as f64;
        (waits.len() as u32, (!waits.is_empty()).then_some(mean))
    }

    fn note(&mut self, now: At, what: &What, minor: impl Fn(VisitNo) -> Option<(usize, bool)>) {
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

impl Area {
    /// From now on those who set off are advised.
    pub(crate) fn route(&mut self, router: AdviceRouter) {
        self.router = Some(Box::new(router));
    }

    /// What came of it.
    pub(crate) fn outcome(&mut self) -> TrialOutcome {
        self.router
            .take()
            .map(|router| router.counted.outcome())
            .unwrap_or_default()
    }

    /// Tells the router what happened.
    pub(crate) fn tell_router(&mut self, what: &What) {
        let Some(mut router) = self.router.take() else {
            return;
        };
        let minor = |visit| {
            let patient = self.patients.get(&visit)?;
            Some((patient.department, patient.acuity >= MINOR_FROM))
        };
        router.note(self.now, what, minor);
        self.router = Some(router);
    }

    /// When somebody sets off who may be advised; `None` for all others, who simply arrive.
    pub(crate) fn sets_off(&self, patient: &Patient, arrives: At) -> Option<At> {
        let router = self.router.as_ref()?;
        let place = &self.departments[patient.department];
        let is_minor = patient.acuity >= MINOR_FROM && patient.mode == ArrivalMode::WalkIn;
        let is_here = !patient.needs_space && place.sort != DepartmentSort::Eye;
        let drive = drive(patient.person.home, place.position);
        let is_asked = is_minor && is_here && router.trial.advised.walk_in();
        is_asked.then(|| arrives.plus(-drive * MINUTE))
    }

    /// Sets off: asks, and goes.
    pub(crate) fn choose(&mut self, visit: VisitNo) {
        let Some(mut router) = self.router.take() else {
            self.go_unadvised(visit);
            return;
        };
        if let Some(patient) = self.patients.get(&visit) {
            let (home, own) = (patient.person.home, patient.department);
            let group = if patient.person.band < CHILD_BANDS {
                Group::Child
            } else {
                Group::Minor
            };
            let (places, mut asking) = self.asking(&router, group, home);
            if router.adviser.wants_truth() {
                for (place, site) in places.iter().zip(&mut asking.sites) {
                    let arrives = self.now.plus(site.drive * MINUTE);
                    site.truth = Some(self.foresee(visit, *place, arrives));
                }
            }
            // Everybody is told; the adviser does not know who will do so.
            let told = Some(&asking).filter(|asking| !asking.sites.is_empty());
            let told = told.and_then(|asking| router.adviser.advise(asking));
            let told = told.filter(|_| router.complies(visit));
            let goes = told
                .and_then(|told| places.get(told).copied())
                .unwrap_or(own);
            let now = self.now;
            router.setting_off.insert(visit, (group, now, goes != own));
            let arrives = now.plus(drive(home, self.departments[goes].position) * MINUTE);
            if let Some(patient) = self.patients.get_mut(&visit) {
                patient.department = goes;
            }
            self.plan(arrives, SimStep::Arrive(visit));
        }
        self.router = Some(router);
        self.count_waiting();
    }

    /// In a copy of the area nobody is advised.
    fn go_unadvised(&mut self, visit: VisitNo) {
        if let Some(patient) = self.patients.get(&visit) {
            let to = self.departments[patient.department].position;
            let arrives = self.now.plus(drive(patient.person.home, to) * MINUTE);
            self.plan(arrives, SimStep::Arrive(visit));
        }
    }

    fn asking(&self, router: &AdviceRouter, group: Group, home: Position) -> (Vec<usize>, Asking) {
        let now = self.now;
        let mut found: Vec<(usize, Site)> = Vec::new();
        for (index, place) in self.departments.iter().enumerate() {
            let fits = match place.sort {
                DepartmentSort::Adult => group == Group::Minor,
                DepartmentSort::Children => group == Group::Child,
                DepartmentSort::Centre => true,
                DepartmentSort::Eye => false,
            };
            let Some(drive) = minutes_by_car(home, place.position).filter(|_| fits) else {
                continue;
            };
            if !self.is_open_at(index, now.plus(drive * MINUTE)) {
                continue;
            }
            let (seen, _) = router.lately(index, now.plus(-SEEN_WINDOW), false);
            let (_, posted) = router.lately(index, now.plus(-POSTED_WINDOW), false);
            let (_, lately) = router.lately(index, now.plus(-SEEN_WINDOW), true);
            let site = Site {
                service: place.service.clone(),
                drive,
                waiting: (place.for_triage.len() + place.for_clinician.len()) as u32,
                seen,
                posted,
                lately,
                coming: 0,
                truth: None,
            };
            found.push((index, site));
        }
        found.sort_by_key(|(index, site)| (site.drive, *index));
        let (places, sites) = found.into_iter().unzip();
        let asking = Asking {
            at: now,
            group,
            sites,
        };
        (places, asking)
    }

    fn is_open_at(&self, department: usize, at: At) -> bool {
        let streams = &self.places.streams;
        let of = streams
            .iter()
            .find(|stream| stream.department == department);
        let hours = of.and_then(|stream| stream.hours.as_ref());
        hours.is_none_or(|hours| hours.at(at).is_open())
    }

    /// Once in a while: how many wait where.
    pub(super) fn count_waiting(&mut self) {
        let now = self.now;
        let waiting: Vec<f64> = self
            .departments
            .iter()
            .map(|place| (place.for_triage.len() + place.for_clinician.len()) as f64)
            .collect();
        let outside = self.doors_outside();
        if let Some(router) = &mut self.router {
            router.counted.waiting(now, &waiting, &outside);
        }
    }
}

fn drive(from: Position, to: Position) -> i64 {
    minutes_by_car(from, to).unwrap_or(FAR_MINUTES)
}
