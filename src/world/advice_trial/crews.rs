//! A crew with a patient on board: where it may go, what it is told, and where it goes.
//!
//! Adults whom no pathway sends elsewhere, of acuity 2 or less urgent, may be taken to any emergency department
//! within reach. The others go where the calibrated area sends them.

use super::asking::{Asking, Group, POSTED_WINDOW, SEEN_WINDOW, Site};
use super::router::AdviceRouter;
use crate::crews::drive;
use crate::engine::{Area, SimStep};
use crate::happening::{IncidentNo, VisitNo};
use crate::patient::{DepartmentSort, Patient};
use crate::random::{Dice, Sequence, whole_seconds};
use crate::residents::Person;
use domain::event::{ArrivalMode, IncidentCategory};
use domain::travel::minutes_by_car;
use domain::{Position, ServiceId};

/// Visits of patients who would have been taken out of the area are numbered from here.
const VISITS_FROM: VisitNo = 1 << 40;
/// Age band of those of whom none was drawn: 65 to 74.
const SOME_BAND: usize = 5;
/// Minutes beyond which nobody is taken past the nearest department.
const REACH_MINUTES: f64 = 60.0;

/// A department that crews may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// The adult department of the Royal Infirmary, by its index.
    Own(usize),
    /// A hospital around the area.
    Neighbour(usize),
}

impl Area {
    /// How many ambulances stand outside each.
    pub(super) fn doors_outside(&self) -> Vec<f64> {
        let doors = self.doors().into_iter();
        doors.map(|(.., outside)| f64::from(outside)).collect()
    }

    fn doors(&self) -> Vec<(Door, ServiceId, Position, u32)> {
        let own = self.places.adult.map(|index| {
            let place = &self.departments[index];
            let service = place.service.clone();
            (Door::Own(index), service, place.position, place.outside)
        });
        let around = self.neighbours.iter().enumerate().map(|(index, place)| {
            let service = place.service.clone();
            (
                Door::Neighbour(index),
                service,
                place.position,
                place.outside,
            )
        });
        own.into_iter().chain(around).collect()
    }

    /// A hospital around the area, by its id.
    pub(crate) fn find_neighbour(&self, service: &ServiceId) -> Option<usize> {
        let mut all = self.neighbours.iter();
        all.position(|neighbour| neighbour.service == *service)
    }

    /// The patient is on board. May change where the crew goes and when it is there.
    pub(crate) fn choose_hospital(&mut self, incident: IncidentNo) {
        if self.neighbours.is_empty() {
            return;
        }
        let Some(mut router) = self.router.take() else {
            return;
        };
        let may_choose = self.may_choose(&router, incident);
        router.crew_sets_off(incident, self.now, may_choose);
        if may_choose && let Some((doors, asking)) = self.crew_asks(&router, incident) {
            let told = router.advise(&asking);
            let told = told.filter(|_| router.complies(VISITS_FROM | incident));
            if let Some((door, service, position)) = told.and_then(|told| doors.get(told).cloned())
                && self
                    .calls
                    .get(&incident)
                    .and_then(|call| call.service.clone())
                    != Some(service.clone())
            {
                router.crew_moved(incident);
                self.take_to(&router, incident, door, (service, position));
            }
        }
        self.router = Some(router);
        self.count_waiting();
    }

    fn may_choose(&self, router: &AdviceRouter, incident: IncidentNo) -> bool {
        let Some(call) = self.calls.get(&incident) else {
            return false;
        };
        if matches!(call.category, IncidentCategory::Ift) {
            return false;
        }
        let patient = call.visit.and_then(|visit| self.patients.get(&visit));
        match (patient, &call.service) {
            (Some(patient), _) => {
                Some(patient.department) == self.places.adult && patient.acuity >= 2
            }
            (None, Some(service)) => {
                self.find_neighbour(service).is_some()
                    && self.draw_patient(router, incident, call.place).acuity >= 2
            }
            (None, None) => false,
        }
    }

    /// Somebody who would have been taken out of the area: the same whatever is advised.
    fn draw_patient(&self, router: &AdviceRouter, incident: IncidentNo, home: Position) -> Patient {
        let mixed = router.seed().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ incident;
        let mut dice = Dice::new(mixed, Sequence::Neighbour);
        let person = Person {
            band: SOME_BAND,
            home,
        };
        let kind = (self.places.adult.unwrap_or_default(), DepartmentSort::Adult);
        Patient::draw(kind, ArrivalMode::Ambulance, person, &mut dice)
    }

    #[expect(clippy::type_complexity, reason = "doors beside the question, once")]
    fn crew_asks(
        &self,
        router: &AdviceRouter,
        incident: IncidentNo,
    ) -> Option<(Vec<(Door, ServiceId, Position)>, Asking)> {
        let from = self.calls.get(&incident)?.place;
        let now = self.now;
        let mut found = Vec::new();
        for (door, service, position, outside) in self.doors() {
            let road = drive(from, position);
            if road > REACH_MINUTES || minutes_by_car(from, position).is_none() {
                continue;
            }
            let (seen, lately) = router.handed_over_lately(&service, now.plus(-SEEN_WINDOW));
            let (_, posted) = router.handed_over_lately(&service, now.plus(-POSTED_WINDOW));
            let site = Site {
                drive: libm::round(road) as i64,
                waiting: outside,
                coming: router.coming(&service),
                seen,
                posted,
                lately,
                truth: None,
                service: service.clone(),
            };
            found.push(((door, service, position), site));
        }
        found.sort_by_key(|(_, site)| site.drive);
        let (doors, sites): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let asking = Asking {
            at: now,
            group: Group::Crew,
            sites,
        };
        (!doors.is_empty()).then_some((doors, asking))
    }

    fn take_to(
        &mut self,
        router: &AdviceRouter,
        incident: IncidentNo,
        door: Door,
        (service, position): (ServiceId, Position),
    ) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&incident) else {
            return;
        };
        let road = whole_seconds(drive(call.place, position));
        let home = call.place;
        call.service = Some(service);
        call.arrive_at = now.plus(road);
        // The steps planned for the other place find nobody.
        if let Some(visit) = call.visit.take() {
            self.patients.remove(&visit);
        }
        match door {
            Door::Neighbour(_) => self.plan_in(road, SimStep::ReachOther(incident)),
            Door::Own(_) => {
                let visit = VISITS_FROM | incident;
                let mut patient = self.draw_patient(router, incident, home);
                patient.incident = Some(incident);
                self.patients.insert(visit, patient);
                if let Some(call) = self.calls.get_mut(&incident) {
                    call.visit = Some(visit);
                }
                self.plan_in(road, SimStep::Arrive(visit));
            }
        }
    }

    /// Whether a crew that was to be there now still is: it may have been sent elsewhere.
    pub(crate) fn is_due(&self, incident: IncidentNo) -> bool {
        let call = self.calls.get(&incident);
        call.is_some_and(|call| call.visit.is_none() && call.arrive_at == self.now)
    }
}
