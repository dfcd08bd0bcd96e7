//! Reading the log from one end to the other, every frame checked against the one before it.

use std::ops::ControlFlow;

use crate::LogError;
use crate::disk::Files;
use crate::segment::{self, Frames, Segment, Stop, damaged};
use domain::Entry;

/// A place in the log that is known to be right: a snapshot knows the check of the frame it ended at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The last entry before the place.
    pub seq: u64,
    /// The check of the frame that ends with it.
    pub check: u32,
}

/// What was found at the end of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// The last entry; 0 when there is none.
    pub seq: u64,
    /// Entries handed on.
    pub handed_on: u64,
    /// Which history; empty when there is no segment.
    pub epoch: String,
    /// Bytes of a last write that was cut short.
    pub torn_bytes: u64,
}

/// What is done with each entry: whether to go on, or an error that ends the walk.
pub type Visit<'a> = &'a mut dyn FnMut(Entry) -> Result<ControlFlow<()>, LogError>;

/// Hands on every entry after `after`, in order, until the visit breaks. The log must hold `after`'s next entry, or end
/// there; its frames must follow on one another, and on the anchor when one is given.
pub fn entries_after(
    files: &dyn Files,
    after: u64,
    anchor: Option<Anchor>,
    visit: Visit<'_>,
) -> Result<End, LogError> {
    let segments = segment::list(files)?;
    let from = start(&segments, after, files)?;
    let mut walk = Walk {
        files,
        after,
        anchor,
        previous: None,
        end: End::default(),
    };
    for (index, segment) in segments.iter().enumerate().skip(from) {
        let is_last = index + 1 == segments.len();
        if walk.through(segment, is_last, visit)?.is_break() {
            return Ok(walk.end);
        }
    }
    let end = walk.end;
    match anchor {
        Some(anchor) if end.seq < anchor.seq => {
            let what = format!(
                "the log ends at entry {} but a snapshot was taken at {}; restore a copy",
                end.seq, anchor.seq
            );
            Err(damaged(files, end.seq + 1, &what))
        }
        _ => Ok(end),
    }
}

/// The segment that holds the entry after `after`.
fn start(segments: &[Segment], after: u64, files: &dyn Files) -> Result<usize, LogError> {
    let Some(first) = segments.first() else {
        return Ok(0);
    };
    if first.first > after + 1 {
        let what = format!(
            "the log begins at entry {}; earlier ones were removed and no snapshot covers them",
            first.first
        );
        return Err(damaged(files, after + 1, &what));
    }
    let upto = segments.partition_point(|segment| segment.first <= after.max(1));
    Ok(upto.saturating_sub(1))
}

struct Walk<'a> {
    files: &'a dyn Files,
    after: u64,
    anchor: Option<Anchor>,
    /// Place after the last entry and check of the last frame of the segment before.
    previous: Option<(u64, u32)>,
    end: End,
}

impl Walk<'_> {
    fn through(
        &mut self,
        segment: &Segment,
        is_last: bool,
        visit: Visit<'_>,
    ) -> Result<ControlFlow<()>, LogError> {
        if let Some((next, _)) = self.previous.filter(|(next, _)| *next != segment.first) {
            let what = format!("it is missing; the next file begins at {}", segment.first);
            return Err(damaged(self.files, next, &what));
        }
        let bytes = segment::bytes(self.files, segment)?;
        let mut frames = Frames::of(&bytes, segment.first, self.previous.map(|(_, c)| c));
        loop {
            let (header, body) = match frames.advance() {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(Stop::Torn) if is_last => {
                    self.end.torn_bytes = (bytes.len() - frames.place) as u64;
                    break;
                }
                Err(Stop::Torn) => {
                    return Err(damaged(self.files, frames.next, "its file is cut short"));
                }
                Err(Stop::Damaged(what)) => return Err(damaged(self.files, frames.next, &what)),
            };
            self.check_anchor(header.next() - 1, header.check)?;
            if header.next() <= self.after + 1 {
                continue;
            }
            for entry in segment::entries(frames.format(), header, body) {
                let entry = entry.map_err(|what| damaged(self.files, header.first, &what))?;
                if entry.seq > self.after {
                    self.end.handed_on += 1;
                    if visit(entry)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        self.end.seq = self.end.seq.max(frames.next - 1);
        self.previous = Some((frames.next, frames.check));
        if let Some(opening) = frames.opening {
            self.end.epoch = opening.epoch;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn check_anchor(&self, seq: u64, check: u32) -> Result<(), LogError> {
        let wrong = |anchor: &Anchor| anchor.seq == seq && anchor.check != check;
        if self.anchor.as_ref().is_some_and(wrong) {
            let what = "it is not the entry that the snapshot was taken at; restore a copy";
            return Err(damaged(self.files, seq, what));
        }
        Ok(())
    }
}
