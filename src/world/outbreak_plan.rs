//! Plans the people whom an outbreak adds.

use super::day_plan::DayFactors;
use super::engine::Area;
use domain::time::MINUTE;
use domain::{At, Millis};

/// Those who come by ambulance called about so long before they arrive.
const CALLED_BEFORE: Millis = 60 * MINUTE;

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
