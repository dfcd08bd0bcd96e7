//! Which messages are known already, and when each feed was last heard.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{Hash, Hasher};

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHasher};
use serde::{Deserialize, Serialize};

use crate::feed_activity::FeedActivity;
use domain::time::{DAY, MINUTE, Millis};
use domain::{At, Event, EventId, Fact, FeedId};

/// An id is remembered at least this long by the log's clock. Past the lateness bound a repeat is
/// refused as too late in any case.
pub const ID_KEPT: Millis = 7 * DAY;

/// A fact that is told so long after it happened was held back.
pub const BEHIND_MIN: Millis = 10 * MINUTE;
/// So many of them in a row are a feed that is catching up.
const BEHIND_FACTS_MIN: u32 = 3;
/// After so long without more of them it has caught up.
const CATCHING_UP_MAX: Millis = 2 * MINUTE;
/// So many facts of one moment, over so long, are a clock that stands still.
const STUCK_FACTS_MIN: u32 = 10;
/// See [`STUCK_FACTS_MIN`].
const STUCK_MIN: Millis = 10 * MINUTE;

/// Ids taken on one day of the log's clock, each by its hash, with the fingerprint of its message.
/// The order is the order they were taken in. With a million ids a day two of them would share a
/// hash once in thousands of years; the second would be refused as an id used before, and kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct KnownIds {
    number: i64,
    #[serde(with = "indexmap::map::serde_seq")]
    known: IndexMap<u64, u64, FxBuildHasher>,
}

/// What is known of one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedState {
    /// When the log last took something from it.
    pub heard: Option<At>,
    /// Facts taken.
    pub accepted: u64,
    /// When the log last took something else than a heartbeat.
    pub told: Option<At>,
    /// When it has news, by the hour of the week.
    pub rhythm: FeedActivity,
    days: VecDeque<KnownIds>,
    /// So many facts in a row came long after they happened.
    behind: u32,
    /// One moment is given for so many facts in a row, the first of them taken then.
    stuck: Option<(At, At, u32)>,
}

impl FeedState {
    /// The fingerprint under which an id is known.
    pub fn fingerprint(&self, id: &EventId) -> Option<u64> {
        let key = hash(id);
        let mut newest_first = self.days.iter().rev();
        newest_first.find_map(|day| day.known.get(&key)).copied()
    }

    /// Whether it is sending what it held back while it was silent.
    pub fn is_catching_up(&self, now: At) -> bool {
        self.behind >= BEHIND_FACTS_MIN
            && self
                .told
                .is_some_and(|told| now.since(told) <= CATCHING_UP_MAX)
    }

    /// Whether its clock stands still: many facts over many minutes, all of one moment.
    pub fn is_stuck(&self) -> bool {
        self.stuck
            .zip(self.told)
            .is_some_and(|((_, first, facts), told)| {
                facts >= STUCK_FACTS_MIN && told.since(first) >= STUCK_MIN
            })
    }

    fn news(&mut self, at: At, happened_at: At) {
        self.told = Some(at);
        let is_behind = at.since(happened_at) > BEHIND_MIN;
        self.behind = if is_behind { self.behind + 1 } else { 0 };
        self.stuck = Some(match self.stuck {
            Some((moment, first, facts)) if moment == happened_at => (moment, first, facts + 1),
            _ => (happened_at, at, 1),
        });
    }

    fn take(&mut self, at: At, fact: &Fact) {
        self.heard = Some(at);
        self.accepted += 1;
        let is_news = fact.event != Event::FeedHeartbeat {};
        self.rhythm.hear(at, is_news);
        if is_news {
            self.news(at, fact.happened_at);
        }
        let today = at.0.div_euclid(DAY);
        if self.days.back().is_none_or(|day| day.number != today) {
            self.days.push_back(KnownIds {
                number: today,
                ..KnownIds::default()
            });
        }
        // The whole of a day is forgotten once its last moment is past.
        let oldest = at.plus(-ID_KEPT).0.div_euclid(DAY);
        while self.days.front().is_some_and(|day| day.number < oldest) {
            self.days.pop_front();
        }
        if let Some(day) = self.days.back_mut() {
            day.known.insert(hash(&fact.id), fingerprint(fact));
        }
    }
}

/// All feeds that were ever heard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feeds {
    by_id: BTreeMap<FeedId, FeedState>,
}

impl Feeds {
    /// The feed, if it was ever heard.
    pub fn find(&self, feed: &FeedId) -> Option<&FeedState> {
        self.by_id.get(feed)
    }

    /// Remembers that a fact was taken.
    pub fn take(&mut self, at: At, fact: &Fact) {
        if !self.by_id.contains_key(&fact.feed) {
            self.by_id.insert(fact.feed.clone(), FeedState::default());
        }
        if let Some(feed) = self.by_id.get_mut(&fact.feed) {
            feed.take(at, fact);
        }
    }
}

/// The same message has the same fingerprint on every machine and in every version: a test holds it
/// to golden values, since a snapshot keeps it.
pub fn fingerprint(fact: &Fact) -> u64 {
    hash(fact)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Entry, Record};

    const GOLDEN: &str = include_str!("../../fixtures/log/format-1.ndjson");

    fn facts() -> Vec<Fact> {
        let entry = |line: &str| serde_json::from_str::<Entry>(line).unwrap();
        let fact = |entry: Entry| match entry.record {
            Record::Fact(fact) => Some(fact),
            Record::Tick | Record::Shown(_) => None,
        };
        GOLDEN.lines().map(entry).filter_map(fact).collect()
    }

    #[test]
    fn fingerprints_are_what_past_snapshots_hold() {
        let told: Vec<String> = facts()
            .iter()
            .map(|fact| format!("{} {:016x}", fact.event.kind(), fingerprint(fact)))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn an_id_is_known_for_a_week_and_forgotten_after_it() {
        let fact = facts().remove(0);
        let mut feeds = Feeds::default();
        feeds.take(At(0), &fact);
        let mut other = facts().remove(1);
        for day in 1..=8 {
            other.id = EventId::new(&format!("d{day}")).unwrap();
            feeds.take(At(day * DAY), &other);
            let known = feeds.find(&fact.feed).unwrap().fingerprint(&fact.id);
            assert_eq!(known.is_some(), day <= 7, "day {day}");
        }
    }
}
