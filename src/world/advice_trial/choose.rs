//! Setting off: who asks, what they are told, and where they go.

use super::asking::{Asking, Group, POSTED_WINDOW, SEEN_WINDOW, Site};
use super::outcome::TrialOutcome;
use super::router::AdviceRouter;
use crate::engine::{Area, SimStep};
use crate::happening::{VisitNo, What};
use crate::patient::{DepartmentSort, Patient};
use crate::residents::CHILD_BANDS;
use domain::event::ArrivalMode;
use domain::time::MINUTE;
use domain::travel::minutes_by_car;
use domain::{At, Position};

/// Acuity from which somebody who walks in has something minor.
const MINOR_FROM: u8 = 4;
/// Beyond the reach of the drive model nobody goes; a home just outside it takes so long, minutes.
const FAR_MINUTES: i64 = 75;

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
