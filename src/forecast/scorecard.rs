//! How right we were: every estimate that was shown, held against what then happened, beside what the
//! simple ways would have said of the same visits. Never of anything but what was shown.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::accuracy::Accuracy;
use crate::outlook::Before;
use domain::time::{DAY, HOUR, MINUTE, Millis};
use domain::{AcuityGroup, At, Estimate, ServiceId, Subject, VisitId};

/// Horizons of what is shown of the time ahead that are scored.
pub const SCORED_HORIZONS: [Millis; 3] = [HOUR, 2 * HOUR, 4 * HOUR];
/// Where nine in ten could not be told it counts as this much, seconds: a day.
const NO_END: f64 = (DAY / 1_000) as f64;
/// Someone who was never seen to leave is no longer scored after this.
const WAITING_MAX: Millis = 48 * HOUR;

/// What an estimate was of: its service, and its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScoreKey {
    /// Where.
    pub service: ServiceId,
    /// Of what.
    pub kind: ScoredKind,
}

/// What is scored apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoredKind {
    /// What is shown to those who come now.
    Now(Subject),
    /// What was shown so many minutes before.
    Ahead(u16),
}

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 28 days.
    FourWeeks,
}

impl Span {
    /// All, shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::FourWeeks];

    /// As on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::FourWeeks => "28d",
        }
    }

    fn length(self) -> Millis {
        match self {
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::FourWeeks => 28 * DAY,
        }
    }
}

/// What rolling mean, LES and HOL said: 10, 50 and 90, seconds.
pub type Simple = [[f64; 3]; 3];
/// Errors of ours, rolling mean, LES, HOL.
type Ways = [Accuracy; 4];

/// The visits of one key by the hour, for a day, and by the day, for four weeks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Track {
    hours: VecDeque<(i64, Ways)>,
    days: VecDeque<(i64, Ways)>,
}

impl Track {
    fn add(&mut self, at: At, ours: [f64; 3], simple: &[[f64; 3]; 3], truth: f64) {
        let lots = [(&mut self.hours, HOUR, 24), (&mut self.days, DAY, 28)];
        for (lot, length, kept) in lots {
            let number = at.0.div_euclid(length);
            // What is told late counts with the present.
            if lot.back().is_none_or(|(last, _)| *last < number) {
                lot.push_back((number, Ways::default()));
            }
            while lot.front().is_some_and(|(first, _)| number - first >= kept) {
                lot.pop_front();
            }
            if let Some((_, ways)) = lot.back_mut() {
                for (errors, said) in ways.iter_mut().zip([&ours].into_iter().chain(simple)) {
                    errors.add(said, None, truth);
                }
            }
        }
    }

    fn over(&self, span: Span, now: At) -> Ways {
        let (lot, length) = match span {
            Span::Day => (&self.hours, HOUR),
            Span::Week | Span::FourWeeks => (&self.days, DAY),
        };
        let oldest = now.0.div_euclid(length) - span.length() / length;
        let mut sum = Ways::default();
        for (_, ways) in lot.iter().filter(|(number, _)| *number > oldest) {
            for (sum, one) in sum.iter_mut().zip(ways) {
                sum.merge(one);
            }
        }
        sum
    }
}

/// Someone who waits, and all that was shown when they came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingScore {
    /// Where they came.
    pub service: ServiceId,
    /// When.
    pub arrived: At,
    /// Their group, as far as it is known.
    pub group: Option<AcuityGroup>,
    /// What was shown, by subject.
    pub shown: Vec<(Subject, Estimate)>,
    /// What was shown of them before, by [`SCORED_HORIZONS`]: 10, 50 and 90 in minutes.
    pub ahead: [Option<[i64; 3]>; 3],
    /// What was known of them before, by the horizons that are learned.
    pub before: [Option<Before>; 4],
    /// What the simple ways said, seconds.
    pub simple: Simple,
    /// What they said before, by [`SCORED_HORIZONS`].
    pub simple_ahead: [Option<Simple>; 3],
}

/// Scores what was shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    waiting: BTreeMap<VisitId, PendingScore>,
    #[serde(with = "as_list")]
    tracks: BTreeMap<ScoreKey, Track>,
}

impl Scorecard {
    /// Someone came and was shown something.
    pub fn arrived(&mut self, visit: VisitId, pending: PendingScore) {
        self.waiting.insert(visit, pending);
    }

    /// It becomes known how urgent they are.
    pub fn assessed(&mut self, visit: &VisitId, group: AcuityGroup) {
        if let Some(pending) = self.waiting.get_mut(visit) {
            pending.group = Some(group);
        }
    }

    /// They left, or wait elsewhere: there is no truth to hold what was shown against.
    pub fn gone(&mut self, visit: &VisitId) {
        self.waiting.remove(visit);
    }

    /// The truth is known: so many seconds. Gives what was pending.
    pub fn known(&mut self, visit: &VisitId, now: At, truth: f64) -> Option<PendingScore> {
        let pending = self.waiting.remove(visit)?;
        let mine = pending.group.map(Subject::WaitOf);
        for (of, estimate) in &pending.shown {
            if matches!(of, Subject::WaitOf(_)) && Some(*of) != mine {
                continue;
            }
            let said = [
                seconds(estimate.low),
                seconds(estimate.median),
                estimate.high.map_or(NO_END, seconds),
            ];
            self.score(
                &pending.service,
                ScoredKind::Now(*of),
                now,
                said,
                &pending.simple,
                truth,
            );
        }
        let ahead = pending.ahead.iter().zip(pending.simple_ahead);
        for (horizon, both) in SCORED_HORIZONS.into_iter().zip(ahead) {
            if let (Some(minutes), Some(simple)) = both {
                let kind = ScoredKind::Ahead((horizon / MINUTE) as u16);
                self.score(
                    &pending.service,
                    kind,
                    now,
                    minutes.map(seconds),
                    &simple,
                    truth,
                );
            }
        }
        Some(pending)
    }

    fn score(
        &mut self,
        service: &ServiceId,
        kind: ScoredKind,
        now: At,
        said: [f64; 3],
        simple: &Simple,
        truth: f64,
    ) {
        let key = ScoreKey {
            service: service.clone(),
            kind,
        };
        let track = self.tracks.entry(key).or_default();
        track.add(now, said, simple, truth);
    }

    /// Forgets those who were never seen to leave.
    pub fn tidy(&mut self, now: At) {
        self.waiting
            .retain(|_, pending| now.since(pending.arrived) <= WAITING_MAX);
    }

    /// Errors of ours, rolling mean, LES and HOL over a span; all zero when nothing was scored.
    pub fn over(&self, key: &ScoreKey, span: Span, now: At) -> [Accuracy; 4] {
        let track = self.tracks.get(key);
        track.map_or_else(Ways::default, |track| track.over(span, now))
    }

    /// All that was ever scored.
    pub fn keys(&self) -> impl Iterator<Item = &ScoreKey> {
        self.tracks.keys()
    }
}

fn seconds(minutes: i64) -> f64 {
    (minutes * MINUTE / 1_000) as f64
}

/// JSON has no maps by structs.
mod as_list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{BTreeMap, ScoreKey, Track};

    pub fn serialize<S: Serializer>(
        tracks: &BTreeMap<ScoreKey, Track>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        tracks.iter().collect::<Vec<_>>().serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<ScoreKey, Track>, D::Error> {
        Ok(Vec::deserialize(from)?.into_iter().collect())
    }
}
