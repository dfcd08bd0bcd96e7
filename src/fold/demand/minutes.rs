//! People by minute and hex, and the sums of the windows: each person is counted in once and out once a window.
//!
//! A hex has a place in a table, so that taking people out of a sum, which happens as often as putting them in, is
//! no search. What is written in a snapshot knows nothing of places.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::demand::counts::{Counts, DemandSource, WINDOWS, WindowCounts};
use domain::Cell;
use domain::time::{HOUR, MINUTE, Millis};

/// Minutes are kept for so long: past the longest window and the hours that are still learned from.
pub(super) const KEPT: Millis = 50 * HOUR;
/// Minutes told ahead of time that are taken: a sender's clock may be fast.
const AHEAD: i64 = 120;
/// The table is tidied when it has at least so many hexes, and half of them without people.
const TIDIED_FROM: usize = 1_024;

/// One person: the hex's place in the table, and how they asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Person {
    place: u32,
    asked: DemandSource,
}

/// The last minutes, and the sums of the windows that end with the present one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "MinutesSnapshot", into = "MinutesSnapshot")]
pub struct Minutes {
    /// The present minute, since 1970.
    now: i64,
    /// The minute of the first of `people`.
    first: i64,
    people: VecDeque<Vec<Person>>,
    index: BTreeMap<Cell, u32>,
    tallies: Arc<Vec<(Cell, WindowCounts)>>,
}

/// As it is written in a snapshot.
#[derive(Clone, Serialize, Deserialize)]
struct MinutesSnapshot {
    now: i64,
    minutes: BTreeMap<i64, BTreeMap<Cell, Counts>>,
}

impl From<Minutes> for MinutesSnapshot {
    fn from(minutes: Minutes) -> Self {
        let mut kept: BTreeMap<i64, BTreeMap<Cell, Counts>> = BTreeMap::new();
        for (minute, cell, asked) in minutes.between(i64::MIN, i64::MAX) {
            let cells = kept.entry(minute).or_default();
            cells.entry(cell).or_default()[asked as usize] += 1;
        }
        Self {
            now: minutes.now,
            minutes: kept,
        }
    }
}

impl From<MinutesSnapshot> for Minutes {
    fn from(kept: MinutesSnapshot) -> Self {
        let mut minutes = Self::default();
        minutes.advance(kept.now);
        for (minute, cells) in kept.minutes {
            for (cell, counts) in cells {
                for (count, asked) in counts.into_iter().zip(DemandSource::ALL) {
                    (0..count).for_each(|_| minutes.put(minute, cell, asked));
                }
            }
        }
        minutes
    }
}

impl Minutes {
    /// The present minute, since 1970.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// People by hex in every window; some hexes have none.
    pub fn tallies(&self) -> &Arc<Vec<(Cell, WindowCounts)>> {
        &self.tallies
    }

    /// Counts one person in.
    pub fn put(&mut self, minute: i64, cell: Cell, asked: DemandSource) {
        if minute < self.first || minute > self.now + AHEAD {
            return;
        }
        let index = usize::try_from(minute - self.first).unwrap_or_default();
        if index >= self.people.len() {
            self.people.resize(index + 1, Vec::new());
        }
        let tallies = Arc::make_mut(&mut self.tallies);
        let place = *self.index.entry(cell).or_insert_with(|| {
            tallies.push((cell, WindowCounts::default()));
            (tallies.len() - 1) as u32
        });
        self.people[index].push(Person { place, asked });
        let age = self.now - minute;
        if age >= 0
            && let Some((_, tally)) = tallies.get_mut(place as usize)
        {
            for (sums, window) in tally.0.iter_mut().zip(WINDOWS) {
                sums[asked as usize] += u32::from(age < window / MINUTE);
            }
        }
    }

    /// Counts one person out who was counted in.
    pub fn take_back(&mut self, minute: i64, cell: Cell, asked: DemandSource) {
        let Some(people) = usize::try_from(minute - self.first)
            .ok()
            .and_then(|index| self.people.get_mut(index))
        else {
            return;
        };
        let Some(place) = self.index.get(&cell).copied() else {
            return;
        };
        let one = Person { place, asked };
        let Some(position) = people.iter().position(|person| *person == one) else {
            return;
        };
        people.swap_remove(position);
        let age = self.now - minute;
        if age >= 0
            && let Some((_, tally)) = Arc::make_mut(&mut self.tallies).get_mut(place as usize)
        {
            for (sums, window) in tally.0.iter_mut().zip(WINDOWS) {
                sums[asked as usize] -= u32::from(age < window / MINUTE);
            }
        }
    }

    /// Moves on: windows leave people behind and reach those told ahead of time, old minutes are forgotten.
    pub fn advance(&mut self, next: i64) {
        if next <= self.now {
            return;
        }
        let before = std::mem::replace(&mut self.now, next);
        let tallies = Arc::make_mut(&mut self.tallies);
        for (window, length) in WINDOWS.into_iter().enumerate() {
            let length = length / MINUTE;
            let left = span(
                &self.people,
                self.first,
                before - length + 1,
                before.min(next - length),
            );
            for person in left {
                if let Some((_, tally)) = tallies.get_mut(person.place as usize) {
                    tally.0[window][person.asked as usize] -= 1;
                }
            }
            let reached = span(
                &self.people,
                self.first,
                (before + 1).max(next - length + 1),
                next,
            );
            for person in reached {
                if let Some((_, tally)) = tallies.get_mut(person.place as usize) {
                    tally.0[window][person.asked as usize] += 1;
                }
            }
        }
        let first = next - KEPT / MINUTE + 1;
        let gone = usize::try_from(first - self.first).unwrap_or_default();
        self.people.drain(..gone.min(self.people.len()));
        self.first = first;
        let kept = (KEPT / MINUTE).unsigned_abs() as usize;
        if self.people.len() < kept {
            self.people.resize(kept, Vec::new());
        }
    }

    /// Everybody from one minute to another, both included, in the order of minutes.
    pub fn between(
        &self,
        from: i64,
        until: i64,
    ) -> impl Iterator<Item = (i64, Cell, DemandSource)> + '_ {
        let from = from.max(self.first);
        let start = usize::try_from(from - self.first).unwrap_or_default();
        let minutes = self.people.iter().enumerate().skip(start);
        let minutes = minutes.map(|(index, people)| (self.first + index as i64, people));
        let minutes = minutes.take_while(move |(minute, _)| *minute <= until);
        minutes.flat_map(move |(minute, people)| {
            let one = move |person: &Person| {
                let (cell, _) = self.tallies.get(person.place as usize)?;
                Some((minute, *cell, person.asked))
            };
            people.iter().filter_map(one)
        })
    }

    /// Forgets hexes that nobody is left of.
    pub fn tidy(&mut self) {
        if self.tallies.len() < TIDIED_FROM {
            return;
        }
        let mut used = vec![false; self.tallies.len()];
        for person in self.people.iter().flatten() {
            if let Some(used) = used.get_mut(person.place as usize) {
                *used = true;
            }
        }
        if used.iter().filter(|used| **used).count() * 2 > used.len() {
            return;
        }
        let mut places = Vec::with_capacity(used.len());
        let mut kept = Vec::new();
        for ((cell, tally), used) in self.tallies.iter().zip(used) {
            places.push(kept.len() as u32);
            if used {
                kept.push((*cell, *tally));
            }
        }
        for person in self.people.iter_mut().flatten() {
            if let Some(place) = places.get(person.place as usize) {
                person.place = *place;
            }
        }
        let index = |(place, (cell, _)): (usize, &(Cell, WindowCounts))| (*cell, place as u32);
        self.index = kept.iter().enumerate().map(index).collect();
        self.tallies = Arc::new(kept);
    }
}

/// Everybody from one minute to another, both included.
fn span(
    people: &VecDeque<Vec<Person>>,
    first: i64,
    from: i64,
    until: i64,
) -> impl Iterator<Item = &Person> {
    let start = usize::try_from(from - first).unwrap_or_default();
    let end = usize::try_from(until + 1 - first).unwrap_or_default();
    let end = end.min(people.len());
    people.range(start.min(end)..end).flatten()
}
