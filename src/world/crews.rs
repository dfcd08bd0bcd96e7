//! Ambulances: from the call, to the door, to clear again.

use super::engine::{Area, CallOutPlan, SimStep};
use super::happening::{CallOut, IncidentNo, Run, VisitNo, What};
use super::random::Dice;
use domain::event::IncidentCategory;
use domain::time::MINUTE;
use domain::{At, Millis, Position, ServiceId};

/// A car's minutes to a hospital: a constant and minutes for each straight-line kilometre. The
/// constant matters; no single speed fits (drive-time matrix of LSOAs to acute sites).
const DRIVE_CONSTANT_MINUTES: f64 = 8.3;
const DRIVE_MINUTES_A_KM: f64 = 1.005;
/// An ambulance with a patient on board, against a car. An assumption: 0.75 to 0.85.
const BLUE_LIGHT: f64 = 0.8;
/// C1, C2, C3, C4, professional's request, transfer between hospitals: how often (EMAS, 2022, with
/// a share for the last two assumed).
const CATEGORIES: [(IncidentCategory, f64, f64); 6] = [
    (IncidentCategory::C1, 15.0, 9.7),
    (IncidentCategory::C2, 60.0, 42.0),
    (IncidentCategory::C3, 14.0, 110.0),
    (IncidentCategory::C4, 0.5, 150.0),
    (IncidentCategory::Hcp, 8.0, 90.0),
    (IncidentCategory::Ift, 2.5, 75.0),
];
/// Random parts in a response, and with the patient at the scene; minutes at the scene.
const RESPONSE_STAGES: u32 = 3;
const SCENE_MINUTES: (f64, u32) = (38.0, 4);
/// Longest from call to hospital, so that a day's calls are all planned the day before.
const LEAD_MAX: Millis = 600 * MINUTE;
/// Minutes from hand-over to free again.
const CLEAR_MINUTES: (f64, u32) = (13.0, 4);
/// Hand-over at places outside this simulation, minutes.
const ELSEWHERE_MINUTES: (f64, u32) = (20.0, 5);
/// How far a crew's estimate may be out, minutes to either side.
const ETA_ERROR_MINUTES: f64 = 3.0;
/// Ambulances outside from which some are sent elsewhere, and how often.
const DIVERT_OUTSIDE: u32 = 6;
const DIVERT_SHARE: f64 = 0.09;
/// Minutes into the run at which word to go elsewhere comes.
const DIVERT_AFTER_MINUTES: f64 = 4.0;

/// Minutes for an ambulance from one place to another.
pub(super) fn drive(from: Position, to: Position) -> f64 {
    BLUE_LIGHT * (DRIVE_CONSTANT_MINUTES + DRIVE_MINUTES_A_KM * from.km_to(to))
}

/// A category, and the minutes until a crew is there.
pub(super) fn response(dice: &mut Dice) -> (IncidentCategory, Millis) {
    let (category, _, mean) = CATEGORIES[dice.pick(&CATEGORIES.map(|(_, share, _)| share))];
    (category, dice.minutes(mean, RESPONSE_STAGES))
}

impl Area {
    /// Plans a call-out that reaches a place at a moment: call and departure lie before it.
    pub(super) fn plan_conveyance(
        &mut self,
        (service, to): (ServiceId, Position),
        from: Position,
        arrive_at: At,
        visit: Option<VisitNo>,
    ) -> IncidentNo {
        let (category, responded) = response(&mut self.demand);
        let scene = self.demand.minutes(SCENE_MINUTES.0, SCENE_MINUTES.1);
        let road = super::random::whole_seconds(drive(from, to));
        let lead = (responded + scene + road).min(LEAD_MAX);
        self.incidents += 1;
        let incident = self.incidents;
        self.calls.insert(
            incident,
            CallOutPlan {
                category,
                place: from,
                service: Some(service),
                arrive_at,
                visit,
            },
        );
        let floor = self.now;
        self.plan(arrive_at.plus(-lead).max(floor), SimStep::CallOut(incident));
        self.plan(arrive_at.plus(-road).max(floor), SimStep::SetOff(incident));
        if visit.is_none() {
            self.plan(arrive_at, SimStep::ReachOther(incident));
        }
        incident
    }

    /// Plans a call-out whose patient is treated where they are.
    pub(super) fn plan_treated_at_home(&mut self, place: Position, called_at: At) {
        let (category, responded) = response(&mut self.demand);
        let scene = self.demand.minutes(SCENE_MINUTES.0, SCENE_MINUTES.1);
        self.incidents += 1;
        let plan = CallOutPlan {
            category,
            place,
            service: None,
            arrive_at: called_at,
            visit: None,
        };
        self.calls.insert(self.incidents, plan);
        self.plan(called_at, SimStep::CallOut(self.incidents));
        self.plan(
            called_at.plus(responded + scene),
            SimStep::Close(self.incidents),
        );
    }

    pub(super) fn call_out(&mut self, incident: IncidentNo) {
        if let Some(call) = self.calls.get(&incident) {
            let call = CallOut {
                incident,
                category: call.category,
                place: call.place,
            };
            self.happen(What::CalledOut(Box::new(call)));
        }
    }

    pub(super) fn set_off(&mut self, incident: IncidentNo) {
        self.choose_hospital(incident);
        let Some((service, arrive_at, visit)) = self
            .calls
            .get(&incident)
            .and_then(|call| Some((call.service.clone()?, call.arrive_at, call.visit)))
        else {
            return;
        };
        let error = self.care.within(2.0 * ETA_ERROR_MINUTES) - ETA_ERROR_MINUTES as i64 * MINUTE;
        let run = Run {
            incident,
            service,
            eta: arrive_at.plus(error).max(self.now),
        };
        self.happen(What::SetOff(Box::new(run)));
        let outside = self
            .places
            .adult
            .map_or(0, |ed| self.departments[ed].outside);
        let may_divert = visit.is_some() && outside >= DIVERT_OUTSIDE;
        if may_divert && self.care.chance(DIVERT_SHARE) {
            let after = self.care.within(DIVERT_AFTER_MINUTES);
            self.plan_in(after, SimStep::Divert(incident));
        }
    }

    /// Sent to another hospital while under way, because too many stand outside this one.
    pub(super) fn divert(&mut self, incident: IncidentNo) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&incident) else {
            return;
        };
        let Some((service, to)) = self.places.find_elsewhere(call.place).cloned() else {
            return;
        };
        let Some(visit) = call.visit.take_if(|_| now < call.arrive_at) else {
            return;
        };
        let road = super::random::whole_seconds(drive(call.place, to));
        call.service = Some(service.clone());
        call.arrive_at = now.plus(road);
        self.patients.remove(&visit);
        let eta = now.plus(road);
        self.happen(What::Diverted(Box::new(Run {
            incident,
            service,
            eta,
        })));
        self.plan(eta, SimStep::ReachOther(incident));
    }

    pub(super) fn reach_other(&mut self, incident: IncidentNo) {
        if !self.is_due(incident) {
            return;
        }
        let service = self.calls.get_mut(&incident).and_then(|call| {
            call.arrive_at = At::default();
            call.service.clone()
        });
        self.happen(What::AtTheDoor(incident));
        if let Some(index) = service.and_then(|service| self.find_neighbour(&service)) {
            self.neighbour_takes(index, Some(incident));
            return;
        }
        let length = self.care.minutes(ELSEWHERE_MINUTES.0, ELSEWHERE_MINUTES.1);
        self.plan_in(length, SimStep::HandOverElsewhere(incident));
    }

    pub(super) fn hand_over_elsewhere(&mut self, incident: IncidentNo) {
        self.handed_over(incident);
    }

    pub(super) fn handed_over(&mut self, incident: IncidentNo) {
        self.happen(What::HandedOver(incident));
        let length = self.care.minutes(CLEAR_MINUTES.0, CLEAR_MINUTES.1);
        self.plan_in(length, SimStep::Clear(incident));
    }

    pub(super) fn clear(&mut self, incident: IncidentNo) {
        self.happen(What::Cleared(incident));
        self.close(incident);
    }

    pub(super) fn close(&mut self, incident: IncidentNo) {
        self.happen(What::ClosedCallOut(incident));
        self.calls.remove(&incident);
    }
}
