//! When names are to be looked at again, so that an hour's tidying looks at few and not at everything that is kept.

use std::collections::BTreeMap;

use domain::At;
use domain::time::HOUR;

/// Names by the hour in which each is to be looked at. It follows from what is kept: a snapshot holds nothing of it,
/// and until the first tidying after a start nothing is known.
#[derive(Debug, Clone)]
pub struct Due<N> {
    hours: Option<BTreeMap<i64, Vec<N>>>,
    /// The last hour that was looked at.
    last: i64,
}

impl<N> Default for Due<N> {
    fn default() -> Self {
        Self {
            hours: None,
            last: i64::MIN,
        }
    }
}

/// Two that keep the same are the same, whatever each still has to look at.
impl<N> PartialEq for Due<N> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl<N> Eq for Due<N> {}

impl<N: Clone> Due<N> {
    /// Notes a name that is to be looked at by the first tidying at or after a moment.
    pub fn note(&mut self, name: N, at: At) {
        if let Some(hours) = &mut self.hours {
            hours.entry(at.0.div_euclid(HOUR)).or_default().push(name);
        }
    }

    /// Whether what was due at a moment was looked at.
    pub fn is_past(&self, at: At) -> bool {
        at.0.div_euclid(HOUR) <= self.last
    }

    /// Takes out the names to look at now, in no order; `all` are those when nothing is known.
    pub fn take<'a>(&mut self, now: At, all: impl Iterator<Item = &'a N>) -> Vec<N>
    where
        N: 'a,
    {
        self.last = now.0.div_euclid(HOUR);
        let Some(hours) = &mut self.hours else {
            self.hours = Some(BTreeMap::new());
            return all.cloned().collect();
        };
        let later = hours.split_off(&(self.last + 1));
        let now = std::mem::replace(hours, later);
        now.into_values().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_looked_at_first_and_then_what_is_due() {
        let mut due = Due::default();
        due.note("lost", At(0));
        assert_eq!(due.take(At(0), ["b", "c"].iter()), ["b", "c"]);
        due.note("b", At(2 * HOUR));
        due.note("c", At(2 * HOUR + 1));
        due.note("a", At(3 * HOUR));
        assert!(due.take(At(2 * HOUR - 1), [].iter()).is_empty());
        assert_eq!(due.take(At(2 * HOUR), [].iter()), ["b", "c"]);
        assert_eq!(due.take(At(9 * HOUR), [].iter()), ["a"]);
        assert!(due.is_past(At(9 * HOUR + 1)) && !due.is_past(At(10 * HOUR)));
    }
}
