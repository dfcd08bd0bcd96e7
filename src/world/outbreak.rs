//! An outbreak that is planted: for a while more people than usual ask for care from some hexes.

use super::day_plan::DayFactors;
use super::engine::Area;
use domain::time::MINUTE;
use domain::{At, Cell, Millis, Position};

/// Those who come by ambulance called about so long before they arrive.
const CALLED_BEFORE: Millis = 60 * MINUTE;

/// More people than usual from some hexes for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Outbreak {
    /// The hexes, all of one level.
    pub cells: Vec<Cell>,
    /// It begins.
    pub from: At,
    /// It ends.
    pub until: At,
    /// So many times as many people as usual, at least 1.
    pub times: f64,
}

impl Outbreak {
    /// Whether a home lies in it.
    fn holds(&self, home: Position) -> bool {
        self.cells.first().is_some_and(|first| {
            let cell = home.cell(first.0.resolution());
            cell.is_some_and(|cell| self.cells.contains(&cell))
        })
    }
}

/// Who is planned for just now: everybody, or only those that an outbreak adds.
#[derive(Debug, Clone, Default)]
pub(super) struct Planting {
    outbreak: Option<Outbreak>,
    /// The additional people are being planned.
    is_on: bool,
}

impl Planting {
    /// From now on with an outbreak.
    pub(super) fn plant(&mut self, outbreak: Outbreak) {
        self.outbreak = Some(outbreak);
    }

    /// How many times as many people as usual are planned.
    pub(super) fn times(&self) -> f64 {
        match &self.outbreak {
            Some(outbreak) if self.is_on => (outbreak.times - 1.0).max(0.0),
            _ => 1.0,
        }
    }

    /// Whether somebody from that home is planned for.
    pub(super) fn wants(&self, home: Position) -> bool {
        let outbreak = self.outbreak.as_ref().filter(|_| self.is_on);
        outbreak.is_none_or(|outbreak| outbreak.holds(home))
    }
}

impl Area {
    /// Plans those whom an outbreak adds on the day that starts at a midnight: once more everybody of its hours, of
    /// whom those stay whose home is in it.
    pub(super) fn plan_outbreak(&mut self, midnight: At, factors: DayFactors) {
        let end = midnight.next_london_midnight();
        let Some((from, until)) = self
            .planting
            .outbreak
            .as_ref()
            .map(|outbreak| (outbreak.from.max(midnight), outbreak.until.min(end)))
            .filter(|(from, until)| from < until)
        else {
            return;
        };
        // Its people are drawn apart, so that all others come as they would without it.
        std::mem::swap(&mut self.demand, &mut self.planted);
        self.planting.is_on = true;
        for index in 0..self.places.streams.len() {
            let by_ambulance = self.places.streams[index].by_ambulance;
            let lead = if by_ambulance { CALLED_BEFORE } else { 0 };
            self.plan_open(index, from.plus(lead), until.plus(lead), factors);
        }
        self.plan_calls(from, until);
        self.planting.is_on = false;
        std::mem::swap(&mut self.demand, &mut self.planted);
    }
}
