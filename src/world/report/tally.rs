//! Counts by day what happened at the Royal Infirmary and the centres.

use std::collections::BTreeMap;

use super::super::arrival_profile::HOURS;
use super::super::happening::{Happening, IncidentNo, VisitNo, What};
use super::super::places::{ADULT_ED, CHILDREN_ED, EYE_CASUALTY};
use domain::event::{ArrivalMode, Decision, Departure};
use domain::time::{DAY, HOUR, MINUTE};
use domain::{At, Millis};

/// The four-hour clock of a patient by ambulance starts at hand-over or this long after arrival,
/// whichever is earlier (A&E return definitions).
const CLOCK_STARTS_AFTER: Millis = 15 * MINUTE;
const FOUR_HOURS: Millis = 4 * HOUR;
const TWELVE_HOURS: Millis = 12 * HOUR;

/// Which return a visit is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Type1,
    Eye,
    Centre,
}

#[derive(Debug)]
struct Stay {
    kind: Kind,
    /// The day it is counted in; outside the counted days it only takes up room.
    day: Option<usize>,
    arrived: At,
    seen: Option<At>,
    handed_over: Option<At>,
    needs_bed_since: Option<At>,
    moved: bool,
}

/// One day at the Royal Infirmary's doors.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Day {
    pub(super) type_1: f64,
    pub(super) ambulances: f64,
    pub(super) handovers: f64,
    pub(super) handover_minutes: f64,
}

impl Day {
    pub(super) fn mean_handover(&self) -> f64 {
        self.handover_minutes / self.handovers.max(1.0)
    }
}

/// Everything counted in one run.
#[derive(Debug, Default)]
pub(in super::super) struct Tally {
    first: At,
    pub(super) days: Vec<Day>,
    pub(super) by_hour: [f64; HOURS],
    /// Hand-overs beyond 15, 30, 45 and 60 minutes.
    pub(super) beyond: [f64; 4],
    pub(super) type_1_left: f64,
    pub(super) type_1_in_four_hours: f64,
    pub(super) admitted: f64,
    pub(super) bed_wait_over_4h: f64,
    pub(super) bed_wait_over_12h: f64,
    pub(super) left_unseen: f64,
    pub(super) waits_minutes: Vec<i64>,
    pub(super) centre: f64,
    pub(super) centre_left: f64,
    pub(super) centre_in_four_hours: f64,
    pub(super) eye: f64,
    stays: BTreeMap<VisitNo, Stay>,
    crews: BTreeMap<IncidentNo, VisitNo>,
}

impl Tally {
    pub(super) fn new(first: At, days: u32) -> Self {
        Self {
            first,
            days: vec![Day::default(); days as usize],
            ..Self::default()
        }
    }

    /// Over all counted days, minutes.
    #[cfg(test)]
    pub(in super::super) fn mean_handover(&self) -> f64 {
        let total = |part: fn(&Day) -> f64| self.days.iter().map(part).sum::<f64>();
        total(|day| day.handover_minutes) / total(|day| day.handovers).max(1.0)
    }

    /// The published days are of 24 hours; the period has no change of the clocks.
    fn day(&self, at: At) -> Option<usize> {
        let day = at.since(self.first).div_euclid(DAY);
        usize::try_from(day)
            .ok()
            .filter(|day| *day < self.days.len())
    }

    pub(super) fn count(&mut self, happening: &Happening) {
        let at = happening.at;
        match &happening.what {
            What::Arrived(arrival) => {
                let kind = match arrival.service.as_str() {
                    ADULT_ED | CHILDREN_ED => Kind::Type1,
                    EYE_CASUALTY => Kind::Eye,
                    _ => Kind::Centre,
                };
                if let Some(incident) = arrival.incident {
                    self.crews.insert(incident, arrival.visit);
                }
                self.arrive(at, arrival.visit, kind, arrival.mode);
            }
            What::HandedOver(incident) => self.hand_over(at, *incident),
            What::Seen(visit) => self.see(at, *visit),
            What::Decided(visit, Decision::Admit) => {
                if let Some(stay) = self.stays.get_mut(visit) {
                    stay.needs_bed_since = Some(at);
                }
            }
            What::Moved(visit, _) => {
                if let Some(stay) = self.stays.get_mut(visit) {
                    stay.moved = true;
                }
            }
            What::Departed(visit, how) => self.depart(at, *visit, *how),
            _ => {}
        }
    }

    fn arrive(&mut self, at: At, visit: VisitNo, kind: Kind, mode: ArrivalMode) {
        let day = self.day(at);
        if let Some(day) = day {
            let counted = &mut self.days[day];
            match kind {
                Kind::Type1 => {
                    counted.type_1 += 1.0;
                    counted.ambulances += f64::from(u8::from(mode == ArrivalMode::Ambulance));
                    self.by_hour[at.london().hour() as usize] += 1.0;
                }
                Kind::Eye => self.eye += 1.0,
                Kind::Centre => self.centre += 1.0,
            }
        }
        let stay = Stay {
            kind,
            day,
            arrived: at,
            seen: None,
            handed_over: None,
            needs_bed_since: None,
            moved: false,
        };
        self.stays.insert(visit, stay);
    }

    fn hand_over(&mut self, at: At, incident: IncidentNo) {
        let Some(visit) = self.crews.remove(&incident) else {
            return;
        };
        let Some(stay) = self.stays.get_mut(&visit) else {
            return;
        };
        stay.handed_over = Some(at);
        let Some(day) = stay.day else {
            return;
        };
        let minutes = at.since(stay.arrived) as f64 / MINUTE as f64;
        self.days[day].handovers += 1.0;
        self.days[day].handover_minutes += minutes;
        for (count, limit) in self.beyond.iter_mut().zip([15.0, 30.0, 45.0, 60.0]) {
            *count += f64::from(u8::from(minutes > limit));
        }
    }

    fn see(&mut self, at: At, visit: VisitNo) {
        let Some(stay) = self.stays.get_mut(&visit) else {
            return;
        };
        stay.seen = Some(at);
        if stay.kind == Kind::Type1 && stay.day.is_some() {
            self.waits_minutes.push(at.minutes_since(stay.arrived));
        }
    }

    fn depart(&mut self, at: At, visit: VisitNo, how: Departure) {
        let Some(stay) = self.stays.remove(&visit) else {
            return;
        };
        if stay.day.is_none() || stay.moved {
            return;
        }
        let clock = stay.handed_over.map_or(stay.arrived, |handed_over| {
            handed_over.min(stay.arrived.plus(CLOCK_STARTS_AFTER))
        });
        let in_time = f64::from(u8::from(at.since(clock) <= FOUR_HOURS));
        match stay.kind {
            Kind::Centre => {
                self.centre_left += 1.0;
                self.centre_in_four_hours += in_time;
            }
            Kind::Type1 => {
                self.type_1_left += 1.0;
                self.type_1_in_four_hours += in_time;
                let unseen = how == Departure::LeftBeforeSeen;
                self.left_unseen += f64::from(u8::from(unseen));
                self.admitted += f64::from(u8::from(how == Departure::Admitted));
                let bed_wait = stay.needs_bed_since.map_or(0, |since| at.since(since));
                self.bed_wait_over_4h += f64::from(u8::from(bed_wait > FOUR_HOURS));
                self.bed_wait_over_12h += f64::from(u8::from(bed_wait > TWELVE_HOURS));
            }
            Kind::Eye => {}
        }
    }
}
