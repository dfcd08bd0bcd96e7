//! What one simulation is to go through: made from a seed, made smaller after a failure.

use super::random::Chance;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Fault {
    /// A message comes twice.
    Duplicate = 1,
    /// Messages overtake one another.
    Reorder = 2,
    /// A message comes hours late.
    Delay = 4,
    /// A feed is silent for two hours, then sends its backlog.
    Silence = 8,
    /// A message is cut off anywhere.
    Garbage = 16,
    /// The server's clock steps back or ahead.
    ClockStep = 32,
    /// A write to the disk stops half-way.
    ShortWrite = 64,
    /// A sync fails.
    FailedSync = 128,
    /// The disk is full for a while.
    FullDisk = 256,
    /// Power is lost: what was not synced may be gone.
    PowerLoss = 512,
    /// An orderly restart.
    Restart = 1024,
    /// The answer to a sender is lost, so that it sends again.
    LostAnswer = 2048,
    /// One bit of the log flips while the server is down.
    BitFlip = 4096,
}

impl Fault {
    pub const ALL: [Self; 13] = [
        Self::Duplicate,
        Self::Reorder,
        Self::Delay,
        Self::Silence,
        Self::Garbage,
        Self::ClockStep,
        Self::ShortWrite,
        Self::FailedSync,
        Self::FullDisk,
        Self::PowerLoss,
        Self::Restart,
        Self::LostAnswer,
        Self::BitFlip,
    ];
}

/// What one simulation is to go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    pub patients: u64,
    faults: u32,
    /// Entries older than two hours are given up.
    pub forgets: bool,
}

impl Plan {
    /// Usually everything goes wrong at once, sometimes only part of it.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::of(seed ^ 0x5EED);
        let mut faults = u32::MAX;
        if chance.one_in(3) {
            for fault in Fault::ALL {
                if chance.one_in(2) {
                    faults &= !(fault as u32);
                }
            }
        }
        Self {
            seed,
            patients: 6 + chance.below(18),
            faults,
            forgets: chance.one_in(2),
        }
    }

    pub fn has(&self, fault: Fault) -> bool {
        self.faults & fault as u32 != 0
    }

    fn without(self, fault: Fault) -> Self {
        Self {
            faults: self.faults & !(fault as u32),
            ..self
        }
    }

    /// The smallest plan found that still fails, and how it fails.
    pub fn shrink(self, fails: impl Fn(&Self) -> Option<String>) -> (Self, String) {
        let mut smallest = (self, fails(&self).unwrap_or_default());
        let try_one = |plan: Self, smallest: &mut (Self, String)| {
            if let Some(why) = fails(&plan) {
                *smallest = (plan, why);
            }
        };
        for fault in Fault::ALL {
            try_one(smallest.0.without(fault), &mut smallest);
        }
        for patients in 1..self.patients {
            let plan = Self {
                patients,
                ..smallest.0
            };
            if fails(&plan).is_some() {
                try_one(plan, &mut smallest);
                break;
            }
        }
        smallest
    }

    /// The faults that are left, for a report.
    pub fn faults(&self) -> Vec<Fault> {
        Fault::ALL
            .into_iter()
            .filter(|fault| self.has(*fault))
            .collect()
    }
}
