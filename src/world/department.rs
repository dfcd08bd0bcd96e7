//! One department or centre: its lines, its staff, its spaces. Counting only; what a step means
//! for a patient is in `care`.

use std::collections::{BTreeSet, VecDeque};

use super::arrival_profile::{ArrivalProfile, HOURS, HourOfWeek};
use super::happening::VisitNo;
use super::patient::DepartmentSort;
use domain::event::Rag;
use domain::{Position, Service, ServiceId};

/// People who can do one kind of work at a time for one patient each.
#[derive(Debug, Clone, Default)]
pub(super) struct Crew {
    on_duty: u32,
    busy: u32,
}

impl Crew {
    fn of(on_duty: u32) -> Self {
        Self { on_duty, busy: 0 }
    }

    /// One more at work, if one is free.
    pub(super) fn take(&mut self) -> bool {
        let free = self.busy < self.on_duty;
        self.busy += u32::from(free);
        free
    }

    pub(super) fn give_back(&mut self) {
        self.busy = self.busy.saturating_sub(1);
    }

    pub(super) fn busy(&self) -> u32 {
        self.busy
    }

    pub(super) fn on_duty(&self) -> u32 {
        self.on_duty
    }
}

/// A line in order of a key; the lowest goes first.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(BTreeSet<(i64, VisitNo)>);

impl Line {
    pub(super) fn join(&mut self, place: i64, visit: VisitNo) {
        self.0.insert((place, visit));
    }

    pub(super) fn leave(&mut self, place: i64, visit: VisitNo) {
        self.0.remove(&(place, visit));
    }

    pub(super) fn next(&mut self) -> Option<VisitNo> {
        self.0.pop_first().map(|(_, visit)| visit)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One department.
#[derive(Debug, Clone)]
pub(super) struct Department {
    pub(super) service: ServiceId,
    pub(super) sort: DepartmentSort,
    pub(super) position: Position,
    pub(super) nurses: Crew,
    pub(super) handover_teams: Crew,
    pub(super) clinicians: Crew,
    /// Trolley spaces; a department without a number of them never runs out.
    pub(super) spaces: Option<Crew>,
    pub(super) for_triage: VecDeque<VisitNo>,
    pub(super) for_space: Line,
    pub(super) for_handover: VecDeque<VisitNo>,
    pub(super) for_clinician: Line,
    /// Ambulances outside.
    pub(super) outside: u32,
    /// Trolleys in the corridor.
    corridor: u32,
    pub(super) rated: Rag,
    staff: [u32; HOURS],
}

/// Clinicians in the adult department by hour of the day; children's and eye likewise. Rosters are
/// not published: set so that the four-hour share comes out as published.
const ADULT_STAFF: [u32; HOURS] = [
    13, 12, 11, 10, 9, 8, 8, 8, 10, 12, 14, 16, 17, 17, 17, 18, 18, 18, 18, 17, 17, 16, 15, 14,
];
const CHILD_STAFF: [u32; HOURS] = [
    3, 3, 2, 2, 2, 2, 2, 2, 3, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 3,
];
const EYE_STAFF: u32 = 5;
/// Trolley spaces of the adult department with staff, resuscitation bays apart. An assumption.
pub(super) const ADULT_SPACES: u32 = 75;
/// Trolleys put into the corridor: with so many ambulances outside, so many each hour, at most so
/// many; and taken back once no more than so many ambulances are outside. An assumption.
const CORRIDOR_OUTSIDE: u32 = 7;
const CORRIDOR_STEP: u32 = 2;
const CORRIDOR_MAX: u32 = 12;
const CORRIDOR_OVER: u32 = 2;
/// Crews of nurses who take patients over from ambulances.
const ADULT_HANDOVER_TEAMS: u32 = 8;
const CHILD_HANDOVER_TEAMS: u32 = 3;
/// Minutes of a clinician one patient of a centre takes, with the slack that keeps its four-hour
/// share near 100%.
const CENTRE_MINUTES_A_PATIENT: f64 = 19.0;
/// A centre is amber and red when so many wait for each clinician.
const CENTRE_AMBER: usize = 4;
const CENTRE_RED: usize = 8;
/// The adult department is red with so many ambulances outside, amber with so many.
const OUTSIDE_RED: u32 = 8;
const OUTSIDE_AMBER: u32 = 4;

impl Department {
    fn new(service: &Service, sort: DepartmentSort, staff: [u32; HOURS]) -> Self {
        let (nurses, teams, spaces) = match sort {
            DepartmentSort::Adult => (5, ADULT_HANDOVER_TEAMS, Some(Crew::of(ADULT_SPACES))),
            DepartmentSort::Children => (3, CHILD_HANDOVER_TEAMS, None),
            DepartmentSort::Eye | DepartmentSort::Centre => (2, 1, None),
        };
        Self {
            service: service.id.clone(),
            sort,
            position: service.position,
            nurses: Crew::of(nurses),
            handover_teams: Crew::of(teams),
            clinicians: Crew::of(staff[0]),
            spaces,
            for_triage: VecDeque::new(),
            for_space: Line::default(),
            for_handover: VecDeque::new(),
            for_clinician: Line::default(),
            outside: 0,
            corridor: 0,
            rated: Rag::Green,
            staff,
        }
    }

    /// A department of the Royal Infirmary.
    pub(super) fn of_hospital(service: &Service, sort: DepartmentSort) -> Self {
        let staff = match sort {
            DepartmentSort::Adult => ADULT_STAFF,
            DepartmentSort::Children => CHILD_STAFF,
            DepartmentSort::Eye | DepartmentSort::Centre => [EYE_STAFF; HOURS],
        };
        Self::new(service, sort, staff)
    }

    /// An urgent care centre, staffed for the arrivals expected in an open hour.
    pub(super) fn centre(service: &Service, arrivals: &ArrivalProfile, scale: f64) -> Self {
        let staff = std::array::from_fn(|hour| {
            let busiest = (0..7)
                .map(|weekday| arrivals.share(HourOfWeek { weekday, hour }) * scale)
                .fold(0.0, f64::max);
            1 + libm::ceil(busiest * CENTRE_MINUTES_A_PATIENT / 60.0) as u32
        });
        Self::new(service, DepartmentSort::Centre, staff)
    }

    /// Puts the clinicians of this hour on duty; those beyond finish the patient they have. With
    /// many ambulances outside, trolleys go into the corridor; with none, they are taken back.
    pub(super) fn begin_hour(&mut self, hour: usize) {
        self.clinicians.on_duty = self.staff[hour];
        if self.outside >= CORRIDOR_OUTSIDE {
            self.corridor = (self.corridor + CORRIDOR_STEP).min(CORRIDOR_MAX);
        } else if self.outside <= CORRIDOR_OVER {
            self.corridor = self.corridor.saturating_sub(CORRIDOR_STEP);
        }
        if let Some(spaces) = &mut self.spaces {
            spaces.on_duty = ADULT_SPACES + self.corridor;
        }
    }

    /// A space for one more, if there is one.
    pub(super) fn take_space(&mut self) -> bool {
        self.spaces.as_mut().is_none_or(Crew::take)
    }

    pub(super) fn free_space(&mut self) {
        if let Some(spaces) = &mut self.spaces {
            spaces.give_back();
        }
    }

    /// A free clinician calls the next patient.
    pub(super) fn call_next(&mut self) -> Option<VisitNo> {
        if self.for_clinician.is_empty() || !self.clinicians.take() {
            return None;
        }
        self.for_clinician.next()
    }

    /// How loaded it is, in its own words.
    pub(super) fn rating(&self) -> Rag {
        let for_each = self.for_clinician.len() / self.clinicians.on_duty.max(1) as usize;
        match self.sort {
            DepartmentSort::Adult if self.outside >= OUTSIDE_RED => Rag::Red,
            DepartmentSort::Adult if self.outside >= OUTSIDE_AMBER => Rag::Amber,
            DepartmentSort::Centre if for_each >= CENTRE_RED => Rag::Red,
            DepartmentSort::Centre if for_each >= CENTRE_AMBER => Rag::Amber,
            _ => Rag::Green,
        }
    }
}
