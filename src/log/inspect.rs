//! `uec-live log verify|stats|export`: reads a whole log, checks it, writes it out.

use std::fmt;
use std::io::Write;
use std::path::Path;

use crate::domain::{At, Entry};
use crate::log::embedded::{EmbeddedLog, STORE_FOLDER, io_error};
use crate::log::{Log, LogError};

/// What a log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Entries, each read and checked.
    pub entries: u64,
    /// Times of the first and the last.
    pub span: Option<(At, At)>,
    /// Which history.
    pub epoch: String,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} entries, every one read and in its place",
            self.entries
        )?;
        if let Some((first, last)) = self.span {
            write!(f, "\nfrom {first} to {last}")?;
        }
        write!(f, "\nepoch {}", self.epoch)
    }
}

/// Reads every entry and checks that none is missing or changed.
pub fn verify(folder: &Path) -> Result<Summary, LogError> {
    let mut span: Option<(At, At)> = None;
    let (entries, epoch) = each(folder, |entry| {
        span = Some((span.map_or(entry.at, |(first, _)| first), entry.at));
        Ok(())
    })?;
    Ok(Summary {
        entries,
        span,
        epoch,
    })
}

/// Writes every entry as one JSON object a line.
pub fn export(folder: &Path, out: &mut impl Write) -> Result<u64, LogError> {
    let (entries, _) = each(folder, |entry| {
        serde_json::to_writer(&mut *out, &entry)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(|why| io_error(folder, &why))
    })?;
    Ok(entries)
}

fn each(
    folder: &Path,
    visit: impl FnMut(Entry) -> Result<(), LogError>,
) -> Result<(u64, String), LogError> {
    if !folder.join(STORE_FOLDER).exists() {
        let why = std::io::Error::other("there is no event log in this folder; check --data");
        return Err(io_error(folder, &why));
    }
    let log = EmbeddedLog::open(folder)?;
    Ok((log.each(visit)?, log.epoch().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Record;

    #[test]
    fn verify_says_what_a_log_holds_and_export_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            verify(folder.path())
                .unwrap_err()
                .to_string()
                .contains("no event log")
        );
        EmbeddedLog::open(folder.path())
            .unwrap()
            .append(&[tick(1), tick(2)])
            .unwrap();
        assert_eq!(verify(folder.path()).unwrap().entries, 2);
        let mut out = Vec::new();
        export(folder.path(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().lines().count(), 2);
    }

    fn tick(seq: u64) -> Entry {
        Entry {
            seq,
            at: At(1_000),
            record: Record::Tick,
        }
    }
}
