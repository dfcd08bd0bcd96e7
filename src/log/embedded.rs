//! The embedded log: entries in `fjall`, made durable batch by batch with one data sync.
//!
//! What it adds to the store: a dense sequence and a running chain over the entries, checked whenever
//! they are read, and a `head` file beside the store that says how far the log had certainly come, so
//! that a journal cut short by a fault is refused and not opened short.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::domain::{At, Entry};
use crate::log::record::{self, CHAIN_START};
use crate::log::{Log, LogError};

const CACHE_BYTES: u64 = 8 << 20;
const JOURNAL_BYTES_MAX: u64 = 64 << 20;
const MEMTABLE_BYTES_MAX: u64 = 8 << 20;
/// The head file is written again after this many entries, and when the log is closed.
const HEAD_EVERY: u64 = 1_024;

const HEAD_FILE: &str = "head";
pub(super) const STORE_FOLDER: &str = "log";
const EPOCH_KEY: &str = "epoch";

/// The log in a folder of its own. One process at a time.
pub struct EmbeddedLog {
    folder: PathBuf,
    /// `None` after a failed append: the store accepts nothing more until it is opened again.
    store: Option<Store>,
    shared: Shared,
    epoch: String,
    tip: Tip,
    head_written: u64,
}

/// The entries as readers on other threads see them; empty while the store is closed.
type Shared = Arc<RwLock<Option<Keyspace>>>;

/// Reads entries beside the writer, for effects. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    folder: PathBuf,
    shared: Shared,
}

impl Reader {
    /// Entries from `from` on, `most` at most; none when there is nothing newer.
    pub fn read(&self, from: u64, most: usize) -> Result<Vec<Entry>, LogError> {
        let shared = self.shared.read().unwrap_or_else(PoisonError::into_inner);
        let Some(entries) = shared.as_ref() else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for guard in entries.range(from.to_be_bytes()..).take(most) {
            let (_, value) = guard
                .into_inner()
                .map_err(|why| store_error(&self.folder, &why))?;
            let entry = record::read_unchained(&value)
                .map_err(|what| damaged(&self.folder, from + found.len() as u64, &what))?;
            found.push(entry);
        }
        Ok(found)
    }
}

/// Where the log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tip {
    seq: u64,
    at: At,
    chain: u64,
}

const EMPTY: Tip = Tip {
    seq: 0,
    at: At(0),
    chain: CHAIN_START,
};

struct Store {
    database: Database,
    entries: Keyspace,
    meta: Keyspace,
}

impl Store {
    fn open(folder: &Path) -> Result<Self, fjall::Error> {
        let database = Database::builder(folder.join(STORE_FOLDER))
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .worker_threads(1)
            .open()?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES_MAX);
        let entries = database.keyspace("entries", options)?;
        let meta = database.keyspace("meta", options)?;
        Ok(Self {
            database,
            entries,
            meta,
        })
    }

    fn tip(&self, folder: &Path) -> Result<Tip, LogError> {
        let Some(last) = self.entries.last_key_value() else {
            return Ok(EMPTY);
        };
        let (key, value) = last.into_inner().map_err(|why| store_error(folder, &why))?;
        let seq = sequence(&key).ok_or_else(|| damaged(folder, 0, "a key is not a number"))?;
        let chain = record::stored_chain(&value).map_err(|what| damaged(folder, seq, &what))?;
        let entry = record::read_unchained(&value).map_err(|what| damaged(folder, seq, &what))?;
        Ok(Tip {
            seq,
            at: entry.at,
            chain,
        })
    }
}

impl EmbeddedLog {
    /// Opens or makes the log in `folder`. Refuses a log that another process has open, and one that
    /// is shorter than its head says.
    pub fn open(folder: &Path) -> Result<Self, LogError> {
        std::fs::create_dir_all(folder).map_err(|why| io_error(folder, &why))?;
        let store = Store::open(folder).map_err(|why| store_error(folder, &why))?;
        let tip = store.tip(folder)?;
        let epoch = read_or_make_epoch(&store, folder)?;
        check_head(folder, &store, tip)?;
        Ok(Self {
            folder: folder.to_owned(),
            shared: Arc::new(RwLock::new(Some(store.entries.clone()))),
            store: Some(store),
            epoch,
            tip,
            head_written: tip.seq,
        })
    }

    /// A reader for other threads.
    pub fn reader(&self) -> Reader {
        Reader {
            folder: self.folder.clone(),
            shared: Arc::clone(&self.shared),
        }
    }

    fn share(&self, entries: Option<Keyspace>) {
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = entries;
    }

    /// The store, opened again when an earlier append failed.
    fn reopen(&mut self) -> Result<(), LogError> {
        if self.store.is_none() {
            let store = Store::open(&self.folder).map_err(|why| store_error(&self.folder, &why))?;
            self.tip = store.tip(&self.folder)?;
            self.share(Some(store.entries.clone()));
            self.store = Some(store);
        }
        Ok(())
    }

    fn commit(&mut self, entries: &[Entry]) -> Result<Tip, LogError> {
        let Some(store) = &self.store else {
            return Err(io_error(
                &self.folder,
                &std::io::Error::other("the store is closed"),
            ));
        };
        let mut tip = self.tip;
        let mut batch = store
            .database
            .batch()
            .durability(Some(PersistMode::SyncData));
        for entry in entries {
            if entry.seq != tip.seq + 1 || entry.at < tip.at {
                let what = format!("entry {} was to follow entry {}", entry.seq, tip.seq);
                return Err(io_error(&self.folder, &std::io::Error::other(what)));
            }
            let (bytes, chain) = record::encode(tip.chain, entry)
                .map_err(|what| io_error(&self.folder, &std::io::Error::other(what)))?;
            batch.insert(&store.entries, entry.seq.to_be_bytes(), bytes);
            tip = Tip {
                seq: entry.seq,
                at: entry.at,
                chain,
            };
        }
        batch
            .commit()
            .map_err(|why| store_error(&self.folder, &why))?;
        Ok(tip)
    }

    /// Says how far the log has certainly come. A failure costs only the next start its check.
    fn write_head(&mut self) {
        let text = format!("{} {:016x}\n", self.tip.seq, self.tip.chain);
        match replace_file(&self.folder.join(HEAD_FILE), text.as_bytes()) {
            Ok(()) => self.head_written = self.tip.seq,
            Err(why) => tracing::warn!(%why, "the head of the event log could not be noted"),
        }
    }
}

impl EmbeddedLog {
    /// Reads every entry and checks each against the one before; stops at the first error of `visit`.
    pub(super) fn each(
        &self,
        visit: impl FnMut(Entry) -> Result<(), LogError>,
    ) -> Result<u64, LogError> {
        let Some(store) = &self.store else {
            return Ok(0);
        };
        read_through(store, &self.folder, 1, visit)
    }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        if self.store.is_some() && self.head_written != self.tip.seq {
            self.write_head();
        }
    }
}

impl Log for EmbeddedLog {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    fn last(&self) -> Option<(u64, At)> {
        (self.tip.seq > 0).then_some((self.tip.seq, self.tip.at))
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), LogError> {
        self.reopen()?;
        match self.commit(entries) {
            Ok(tip) => self.tip = tip,
            Err(why) => {
                self.share(None);
                self.store = None;
                return Err(why);
            }
        }
        if self.tip.seq - self.head_written >= HEAD_EVERY {
            self.write_head();
        }
        Ok(())
    }

    fn replay(&mut self, from: u64, visit: &mut dyn FnMut(Entry)) -> Result<u64, LogError> {
        self.reopen()?;
        let Some(store) = &self.store else {
            return Ok(0);
        };
        read_through(store, &self.folder, from, |entry| {
            visit(entry);
            Ok(())
        })
    }
}

/// Reads every entry, checks the chain from the first, and hands on those from `from`.
fn read_through(
    store: &Store,
    folder: &Path,
    from: u64,
    mut visit: impl FnMut(Entry) -> Result<(), LogError>,
) -> Result<u64, LogError> {
    let mut tip = EMPTY;
    let mut handed_on = 0;
    for guard in store.entries.iter() {
        let (key, value) = guard
            .into_inner()
            .map_err(|why| store_error(folder, &why))?;
        let expected = tip.seq + 1;
        if sequence(&key) != Some(expected) {
            return Err(damaged(folder, expected, "it is missing"));
        }
        let (entry, chain) =
            record::decode(tip.chain, &value).map_err(|what| damaged(folder, expected, &what))?;
        tip = Tip {
            seq: expected,
            at: entry.at,
            chain,
        };
        if expected >= from {
            handed_on += 1;
            visit(entry)?;
        }
    }
    Ok(handed_on)
}

fn sequence(key: &[u8]) -> Option<u64> {
    key.try_into().ok().map(u64::from_be_bytes)
}

fn read_or_make_epoch(store: &Store, folder: &Path) -> Result<String, LogError> {
    let known = store
        .meta
        .get(EPOCH_KEY)
        .map_err(|why| store_error(folder, &why))?;
    if let Some(known) = known {
        return Ok(String::from_utf8_lossy(&known).into_owned());
    }
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random)
        .map_err(|why| io_error(folder, &std::io::Error::other(why.to_string())))?;
    let epoch = format!("{:016x}", u64::from_be_bytes(random));
    let mut batch = store
        .database
        .batch()
        .durability(Some(PersistMode::SyncAll));
    batch.insert(&store.meta, EPOCH_KEY, epoch.as_bytes());
    batch.commit().map_err(|why| store_error(folder, &why))?;
    Ok(epoch)
}

/// Compares the log with what its head file says it had certainly come to.
fn check_head(folder: &Path, store: &Store, tip: Tip) -> Result<(), LogError> {
    let text = match std::fs::read_to_string(folder.join(HEAD_FILE)) {
        Ok(text) => text,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(io_error(folder, &why)),
    };
    let head = text.trim().split_once(' ').and_then(|(seq, chain)| {
        Some((
            seq.parse::<u64>().ok()?,
            u64::from_str_radix(chain, 16).ok()?,
        ))
    });
    let Some((seq, chain)) = head else {
        return Err(damaged(
            folder,
            0,
            "the head file cannot be read; remove it after a `log verify`",
        ));
    };
    if tip.seq < seq {
        let what = format!(
            "the log ends at entry {} but had come to {seq}; restore a copy",
            tip.seq
        );
        return Err(damaged(folder, tip.seq + 1, &what));
    }
    let found = store
        .entries
        .get(seq.to_be_bytes())
        .map_err(|why| store_error(folder, &why))?;
    let found = found.map(|bytes| record::stored_chain(&bytes)).transpose();
    if seq > 0 && found != Ok(Some(chain)) {
        return Err(damaged(
            folder,
            seq,
            "it is not the entry that was written; restore a copy",
        ));
    }
    Ok(())
}

fn replace_file(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = file.with_extension("new");
    let mut out = std::fs::File::create(&fresh)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    std::fs::rename(&fresh, file)
}

fn damaged(folder: &Path, seq: u64, what: &str) -> LogError {
    LogError::Damaged {
        place: folder.display().to_string(),
        seq,
        what: what.to_owned(),
    }
}

pub(super) fn io_error(folder: &Path, why: &std::io::Error) -> LogError {
    LogError::Store {
        place: folder.display().to_string(),
        what: why.to_string(),
    }
}

fn store_error(folder: &Path, why: &fjall::Error) -> LogError {
    let what = match why {
        fjall::Error::Locked => {
            "another server has it open; stop that one or choose another folder".to_owned()
        }
        fjall::Error::Io(why) if why.kind() == std::io::ErrorKind::StorageFull => {
            "the disk is full; make room, the server goes on by itself".to_owned()
        }
        fjall::Error::Io(why) if why.kind() == std::io::ErrorKind::PermissionDenied => {
            "the folder may not be written; check its owner and mode".to_owned()
        }
        fjall::Error::JournalRecovery(_) | fjall::Error::InvalidTrailer => {
            format!("its journal is damaged ({why}); restore a copy")
        }
        why => why.to_string(),
    };
    LogError::Store {
        place: folder.display().to_string(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Record;

    fn ticks(seqs: std::ops::RangeInclusive<u64>) -> Vec<Entry> {
        seqs.map(|seq| Entry {
            seq,
            at: At(seq as i64 * 1_000),
            record: Record::Tick,
        })
        .collect()
    }

    fn replayed(log: &mut EmbeddedLog, from: u64) -> Vec<Entry> {
        let mut entries = Vec::new();
        log.replay(from, &mut |entry| entries.push(entry)).unwrap();
        entries
    }

    #[test]
    fn entries_come_back_after_a_restart_in_the_same_history() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = EmbeddedLog::open(folder.path()).unwrap();
        let epoch = log.epoch().to_owned();
        log.append(&ticks(1..=3)).unwrap();
        log.append(&ticks(4..=5)).unwrap();
        drop(log);
        let mut log = EmbeddedLog::open(folder.path()).unwrap();
        assert_eq!(
            (log.epoch(), log.last()),
            (epoch.as_str(), Some((5, At(5_000))))
        );
        assert_eq!(replayed(&mut log, 3), ticks(3..=5));
    }

    #[test]
    fn a_gap_is_refused_and_nothing_of_its_batch_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = EmbeddedLog::open(folder.path()).unwrap();
        log.append(&ticks(1..=2)).unwrap();
        assert!(log.append(&ticks(4..=5)).is_err());
        assert_eq!(replayed(&mut log, 1), ticks(1..=2));
        log.append(&ticks(3..=3)).unwrap();
    }

    #[test]
    fn a_second_server_on_the_same_folder_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let _first = EmbeddedLog::open(folder.path()).unwrap();
        let Err(why) = EmbeddedLog::open(folder.path()) else {
            panic!("opened twice")
        };
        assert!(
            why.to_string().contains("another server has it open"),
            "{why}"
        );
    }

    #[test]
    fn a_log_shorter_than_its_head_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = EmbeddedLog::open(folder.path()).unwrap();
        log.append(&ticks(1..=3)).unwrap();
        drop(log);
        std::fs::write(folder.path().join(HEAD_FILE), "9 0000000000000001\n").unwrap();
        let Err(why) = EmbeddedLog::open(folder.path()) else {
            panic!("opened short")
        };
        assert!(
            why.to_string()
                .contains("ends at entry 3 but had come to 9"),
            "{why}"
        );
    }
}
