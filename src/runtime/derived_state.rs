//! All that is derived from the entries, and its way into and out of a snapshot.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use domain::{At, Directory, Entry, Shown};
use fold::{self, Change, FoldState};
use forecast::Forecaster;
use log::snapshot::{Snapshot, SnapshotKey, Snapshots};
use log::{Anchor, Log, LogError};
use views::{Published, Publisher, shown_changes};

/// What the entries so far add up to.
pub struct DerivedState {
    /// What the facts mean.
    pub fold_state: FoldState,
    /// What was learned of each queue, and what was shown.
    pub forecaster: Forecaster,
    viewer: Publisher,
}

/// The content of a snapshot, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    fold: u32,
    #[serde(rename = "picture")]
    fold_state: &'a FoldState,
    forecaster: &'a Forecaster,
}

/// The content of a snapshot, as it is read.
#[derive(Deserialize)]
struct Kept<'a> {
    /// The meaning it was folded by; another meaning is folded afresh from the entries.
    fold: u32,
    #[serde(borrow, rename = "picture")]
    fold_state: &'a RawValue,
    forecaster: Forecaster,
}

impl DerivedState {
    /// Nothing is known yet.
    pub fn new(directory: &Arc<Directory>) -> Self {
        Self::of(
            FoldState::new(Arc::clone(directory)),
            Forecaster::default(),
            directory,
        )
    }

    fn of(fold_state: FoldState, forecaster: Forecaster, directory: &Arc<Directory>) -> Self {
        Self {
            fold_state,
            forecaster,
            viewer: Publisher::new(Arc::clone(directory)),
        }
    }

    /// The state at the end of the log: the newest sound snapshot, given as well, and what came
    /// after it.
    pub fn rebuild(
        log: &mut dyn Log,
        snapshots: &Snapshots,
        directory: &Arc<Directory>,
    ) -> Result<(Self, Option<Anchor>), LogError> {
        let last = log.last().map_or(0, |(seq, _)| seq);
        let (mut state, anchor) = Self::newest(snapshots, |_| true, directory)?;
        let mut changes = Vec::new();
        log.replay(anchor.map_or(0, |a| a.seq), anchor, &mut |entry| {
            changes.clear();
            state.apply(&entry, &mut changes);
        })?;
        debug_assert_eq!(state.seq(), last);
        Ok((state, anchor))
    }

    /// The newest usable snapshot of those that are wanted, or nothing known yet.
    pub fn newest(
        snapshots: &Snapshots,
        is_wanted: impl Fn(SnapshotKey) -> bool,
        directory: &Arc<Directory>,
    ) -> Result<(Self, Option<Anchor>), LogError> {
        let mut below = u64::MAX;
        loop {
            let found = snapshots.newest(
                |key| key.seq < below && is_wanted(key),
                |why| tracing::warn!(%why, "a snapshot is passed over"),
            )?;
            let Some(snapshot) = found else {
                return Ok((Self::new(directory), None));
            };
            match Self::from_snapshot(&snapshot, directory) {
                Some(state) => return Ok((state, Some(snapshot.anchor))),
                None => below = snapshot.anchor.seq,
            }
        }
    }

    /// The state as the content of a snapshot.
    pub fn to_snapshot(
        fold_state: &FoldState,
        forecaster: &Forecaster,
    ) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Written {
            fold: fold::VERSION,
            fold_state,
            forecaster,
        })
    }

    /// `None` when the snapshot was folded by another meaning than today's.
    fn from_snapshot(snapshot: &Snapshot, directory: &Arc<Directory>) -> Option<Self> {
        let unread = |why: serde_json::Error| {
            tracing::warn!(seq = snapshot.anchor.seq, %why, "a snapshot cannot be read and is passed over");
        };
        let kept: Kept<'_> = serde_json::from_slice(&snapshot.state)
            .map_err(unread)
            .ok()?;
        if kept.fold != fold::VERSION {
            tracing::info!(
                seq = snapshot.anchor.seq,
                "a snapshot of an older meaning is passed over"
            );
            return None;
        }
        let fold_state = kept.fold_state.get().as_bytes();
        let fold_state = FoldState::from_snapshot(fold_state, Arc::clone(directory));
        let fold_state = fold_state.map_err(unread).ok()?;
        Some(Self::of(fold_state, kept.forecaster, directory))
    }

    /// The newest entry applied.
    pub fn seq(&self) -> u64 {
        self.fold_state.seq()
    }

    /// The log's time at that entry.
    pub fn at(&self) -> At {
        self.fold_state.at()
    }

    /// Takes an entry; `changes` is added to.
    pub fn apply(&mut self, entry: &Entry, changes: &mut Vec<Change>) {
        let before = self.fold_state.at();
        self.fold_state.apply(entry, changes);
        self.forecaster.take(entry, &self.fold_state, before);
    }

    /// What readers are to be shown after these changes where that differs from what they are shown;
    /// to be put in the log and taken from there.
    pub fn shown_changes(&self, changes: &[Change]) -> Vec<Shown> {
        let directory = self.fold_state.directory();
        shown_changes(&self.fold_state, &self.forecaster, directory, changes)
    }

    /// What readers may see after these changes. The first publication works everything out.
    pub fn publish(&mut self, changes: &[Change], epoch: &str) -> Arc<Published> {
        self.viewer
            .publish(&self.fold_state, &self.forecaster, changes, epoch)
    }
}
