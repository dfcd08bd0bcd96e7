//! Where far more people ask for care than usual: a scan over places and times.
//!
//! Every `EVERY` each hex of level 7 that someone asked from lately, alone and with one or two rings around it (7
//! and 19 hexes), is looked at over the last 30, 60 and 90 minutes. Of `n` people where `m` are usual the score is
//! `n ln(n/m) - (n - m)`, the log likelihood ratio of a Poisson count (Kulldorff's scan with expected counts that are
//! known from elsewhere). `m` grows with how busy the whole area is just now, so that a busy Monday is no hot spot,
//! and with how little is known of the place. A score of [`ALARM`] raises one alarm; it stands until the score was
//! under `STANDS` for `HELD`, so that one outbreak is one alarm. How often that errs is in
//! `docs/evidence/demand.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::demand::counts::minute_of;
use crate::demand::minutes::Minutes;
use crate::demand::settled_hours::FINEST;
use crate::demand::usual::{PARTS, Usual};
use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Cell};

/// How often is looked.
const EVERY: Millis = 5 * MINUTE;
/// Minutes looked back, shortest first.
const LOOKED_BACK: [i64; 3] = [30, 60, 90];
/// Rings around a hex that are looked at together with it.
const RINGS_MAX: u32 = 2;
/// How busy the area is, is told by so many minutes.
const AREA_MINUTES: i64 = 240;
/// The score of a hot spot, by simulation.
pub const ALARM: f64 = 10.0;
/// From so much on it is called clear, below only likely.
pub const CLEAR: f64 = 15.0;
/// A hot spot stands while it has this score.
const STANDS: f64 = 4.0;
/// It ends after so long without.
const HELD: Millis = 2 * HOUR;
/// Fewer people than this are no hot spot.
pub const PEOPLE_MIN: u32 = 8;
/// Usual counts below this are not told apart from it.
const USUAL_MIN: f64 = 0.5;
/// Hot spots at one time, most certain first.
const SPOTS_MAX: usize = 20;
/// Hours whose usual counts are kept at hand.
const HOURS_AT_HAND: usize = 6;

/// Far more people than usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotSpot {
    /// The hex of level 7 in the middle.
    pub centre: Cell,
    /// Rings around it that belong to it: 0 is the hex alone, 1 with its six neighbours, 2 with the
    /// twelve around those.
    pub ring: u32,
    /// It was found then.
    pub found: At,
    /// Beginning of the span of time by which it was found.
    pub since: At,
    /// It last had the score to stand.
    pub seen: At,
    /// The span of time with the highest score at the last look: so many minutes up to then,
    pub minutes: i64,
    /// so many people,
    pub observed: u32,
    /// and so many usually, in parts ([`PARTS`]).
    pub expected: u64,
    /// The highest score that it has had, in hundredths.
    pub score: u32,
}

impl HotSpot {
    /// Clear, or only likely.
    pub fn is_clear(&self) -> bool {
        f64::from(self.score) >= CLEAR * 100.0
    }

    fn is_near(&self, centre: Cell, ring: u32) -> bool {
        let reach = i32::try_from(self.ring + ring + 1).unwrap_or(i32::MAX);
        let apart = self.centre.0.grid_distance(centre.0);
        apart.is_ok_and(|apart| apart <= reach)
    }
}

/// Usual counts of one hour and their sum.
type HourUsual = (BTreeMap<Cell, u64>, u64);

/// The look-out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct HotSpotDetector {
    /// The last look, in steps of `EVERY` since 1970.
    step: i64,
    spots: Arc<Vec<HotSpot>>,
    /// Follows from what is usual.
    #[serde(skip)]
    at_hand: BTreeMap<i64, HourUsual>,
}

/// What one look saw at one place.
#[derive(Debug, Clone, Copy)]
struct Seen {
    centre: Cell,
    ring: u32,
    minutes: i64,
    observed: u32,
    expected: f64,
    score: f64,
}

impl HotSpotDetector {
    /// The hot spots, most certain first.
    pub fn spots(&self) -> &Arc<Vec<HotSpot>> {
        &self.spots
    }

    /// Looks, when it is time to.
    pub fn look(&mut self, now: At, minutes: &Minutes, usual: &Usual) {
        let step = now.0.div_euclid(EVERY);
        if step <= self.step {
            return;
        }
        self.step = step;
        if !usual.is_known(now) || !usual.is_known(now.plus(-AREA_MINUTES * MINUTE)) {
            self.spots = Arc::default();
            return;
        }
        let now = At(minute_of(now) * MINUTE);
        self.take_in_hand(now, usual);
        let look = Look {
            now,
            people: lately(minutes, now),
            hours: &self.at_hand,
            busy: 1.0,
        };
        let look = Look {
            busy: look.busy(minutes),
            ..look
        };
        let mut seen: Vec<Seen> = look
            .people
            .keys()
            .filter_map(|cell| look.best(*cell))
            .collect();
        seen.sort_by(|a, b| b.score.total_cmp(&a.score));
        let spots = self.after(&look, &seen);
        if *self.spots != spots {
            self.spots = Arc::new(spots);
        }
    }

    /// Usual counts of the hours that a look reaches back to.
    fn take_in_hand(&mut self, now: At, usual: &Usual) {
        let newest = now.0.div_euclid(HOUR);
        for hour in now.plus(-AREA_MINUTES * MINUTE).0.div_euclid(HOUR)..=newest {
            self.at_hand.entry(hour).or_insert_with(|| {
                let mut of_hour = usual.of_hour(At(hour * HOUR));
                of_hour.retain(|cell, _| cell.0.resolution() == FINEST);
                let total = of_hour.values().sum();
                (of_hour, total)
            });
        }
        while self.at_hand.len() > HOURS_AT_HAND {
            self.at_hand.pop_first();
        }
    }

    /// The hot spots after a look: those that stand, and new ones where there is none near.
    fn after(&self, look: &Look<'_>, seen: &[Seen]) -> Vec<HotSpot> {
        let now = look.now;
        let mut spots: Vec<HotSpot> = self.spots.as_ref().clone();
        for spot in &mut spots {
            let own = look.score(spot.centre, spot.ring);
            let near = seen
                .iter()
                .find(|seen| spot.is_near(seen.centre, seen.ring));
            let stands = |seen: &Seen| seen.score >= STANDS;
            if own.as_ref().is_some_and(stands) || near.is_some_and(|near| near.score >= ALARM) {
                spot.seen = now;
            }
            if let Some(own) = own {
                spot.minutes = own.minutes;
                spot.observed = own.observed;
                spot.expected = (own.expected * PARTS as f64) as u64;
                spot.score = spot.score.max((own.score * 100.0) as u32);
            }
        }
        spots.retain(|spot| now.since(spot.seen) <= HELD);
        for seen in seen.iter().take_while(|seen| seen.score >= ALARM) {
            let is_known = spots
                .iter()
                .any(|spot| spot.is_near(seen.centre, seen.ring));
            if !is_known && spots.len() < SPOTS_MAX {
                spots.push(HotSpot {
                    centre: seen.centre,
                    ring: seen.ring,
                    found: now,
                    since: now.plus(-seen.minutes * MINUTE),
                    seen: now,
                    minutes: seen.minutes,
                    observed: seen.observed,
                    expected: (seen.expected * PARTS as f64) as u64,
                    score: (seen.score * 100.0) as u32,
                });
            }
        }
        spots.sort_by_key(|spot| (std::cmp::Reverse(spot.score), spot.centre));
        spots
    }
}

/// One look.
struct Look<'a> {
    now: At,
    /// People by hex in each of [`LOOKED_BACK`].
    people: BTreeMap<Cell, [u32; LOOKED_BACK.len()]>,
    hours: &'a BTreeMap<i64, HourUsual>,
    /// How many times as busy as usual the area is, at least 1.
    busy: f64,
}

/// People of the last minutes by hex of level 7. Those of whom only a wider hex is known are left out: so are they of
/// what is usual.
fn lately(minutes: &Minutes, now: At) -> BTreeMap<Cell, [u32; LOOKED_BACK.len()]> {
    let last = minute_of(now);
    let longest = LOOKED_BACK[LOOKED_BACK.len() - 1];
    let mut people: BTreeMap<Cell, [u32; LOOKED_BACK.len()]> = BTreeMap::new();
    // The present minute has only begun.
    for (minute, cell, _) in minutes.between(last - longest, last - 1) {
        let cell = cell.parent(FINEST);
        if cell.0.resolution() != FINEST {
            continue;
        }
        let sums = people.entry(cell).or_default();
        for (sum, length) in sums.iter_mut().zip(LOOKED_BACK) {
            *sum += u32::from(last - minute <= length);
        }
    }
    people
}

impl Look<'_> {
    /// How many times as busy as usual the area is.
    fn busy(&self, minutes: &Minutes) -> f64 {
        let last = minute_of(self.now);
        let people = minutes.between(last - AREA_MINUTES, last - 1);
        let observed = people
            .filter(|(_, cell, _)| cell.0.resolution() >= FINEST)
            .count();
        let expected = self.usual(AREA_MINUTES, |(_, total)| *total);
        (observed as f64 / expected.max(1.0)).max(1.0)
    }

    /// Usual people of the last minutes, of whatever `of` picks out of each hour.
    fn usual(&self, minutes: i64, of: impl Fn(&HourUsual) -> u64) -> f64 {
        let from = self.now.plus(-minutes * MINUTE);
        let mut sum = 0.0;
        let mut start = from;
        while start < self.now {
            let hour = start.0.div_euclid(HOUR);
            let end = At((hour + 1) * HOUR).min(self.now);
            let parts = self.hours.get(&hour).map_or(0, &of);
            sum += parts as f64 * (end.since(start) as f64 / HOUR as f64);
            start = end;
        }
        sum / PARTS as f64
    }

    /// The best of all rings around a hex.
    fn best(&self, centre: Cell) -> Option<Seen> {
        (0..=RINGS_MAX)
            .filter_map(|ring| self.score(centre, ring))
            .max_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// The best span of time of a place; `None` where there are too few people.
    fn score(&self, centre: Cell, ring: u32) -> Option<Seen> {
        let disk: Vec<Cell> = centre
            .0
            .grid_disk::<Vec<_>>(ring)
            .into_iter()
            .map(Cell)
            .collect();
        let people = |index: usize| -> u32 {
            let of = |cell: &Cell| self.people.get(cell).map(|sums| sums[index]);
            disk.iter().filter_map(of).sum()
        };
        let one = |(index, minutes): (usize, i64)| {
            let observed = people(index);
            if observed < PEOPLE_MIN {
                return None;
            }
            let usual = self.usual(minutes, |(cells, _)| {
                disk.iter().filter_map(|cell| cells.get(cell)).sum()
            });
            let expected = (usual * self.busy).max(USUAL_MIN);
            Some(Seen {
                centre,
                ring,
                minutes,
                observed,
                expected,
                score: score(f64::from(observed), expected),
            })
        };
        LOOKED_BACK
            .into_iter()
            .enumerate()
            .filter_map(one)
            .max_by(|a, b| a.score.total_cmp(&b.score))
    }
}

/// How much better so many people are explained by a higher mean than by the usual one.
fn score(observed: f64, expected: f64) -> f64 {
    if observed <= expected {
        return 0.0;
    }
    observed * libm::log(observed / expected) - (observed - expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_grows_with_people_and_is_nothing_where_there_are_no_more_than_usual() {
        assert!(score(5.0, 5.0).abs() < f64::EPSILON);
        assert!(score(3.0, 5.0).abs() < f64::EPSILON);
        assert!(score(37.0, 12.5) > ALARM);
        assert!(score(20.0, 12.5) < ALARM);
    }
}
