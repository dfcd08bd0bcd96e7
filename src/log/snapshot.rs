//! Snapshots: what the log added up to at a place, so that a start need not read it all.
//!
//! One compressed file for each, written whole or not at all and read back before it counts. The
//! content is the caller's; here it is bytes.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::disk::Disk;
use crate::frame;
use crate::segment::{damaged, io_error};
use crate::{Anchor, LogError};
use domain::At;
use domain::time::{DAY, Millis};

/// The folder of the snapshots in a server's data folder.
pub const SNAPSHOT_FOLDER: &str = "snapshots";
/// The newest that are kept whatever their age: a damaged one leaves another.
const KEPT_NEWEST: usize = 3;
/// Of older ones, one is kept for each such length of time, for looking back.
const KEPT_EVERY: Millis = DAY;
const EXTENSION: &str = ".snap";

/// A snapshot and where it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The place in the log.
    pub anchor: Anchor,
    /// The log's time there.
    pub at: At,
    /// What it holds.
    pub state: Vec<u8>,
}

/// What a file says of itself, before its state.
#[derive(Debug, Serialize, Deserialize)]
struct Title {
    check: u32,
}

/// Snapshot files of one folder.
pub struct Snapshots {
    disk: Box<dyn Disk>,
}

/// Which snapshot: told by its file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotKey {
    /// The place in the log.
    pub seq: u64,
    /// The log's time there.
    pub at: At,
}

impl SnapshotKey {
    fn name(self) -> String {
        format!("{:020}-{:015}{EXTENSION}", self.seq, self.at.0)
    }

    fn of(name: &str) -> Option<Self> {
        let (seq, at) = name.strip_suffix(EXTENSION)?.split_once('-')?;
        Some(Self {
            seq: seq.parse().ok()?,
            at: At(at.parse().ok()?),
        })
    }
}

impl Snapshots {
    /// The snapshots on a disk.
    pub fn on(disk: Box<dyn Disk>) -> Self {
        Self { disk }
    }

    /// All there are, oldest first.
    pub fn list(&self) -> Result<Vec<SnapshotKey>, LogError> {
        let names = self.disk.list();
        let names = names.map_err(|why| io_error(self.disk.as_ref(), &why))?;
        Ok(names
            .iter()
            .filter_map(|name| SnapshotKey::of(name))
            .collect())
    }

    /// Writes a snapshot and reads it back.
    pub fn keep(&mut self, snapshot: &Snapshot) -> Result<(), LogError> {
        let key = SnapshotKey {
            seq: snapshot.anchor.seq,
            at: snapshot.at,
        };
        let bytes = encode(snapshot);
        let bytes = bytes.map_err(|why| io_error(self.disk.as_ref(), &why))?;
        let written = self.disk.replace(&key.name(), &bytes);
        written.map_err(|why| io_error(self.disk.as_ref(), &why))?;
        let found = self.load(key)?;
        if found == *snapshot {
            Ok(())
        } else {
            Err(damaged(
                self.disk.as_ref(),
                key.seq,
                "the snapshot is not what was written",
            ))
        }
    }

    /// Reads a snapshot; an error when it is damaged.
    pub fn load(&self, key: SnapshotKey) -> Result<Snapshot, LogError> {
        let bytes = self.disk.read(&key.name(), 0, u64::MAX);
        let bytes = bytes.map_err(|why| io_error(self.disk.as_ref(), &why))?;
        decode(key, &bytes)
            .ok_or_else(|| damaged(self.disk.as_ref(), key.seq, "its snapshot was changed"))
    }

    /// The newest sound snapshot of those that `is_wanted`; damaged ones are passed
    /// over and told to `passed_over`.
    pub fn newest(
        &self,
        is_wanted: impl Fn(SnapshotKey) -> bool,
        mut passed_over: impl FnMut(LogError),
    ) -> Result<Option<Snapshot>, LogError> {
        for key in self.list()?.into_iter().rev().filter(|key| is_wanted(*key)) {
            match self.load(key) {
                Ok(snapshot) => return Ok(Some(snapshot)),
                Err(why) => passed_over(why),
            }
        }
        Ok(None)
    }

    /// Removes what is neither among the newest, nor the first of its day, nor needed to look back
    /// as far as `horizon`. Gives the place before which the log itself is no longer needed.
    pub fn tidy(&mut self, horizon: At) -> Result<Option<u64>, LogError> {
        let all = self.list()?;
        let base = all.iter().rev().find(|key| key.at <= horizon).copied();
        let newest = all.len().saturating_sub(KEPT_NEWEST);
        let mut day = None;
        for key in &all[..newest] {
            let this_day = key.at.0.div_euclid(KEPT_EVERY);
            let is_first_of_day = day.replace(this_day) != Some(this_day);
            let is_in_reach = base.is_none_or(|base| *key >= base);
            if !(is_first_of_day && is_in_reach || Some(*key) == base) {
                let removed = self.disk.remove(&key.name());
                removed.map_err(|why| io_error(self.disk.as_ref(), &why))?;
            }
        }
        Ok(base.map(|base| base.seq))
    }
}

fn encode(snapshot: &Snapshot) -> std::io::Result<Vec<u8>> {
    let title = Title {
        check: snapshot.anchor.check,
    };
    let mut body = GzEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(&mut body, &title)?;
    body.write_all(b"\n")?;
    body.write_all(&snapshot.state)?;
    let body = body.finish()?;
    let mut bytes = Vec::with_capacity(body.len() + frame::HEADER_BYTES);
    frame::write(snapshot.anchor.seq, 0, 0, &body, &mut bytes);
    Ok(bytes)
}

fn decode(key: SnapshotKey, bytes: &[u8]) -> Option<Snapshot> {
    let (header, body) = frame::read(bytes)?;
    let mut text = Vec::new();
    GzDecoder::new(body).read_to_end(&mut text).ok()?;
    let line = text.iter().position(|byte| *byte == b'\n')?;
    let title: Title = serde_json::from_slice(&text[..line]).ok()?;
    text.drain(..=line);
    (header.first == key.seq).then_some(Snapshot {
        anchor: Anchor {
            seq: key.seq,
            check: title.check,
        },
        at: key.at,
        state: text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Folder;
    use domain::time::HOUR;

    fn snapshot(seq: u64, at: At) -> Snapshot {
        Snapshot {
            anchor: Anchor { seq, check: 7 },
            at,
            state: b"{\"a\":1}".to_vec(),
        }
    }

    fn places(snapshots: &Snapshots) -> Vec<u64> {
        snapshots
            .list()
            .unwrap()
            .iter()
            .map(|key| key.seq)
            .collect()
    }

    #[test]
    fn a_damaged_snapshot_is_passed_over_for_an_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut snapshots = Snapshots::on(Box::new(Folder::at(folder.path())));
        for seq in [5, 9] {
            snapshots.keep(&snapshot(seq, At(seq as i64))).unwrap();
        }
        let newest = folder.path().join(SnapshotKey { seq: 9, at: At(9) }.name());
        let mut bytes = std::fs::read(&newest).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&newest, bytes).unwrap();
        let mut told = 0;
        let found = snapshots.newest(|_| true, |_| told += 1).unwrap();
        assert_eq!((found, told), (Some(snapshot(5, At(5))), 1));
    }

    #[test]
    fn one_a_day_and_the_newest_are_kept_as_far_back_as_the_horizon() {
        let folder = tempfile::tempdir().unwrap();
        let mut snapshots = Snapshots::on(Box::new(Folder::at(folder.path())));
        for hour in 0..96_u64 {
            let at = At(hour as i64 * HOUR);
            snapshots.keep(&snapshot(hour + 1, at)).unwrap();
        }
        assert_eq!(snapshots.tidy(At(-1)).unwrap(), None);
        assert_eq!(places(&snapshots), [1, 25, 49, 73, 94, 95, 96]);
        assert_eq!(snapshots.tidy(At(50 * HOUR)).unwrap(), Some(49));
        assert_eq!(places(&snapshots), [49, 73, 94, 95, 96]);
    }
}
