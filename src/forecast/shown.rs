//! What readers are shown now, and were shown in the last hours: told by the log, never worked out.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use domain::time::{HOUR, Millis};
use domain::{Ahead, At, Estimate, ServiceId, Shown, ShownEstimate, Subject};

/// What was shown is remembered this long: past the longest horizon, and for arrivals told late.
pub const SHOWN_KEPT: Millis = 6 * HOUR;

/// What was shown of one thing, oldest first; each holds until the next.
pub type Course<T> = VecDeque<(At, T)>;

/// What readers are and were shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ShownBoard {
    #[serde(with = "as_list")]
    now: BTreeMap<(ServiceId, Subject), Course<ShownEstimate>>,
    ahead: BTreeMap<ServiceId, Course<Vec<Ahead>>>,
}

impl ShownBoard {
    /// From a moment on this is shown.
    pub fn take(&mut self, at: At, shown: &[Shown]) {
        for shown in shown {
            match shown {
                Shown::Now { service, of, said } => {
                    let key = (service.clone(), *of);
                    put(self.now.entry(key).or_default(), at, *said);
                }
                Shown::Ahead { service, ahead } => {
                    let course = self.ahead.entry(service.clone()).or_default();
                    put(course, at, ahead.clone());
                }
            }
        }
    }

    /// What is shown now; `None` when nothing was ever shown.
    pub fn said(&self, service: &ServiceId, of: Subject) -> Option<ShownEstimate> {
        let course = self.now.get(&(service.clone(), of))?;
        course.back().map(|(_, said)| *said)
    }

    /// The estimate that was shown at a moment, if one was.
    pub fn said_at(&self, service: &ServiceId, of: Subject, at: At) -> Option<Estimate> {
        let course = self.now.get(&(service.clone(), of))?;
        as_of(course, at).and_then(ShownEstimate::estimate)
    }

    /// What is shown of the time ahead.
    pub fn ahead(&self, service: &ServiceId) -> &[Ahead] {
        let course = self.ahead.get(service);
        let newest = course.and_then(|course| course.back());
        newest.map_or(&[], |(_, ahead)| ahead)
    }

    /// What was shown so long before a moment of those who come at that moment.
    pub fn ahead_of(&self, service: &ServiceId, at: At, horizon: Millis) -> Option<Ahead> {
        let ahead = as_of(self.ahead.get(service)?, at.plus(-horizon))?;
        let near = ahead
            .iter()
            .min_by_key(|ahead| ahead.at.since(at).abs())
            .copied();
        near.filter(|ahead| ahead.at.since(at).abs() <= HOUR / 4)
    }

    /// Whether anything is shown of the time ahead that has begun.
    pub fn is_past(&self, service: &ServiceId, now: At) -> bool {
        self.ahead(service)
            .first()
            .is_none_or(|first| first.at <= now)
    }
}

/// Adds what holds from a moment on, and forgets what no arrival can ask for.
pub fn put<T>(course: &mut Course<T>, at: At, what: T) {
    course.push_back((at, what));
    // The one that held when the time kept began is still needed.
    while course
        .get(1)
        .is_some_and(|(from, _)| at.since(*from) > SHOWN_KEPT)
    {
        course.pop_front();
    }
}

/// What held at a moment.
pub fn as_of<T>(course: &Course<T>, at: At) -> Option<&T> {
    let after = course.partition_point(|(from, _)| *from <= at);
    let place = after.checked_sub(1)?;
    course.get(place).map(|(_, what)| what)
}

/// JSON has no maps by pairs.
mod as_list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{BTreeMap, Course, ServiceId, ShownEstimate, Subject};

    type Courses = BTreeMap<(ServiceId, Subject), Course<ShownEstimate>>;

    pub fn serialize<S: Serializer>(courses: &Courses, out: S) -> Result<S::Ok, S::Error> {
        courses.iter().collect::<Vec<_>>().serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Courses, D::Error> {
        Ok(Vec::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::MINUTE;
    use domain::{Method, Withheld};

    fn said(median: i64) -> ShownEstimate {
        ShownEstimate::Estimate(Estimate {
            median,
            low: 1,
            high: None,
            limits: None,
            people: 9,
            method: Method::Learned,
        })
    }

    fn now(said: ShownEstimate) -> [Shown; 1] {
        [Shown::Now {
            service: ServiceId::new("a").unwrap(),
            of: Subject::Wait,
            said,
        }]
    }

    #[test]
    fn it_knows_what_was_shown_when() {
        let a = ServiceId::new("a").unwrap();
        let mut board = ShownBoard::default();
        let at = |minute: i64| At(minute * MINUTE);
        board.take(at(10), &now(said(50)));
        board.take(at(20), &now(ShownEstimate::Withheld(Withheld::SilentFeed)));
        board.take(at(30), &now(said(70)));
        let then = |minute| {
            board
                .said_at(&a, Subject::Wait, at(minute))
                .map(|e| e.median)
        };
        assert_eq!(
            [then(9), then(10), then(19), then(20), then(30), then(99)],
            [None, Some(50), Some(50), None, Some(70), Some(70)]
        );
        assert_eq!(board.said(&a, Subject::Handover), None);
    }

    #[test]
    fn it_forgets_what_no_arrival_can_ask_for() {
        let mut board = ShownBoard::default();
        for minute in 0..3_000 {
            board.take(At(minute * MINUTE), &now(said(minute)));
        }
        let course = board.now.values().next().unwrap();
        assert!(
            course.len() as i64 <= SHOWN_KEPT / MINUTE + 2,
            "{}",
            course.len()
        );
    }
}
