//! Looking back: what was shown at a moment, rebuilt from the log, and which entries made a figure.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::derived_state::DerivedState;
use domain::{At, Directory, Entry, ReadingName};
use log::snapshot::{SNAPSHOT_FOLDER, SnapshotKey, Snapshots};
use log::{LogError, Reader, disk, inspect};
use views::{Evidence, HistoryError, HistoryLookup, Published};

/// Rebuilds past states.
pub struct History {
    reader: Reader,
    snapshots: Arc<Mutex<Snapshots>>,
    epoch: String,
    directory: Arc<Directory>,
}

impl History {
    /// Over a running server's log.
    pub fn new(
        reader: Reader,
        snapshots: Arc<Mutex<Snapshots>>,
        epoch: String,
        directory: Arc<Directory>,
    ) -> Self {
        Self {
            reader,
            snapshots,
            epoch,
            directory,
        }
    }

    /// Over the log of a data folder, whether or not a server runs on it.
    pub fn open(data: &Path, directory: Arc<Directory>) -> Result<Self, LogError> {
        let (reader, epoch) = inspect::reader(data)?;
        let folder = disk::Folder::at(&data.join(SNAPSHOT_FOLDER));
        let snapshots = Arc::new(Mutex::new(Snapshots::on(Box::new(folder))));
        Ok(Self::new(reader, snapshots, epoch, directory))
    }

    /// The state as of the last entry at or before a moment; `None` when the log began later.
    fn state(&self, at: At) -> Result<Option<DerivedState>, LogError> {
        let (mut state, anchor) = {
            let snapshots = self
                .snapshots
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let known = snapshots.list().unwrap_or_default();
            let wanted = |key: SnapshotKey| key.at <= at;
            if known.is_empty() {
                (DerivedState::new(&self.directory), None)
            } else {
                DerivedState::newest(&snapshots, wanted, &self.directory)?
            }
        };
        let mut changes = Vec::new();
        self.reader
            .entries_after(anchor.map_or(0, |a| a.seq), anchor, &mut |entry| {
                if entry.at > at {
                    return false;
                }
                changes.clear();
                state.apply(&entry, &mut changes);
                true
            })?;
        Ok((state.seq() > 0).then_some(state))
    }

    /// What was shown at a moment.
    pub fn published(&self, at: At) -> Result<Option<Arc<Published>>, LogError> {
        let state = self.state(at)?;
        Ok(state.map(|mut state| state.publish(&[], &self.epoch)))
    }

    /// The entries that made a figure at a moment, as far back as the log is kept.
    pub fn evidence(
        &self,
        at: At,
        service: &str,
        name: ReadingName,
    ) -> Result<Option<Vec<Entry>>, LogError> {
        let Some(state) = self.state(at)? else {
            return Ok(None);
        };
        let evidence = Evidence::of(&state.fold_state, service, name);
        let mut found = Vec::new();
        self.reader.each(&mut |entry| {
            let is_before = entry.at <= at;
            if is_before && evidence.rests_on(&entry) {
                found.push(entry);
            }
            is_before
        })?;
        Ok(Some(found))
    }

    /// As the faces ask for it.
    pub fn into_lookup(self) -> HistoryLookup {
        let history = Mutex::new(self);
        HistoryLookup::new(move |at| {
            let history = history.lock().unwrap_or_else(PoisonError::into_inner);
            match history.published(at) {
                Ok(Some(published)) => Ok(published),
                Ok(None) => Err(HistoryError::BeforeTheLog),
                Err(why) => {
                    tracing::warn!(%why, "a past state could not be rebuilt");
                    Err(HistoryError::NotKept)
                }
            }
        })
    }
}
