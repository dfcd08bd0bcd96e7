//! The herding guard: advice moves few people at a time, and does not flip to and fro.
//!
//! The place somebody would go to anyway is the nearest that may take them. Advice to go elsewhere is a nudge. It
//! takes a gain that is small while few were nudged and grows with each one; each place gets only so many in a quarter
//! of an hour and in an hour; and what was advised lately keeps being advised while a smaller gain is left. So advice
//! thins out where it was given often, and does not stop at once.

use crate::destinations::rank::Prospect;
use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, ServiceId};
use fold::advice::{Advice, Switched};

/// Nudges to one place within [`CAP_WINDOW`]. Ours, as all numbers here: chosen by the simulation
/// (docs/evidence/routing.md).
pub const NUDGES_MAX: u32 = 12;
/// See [`NUDGES_MAX`].
pub const CAP_WINDOW: Millis = HOUR;
/// Nudges to one place within [`BURST_WINDOW`]: those of an hour are not sent all at once.
pub const BURST_MAX: u32 = 4;
/// See [`BURST_MAX`].
pub const BURST_WINDOW: Millis = 15 * MINUTE;
/// The first nudge takes so many minutes to gain.
pub const GAIN_BEGINS: i64 = 3;
/// Where nudges were given lately they go on while so many are left.
pub const GAIN_KEEPS: i64 = 1;
/// Both grow by so many minutes for each nudge within [`CAP_WINDOW`].
pub const GAIN_MORE: i64 = 1;
/// So long after it was last given.
pub const KEPT: Millis = 30 * MINUTE;
/// Those advised within so long may not have arrived yet, and count as coming.
pub const COMING: Millis = 30 * MINUTE;

/// Of those advised so large a share goes there. An assumption; in one network of hospitals far fewer did.
pub const TAKEN_SHARE: f64 = 1.0 / 3.0;

/// The numbers of the guard: those of the server, or others to try in simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// See [`NUDGES_MAX`].
    pub nudges_max: u32,
    /// See [`BURST_MAX`].
    pub burst_max: u32,
    /// See [`GAIN_BEGINS`].
    pub gain_begins: i64,
    /// See [`GAIN_KEEPS`].
    pub gain_keeps: i64,
    /// See [`GAIN_MORE`].
    pub gain_more: i64,
    /// A tie with the nearest place begins no nudge.
    pub minds_ties: bool,
}

impl Guard {
    /// What the server uses.
    pub const SERVER: Self = Self {
        nudges_max: NUDGES_MAX,
        burst_max: BURST_MAX,
        gain_begins: GAIN_BEGINS,
        gain_keeps: GAIN_KEEPS,
        gain_more: GAIN_MORE,
        minds_ties: true,
    };

    /// Minutes to gain that the next nudge to a place takes.
    pub fn asks(&self, standing: &NudgeState) -> i64 {
        let least = if standing.is_kept {
            self.gain_keeps
        } else {
            self.gain_begins
        };
        least + self.gain_more * i64::from(standing.nudges)
    }

    /// Nobody more is nudged to a place for now.
    pub fn is_full(&self, standing: &NudgeState) -> bool {
        standing.nudges >= self.nudges_max || standing.burst >= self.burst_max
    }
}

/// Where one place stands with the guard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NudgeState {
    /// Nudges within the last [`CAP_WINDOW`].
    pub nudges: u32,
    /// Of these, within the last [`BURST_WINDOW`].
    pub burst: u32,
    /// People advised within the last [`COMING`].
    pub advised: u32,
    /// Was the advice for this need lately.
    pub is_kept: bool,
    /// Not to be recommended, and why.
    pub off: Option<Switched>,
}

impl NudgeState {
    /// From what was advised.
    pub fn of(advice: &Advice, service: &ServiceId, need: &str, now: At) -> Self {
        let id = service.as_str();
        let off = advice.find_switched(id).filter(|switched| !switched.on);
        Self {
            nudges: advice.nudges(id, now.plus(-CAP_WINDOW), now),
            burst: advice.nudges(id, now.plus(-BURST_WINDOW), now),
            advised: advice.people(id, now.plus(-COMING), now),
            is_kept: advice.is_advised(id, need, now.plus(-KEPT), now),
            off: off.cloned(),
        }
    }
}

/// What is recommended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recommended {
    /// Which of the places, by its index.
    pub place: usize,
    /// Elsewhere than the nearest that may take the patient.
    pub is_nudge: bool,
    /// Minutes gained by that.
    pub gain: i64,
}

/// Which of the places, in order, is recommended; `None` when none of the first step may be.
pub fn recommend(ordered: &[(Prospect, NudgeState)]) -> Option<Recommended> {
    recommend_by(&Guard::SERVER, ordered)
}

/// The same with other numbers.
pub fn recommend_by(guard: &Guard, ordered: &[(Prospect, NudgeState)]) -> Option<Recommended> {
    let step = ordered.first()?.0.step;
    let first_step = || {
        let all = ordered.iter().enumerate();
        all.filter(move |(_, (prospect, standing))| prospect.step == step && standing.off.is_none())
    };
    let (usual, nearest) = first_step()
        .min_by_key(|(place, (prospect, _))| (prospect.drive, *place))
        .map(|(place, (prospect, _))| (place, prospect))?;
    let stay = Recommended {
        place: usual,
        is_nudge: false,
        gain: 0,
    };
    for (place, (prospect, standing)) in first_step() {
        if place == usual {
            break;
        }
        let (Some(there), Some(near)) = (prospect.minutes(), nearest.minutes()) else {
            continue;
        };
        let gain = near - there;
        let begins_in_doubt = !standing.is_kept && guard.minds_ties && prospect.is_tie(nearest);
        if gain >= guard.asks(standing) && !begins_in_doubt && !guard.is_full(standing) {
            return Some(Recommended {
                place,
                is_nudge: true,
                gain,
            });
        }
    }
    Some(stay)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::rank::Range;
    use domain::Event;
    use proptest::prelude::*;

    fn place(drive: i64, median: i64) -> Prospect {
        let then = Some(Range {
            median,
            low: median - 4,
            high: median + 4,
        });
        Prospect {
            step: 0,
            drive,
            then,
        }
    }

    fn id(name: &str) -> ServiceId {
        ServiceId::new(name).unwrap()
    }

    /// Everybody asks in turn and everybody is counted; what each is told.
    fn told(waits: &[(i64, i64)]) -> Vec<(i64, bool)> {
        let mut advice = Advice::default();
        let mut told = Vec::new();
        for (minute, there) in waits {
            let now = At(1_700_000_000_000 + minute * MINUTE);
            let (near, far) = (place(5, 60), place(15, *there));
            let both = [(near, id("near")), (far, id("far"))];
            let mut ordered: Vec<_> = both
                .into_iter()
                .map(|(prospect, name)| {
                    let standing = NudgeState::of(&advice, &name, "minor_injury", now);
                    (prospect, standing, name)
                })
                .collect();
            ordered.sort_by(|a, b| a.0.compare(&b.0));
            let plain: Vec<_> = ordered.iter().map(|(p, s, _)| (*p, s.clone())).collect();
            let said = recommend(&plain).unwrap();
            let event = Event::AdviceGiven {
                service: ordered[said.place].2.clone(),
                need: "minor_injury".into(),
                nudge: said.is_nudge,
            };
            advice.take(now, &event);
            told.push((*minute, said.is_nudge));
        }
        told
    }

    proptest! {
        #[test]
        fn no_place_is_nudged_to_more_often_than_the_cap_within_any_hour(
            steps in prop::collection::vec((0..4_i64, 0..80_i64), 1..120)
        ) {
            let mut minute = 0;
            let waits: Vec<(i64, i64)> = steps
                .into_iter()
                .map(|(later, wait)| { minute += later; (minute, wait) })
                .collect();
            let told = told(&waits);
            for (from, _) in &told {
                let hour = *from..from + 60;
                let nudges = told.iter().filter(|(at, nudge)| *nudge && hour.contains(at)).count();
                prop_assert!(nudges as u32 <= NUDGES_MAX, "{}", nudges);
                let quarter = *from..from + 15;
                let nudges = told.iter().filter(|(at, nudge)| *nudge && quarter.contains(at)).count();
                prop_assert!(nudges as u32 <= BURST_MAX, "{}", nudges);
            }
        }

        #[test]
        fn the_more_were_nudged_the_more_is_asked_and_what_goes_on_asks_less(
            nudges in 0..40_u32, is_kept in any::<bool>()
        ) {
            let standing = |nudges, is_kept| NudgeState { nudges, is_kept, ..NudgeState::default() };
            let asks = |nudges, is_kept| Guard::SERVER.asks(&standing(nudges, is_kept));
            prop_assert!(asks(nudges + 1, is_kept) > asks(nudges, is_kept));
            prop_assert!(asks(nudges, true) < asks(nudges, false));
        }

        #[test]
        fn a_gain_that_stays_is_advised_to_no_more_than_its_minutes_in_an_hour(
            gain in 0..20_i64, minutes in 1..180_i64
        ) {
            let waits: Vec<(i64, i64)> = (0..minutes).map(|minute| (minute, 50 - gain)).collect();
            let told = told(&waits);
            for (from, _) in &told {
                let hour = *from..from + 60;
                let nudges = told.iter().filter(|(at, nudge)| *nudge && hour.contains(at)).count();
                prop_assert!(nudges as i64 <= gain, "{} for {}", nudges, gain);
            }
        }

        #[test]
        fn a_gain_that_stays_within_the_hysteresis_changes_no_advice(
            gains in prop::collection::vec(GAIN_KEEPS..GAIN_BEGINS, 1..3), began in any::<bool>()
        ) {
            // The near place takes 65 minutes in all, the far one 15 by car. Once begun it goes on as long as what
            // is left is what the nudges so far ask for.
            let more = |nudges: usize| if began { GAIN_MORE * nudges as i64 } else { 0 };
            let mut waits = vec![(0, if began { 20 } else { 60 })];
            waits.extend((1..).zip(&gains).map(|(nudges, gain)| (nudges as i64, 50 - gain - more(nudges))));
            let told = told(&waits);
            prop_assert!(told.iter().all(|(_, nudge)| *nudge == began), "{:?}", told);
        }
    }

    #[test]
    fn a_place_that_is_switched_off_is_never_recommended() {
        let off = NudgeState {
            off: Some(Switched {
                since: At(0),
                on: false,
                why: "works at the door".to_owned(),
                by: "control".into(),
            }),
            ..NudgeState::default()
        };
        let both = [
            (place(15, 5), off.clone()),
            (place(5, 60), NudgeState::default()),
        ];
        assert_eq!(recommend(&both).unwrap().place, 1);
        let near = [(place(5, 10), off), (place(30, 60), NudgeState::default())];
        assert_eq!(recommend(&near).unwrap().place, 1);
    }

    #[test]
    fn a_near_tie_is_no_reason_to_go_further() {
        let wide = |drive, median| Prospect {
            then: Some(Range {
                median,
                low: 0,
                high: median * 3,
            }),
            ..place(drive, median)
        };
        let both = [
            (wide(15, 60), NudgeState::default()),
            (wide(5, 82), NudgeState::default()),
        ];
        let said = recommend(&both).unwrap();
        assert!(!said.is_nudge && said.place == 1);
    }
}
