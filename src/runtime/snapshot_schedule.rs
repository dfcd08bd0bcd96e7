//! Takes snapshots on a schedule, beside the writer, and says how much of the log is no longer needed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::derived_state::DerivedState;
use domain::At;
use domain::time::{HOUR, Millis};
use fold::FoldState;
use forecast::Forecaster;
use log::snapshot::{Snapshot, Snapshots};
use log::{Anchor, LogError};

/// A snapshot is taken after so many entries, or after so long by the log's clock.
pub const SNAPSHOT_ENTRIES: u64 = 50_000;
/// See [`SNAPSHOT_ENTRIES`].
pub const SNAPSHOT_EVERY: Millis = HOUR;

/// Where work is done that nobody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotThread {
    /// On a thread of its own.
    Beside,
    /// Here and now, so that a simulation knows when.
    Here,
}

/// When and what to keep.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// A snapshot after so many entries.
    pub entries: u64,
    /// Entries and snapshots older than this by the log's clock are given up; `None` keeps all.
    pub retention: Option<Millis>,
    /// Where a snapshot is written.
    pub work: SnapshotThread,
}

/// Takes snapshots and remembers the last.
pub struct SnapshotKeeper {
    snapshots: Arc<Mutex<Snapshots>>,
    schedule: Schedule,
    /// Where the last snapshot was taken, as far as is known.
    last: (u64, At),
    is_busy: Arc<AtomicBool>,
    /// Entries up to this one are needed by no snapshot that is kept.
    removable: Arc<AtomicU64>,
    /// Entries after this one are still to be dealt with by an effect.
    dealt_with: Arc<AtomicU64>,
}

impl SnapshotKeeper {
    /// A keeper of these snapshots. `dealt_with` grows with what the effects have done; `u64::MAX`
    /// when there is none.
    pub fn new(snapshots: Snapshots, schedule: Schedule, dealt_with: Arc<AtomicU64>) -> Self {
        Self {
            snapshots: Arc::new(Mutex::new(snapshots)),
            schedule,
            last: (0, At(0)),
            is_busy: Arc::default(),
            removable: Arc::default(),
            dealt_with,
        }
    }

    /// The snapshots, for reading.
    pub fn with_snapshots<T>(&self, work: impl FnOnce(&Snapshots) -> T) -> T {
        work(
            &self
                .snapshots
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// The snapshots, shared with those who look back.
    pub fn shared(&self) -> Arc<Mutex<Snapshots>> {
        Arc::clone(&self.snapshots)
    }

    /// The server began with this snapshot and has come to `now`.
    pub fn started_from(&mut self, snapshot: Option<Anchor>, now: At) {
        if let Some(anchor) = snapshot {
            self.last = (anchor.seq, now);
        }
    }

    /// Takes a snapshot when one is due.
    pub fn look(&mut self, state: &DerivedState, anchor: Anchor) {
        let (seq, at) = self.last;
        let is_due = state.seq() - seq >= self.schedule.entries
            || (state.seq() > seq && state.at().since(at) >= SNAPSHOT_EVERY);
        if is_due && !self.is_busy.swap(true, Ordering::AcqRel) {
            self.take(state, anchor, self.schedule.work);
        }
    }

    /// Takes a last snapshot, so that the next start is quick.
    pub fn finish(&mut self, state: &DerivedState, anchor: Anchor) {
        if self.last.0 < state.seq() && !self.is_busy.swap(true, Ordering::AcqRel) {
            self.take(state, anchor, SnapshotThread::Here);
        }
    }

    fn take(&mut self, state: &DerivedState, anchor: Anchor, work: SnapshotThread) {
        self.last = (state.seq(), state.at());
        let job = Job {
            snapshots: Arc::clone(&self.snapshots),
            fold_state: state.fold_state.clone(),
            forecaster: state.forecaster.clone(),
            anchor,
            retention: self.schedule.retention,
            removable: Arc::clone(&self.removable),
        };
        let is_busy = Arc::clone(&self.is_busy);
        let run = move || {
            match job.run() {
                Ok(seq) => telemetry::snapshot_taken(seq),
                Err(why) => {
                    telemetry::snapshot_failed();
                    tracing::error!(%why, "no snapshot could be taken; the log is complete all the same");
                }
            }
            is_busy.store(false, Ordering::Release);
        };
        match work {
            SnapshotThread::Here => run(),
            SnapshotThread::Beside => {
                let started = std::thread::Builder::new()
                    .name("snapshot".to_owned())
                    .spawn(run);
                if let Err(why) = started {
                    tracing::error!(%why, "no thread for a snapshot");
                    self.is_busy.store(false, Ordering::Release);
                }
            }
        }
    }

    /// How far the log may be given up now: behind a kept snapshot and behind every effect.
    pub fn removable(&self) -> u64 {
        let behind = self.removable.load(Ordering::Acquire);
        behind.min(self.dealt_with.load(Ordering::Acquire))
    }
}

/// One snapshot to be taken.
struct Job {
    snapshots: Arc<Mutex<Snapshots>>,
    fold_state: FoldState,
    forecaster: Forecaster,
    anchor: Anchor,
    retention: Option<Millis>,
    removable: Arc<AtomicU64>,
}

impl Job {
    fn run(self) -> Result<u64, LogError> {
        let state =
            DerivedState::to_snapshot(&self.fold_state, &self.forecaster).map_err(|why| {
                LogError::Store {
                    place: "a snapshot".to_owned(),
                    what: why.to_string(),
                }
            })?;
        let snapshot = Snapshot {
            anchor: self.anchor,
            at: self.fold_state.at(),
            state,
        };
        let mut snapshots = self
            .snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        snapshots.keep(&snapshot)?;
        if let Some(retention) = self.retention {
            let base = snapshots.tidy(snapshot.at.plus(-retention))?;
            self.removable
                .fetch_max(base.unwrap_or(0), Ordering::AcqRel);
        } else {
            snapshots.tidy(At(i64::MIN))?;
        }
        Ok(self.anchor.seq)
    }
}
