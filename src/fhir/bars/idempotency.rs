//! Which requests are being carried out, and which failed for good: a retry is told the same.
//!
//! Those that succeeded are in the log and known for ever; this memory is of the failures of this run of the server.

use std::sync::Arc;

use compact_str::CompactString;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::outcome::Problem;
use domain::At;
use domain::time::{HOUR, Millis};

/// A failure is remembered so long.
const FAILURE_KEPT: Millis = HOUR;
/// Failures remembered at most; beyond them those that are old go.
const FAILURES_MAX: usize = 10_000;

/// What is known of requests.
#[derive(Clone, Default)]
pub struct Requests {
    known: Arc<DashMap<CompactString, RequestState>>,
}

enum RequestState {
    Running,
    Failed(Problem, At),
}

/// A request being carried out; it ends when this is dropped.
pub struct Running {
    known: Arc<DashMap<CompactString, RequestState>>,
    key: CompactString,
}

impl Requests {
    /// Begins a request, or says what became of it before.
    pub fn begin(&self, key: CompactString, now: At) -> Result<Running, Problem> {
        if self.known.len() >= FAILURES_MAX {
            self.known.retain(|_, state| match state {
                RequestState::Running => true,
                RequestState::Failed(_, at) => now.since(*at) < FAILURE_KEPT / 10,
            });
        }
        match self.known.entry(key.clone()) {
            Entry::Occupied(mut known) => match known.get() {
                RequestState::Running => return Err(Problem::too_early()),
                RequestState::Failed(why, at) if now.since(*at) < FAILURE_KEPT => {
                    return Err(why.clone());
                }
                RequestState::Failed(..) => {
                    known.insert(RequestState::Running);
                }
            },
            Entry::Vacant(free) => {
                free.insert(RequestState::Running);
            }
        }
        Ok(Running {
            known: Arc::clone(&self.known),
            key,
        })
    }
}

impl Running {
    /// Remembers a failure that will not change by itself.
    pub fn failed(self, why: &Problem, now: At) {
        let failed = RequestState::Failed(why.clone(), now);
        self.known.insert(self.key.clone(), failed);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.known
            .remove_if(&self.key, |_, state| matches!(state, RequestState::Running));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_carried_out_once_at_a_time_and_fails_the_same_way_for_an_hour() {
        let requests = Requests::default();
        let begin = |at: i64| requests.begin("r|c".into(), At(at));
        let first = begin(0).ok().unwrap();
        assert_eq!(begin(1).err().unwrap().status, 425);
        drop(first);
        let second = begin(2).ok().unwrap();
        second.failed(&Problem::conflict("taken"), At(3));
        assert_eq!(begin(4).err(), Some(Problem::conflict("taken")));
        assert!(
            begin(3 + FAILURE_KEPT).is_ok(),
            "in the end it is tried again"
        );
    }
}
