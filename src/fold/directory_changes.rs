//! Changes to the Directory that were made while the server ran.

use std::collections::{BTreeMap, VecDeque};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use domain::{At, DirectoryChange, Service, ServiceId};

/// Changes that are remembered with their reason; the log has all of them.
pub const NOTES_MAX: usize = 500;

/// What was done to one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: At,
    /// Whose record.
    pub service: ServiceId,
    /// It was taken out, and not put in.
    pub is_withdrawn: bool,
    /// Who did it.
    pub by: CompactString,
    /// Plain words.
    pub why: String,
}

/// All changes since the log began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryChanges {
    /// The newest change of each record.
    changed: BTreeMap<ServiceId, DirectoryChange>,
    notes: VecDeque<Note>,
}

impl DirectoryChanges {
    /// Takes a record in.
    pub fn put(
        &mut self,
        at: At,
        record: &Service,
        by: &CompactString,
        why: &str,
    ) -> DirectoryChange {
        let change = DirectoryChange::Put(Box::new(record.clone()));
        self.note(at, &record.id, false, by, why);
        self.changed.insert(record.id.clone(), change.clone());
        change
    }

    /// Takes a record out.
    pub fn withdraw(
        &mut self,
        at: At,
        id: &ServiceId,
        by: &CompactString,
        why: &str,
    ) -> DirectoryChange {
        let change = DirectoryChange::Withdrawn(id.clone());
        self.note(at, id, true, by, why);
        self.changed.insert(id.clone(), change.clone());
        change
    }

    fn note(&mut self, at: At, id: &ServiceId, is_withdrawn: bool, by: &CompactString, why: &str) {
        if self.notes.len() == NOTES_MAX {
            self.notes.pop_back();
        }
        self.notes.push_front(Note {
            at,
            service: id.clone(),
            is_withdrawn,
            by: by.clone(),
            why: why.to_owned(),
        });
    }

    /// The newest change of each record.
    pub fn changes(&self) -> Vec<DirectoryChange> {
        self.changed.values().cloned().collect()
    }

    /// The last changes, newest first.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter()
    }
}
