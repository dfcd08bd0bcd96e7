//! `uec-live log repair`: the last resort when a log is damaged and there is no copy to restore.
//!
//! What is sound before the damage is kept and goes on under a new epoch; the damaged file and all
//! after it are put aside, not deleted, and so are snapshots of the part that is lost.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;

use crate::LogError;
use crate::disk::{Disk, Files, Folder};
use crate::embedded::{LOG_FOLDER, random_epoch};
use crate::inspect;
use crate::segment::{self, Frames, Segment, SegmentHeader, Stop, io_error};
use crate::snapshot::{SNAPSHOT_FOLDER, Snapshots};
use crate::{entry_format, frame, walk};

const ASIDE: &str = ".damaged";

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepairOutcome {
    /// The log is sound.
    NothingToDo,
    /// Kept up to an entry; the files put aside.
    Cut {
        /// The last entry that is kept.
        kept: u64,
        /// What is put aside, by name.
        aside: Vec<String>,
    },
}

impl fmt::Display for RepairOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingToDo => write!(f, "the log is sound; nothing was done"),
            Self::Cut { kept, aside } => write!(
                f,
                "entries up to {kept} are kept, later ones are lost to the server; put aside: {}",
                aside.join(", ")
            ),
        }
    }
}

/// Cuts a damaged log before its damage. The server must be stopped.
pub fn repair(data: &Path) -> Result<RepairOutcome, LogError> {
    let mut files = inspect::open(data)?;
    let segments = segment::list(&files)?;
    let Some(first) = segments.first().map(|segment| segment.first) else {
        return Ok(RepairOutcome::NothingToDo);
    };
    let mut kept = first - 1;
    let walked = walk::entries_after(&files, first - 1, None, &mut |entry| {
        kept = entry.seq;
        Ok(ControlFlow::Continue(()))
    });
    match walked {
        Ok(_) => return Ok(RepairOutcome::NothingToDo),
        Err(LogError::Damaged { .. }) => {}
        Err(why) => return Err(why),
    }
    let mut aside = Vec::new();
    for segment in segments.iter().rev() {
        let sound = sound_bytes(&files, segment, kept)?;
        if sound.is_none() {
            break;
        }
        let name = format!("{}{ASIDE}", segment.name);
        let done = files.rename(&segment.name, &name);
        done.map_err(|why| io_error(&files, &why))?;
        aside.push(name);
        if let Some((bytes, check)) = sound.filter(|(bytes, _)| !bytes.is_empty()) {
            let done = files.replace(&segment.name, &bytes);
            done.map_err(|why| io_error(&files, &why))?;
            begin_anew(&mut files, kept, check)?;
            break;
        }
    }
    aside.extend(put_snapshots_aside(data, kept)?);
    Ok(RepairOutcome::Cut { kept, aside })
}

/// The sound beginning of a segment, and its last check; `None` when all of it is to be kept.
fn sound_bytes(
    files: &Folder,
    segment: &Segment,
    kept: u64,
) -> Result<Option<(Vec<u8>, u32)>, LogError> {
    let mut bytes = segment::bytes(files, segment)?;
    if segment.first > kept {
        return Ok(Some((Vec::new(), 0)));
    }
    let mut frames = Frames::of(&bytes, segment.first, None);
    let (mut end, mut check) = (0, 0);
    let is_whole = loop {
        match frames.advance() {
            Ok(Some((header, _))) if header.next() > kept + 1 => break false,
            Ok(Some(_)) => (end, check) = (frames.place, frames.check),
            Ok(None) => break true,
            Err(Stop::Torn | Stop::Damaged(_)) => break false,
        }
    };
    if is_whole && frames.next <= kept {
        return Ok(None);
    }
    bytes.truncate(end);
    Ok(Some((bytes, check)))
}

/// A new history begins behind what is kept: its places would otherwise be taken for the lost ones.
fn begin_anew(files: &mut Folder, kept: u64, check: u32) -> Result<(), LogError> {
    let opening = SegmentHeader {
        format: entry_format::FORMAT,
        epoch: random_epoch()?,
    };
    let mut bytes = Vec::new();
    frame::write(kept + 1, 0, check, &opening.body(), &mut bytes);
    let name = Segment::beginning(kept + 1).name;
    let done = files.replace(&name, &bytes);
    done.map_err(|why| io_error(files, &why))
}

fn put_snapshots_aside(data: &Path, kept: u64) -> Result<Vec<String>, LogError> {
    let folder = data.join(SNAPSHOT_FOLDER);
    if !folder.exists() || !data.join(LOG_FOLDER).exists() {
        return Ok(Vec::new());
    }
    let mut files = Folder::at(&folder);
    let names = files.list().map_err(|why| io_error(&files, &why))?;
    let keys = Snapshots::on(Box::new(Folder::at(&folder))).list()?;
    let mut aside = Vec::new();
    for key in keys.iter().filter(|key| key.seq > kept) {
        let Some(name) = names
            .iter()
            .find(|name| name.starts_with(&format!("{:020}-", key.seq)))
        else {
            continue;
        };
        let to = format!("{name}{ASIDE}");
        files
            .rename(name, &to)
            .map_err(|why| io_error(&files, &why))?;
        aside.push(to);
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Log;
    use crate::embedded::EmbeddedLog;
    use domain::{At, Entry, Record};

    #[test]
    fn a_damaged_log_goes_on_from_before_the_damage_under_a_new_epoch() {
        let data = tempfile::tempdir().unwrap();
        let mut log = EmbeddedLog::open(data.path())
            .unwrap()
            .with_segment_bytes_max(200);
        for seq in 1..=20 {
            let entry = Entry {
                seq,
                at: At(1_000),
                record: Record::Tick,
            };
            log.append(&[entry]).unwrap();
        }
        let epoch = log.epoch().to_owned();
        drop(log);
        assert_eq!(repair(data.path()).unwrap(), RepairOutcome::NothingToDo);
        let files = inspect::open(data.path()).unwrap();
        let segment = &segment::list(&files).unwrap()[2];
        let path = data.path().join(LOG_FOLDER).join(&segment.name);
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 2;
        bytes[last] ^= 4;
        std::fs::write(&path, bytes).unwrap();
        let RepairOutcome::Cut { kept, aside } = repair(data.path()).unwrap() else {
            panic!("nothing was cut")
        };
        assert!(
            kept >= segment.first && kept < 20 && aside.len() > 1,
            "{kept} {aside:?}"
        );
        let log = EmbeddedLog::open(data.path()).unwrap();
        assert_eq!(log.last(), Some((kept, At(1_000))));
        assert_ne!(log.epoch(), epoch);
        assert_eq!(inspect::verify(data.path()).unwrap().entries, kept);
    }
}
