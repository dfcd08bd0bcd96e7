//! What may be asked of the Directory, and what is answered.

use std::sync::Arc;

use compact_str::CompactString;

use domain::care::Sex;
use domain::event::Rag;
use domain::service_contacts::{Audience, Facility};
use domain::time::{MINUTE, Millis};
use domain::{At, Position, Service, ServiceKind};

/// How far around is looked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    /// A square on the national grid with this half side, kilometres: the way of the national Directory.
    Square(f64),
    /// A circle, kilometres.
    Circle(f64),
}

impl Reach {
    /// The half side or the radius, kilometres.
    pub fn km(self) -> f64 {
        match self {
            Self::Square(km) | Self::Circle(km) => km,
        }
    }
}

/// How triage ended, and within how many minutes the patient should be dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposition {
    /// Its code (Dx).
    pub code: CompactString,
    /// Minutes; none when the disposition names no time.
    pub minutes: Option<u32>,
}

/// Who is asking for what.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Where the patient is.
    pub from: Position,
    /// From when on.
    pub at: At,
    /// How far around.
    pub reach: Reach,
    /// For whom the answer is.
    pub audience: Audience,
    /// Age, days.
    pub age_days: Option<u32>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Symptom group and the discriminators within it, all of which must be treated.
    pub symptom: Option<(u32, Vec<u32>)>,
    /// How triage ended.
    pub disposition: Option<Disposition>,
    /// Only these kinds; empty means any.
    pub kinds: Vec<ServiceKind>,
    /// Only places that are known to have it.
    pub facility: Option<Facility>,
    /// Only of those that may refer; `None` when that was not said.
    pub role: Option<CompactString>,
    /// Also what is closed, in the order in which it opens.
    pub closed_too: bool,
}

/// Minutes that a place must stay open once the patient could be there (CheckCapacitySummary 1.5).
pub const OPEN_FOR_MIN: Millis = 30 * MINUTE;

impl Query {
    /// Anybody at a place and a time.
    pub fn at(from: Position, at: At, reach: Reach, audience: Audience) -> Self {
        Self {
            from,
            at,
            reach,
            audience,
            age_days: None,
            sex: None,
            symptom: None,
            disposition: None,
            kinds: Vec::new(),
            facility: None,
            role: None,
            closed_too: false,
        }
    }

    /// Until when a place may open: by the disposition's minutes as the national Directory counts them
    /// (none or 0: an hour; up to 30: half an hour; up to 60: as it says; above: the hour before its end).
    pub fn window_end(&self) -> At {
        let minutes = self.disposition.as_ref().and_then(|dx| dx.minutes);
        let minutes = match minutes {
            None | Some(0) => 60,
            Some(1..=30) => 30,
            Some(dx @ 31..=60) => i64::from(dx),
            Some(dx) => i64::from(dx) - 60,
        };
        self.at.plus(minutes * MINUTE)
    }
}

/// When a place is open for the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningSession {
    /// From; the time asked about when it is open then.
    pub opens: At,
    /// Until; `None` when it does not close.
    pub closes: Option<At>,
}

/// Why a place is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excluded {
    /// Not commissioned or not in use.
    NotActive,
    /// For clinicians and crews only.
    NotForThePublic,
    /// Another kind was asked for.
    OtherKind,
    /// It does not have the facility, or nobody said that it has.
    Facility,
    /// Not of the patient's age.
    Age,
    /// Not of the patient's sex.
    Sex,
    /// It does not treat the symptom.
    Symptom,
    /// The disposition may not be sent there.
    Disposition,
    /// The role may not refer to it.
    Role,
    /// Closed out of turn.
    ClosedOutOfTurn,
    /// It said that it has no capacity.
    NoCapacity,
    /// Not open within the time.
    NotOpen {
        /// When it opens next.
        opens: Option<At>,
    },
    /// It closes before the patient could be seen.
    ClosesTooSoon {
        /// When.
        closes: At,
    },
    /// Others of its kind are nearer, and there are enough of them.
    EnoughNearer,
}

/// Why a place stands where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankReason {
    /// By the rank of its kind and then by distance.
    Ranked {
        /// The rank of its kind, 1 is first.
        kind: u32,
        /// Which of its kind it is by distance, 1 is nearest.
        nearest: u32,
    },
    /// An emergency department that is always offered.
    CatchAll,
}

/// A place that is offered.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPlace {
    /// Its record.
    pub service: Arc<Service>,
    /// In a straight line, kilometres.
    pub km: f64,
    /// When it is open for the patient; `None` only for a catch-all or where closed ones were asked for.
    pub session: Option<OpeningSession>,
    /// What it said of its capacity, while that holds.
    pub capacity: Option<Rag>,
    /// Why it stands where it does.
    pub standing: RankReason,
}

/// A place that is not offered.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Its record.
    pub service: Arc<Service>,
    /// In a straight line, kilometres.
    pub km: f64,
    /// Every reason, in the order of [`Excluded`].
    pub why: Vec<Excluded>,
}

/// What the search found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchResults {
    /// Offered, in order.
    pub found: Vec<FoundPlace>,
    /// Not offered, nearest first; only when asked for.
    pub left_out: Vec<LeftOut>,
}
