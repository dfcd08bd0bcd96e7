//! A seeded, calibrated Leicester, Leicestershire and Rutland that emits wire messages: HL7 v2.4
//! ADT and NDJSON lines, as the feeds of the Directory would send them, dirt included.
//!
//! It is a simulation of events in its own time: it never reads a clock, and it knows nothing of
//! what the server makes of its messages. Delay at the ambulance doors comes from the flow out of
//! the hospital: wards free beds by weekday and by regimes that last for days, admitted patients
//! stay on trolleys meanwhile, and without a free trolley an ambulance cannot hand over.

pub mod advice_trial;
mod arrival_profile;
mod crews;
mod day_plan;
mod department;
mod engine;
mod feed_faults;
mod happening;
mod hl7;
mod names;
mod ndjson;
mod neighbour;
mod neighbours;
mod outbreak;
mod outbreak_plan;
mod patient;
mod patient_flow;
mod places;
mod random;
mod record;
mod report;
mod residents;
mod scenario;
pub mod send;
#[cfg(test)]
mod tests;
mod wards;
mod wire;
mod wire_queue;

use std::collections::BTreeMap;

use self::engine::Area;
use self::happening::{Happening, What};
use self::wire_queue::WireQueue;
use domain::time::{DAY, HOUR, MINUTE};
use domain::{At, Directory, Millis, ServiceId};

pub use self::feed_faults::FeedFaults;
pub use self::outbreak::Outbreak;
pub use self::report::{Report, Row, report};
pub use self::scenario::{Scenario, UnknownScenario};
pub use self::wire::{Channel, Settings, Wire};

/// Simulated before the start, so that departments and wards are in use when it comes.
const WARM_UP: Millis = 5 * DAY;
/// Patients who came within so long before the start, and are still there, are told of at the
/// start. The others are never mentioned.
const TOLD_OF: Millis = 12 * HOUR;

/// The simulated area, as seen from its wires.
#[derive(Debug)]
pub struct World {
    settings: Settings,
    area: Area,
    post: WireQueue,
    next_beat: At,
}

impl World {
    /// A world that has been going for some days when it starts.
    pub fn new(settings: Settings, directory: &Directory) -> Self {
        let start = settings.start;
        let from = start.plus(-WARM_UP);
        let mut world = Self {
            area: Area::new(settings.seed, settings.scenario, from, directory),
            post: WireQueue::new(&settings, directory),
            next_beat: At((start.0.div_euclid(MINUTE) + 1) * MINUTE),
            settings,
        };
        world.tell_of_the_start(start);
        world
    }

    /// Plants an outbreak. People are planned a day ahead: it must begin on a later day than the next.
    pub fn plant(&mut self, outbreak: Outbreak) {
        self.area.planting.plant(outbreak);
    }

    /// What sort of world it is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// All messages due by a moment and not handed out before, in the order they are sent.
    pub fn next_until(&mut self, until: At) -> Vec<Wire> {
        // Minute by minute, so that it does not matter in what portions the wires are asked for.
        while self.next_beat <= until {
            self.run_until(self.next_beat);
            self.post.beat(self.next_beat);
            self.next_beat = self.next_beat.plus(MINUTE);
        }
        self.run_until(until);
        self.post.collect_until(until)
    }

    fn run_until(&mut self, until: At) {
        for happening in self.area.run_until(until) {
            self.post.tell(&happening);
        }
    }

    /// What stands at the start: the last word of each service, and those who are there.
    fn tell_of_the_start(&mut self, start: At) {
        let mut standing: BTreeMap<(u8, ServiceId), What> = BTreeMap::new();
        let mut note = |happening: &Happening| {
            let key = match &happening.what {
                What::Counted(service, _) => (0, service.clone()),
                What::Rated(service, ..) => (1, service.clone()),
                What::Offered(service, _) => (2, service.clone()),
                _ => return,
            };
            standing.insert(key, happening.what.clone());
        };
        let before = self.area.run_until(start.plus(-TOLD_OF));
        let lately = self.area.run_until(start);
        before.iter().chain(&lately).for_each(&mut note);
        for what in standing.into_values() {
            self.post.tell(&Happening { at: start, what });
        }
        let gone: std::collections::BTreeSet<_> = lately
            .iter()
            .filter(|happening| happening.what.ends())
            .map(|happening| happening.what.about())
            .collect();
        let still_here = lately.iter().filter(|happening| {
            let about = happening.what.about();
            about != happening::About::Nobody && !gone.contains(&about)
        });
        for happening in still_here {
            self.post.tell(happening);
        }
    }
}
