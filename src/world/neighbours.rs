//! Hospitals around the area that take ambulances, for trials in which crews choose: each has trolleys for those who
//! come by ambulance, ambulances of its own, and days on which patients leave slowly. Nothing else of them is
//! simulated. Their dice are their own, so that the rest of the area stays as it is.
//!
//! Their hand-over times are not in the figures that the area was calibrated on: each is taken to be as the Royal
//! Infirmary by its regimes, on days of its own. That is an assumption, and so is every number here without a source.

use super::arrival_profile::HourOfWeek;
use super::engine::{Area, SimStep};
use super::happening::IncidentNo;
use super::neighbour::Neighbour;
use super::patient_flow::HANDOVER_MINUTES;
use domain::At;
use domain::time::MINUTE;

impl Area {
    /// From now on the hospitals around have ambulances of their own.
    pub(super) fn surround(&mut self, neighbours: Vec<Neighbour>) {
        self.neighbours = neighbours;
        for index in 0..self.neighbours.len() {
            self.plan(self.now, SimStep::NeighbourHour(index));
        }
    }

    /// Each hour: its regime at midnight, its corridor, and the ambulances that come in it.
    pub(super) fn neighbour_hour(&mut self, index: usize) {
        let when = HourOfWeek::of(self.now);
        let neighbour = &mut self.neighbours[index];
        if when.hour == 0 {
            // How many beds that frees is of no account here: only what sort of day it is.
            let _beds = neighbour.spells.begin_day(when.weekday);
        }
        neighbour.begin_hour();
        let mean_gap = 60.0
            / self
                .places
                .ambulances
                .expected(when, neighbour.per_day)
                .max(1e-9);
        let mut minute = neighbour.dice.exponential(mean_gap);
        let mut times = Vec::new();
        while minute < 60.0 {
            times.push(minute);
            minute += neighbour.dice.exponential(mean_gap);
        }
        for minute in times {
            self.plan_in(
                super::random::whole_seconds(minute),
                SimStep::NeighbourTakes(index, None),
            );
        }
        self.neighbour_next(index);
        self.plan_in(60 * MINUTE, SimStep::NeighbourHour(index));
    }

    /// An ambulance at its door.
    pub(super) fn neighbour_takes(&mut self, index: usize, incident: Option<IncidentNo>) {
        let now = self.now;
        let neighbour = &mut self.neighbours[index];
        neighbour.outside += 1;
        neighbour.line.push_back((now, incident));
        self.neighbour_next(index);
    }

    fn neighbour_next(&mut self, index: usize) {
        while self.neighbours[index].has_room() {
            let neighbour = &mut self.neighbours[index];
            let Some((since, incident)) = neighbour.line.pop_front() else {
                return;
            };
            neighbour.busy += 1;
            let length = neighbour
                .dice
                .minutes(HANDOVER_MINUTES.0, HANDOVER_MINUTES.1);
            self.plan_in(length, SimStep::NeighbourTook(index, since, incident));
        }
    }

    /// Handed over: the patient stays on the trolley.
    pub(super) fn neighbour_took(&mut self, index: usize, since: At, incident: Option<IncidentNo>) {
        let neighbour = &mut self.neighbours[index];
        neighbour.outside = neighbour.outside.saturating_sub(1);
        let stay = neighbour.stay();
        let service = neighbour.service.clone();
        self.plan_in(stay, SimStep::NeighbourFree(index));
        match (incident, &mut self.router) {
            (Some(incident), _) => self.handed_over(incident),
            (None, Some(router)) => router.neighbour_took(self.now, service, since),
            (None, None) => {}
        }
    }

    /// A trolley is free.
    pub(super) fn neighbour_free(&mut self, index: usize) {
        let neighbour = &mut self.neighbours[index];
        neighbour.busy = neighbour.busy.saturating_sub(1);
        self.neighbour_next(index);
    }
}
