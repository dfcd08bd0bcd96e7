//! `uec-live log verify|stats|export|archive`: reads a whole log, beside a running server if need
//! be, checks it, writes it out, copies it.

use std::fmt;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::disk::{Disk, Files, Folder};
use crate::embedded::LOG_FOLDER;
use crate::segment::{self, damaged, io_error};
use crate::snapshot::{SNAPSHOT_FOLDER, Snapshots};
use crate::walk::{self, End};
use crate::{LogError, Reader};
use domain::{At, Entry, Record};

/// What a log holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Place of the first entry still kept.
    pub first: u64,
    /// Entries, each read and checked.
    pub entries: u64,
    /// Of these, facts; the others say that time passed.
    pub facts: u64,
    /// Times of the first and the last.
    pub span: Option<(At, At)>,
    /// Which history.
    pub epoch: String,
    /// Files and bytes.
    pub size: (usize, u64),
    /// Bytes of a last write that was cut short; the next start drops them.
    pub torn_bytes: u64,
    /// Snapshots, each read and checked.
    pub snapshots: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, facts, .. } = self;
        write!(f, "{entries} entries, every one read and in its place")?;
        write!(f, "\n{facts} of them facts")?;
        if let Some((first, last)) = self.span {
            write!(f, "\nfrom entry {} at {first} to {last}", self.first)?;
        }
        write!(f, "\n{} bytes in {} files", self.size.1, self.size.0)?;
        write!(f, "\n{} snapshots, every one sound", self.snapshots)?;
        if self.torn_bytes > 0 {
            let torn = self.torn_bytes;
            write!(
                f,
                "\n{torn} bytes of a write under way or cut short at the end; "
            )?;
            write!(f, "nobody was told that it was taken")?;
        }
        write!(f, "\nepoch {}", self.epoch)
    }
}

/// Reads every entry and every snapshot and checks that none is missing or changed.
pub fn verify(data: &Path) -> Result<Summary, LogError> {
    let mut summary = Summary::default();
    let files = open(data)?;
    let end = each(&files, &mut |entry| {
        if summary.span.is_none() {
            summary.first = entry.seq;
        }
        summary.span = Some((summary.span.map_or(entry.at, |(first, _)| first), entry.at));
        summary.facts += u64::from(matches!(entry.record, Record::Fact(_)));
        Ok(())
    })?;
    let segments = segment::list(&files)?;
    for segment in &segments {
        summary.size.1 += segment::bytes(&files, segment)?.len() as u64;
    }
    summary.snapshots = sound_snapshots(data)?;
    Ok(Summary {
        entries: end.handed_on,
        epoch: end.epoch,
        torn_bytes: end.torn_bytes,
        size: (segments.len(), summary.size.1),
        ..summary
    })
}

fn sound_snapshots(data: &Path) -> Result<usize, LogError> {
    let folder = data.join(SNAPSHOT_FOLDER);
    if !folder.exists() {
        return Ok(0);
    }
    let snapshots = Snapshots::on(Box::new(Folder::at(&folder)));
    let keys = snapshots.list()?;
    for key in &keys {
        snapshots.load(*key)?;
    }
    Ok(keys.len())
}

/// Writes every entry as one JSON object a line.
pub fn export(data: &Path, out: &mut impl Write) -> Result<u64, LogError> {
    let files = open(data)?;
    let end = each(&files, &mut |entry| {
        serde_json::to_writer(&mut *out, &entry)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(|why| io_error(&files, &why))
    })?;
    Ok(end.handed_on)
}

/// Copies log and snapshots into an empty folder that can be started from, and checks the copy.
/// A server may be running on the original.
pub fn archive(data: &Path, to: &Path) -> Result<Summary, LogError> {
    let files = open(data)?;
    let target = to.join(LOG_FOLDER);
    let mut copy = Folder::make(&target).map_err(|why| io_error(&Folder::at(&target), &why))?;
    let present = copy.list().map_err(|why| io_error(&copy, &why))?;
    if !present.is_empty() {
        let what = "the folder for the copy is not empty; choose another";
        return Err(io_error(&copy, &std::io::Error::other(what)));
    }
    // Snapshots first: the log copied after them is never behind them.
    let snapshots = data.join(SNAPSHOT_FOLDER);
    if snapshots.exists() {
        copy_all(&Folder::at(&snapshots), &to.join(SNAPSHOT_FOLDER))?;
    }
    for segment in segment::list(&files)? {
        let bytes = segment::bytes(&files, &segment)?;
        let written = copy.replace(&segment.name, &bytes);
        written.map_err(|why| io_error(&copy, &why))?;
    }
    verify(to)
}

fn copy_all(from: &Folder, to: &Path) -> Result<(), LogError> {
    let mut copy = Folder::make(to).map_err(|why| io_error(from, &why))?;
    for name in from.list().map_err(|why| io_error(from, &why))? {
        let bytes = from.read(&name, 0, u64::MAX);
        let bytes = bytes.map_err(|why| io_error(from, &why))?;
        let written = copy.replace(&name, &bytes);
        written.map_err(|why| io_error(&copy, &why))?;
    }
    Ok(())
}

/// The log of a server's data folder, for reading.
pub fn open(data: &Path) -> Result<Folder, LogError> {
    let files = Folder::at(&data.join(LOG_FOLDER));
    let why = std::io::Error::other("there is no event log in this folder; check --data");
    match segment::list(&files) {
        Ok(segments) if !segments.is_empty() => Ok(files),
        _ => Err(io_error(&Folder::at(data), &why)),
    }
}

/// A reader of the log of a data folder, up to where it ends now, and which history it is.
pub fn reader(data: &Path) -> Result<(Reader, String), LogError> {
    let files = open(data)?;
    let end = each(&files, &mut |_| Ok(()))?;
    let durable = Arc::new(AtomicU64::new(end.seq));
    Ok((Reader::new(Box::new(files), durable), end.epoch))
}

/// Hands on every entry there is.
pub fn each(
    files: &Folder,
    visit: &mut dyn FnMut(Entry) -> Result<(), LogError>,
) -> Result<End, LogError> {
    let first = segment::list(files)?.first().map_or(1, |s| s.first);
    let end = walk::entries_after(files, first - 1, None, &mut |entry| {
        visit(entry)?;
        Ok(ControlFlow::Continue(()))
    })?;
    if end.epoch.is_empty() {
        return Err(damaged(files, first, "no file says which history it is"));
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Log;
    use crate::embedded::EmbeddedLog;

    #[test]
    fn verify_says_what_a_log_holds_and_export_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        let none = verify(folder.path()).unwrap_err().to_string();
        assert!(none.contains("no event log"), "{none}");
        let mut log = EmbeddedLog::open(folder.path()).unwrap();
        log.append(&[tick(1), tick(2)]).unwrap();
        // The server still has it open.
        assert_eq!(verify(folder.path()).unwrap().entries, 2);
        let mut out = Vec::new();
        export(folder.path(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().lines().count(), 2);
    }

    #[test]
    fn an_archive_is_a_log_that_can_be_started_from_and_is_made_only_once() {
        let (folder, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut log = EmbeddedLog::open(folder.path()).unwrap();
        log.append(&[tick(1), tick(2)]).unwrap();
        assert_eq!(archive(folder.path(), to.path()).unwrap().entries, 2);
        let twice = archive(folder.path(), to.path()).unwrap_err().to_string();
        assert!(twice.contains("not empty"), "{twice}");
        let copy = EmbeddedLog::open(to.path()).unwrap();
        assert_eq!((copy.epoch(), copy.last()), (log.epoch(), log.last()));
    }

    fn tick(seq: u64) -> Entry {
        Entry {
            seq,
            at: At(1_000),
            record: Record::Tick,
        }
    }
}
