//! The simulated area: a queue of steps, each of which may happen something and plan further steps.
//!
//! It keeps simulated time only. `day` plans who comes, `care` moves patients through a department,
//! `crews` moves ambulances; this file holds what they share and the order of steps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use super::advice_trial::AdviceRouter;
use super::arrival_profile::HourOfWeek;
use super::department::Department;
use super::happening::{Contact, Happening, IncidentNo, VisitNo, What};
use super::neighbour::Neighbour;
use super::outbreak::Planting;
use super::patient::Patient;
use super::places::Places;
use super::random::{Dice, Sequence};
use super::scenario::Scenario;
use super::wards::Wards;
use domain::event::{Decision, IncidentCategory};
use domain::time::HOUR;
use domain::{At, Directory, Millis, Position, ServiceId};

/// Something due to happen.
#[derive(Debug, Clone)]
pub(super) enum SimStep {
    BeginDay,
    BeginHour,
    BedMeeting,
    BedFree,
    Choose(VisitNo),
    Arrive(VisitNo),
    TriageDone(VisitNo),
    HandoverDone(VisitNo),
    ConsultDone(VisitNo),
    ResultsIn(VisitNo),
    Leave(VisitNo, Decision),
    GiveUp(VisitNo),
    CallOut(IncidentNo),
    SetOff(IncidentNo),
    Divert(IncidentNo),
    ReachOther(IncidentNo),
    HandOverElsewhere(IncidentNo),
    Clear(IncidentNo),
    Close(IncidentNo),
    NeighbourHour(usize),
    NeighbourTakes(usize, Option<IncidentNo>),
    NeighbourTook(usize, At, Option<IncidentNo>),
    NeighbourFree(usize),
    Ask(Box<Contact>),
}

#[derive(Debug, Clone)]
struct Planned {
    at: At,
    order: u64,
    step: SimStep,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Planned {}
impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Planned {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// One call-out, from call to clear.
#[derive(Debug, Clone)]
pub(super) struct CallOutPlan {
    pub(super) category: IncidentCategory,
    pub(super) place: Position,
    /// Where to; nowhere when the patient stays at home.
    pub(super) service: Option<ServiceId>,
    pub(super) arrive_at: At,
    /// The visit it becomes, when the department is simulated.
    pub(super) visit: Option<VisitNo>,
}

/// The area.
#[derive(Debug)]
pub(super) struct Area {
    pub(super) now: At,
    pub(super) hour: HourOfWeek,
    steps: BinaryHeap<Reverse<Planned>>,
    planned: u64,
    pub(super) places: Arc<Places>,
    pub(super) departments: Vec<Department>,
    /// Hospitals around the area, in trials in which crews choose.
    pub(super) neighbours: Vec<Neighbour>,
    pub(super) wards: Wards,
    pub(super) patients: BTreeMap<VisitNo, Patient>,
    pub(super) calls: BTreeMap<IncidentNo, CallOutPlan>,
    pub(super) visits: u64,
    pub(super) incidents: u64,
    pub(super) demand: Dice,
    /// For those whom an outbreak adds.
    pub(super) planted: Dice,
    pub(super) planting: Planting,
    pub(super) care: Dice,
    happened: Vec<Happening>,
    pub(super) router: Option<Box<AdviceRouter>>,
}

impl Area {
    /// The area at the midnight at or before `from`, with nobody waiting anywhere.
    pub(super) fn new(seed: u64, scenario: Scenario, from: At, directory: &Directory) -> Self {
        let (places, departments) = Places::new(directory);
        let midnight = from.london_midnight();
        let mut area = Self {
            now: midnight,
            hour: HourOfWeek::of(midnight),
            steps: BinaryHeap::new(),
            planned: 0,
            places: Arc::new(places),
            departments,
            neighbours: Vec::new(),
            wards: Wards::new(seed, scenario.pinned_regime()),
            patients: BTreeMap::new(),
            calls: BTreeMap::new(),
            visits: 0,
            incidents: 0,
            demand: Dice::new(seed, Sequence::Demand),
            planted: Dice::new(seed, Sequence::Outbreak),
            planting: Planting::default(),
            care: Dice::new(seed, Sequence::Care),
            happened: Vec::new(),
            router: None,
        };
        area.plan_people(midnight);
        area.plan(midnight, SimStep::BeginDay);
        area.plan(midnight, SimStep::BeginHour);
        area
    }

    /// The same area with nobody advised: what happens to it does not happen to this one.
    pub(super) fn copy(&self) -> Self {
        Self {
            now: self.now,
            hour: self.hour,
            steps: self.steps.clone(),
            planned: self.planned,
            places: Arc::clone(&self.places),
            departments: self.departments.clone(),
            neighbours: self.neighbours.clone(),
            wards: self.wards.clone(),
            patients: self.patients.clone(),
            calls: self.calls.clone(),
            visits: self.visits,
            incidents: self.incidents,
            demand: self.demand.clone(),
            care: self.care.clone(),
            happened: Vec::new(),
            planted: self.planted.clone(),
            planting: self.planting.clone(),
            router: None,
        }
    }

    pub(super) fn plan(&mut self, at: At, step: SimStep) {
        self.planned += 1;
        self.steps.push(Reverse(Planned {
            at,
            order: self.planned,
            step,
        }));
    }

    pub(super) fn plan_in(&mut self, length: Millis, step: SimStep) {
        self.plan(self.now.plus(length), step);
    }

    pub(super) fn happen(&mut self, what: What) {
        self.tell_router(&what);
        self.happened.push(Happening { at: self.now, what });
    }

    /// Lets everything happen up to and including a moment, and hands it over in order.
    pub(super) fn run_until(&mut self, until: At) -> Vec<Happening> {
        while self.steps.peek().is_some_and(|next| next.0.at <= until) {
            if let Some(Reverse(next)) = self.steps.pop() {
                self.now = next.at;
                self.take(next.step);
            }
        }
        self.now = self.now.max(until);
        std::mem::take(&mut self.happened)
    }

    fn take(&mut self, step: SimStep) {
        match step {
            SimStep::BeginDay => self.begin_day(),
            SimStep::BeginHour => self.begin_hour(),
            SimStep::BedMeeting => self.meet_about_beds(),
            SimStep::BedFree => self.bed_free(),
            SimStep::Choose(visit) => self.choose(visit),
            SimStep::Arrive(visit) => self.arrive(visit),
            SimStep::TriageDone(visit) => self.triage_done(visit),
            SimStep::HandoverDone(visit) => self.handover_done(visit),
            SimStep::ConsultDone(visit) => self.consult_done(visit),
            SimStep::ResultsIn(visit) => self.results_in(visit),
            SimStep::Leave(visit, decision) => self.leave(visit, decision),
            SimStep::GiveUp(visit) => self.give_up(visit),
            SimStep::CallOut(incident) => self.call_out(incident),
            SimStep::SetOff(incident) => self.set_off(incident),
            SimStep::Divert(incident) => self.divert(incident),
            SimStep::ReachOther(incident) => self.reach_other(incident),
            SimStep::HandOverElsewhere(incident) => self.hand_over_elsewhere(incident),
            SimStep::Clear(incident) => self.clear(incident),
            SimStep::Close(incident) => self.close(incident),
            SimStep::NeighbourHour(index) => self.neighbour_hour(index),
            SimStep::NeighbourTakes(index, incident) => self.neighbour_takes(index, incident),
            SimStep::NeighbourTook(index, at, incident) => self.neighbour_took(index, at, incident),
            SimStep::NeighbourFree(index) => self.neighbour_free(index),
            SimStep::Ask(contact) => self.happen(What::Asked(contact)),
        }
    }

    /// Midnight: tomorrow's people, today's beds.
    fn begin_day(&mut self) {
        let tomorrow = self.now.next_london_midnight();
        self.plan_people(tomorrow);
        self.plan(tomorrow, SimStep::BeginDay);
        self.plan_in(BED_MEETING_HOUR * HOUR, SimStep::BedMeeting);
        let beds = self.wards.begin_day(HourOfWeek::of(self.now).weekday);
        self.plan_beds(beds, 0);
    }

    fn meet_about_beds(&mut self) {
        let beds = self.wards.meet();
        self.plan_beds(beds, BED_MEETING_HOUR as usize + 1);
    }

    fn plan_beds(&mut self, beds: usize, from_hour: usize) {
        let midnight = self.now.london_midnight();
        for _ in 0..beds {
            let minute = self.wards.discharge_minute(from_hour);
            self.plan(
                midnight.plus(super::random::whole_seconds(minute)),
                SimStep::BedFree,
            );
        }
    }

    fn begin_hour(&mut self) {
        self.hour = HourOfWeek::of(self.now);
        for department in 0..self.departments.len() {
            self.departments[department].begin_hour(self.hour.hour);
            self.see_next(department);
        }
        self.report_hour();
        self.plan_in(HOUR, SimStep::BeginHour);
    }
}

/// When the hospital meets about beds.
const BED_MEETING_HOUR: Millis = 8;
