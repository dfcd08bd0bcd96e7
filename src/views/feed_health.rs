//! How each feed is doing, and what that means for the figures that rest on it.

use domain::time::{MINUTE, Millis};
use domain::{Age, At, Feed, Measure, Withheld};
use fold::feeds::FeedState;

/// However unlikely a lack of news is, figures stay fresh for this long.
const NEWS_LATE_MIN: Millis = 5 * MINUTE;
/// However unlikely a lack of news is, figures are not withheld for this long.
const NEWS_SILENT_MIN: Millis = 15 * MINUTE;

/// How a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedHealth {
    /// Heard in time.
    Live,
    /// Quiet for longer than it should be.
    Late,
    /// Quiet for so long that its figures are withheld.
    Silent,
    /// Sending what it held back while it was silent.
    CatchingUp,
    /// Its clock stands still.
    Stuck,
    /// Never heard.
    NeverHeard,
}

impl FeedHealth {
    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Late => "late",
            Self::Silent => "silent",
            Self::CatchingUp => "catching_up",
            Self::Stuck => "stuck_clock",
            Self::NeverHeard => "never_heard",
        }
    }

    /// Judges a feed. A feed that is not heard at all is judged by its fixed limits; one that is
    /// heard, but has no news, by how unlikely that is at this hour of the week.
    pub fn of(feed: &Feed, state: Option<&FeedState>, now: At) -> Self {
        let Some((state, heard)) = state.and_then(|state| Some((state, state.heard?))) else {
            return Self::NeverHeard;
        };
        let silence = now.since(heard);
        if silence > feed.silent_after {
            return Self::Silent;
        }
        if state.is_stuck() {
            return Self::Stuck;
        }
        if state.is_catching_up(now) {
            return Self::CatchingUp;
        }
        let (quiet, chance) = quiet(state, now);
        if quiet > NEWS_SILENT_MIN && chance < feed.silent_chance {
            Self::Silent
        } else if silence > feed.late_after || (quiet > NEWS_LATE_MIN && chance < feed.late_chance)
        {
            Self::Late
        } else {
            Self::Live
        }
    }
}

/// For how long there was no news, and how likely that is; certain while it is not known what is
/// usual.
pub fn quiet(state: &FeedState, now: At) -> (Millis, f64) {
    let Some(told) = state.told else {
        return (0, 1.0);
    };
    let quiet = now.since(told);
    if quiet <= NEWS_LATE_MIN {
        return (quiet, 1.0);
    }
    let chance = state.rhythm.chance_of_silence(told, now);
    (quiet, chance.unwrap_or(1.0))
}

/// The feed that a figure rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Heard in time, last then.
    Live(At),
    /// Quiet for longer than it should be.
    Late(At),
    /// Its figures are not to be shown, and why; last heard then.
    Withheld(Withheld, Option<At>),
}

impl Source {
    /// A feed as a source; `None` when nobody reports the figure.
    pub fn of(feed: Option<&Feed>, state: Option<&FeedState>, now: At) -> Self {
        let Some(feed) = feed else {
            return Self::Withheld(Withheld::NoFeed, None);
        };
        let heard = state.and_then(|state| state.heard);
        match (FeedHealth::of(feed, state, now), heard) {
            (FeedHealth::Live, Some(heard)) => Self::Live(heard),
            (FeedHealth::Late, Some(heard)) => Self::Late(heard),
            (FeedHealth::Stuck, _) => Self::Withheld(Withheld::Implausible, heard),
            (FeedHealth::CatchingUp, _) => Self::Withheld(Withheld::CatchingUp, heard),
            (_, heard) => Self::Withheld(Withheld::SilentFeed, heard),
        }
    }

    /// When it was last heard.
    pub fn heard(self) -> Option<At> {
        match self {
            Self::Live(heard) | Self::Late(heard) => Some(heard),
            Self::Withheld(_, heard) => heard,
        }
    }

    /// Why nothing that rests on it may be shown, if so.
    pub fn withheld(self) -> Option<Withheld> {
        match self {
            Self::Withheld(why, _) => Some(why),
            Self::Live(_) | Self::Late(_) => None,
        }
    }

    /// A value as it may be shown.
    pub fn age(self, value: Result<Measure, Withheld>) -> Age {
        match (self, value) {
            (Self::Withheld(why, _), _) | (_, Err(why)) => Age::Withheld(why),
            (Self::Live(_), Ok(measure)) => Age::Fresh(measure),
            (Self::Late(heard), Ok(measure)) => Age::Late { measure, heard },
        }
    }
}
