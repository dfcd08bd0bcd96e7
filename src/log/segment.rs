//! Segment files: the frames of the log in files of bounded size, each named after its first entry.
//!
//! A segment opens with a frame without entries that says how its lines are written and to which
//! history they belong.

use std::io;

use serde::{Deserialize, Serialize};

use crate::LogError;
use crate::disk::{self, Files};
use crate::entry_format;
use crate::frame::{self, Header, Rest};
use domain::Entry;

/// A segment is closed once it is this long, bytes: two or three days of a busy area.
pub const SEGMENT_BYTES_MAX: u64 = 16 << 20;
const EXTENSION: &str = ".log";

/// What a segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentHeader {
    /// How its lines are written.
    pub format: u8,
    /// Which history they belong to.
    pub epoch: String,
}

impl SegmentHeader {
    /// As the body of a segment's first frame.
    pub fn body(&self) -> Vec<u8> {
        let Self { format, epoch } = self;
        format!("{{\"format\":{format},\"epoch\":\"{epoch}\"}}\n").into_bytes()
    }
}

/// One segment file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Place of its first entry.
    pub first: u64,
    /// Its file.
    pub name: String,
}

impl Segment {
    /// The segment that begins at an entry.
    pub fn beginning(first: u64) -> Self {
        Self {
            first,
            name: format!("{first:020}{EXTENSION}"),
        }
    }
}

/// The segments of a folder, in order.
pub fn list(files: &dyn Files) -> Result<Vec<Segment>, LogError> {
    let names = files.list().map_err(|why| io_error(files, &why))?;
    let segment = |name: &String| {
        let first = name.strip_suffix(EXTENSION)?.parse().ok()?;
        Some(Segment::beginning(first)).filter(|segment| segment.name == *name)
    };
    Ok(names.iter().filter_map(segment).collect())
}

/// Why going through a segment stopped before its end.
#[derive(Debug)]
pub enum Stop {
    /// Its last write was cut short.
    Torn,
    /// What is there is not what was written.
    Damaged(String),
}

/// Goes through the frames of one segment.
pub struct Frames<'a> {
    bytes: &'a [u8],
    /// Where the next frame begins.
    pub place: usize,
    /// Place of the next entry.
    pub next: u64,
    /// Check of the last frame read; before any, of the last frame of the segment before.
    pub check: u32,
    /// What the segment says of itself, once read.
    pub opening: Option<SegmentHeader>,
}

impl<'a> Frames<'a> {
    /// Begins with the opening frame. `None` of `previous` takes its word for what came before.
    pub fn of(bytes: &'a [u8], first: u64, previous: Option<u32>) -> Self {
        let told = frame::header(bytes).map_or(0, |header| header.previous);
        Self {
            bytes,
            place: 0,
            next: first,
            check: previous.unwrap_or(told),
            opening: None,
        }
    }

    /// The next frame that holds entries; `None` at the end.
    pub fn advance(&mut self) -> Result<Option<(Header, &'a [u8])>, Stop> {
        loop {
            let rest = &self.bytes[self.place..];
            if rest.is_empty() {
                return Ok(None);
            }
            let Some((header, body)) = frame::read(rest) else {
                return Err(match frame::judge(rest, self.place as u64) {
                    Rest::Torn => Stop::Torn,
                    Rest::Damaged => Stop::Damaged("its bytes were changed".to_owned()),
                });
            };
            if header.first != self.next || header.previous != self.check {
                let what = format!("entry {} stands there instead", header.first);
                return Err(Stop::Damaged(what));
            }
            self.place += header.frame_bytes();
            self.check = header.check;
            self.next = header.next();
            if header.count > 0 {
                return Ok(Some((header, body)));
            }
            let opening = serde_json::from_slice(body)
                .map_err(|why| Stop::Damaged(format!("its opening cannot be read: {why}")))?;
            self.opening = Some(opening);
        }
    }

    /// How lines are written here.
    pub fn format(&self) -> u8 {
        self.opening.as_ref().map_or(0, |opening| opening.format)
    }
}

/// The entries of one frame.
pub fn entries(
    format: u8,
    header: Header,
    body: &[u8],
) -> impl Iterator<Item = Result<Entry, String>> + '_ {
    let lines = body.split_inclusive(|byte| *byte == b'\n');
    (header.first..header.next())
        .zip(lines)
        .map(move |(seq, line)| entry_format::read(format, seq, line))
}

/// The whole bytes of a segment.
pub fn bytes(files: &dyn Files, segment: &Segment) -> Result<Vec<u8>, LogError> {
    let read = files.read(&segment.name, 0, u64::MAX);
    read.map_err(|why| io_error(files, &why))
}

/// An error of the disk, with what to do about it.
pub fn io_error(files: &dyn Files, why: &io::Error) -> LogError {
    LogError::Store {
        place: files.place(),
        what: disk::advice(why),
    }
}

/// Damage at an entry.
pub fn damaged(files: &dyn Files, seq: u64, what: &str) -> LogError {
    LogError::Damaged {
        place: files.place(),
        seq,
        what: what.to_owned(),
    }
}
