//! The embedded log: segment files in a folder, made durable batch by batch with one data sync.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::disk::{Disk, Folder, FolderLock};
use crate::entry_format;
use crate::frame;
use crate::reader::Reader;
use crate::segment::{self, Frames, SEGMENT_BYTES_MAX, Segment, SegmentHeader, Stop, damaged};
use crate::walk::{self, Anchor};
use crate::{Log, LogError};
use domain::{At, Entry};

/// The folder of the log in a server's data folder.
pub const LOG_FOLDER: &str = "log";

/// The log in a folder of its own. One process at a time.
pub struct EmbeddedLog {
    disk: Box<dyn Disk>,
    claim: Option<FolderLock>,
    opening: SegmentHeader,
    tip: Tip,
    /// The file written to, and how many bytes of it are durable.
    segment: (Segment, u64),
    segment_bytes_max: u64,
    /// What must be done to the file before anything is added to it.
    mend: Mend,
    /// The last durable entry, for readers.
    durable: Arc<AtomicU64>,
    buffer: Vec<u8>,
    torn_bytes: u64,
}

/// What must be done to the newest file before anything is added to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mend {
    Nothing,
    /// An append failed: what is behind the durable bytes is cut off.
    Cut,
    /// The log was just opened: what can be read may never have reached the disk, since after a
    /// failed sync the machine forgets that it must write it. So the sound bytes are written anew.
    Rewrite,
}

/// Where the log ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tip {
    seq: u64,
    at: At,
    /// Of the last frame, which the next one names as its previous.
    check: u32,
    /// Of the last frame that holds entries, which a snapshot names.
    entries_check: u32,
}

impl EmbeddedLog {
    /// Opens or makes the log in a server's data folder. Refuses a log that another process has
    /// open, and one that is damaged; drops a last write that a crash cut short, which nobody was
    /// told of.
    pub fn open(data: &Path) -> Result<Self, LogError> {
        let folder = data.join(LOG_FOLDER);
        let failed = |why: std::io::Error| segment::io_error(&Folder::at(&folder), &why);
        let disk = Folder::make(&folder).map_err(failed)?;
        let claim = FolderLock::take(&folder).map_err(failed)?;
        let Some(claim) = claim else {
            return Err(LogError::Store {
                place: folder.display().to_string(),
                what: "another server has it open; stop that one or choose another folder"
                    .to_owned(),
            });
        };
        let mut log = Self::on(Box::new(disk), &random_epoch()?)?;
        log.claim = Some(claim);
        Ok(log)
    }

    /// Opens or makes the log on a disk; a new one, or one that was repaired, gets that epoch.
    pub fn on(disk: Box<dyn Disk>, fresh_epoch: &str) -> Result<Self, LogError> {
        let mut log = Self {
            disk,
            claim: None,
            opening: SegmentHeader {
                format: entry_format::FORMAT,
                epoch: String::new(),
            },
            tip: Tip::default(),
            segment: (Segment::beginning(1), 0),
            segment_bytes_max: SEGMENT_BYTES_MAX,
            mend: Mend::Nothing,
            durable: Arc::default(),
            buffer: Vec::new(),
            torn_bytes: 0,
        };
        log.find_end(fresh_epoch)?;
        // On a full disk the server must start all the same. The next append tries again; until then
        // readers are given nothing, since nothing is certain to be there after a loss of power.
        if let Err(why) = log.clean_up() {
            tracing::error!(%why, "the end of the event log could not be made durable");
        }
        Ok(log)
    }

    /// Closes segments at another size than usual.
    pub fn with_segment_bytes_max(mut self, bytes: u64) -> Self {
        self.segment_bytes_max = bytes;
        self
    }

    /// Bytes of a last write that a crash had cut short, dropped when the log was opened.
    pub fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    /// A reader for other threads.
    pub fn reader(&self) -> Reader {
        Reader::new(self.disk.reader(), Arc::clone(&self.durable))
    }

    /// Removes segments that hold nothing after `seq`; gives how many.
    pub fn remove_until(&mut self, seq: u64) -> Result<usize, LogError> {
        let segments = segment::list(self.disk.as_ref())?;
        let mut removed = 0;
        for pair in segments.windows(2) {
            if pair[1].first > seq + 1 {
                break;
            }
            let done = self.disk.remove(&pair[0].name);
            done.map_err(|why| segment::io_error(self.disk.as_ref(), &why))?;
            removed += 1;
        }
        Ok(removed)
    }

    /// Finds where the log ends. Nothing is written yet.
    fn find_end(&mut self, fresh_epoch: &str) -> Result<(), LogError> {
        let mut segments = segment::list(self.disk.as_ref())?;
        let (mut is_newest, mut is_bare) = (true, false);
        while let Some(segment) = segments.pop() {
            let bytes = segment::bytes(self.disk.as_ref(), &segment)?;
            let found = self.read_end(&segment, &bytes, is_newest)?;
            if is_newest {
                self.segment = (segment, found.sound_bytes);
                self.tip = found.tip;
                self.mend = Mend::Rewrite;
            }
            // Nothing of the newest file's first write came through: the one before tells.
            if is_newest || is_bare {
                self.tip.check = found.tip.check;
                self.opening = found.opening;
            }
            is_bare = found.sound_bytes == 0;
            is_newest = false;
            (self.tip.at, self.tip.entries_check) = (found.tip.at, found.tip.entries_check);
            if found.has_entries {
                break;
            }
        }
        if self.opening.epoch.is_empty() {
            fresh_epoch.clone_into(&mut self.opening.epoch);
        }
        Ok(())
    }

    fn read_end(
        &mut self,
        segment: &Segment,
        bytes: &[u8],
        may_be_torn: bool,
    ) -> Result<SegmentEnd, LogError> {
        let mut frames = Frames::of(bytes, segment.first, None);
        let mut newest = None;
        let torn = loop {
            match frames.advance() {
                Ok(Some(frame)) => newest = Some(frame),
                Ok(None) => break false,
                Err(Stop::Torn) if may_be_torn => break true,
                Err(Stop::Torn) => {
                    let what = "its file is cut short; restore a copy";
                    return Err(damaged(self.disk.as_ref(), frames.next, what));
                }
                Err(Stop::Damaged(what)) => {
                    let what = format!("{what}; restore a copy");
                    return Err(damaged(self.disk.as_ref(), frames.next, &what));
                }
            }
        };
        let sound_bytes = frames.place as u64;
        if torn {
            self.torn_bytes += bytes.len() as u64 - sound_bytes;
        }
        let at = match newest {
            None => At(0),
            Some((header, body)) => {
                segment::entries(frames.format(), header, body)
                    .last()
                    .unwrap_or_else(|| Err("it has no line".to_owned()))
                    .map_err(|what| damaged(self.disk.as_ref(), header.first, &what))?
                    .at
            }
        };
        Ok(SegmentEnd {
            has_entries: newest.is_some(),
            sound_bytes,
            tip: Tip {
                seq: frames.next - 1,
                at,
                check: frames.check,
                entries_check: newest.map_or(0, |(header, _)| header.check),
            },
            opening: SegmentHeader {
                format: entry_format::FORMAT,
                epoch: frames.opening.map(|o| o.epoch).unwrap_or_default(),
            },
        })
    }

    /// Makes the file such that something can be added to it.
    fn clean_up(&mut self) -> Result<(), LogError> {
        let (segment, bytes) = &self.segment;
        let mended = match self.mend {
            Mend::Nothing => return Ok(()),
            Mend::Cut => self.disk.list().and_then(|names| {
                if names.contains(&segment.name) {
                    self.disk.truncate(&segment.name, *bytes)
                } else {
                    Ok(())
                }
            }),
            Mend::Rewrite => self
                .disk
                .read(&segment.name, 0, *bytes)
                .and_then(|sound| self.disk.replace(&segment.name, &sound)),
        };
        mended.map_err(|why| segment::io_error(self.disk.as_ref(), &why))?;
        self.mend = Mend::Nothing;
        self.durable.store(self.tip.seq, Ordering::Release);
        Ok(())
    }

    /// Writes the batch as one frame into the buffer; gives where the log then ends.
    fn encode(&mut self, entries: &[Entry]) -> Result<Tip, LogError> {
        let mut tip = self.tip;
        let mut body = Vec::with_capacity(entries.len() * 256);
        for entry in entries {
            if entry.seq != tip.seq + 1 || entry.at < tip.at {
                let what = format!("entry {} was to follow entry {}", entry.seq, tip.seq);
                return Err(damaged(self.disk.as_ref(), entry.seq, &what));
            }
            entry_format::write(entry, &mut body)
                .map_err(|what| damaged(self.disk.as_ref(), entry.seq, &what))?;
            (tip.seq, tip.at) = (entry.seq, entry.at);
        }
        self.buffer.clear();
        let first = self.tip.seq + 1;
        if self.segment.1 == 0 {
            let opening = self.opening.body();
            tip.check = frame::write(first, 0, tip.check, &opening, &mut self.buffer);
        }
        let count = entries.len() as u32;
        tip.check = frame::write(first, count, tip.check, &body, &mut self.buffer);
        tip.entries_check = tip.check;
        Ok(tip)
    }
}

/// What the end of one segment says.
struct SegmentEnd {
    has_entries: bool,
    sound_bytes: u64,
    tip: Tip,
    opening: SegmentHeader,
}

impl Log for EmbeddedLog {
    fn epoch(&self) -> &str {
        &self.opening.epoch
    }

    fn last(&self) -> Option<(u64, At)> {
        (self.tip.seq > 0).then_some((self.tip.seq, self.tip.at))
    }

    fn anchor(&self) -> Option<Anchor> {
        (self.mend == Mend::Nothing).then_some(Anchor {
            seq: self.tip.seq,
            check: self.tip.entries_check,
        })
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), LogError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.clean_up()?;
        if self.segment.1 >= self.segment_bytes_max {
            self.segment = (Segment::beginning(self.tip.seq + 1), 0);
        }
        let tip = self.encode(entries)?;
        let name = &self.segment.0.name;
        let written = self
            .disk
            .append(name, &self.buffer)
            .and_then(|()| self.disk.sync(name));
        if let Err(why) = written {
            self.mend = Mend::Cut;
            return Err(segment::io_error(self.disk.as_ref(), &why));
        }
        self.segment.1 += self.buffer.len() as u64;
        self.tip = tip;
        self.durable.store(tip.seq, Ordering::Release);
        Ok(())
    }

    fn replay(
        &mut self,
        after: u64,
        anchor: Option<Anchor>,
        visit: &mut dyn FnMut(Entry),
    ) -> Result<u64, LogError> {
        let (tip, mut last, mut handed_on) = (self.tip.seq, after, 0);
        if after > tip {
            let what = format!(
                "the log ends at entry {tip} but a snapshot was taken at {after}; restore a copy"
            );
            return Err(damaged(self.disk.as_ref(), tip + 1, &what));
        }
        let walked = walk::entries_after(self.disk.as_ref(), after, anchor, &mut |entry| {
            // What a failed append left behind the tip is not part of the log.
            if entry.seq > tip {
                return Ok(ControlFlow::Break(()));
            }
            last = entry.seq;
            handed_on += 1;
            visit(entry);
            Ok(ControlFlow::Continue(()))
        });
        match walked {
            Err(LogError::Damaged { seq, .. }) if seq > tip => {}
            walked => drop(walked?),
        }
        if last < tip {
            let what = format!("the log was to end at entry {tip}; restore a copy");
            return Err(damaged(self.disk.as_ref(), last + 1, &what));
        }
        Ok(handed_on)
    }

    fn remove_until(&mut self, seq: u64) -> Result<usize, LogError> {
        Self::remove_until(self, seq)
    }
}

/// A name for a new history.
pub fn random_epoch() -> Result<String, LogError> {
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random).map_err(|why| LogError::Store {
        place: "this machine".to_owned(),
        what: format!("no random number could be had: {why}"),
    })?;
    Ok(format!("{:016x}", u64::from_be_bytes(random)))
}
