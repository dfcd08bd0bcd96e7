//! A day's people, planned a day ahead: who comes where and when, who calls an ambulance, who
//! asks NHS 111.

use super::arrival_profile::HourOfWeek;
use super::engine::{Area, SimStep};
use super::happening::{Contact, What};
use super::patient::{DepartmentSort, Patient};
use super::places::open_spans;
use super::random::whole_seconds;
use super::wards::Regime;
use domain::Capacity;
use domain::event::{ArrivalMode, ContactChannel, Rag};
use domain::time::{HOUR, MINUTE};
use domain::{At, Position, ServiceId};

/// Spread of a day's number of walk-ins and of ambulances beyond chance. Small: ambulance arrivals
/// are close to Poisson (variance over mean 1.12).
const WALK_IN_DAY_SPREAD: f64 = 0.03;
const AMBULANCE_DAY_SPREAD: f64 = 0.031;
/// Diversions take this share of the Royal Infirmary's ambulances away, so so many more set off.
const DIVERTED_SHARE: f64 = 0.020;
/// NHS 111 contacts of the area a day: England's 20 million a year by population. An assumption.
const CONTACTS_A_DAY: f64 = 1_050.0;
/// Call-outs a day whose patient is treated at home, and those taken to other hospitals.
const TREATED_AT_HOME_A_DAY: f64 = 150.0;
const TAKEN_ELSEWHERE_A_DAY: f64 = 62.0;
/// Share of a centre's patients who come with a booked time, where 111 can book.
const BOOKED_SHARE: f64 = 0.35;
/// Half an hour for each bookable time; the hour of the day at which they are published.
const SLOT: i64 = 30 * MINUTE;
const SLOTS_HOUR: usize = 6;
/// Where NHS 111 contacts end: disposition code, share, and whether a centre is advised.
const DISPOSITIONS: [(&str, f64, bool); 7] = [
    ("Dx010", 9.0, false),
    ("Dx02", 8.0, false),
    ("Dx03", 9.0, true),
    ("Dx05", 14.0, true),
    ("Dx06", 14.0, true),
    ("Dx07", 24.0, false),
    ("Dx09", 22.0, false),
];
const ONLINE_SHARE: f64 = 0.25;
/// General and acute beds (NHSE, August 2025), and patients who no longer need theirs by regime:
/// the mean of the year is 457, range 295 to 731.
const BEDS_OPEN: u32 = 1_797;
const NO_CRITERIA: [u32; 3] = [410, 470, 560];
const ESCALATION_BEDS: [u32; 3] = [0, 12, 34];

/// How a day differs from others beyond chance: of walk-ins, and of those who come by ambulance.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayFactors {
    walk_in: f64,
    ambulance: f64,
}

impl Area {
    /// Plans everybody who comes on the day that starts at a midnight.
    pub(super) fn plan_people(&mut self, midnight: At) {
        let end = midnight.next_london_midnight();
        let walk_in = self.demand.factor(WALK_IN_DAY_SPREAD);
        let ambulance = self.demand.factor(AMBULANCE_DAY_SPREAD) * (1.0 + DIVERTED_SHARE);
        let factors = DayFactors { walk_in, ambulance };
        for index in 0..self.places.streams.len() {
            self.plan_open(index, midnight, end, factors);
        }
        self.plan_calls(midnight, end);
        self.plan_outbreak(midnight, factors);
    }

    /// Plans those who come to a place while it is open between two moments.
    pub(super) fn plan_open(&mut self, index: usize, from: At, to: At, factors: DayFactors) {
        let stream = &self.places.streams[index];
        let factor = if stream.by_ambulance {
            factors.ambulance
        } else {
            factors.walk_in
        };
        let open = match &stream.hours {
            Some(hours) => open_spans(hours, from, to),
            None => vec![(from, to)],
        };
        for (from, to) in open {
            self.plan_stream(index, from, to, factor);
        }
    }

    fn plan_stream(&mut self, index: usize, from: At, to: At, factor: f64) {
        for at in self.draw_times(from, to, |area, when| {
            let stream = &area.places.streams[index];
            stream.rhythm.share(when) * stream.scale * factor
        }) {
            self.plan_patient(index, at);
        }
    }

    /// Random moments between two, with the expected number an hour given for each hour.
    fn draw_times(
        &mut self,
        from: At,
        to: At,
        expected: impl Fn(&Self, HourOfWeek) -> f64,
    ) -> Vec<At> {
        let mut times = Vec::new();
        let mut start = from;
        while start < to {
            // London's clock moves by whole hours, so its hours are whole hours here.
            let end = At((start.0.div_euclid(HOUR) + 1) * HOUR).min(to);
            let mean = expected(self, HourOfWeek::of(start)) * self.planting.times();
            let mean_gap = 60.0 / mean.max(1e-9);
            let length = end.since(start) as f64 / MINUTE as f64;
            let mut minute = self.demand.exponential(mean_gap);
            while minute < length {
                times.push(start.plus(whole_seconds(minute)));
                minute += self.demand.exponential(mean_gap);
            }
            start = end;
        }
        times
    }

    fn plan_patient(&mut self, index: usize, at: At) {
        let stream = &self.places.streams[index];
        let (department, sort, by_ambulance) =
            (stream.department, stream.sort, stream.by_ambulance);
        let is_booked = stream.bookable && self.demand.chance(BOOKED_SHARE);
        let person = self
            .places
            .residents
            .draw(&stream.catchment, &mut self.demand);
        if !self.planting.wants(person.home) {
            return;
        }
        let mode = match (by_ambulance, is_booked) {
            (true, _) => ArrivalMode::Ambulance,
            (_, true) => ArrivalMode::Booked,
            _ => ArrivalMode::WalkIn,
        };
        self.visits += 1;
        let visit = self.visits;
        let kind = (department, sort);
        let mut patient = Patient::draw(kind, mode, person, &mut self.demand);
        if by_ambulance {
            let place = &self.departments[department];
            let to = (place.service.clone(), place.position);
            let incident = self.plan_conveyance(to, person.home, at, Some(visit));
            patient.incident = Some(incident);
        }
        let sets_off = self.sets_off(&patient, at);
        self.patients.insert(visit, patient);
        match sets_off {
            Some(from) => self.plan(from.max(self.now), SimStep::Choose(visit)),
            None => self.plan(at, SimStep::Arrive(visit)),
        }
    }

    pub(super) fn plan_calls(&mut self, midnight: At, end: At) {
        let ambulances = |per_day: f64| {
            move |area: &Self, when: HourOfWeek| area.places.ambulances.expected(when, per_day)
        };
        for at in self.draw_times(midnight, end, ambulances(TREATED_AT_HOME_A_DAY)) {
            let place = self.draw_home();
            if self.planting.wants(place) {
                self.plan_treated_at_home(place, at);
            }
        }
        for at in self.draw_times(midnight, end, ambulances(TAKEN_ELSEWHERE_A_DAY)) {
            let from = self.draw_home();
            if !self.planting.wants(from) {
                continue;
            }
            if let Some(to) = self.places.find_elsewhere(from).cloned() {
                self.plan_conveyance(to, from, at, None);
            }
        }
        let contacts = |area: &Self, when| area.places.everybody.expected(when, CONTACTS_A_DAY);
        for at in self.draw_times(midnight, end, contacts) {
            let contact = self.draw_contact();
            if self.planting.wants(contact.place) {
                self.plan(at, SimStep::Ask(Box::new(contact)));
            }
        }
    }

    fn draw_home(&mut self) -> Position {
        let places = &self.places;
        places.residents.draw(&places.anyone, &mut self.demand).home
    }

    fn draw_contact(&mut self) -> Contact {
        let place = self.draw_home();
        let ending = self.demand.pick(&DISPOSITIONS.map(|(_, share, _)| share));
        let (disposition, _, to_centre) = DISPOSITIONS[ending];
        let channel = if self.demand.chance(ONLINE_SHARE) {
            ContactChannel::Online111
        } else {
            ContactChannel::Phone111
        };
        Contact {
            channel,
            place,
            disposition,
            advised: to_centre.then(|| self.find_centre(place)).flatten(),
        }
    }

    /// The nearest centre that the 111 clinician can book.
    fn find_centre(&self, from: Position) -> Option<ServiceId> {
        let centres = self.places.streams.iter().filter(|stream| stream.bookable);
        centres
            .map(|stream| &self.departments[stream.department])
            .min_by(|a, b| from.km_to(a.position).total_cmp(&from.km_to(b.position)))
            .map(|place| place.service.clone())
    }

    /// Each centre that 111 can book offers its day in half-hours, early in the morning.
    fn offer_slots(&mut self, index: usize) {
        let midnight = self.now.london_midnight();
        let stream = &self.places.streams[index];
        let (Some(hours), true) = (&stream.hours, stream.bookable) else {
            return;
        };
        let mut slots = Vec::new();
        for (from, to) in open_spans(hours, midnight, midnight.next_london_midnight()) {
            let mut start = from;
            while start.plus(SLOT) <= to {
                slots.push((start, start.plus(SLOT)));
                start = start.plus(SLOT);
            }
        }
        if !slots.is_empty() {
            let service = self.departments[stream.department].service.clone();
            self.happen(What::Offered(service, slots));
        }
    }

    /// Each hour: what the hospital counts, and who is loaded.
    pub(super) fn report_hour(&mut self) {
        if self.hour.hour == SLOTS_HOUR {
            (0..self.places.streams.len()).for_each(|index| self.offer_slots(index));
        }
        for index in 0..self.departments.len() {
            let rating = self.departments[index].rating();
            let place = &mut self.departments[index];
            // Said again each hour while it is not green: by itself it would lapse.
            if place.rated != rating || rating != Rag::Green {
                place.rated = rating;
                let service = place.service.clone();
                let note = match place.sort {
                    DepartmentSort::Adult => "Ambulances are waiting to hand over",
                    _ => "More people are waiting than usual",
                };
                self.happen(What::Rated(service, rating, note));
            }
        }
        let Some(adult) = self.places.adult.map(|index| &self.departments[index]) else {
            return;
        };
        let regime = match self.wards.regime() {
            Regime::Calm => 0,
            Regime::Mid => 1,
            Regime::Pressured => 2,
        };
        let spaces = adult.spaces.as_ref();
        let capacity = Capacity {
            staffed_spaces: spaces.map(super::department::Crew::on_duty),
            occupied_spaces: spaces.map(super::department::Crew::busy),
            beds_open: Some(BEDS_OPEN),
            beds_occupied: Some(BEDS_OPEN - self.wards.free()),
            escalation_beds: Some(ESCALATION_BEDS[regime]),
            no_criteria_to_reside: Some(NO_CRITERIA[regime]),
            clinicians: Some(adult.clinicians.on_duty()),
        };
        let service = adult.service.clone();
        self.happen(What::Counted(service, Box::new(capacity)));
    }
}
