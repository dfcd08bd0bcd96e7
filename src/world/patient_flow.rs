//! A patient's way through a department: triage or hand-over, a space, a clinician, results, a
//! decision, and out. Lines form wherever staff, spaces or beds run short.

use super::engine::{Area, SimStep};
use super::happening::{Arrival, VisitNo, What};
use super::patient::{DepartmentSort, Patient, Stage};
use domain::Millis;
use domain::event::{ArrivalMode, Decision, Departure};
use domain::time::MINUTE;

/// Minutes of a triage nurse, and random parts in them.
const TRIAGE_MINUTES: (f64, u32) = (6.0, 3);
/// Minutes from the ambulance's arrival to a completed hand-over when nothing is in the way.
pub(super) const HANDOVER_MINUTES: (f64, u32) = (20.1, 4);
/// Minutes from "you may go home" to the door.
const LEAVING_MINUTES: (f64, u32) = (12.0, 2);
/// Minutes from a free bed to the patient in it: cleaning, porters, the ward's hand-over.
const TO_BED_MINUTES: (f64, u32) = (42.0, 4);
/// Children's wards: minutes to a bed. Their flow is not what holds ambulances up.
const TO_CHILD_BED_MINUTES: (f64, u32) = (130.0, 3);
/// A patient of acuity 1 to 5 stands in the clinician's line as if this many minutes later.
const HEAD_START_MINUTES: [i64; 5] = [0, 15, 70, 110, 130];
/// In the line for a space, those less urgent than acuity 2 stand as if this much later.
const SPACE_LATER_MINUTES: [i64; 5] = [0, 0, 55, 55, 55];
/// In the line for a space a walk-in stands as if so many minutes later: crews are to be released.
const SPACE_WALK_IN_MINUTES: i64 = 15;
/// Shares of those seen who leave before treatment is complete; of acuity 1 who die; of those going
/// home who are sent on to another place.
const LEAVE_INCOMPLETE: f64 = 0.012;
const DIE: f64 = 0.03;
const SENT_ON: f64 = 0.015;
/// Share of the adult department's low-acuity walk-ins whose trouble is an eye.
const EYE_TROUBLE: f64 = 0.03;

impl Area {
    pub(super) fn arrive(&mut self, visit: VisitNo) {
        let now = self.now;
        let Some(patient) = self.patients.get_mut(&visit) else {
            return; // The crew was sent elsewhere.
        };
        patient.arrived = now;
        let (department, incident, patience) =
            (patient.department, patient.incident, patient.patience);
        let arrival = Arrival {
            visit,
            service: self.departments[department].service.clone(),
            mode: patient.mode,
            band: patient.person.band,
            home: patient.person.home,
            incident,
        };
        if let Some(incident) = incident {
            self.happen(What::AtTheDoor(incident));
        }
        self.happen(What::Arrived(Box::new(arrival)));
        if let Some(patience) = patience {
            self.plan_in(patience, SimStep::GiveUp(visit));
        }
        if incident.is_some() {
            self.departments[department].outside += 1;
            self.stand(visit, Stage::Outside);
            self.want_space(visit);
        } else {
            self.stand(visit, Stage::ForTriage);
            self.departments[department].for_triage.push_back(visit);
            self.triage_next(department);
        }
    }

    fn stand(&mut self, visit: VisitNo, stage: Stage) {
        if let Some(patient) = self.patients.get_mut(&visit) {
            patient.stage = stage;
        }
    }

    fn find(&self, visit: VisitNo) -> Option<&Patient> {
        self.patients.get(&visit)
    }

    fn triage_next(&mut self, department: usize) {
        let place = &mut self.departments[department];
        if place.for_triage.is_empty() || !place.nurses.take() {
            return;
        }
        if let Some(visit) = place.for_triage.pop_front() {
            let length = self.care.minutes(TRIAGE_MINUTES.0, TRIAGE_MINUTES.1);
            self.plan_in(length, SimStep::TriageDone(visit));
        }
    }

    pub(super) fn triage_done(&mut self, visit: VisitNo) {
        let Some(patient) = self.find(visit) else {
            return;
        };
        let department = patient.department;
        self.departments[department].nurses.give_back();
        self.tell_acuity(visit);
        self.send_to_eye(visit);
        self.want_space(visit);
        self.triage_next(department);
    }

    fn tell_acuity(&mut self, visit: VisitNo) {
        if let Some(acuity) = self.find(visit).and_then(Patient::acuity) {
            self.happen(What::Triaged(visit, acuity));
        }
    }

    /// Some of those triaged by the adult department belong in eye casualty, while it is open.
    fn send_to_eye(&mut self, visit: VisitNo) {
        let is_minor = self.find(visit).is_some_and(|patient| {
            patient.acuity >= 4
                && self.departments[patient.department].sort == DepartmentSort::Adult
        });
        if !is_minor || !self.care.chance(EYE_TROUBLE) {
            return;
        }
        let Some(eye) = self
            .places
            .eye
            .filter(|_| self.places.eye_is_open(self.now))
        else {
            return;
        };
        if let Some(patient) = self.patients.get_mut(&visit) {
            patient.department = eye;
        }
        let service = self.departments[eye].service.clone();
        self.happen(What::Moved(visit, service));
    }

    /// Joins the line for a space, or goes on at once where none is needed.
    fn want_space(&mut self, visit: VisitNo) {
        let Some(patient) = self.patients.get_mut(&visit) else {
            return;
        };
        if !patient.needs_space {
            self.go_in(visit);
            return;
        }
        let level = usize::from(patient.acuity.clamp(1, 5)) - 1;
        let mut later = SPACE_LATER_MINUTES[level];
        if patient.mode != ArrivalMode::Ambulance {
            patient.stage = Stage::ForSpace;
            later += SPACE_WALK_IN_MINUTES;
        }
        patient.place_in_line = patient.arrived.plus(later * MINUTE).0;
        let (place, department) = (patient.place_in_line, patient.department);
        self.departments[department].for_space.join(place, visit);
        self.give_spaces(department);
    }

    fn give_spaces(&mut self, department: usize) {
        let place = &mut self.departments[department];
        if place.for_space.is_empty() || !place.take_space() {
            return;
        }
        if let Some(visit) = place.for_space.next() {
            if let Some(patient) = self.patients.get_mut(&visit) {
                patient.holds_space = true;
            }
            self.go_in(visit);
        }
    }

    /// Inside: from an ambulance by hand-over, from the waiting room straight to the clinicians.
    fn go_in(&mut self, visit: VisitNo) {
        let Some(patient) = self.find(visit) else {
            return;
        };
        let department = patient.department;
        if patient.stage == Stage::Outside {
            self.departments[department].for_handover.push_back(visit);
            self.hand_over_next(department);
        } else {
            self.want_clinician(visit);
        }
    }

    fn hand_over_next(&mut self, department: usize) {
        let place = &mut self.departments[department];
        if place.for_handover.is_empty() || !place.handover_teams.take() {
            return;
        }
        if let Some(visit) = place.for_handover.pop_front() {
            self.stand(visit, Stage::HandingOver);
            let length = self.care.minutes(HANDOVER_MINUTES.0, HANDOVER_MINUTES.1);
            self.plan_in(length, SimStep::HandoverDone(visit));
        }
    }

    pub(super) fn handover_done(&mut self, visit: VisitNo) {
        let Some((department, incident)) = self.find(visit).map(|p| (p.department, p.incident))
        else {
            return;
        };
        let place = &mut self.departments[department];
        place.handover_teams.give_back();
        place.outside = place.outside.saturating_sub(1);
        if let Some(incident) = incident {
            self.handed_over(incident);
        }
        self.tell_acuity(visit);
        self.want_clinician(visit);
        self.hand_over_next(department);
    }

    fn want_clinician(&mut self, visit: VisitNo) {
        let Some(patient) = self.patients.get_mut(&visit) else {
            return;
        };
        let level = usize::from(patient.acuity.clamp(1, 5)) - 1;
        patient.stage = Stage::ForClinician;
        patient.place_in_line = patient.arrived.plus(HEAD_START_MINUTES[level] * MINUTE).0;
        let (place, department) = (patient.place_in_line, patient.department);
        self.departments[department]
            .for_clinician
            .join(place, visit);
        self.see_next(department);
    }

    /// Clinicians who are free take the next patients.
    pub(super) fn see_next(&mut self, department: usize) {
        while let Some(visit) = self.departments[department].call_next() {
            self.happen(What::Seen(visit));
            if let Some(patient) = self.patients.get_mut(&visit) {
                patient.stage = Stage::WithClinician;
                let length = patient.consult;
                self.plan_in(length, SimStep::ConsultDone(visit));
            }
        }
    }

    pub(super) fn consult_done(&mut self, visit: VisitNo) {
        let Some((department, results)) = self.find(visit).map(|p| (p.department, p.results))
        else {
            return;
        };
        self.departments[department].clinicians.give_back();
        self.stand(visit, Stage::ForResults);
        self.plan_in(results, SimStep::ResultsIn(visit));
        self.see_next(department);
    }

    pub(super) fn results_in(&mut self, visit: VisitNo) {
        let Some(patient) = self.find(visit) else {
            return;
        };
        let (acuity, needs_bed) = (patient.acuity, patient.needs_bed);
        let sort = self.departments[patient.department].sort;
        if acuity == 1 && self.care.chance(DIE) {
            self.depart(visit, Departure::Died);
        } else if !needs_bed && self.care.chance(LEAVE_INCOMPLETE) {
            self.depart(visit, Departure::LeftBeforeComplete);
        } else if needs_bed {
            self.happen(What::Decided(visit, Decision::Admit));
            self.stand(visit, Stage::ForBed);
            self.want_bed(visit, sort);
        } else {
            let on = self.care.chance(SENT_ON);
            let decision = if on {
                Decision::Transfer
            } else {
                Decision::Discharge
            };
            self.happen(What::Decided(visit, decision));
            self.go(visit, decision, LEAVING_MINUTES);
        }
    }

    fn want_bed(&mut self, visit: VisitNo, sort: DepartmentSort) {
        if sort != DepartmentSort::Adult {
            self.go(visit, Decision::Admit, TO_CHILD_BED_MINUTES);
        } else if self.wards.ask(visit) {
            self.go(visit, Decision::Admit, TO_BED_MINUTES);
        }
    }

    pub(super) fn bed_free(&mut self) {
        if let Some(visit) = self.wards.free_bed() {
            self.go(visit, Decision::Admit, TO_BED_MINUTES);
        }
    }

    fn go(&mut self, visit: VisitNo, decision: Decision, (mean, stages): (f64, u32)) {
        self.stand(visit, Stage::Leaving);
        let length: Millis = self.care.minutes(mean, stages);
        self.plan_in(length, SimStep::Leave(visit, decision));
    }

    pub(super) fn leave(&mut self, visit: VisitNo, decision: Decision) {
        let how = match decision {
            Decision::Admit => Departure::Admitted,
            Decision::Discharge => Departure::Discharged,
            Decision::Transfer => Departure::Transferred,
        };
        self.depart(visit, how);
    }

    fn depart(&mut self, visit: VisitNo, how: Departure) {
        let Some(patient) = self.patients.remove(&visit) else {
            return;
        };
        self.happen(What::Departed(visit, how));
        if patient.holds_space {
            self.departments[patient.department].free_space();
            self.give_spaces(patient.department);
        }
    }

    /// Patience ran out: leaves, unless a clinician has them by now.
    pub(super) fn give_up(&mut self, visit: VisitNo) {
        let Some(patient) = self.find(visit) else {
            return;
        };
        let (place, department) = (patient.place_in_line, patient.department);
        match patient.stage {
            Stage::ForClinician => self.departments[department]
                .for_clinician
                .leave(place, visit),
            Stage::ForSpace => self.departments[department].for_space.leave(place, visit),
            _ => return,
        }
        self.depart(visit, Departure::LeftBeforeSeen);
    }
}
