//! Reads entries beside the writer, for effects and for looking back.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::LogError;
use crate::disk::Files;
use crate::segment::{self, Frames, Stop, damaged};
use crate::walk::{self, Anchor};
use domain::Entry;

/// A reader that remembers where it was, so that reading on is cheap. It sees only what is durable.
pub struct Reader {
    files: Box<dyn Files>,
    durable: Arc<AtomicU64>,
    place: Option<ReadPosition>,
}

/// The segment read last, kept while it is read on.
struct ReadPosition {
    first: u64,
    next: u64,
    offset: u64,
    check: u32,
    format: u8,
}

impl Reader {
    /// A reader of files whose entries are durable up to a number that grows.
    pub fn new(files: Box<dyn Files>, durable: Arc<AtomicU64>) -> Self {
        Self {
            files,
            durable,
            place: None,
        }
    }

    /// The last durable entry; 0 while it is not certain that any is.
    pub fn last(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// Hands on every durable entry after `after`, in order, until `visit` says stop (false).
    pub fn entries_after(
        &self,
        after: u64,
        anchor: Option<Anchor>,
        visit: &mut dyn FnMut(Entry) -> bool,
    ) -> Result<(), LogError> {
        let last = self.last();
        let walked = walk::entries_after(self.files.as_ref(), after, anchor, &mut |entry| {
            Ok(if entry.seq <= last && visit(entry) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        });
        match walked {
            // The frame after the last durable one may be half written at this moment.
            Err(LogError::Damaged { seq, .. }) if seq > last => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Hands on every durable entry that is still kept, until `visit` says stop (false).
    pub fn each(&self, visit: &mut dyn FnMut(Entry) -> bool) -> Result<(), LogError> {
        let segments = segment::list(self.files.as_ref())?;
        let first = segments.first().map_or(1, |segment| segment.first);
        self.entries_after(first - 1, None, visit)
    }

    /// Entries from `from` on, about `most`; none when there is nothing newer.
    pub fn read(&mut self, from: u64, most: usize) -> Result<Vec<Entry>, LogError> {
        let last = self.last();
        let mut found: Vec<Entry> = Vec::new();
        while found.len() < most && from + (found.len() as u64) <= last {
            let next = from + found.len() as u64;
            let before = found.len();
            self.read_on(next, last, most, &mut found)?;
            if found.len() == before {
                return Err(damaged(self.files.as_ref(), next, "it is missing"));
            }
        }
        Ok(found)
    }

    /// Reads on in the segment that holds `next`.
    fn read_on(
        &mut self,
        next: u64,
        last: u64,
        most: usize,
        found: &mut Vec<Entry>,
    ) -> Result<(), LogError> {
        let segments = segment::list(self.files.as_ref())?;
        let holding = segments.iter().rev().find(|segment| segment.first <= next);
        let Some(holding) = holding else {
            return Err(damaged(
                self.files.as_ref(),
                next,
                "it was removed from the log before it was dealt with",
            ));
        };
        let known = self.place.take();
        let known = known.filter(|place| place.first == holding.first && place.next <= next);
        let offset = known.as_ref().map_or(0, |place| place.offset);
        let read = self.files.read(&holding.name, offset, u64::MAX);
        let bytes = read.map_err(|why| segment::io_error(self.files.as_ref(), &why))?;
        let mut frames = Frames::of(&bytes, holding.first, None);
        let mut format = 0;
        if let Some(place) = &known {
            (frames.next, frames.check, format) = (place.next, place.check, place.format);
        }
        while found.len() < most && frames.next <= last {
            let (header, body) = match frames.advance() {
                Ok(Some(frame)) => frame,
                Ok(None) | Err(Stop::Torn) => break,
                Err(Stop::Damaged(what)) => {
                    return Err(damaged(self.files.as_ref(), frames.next, &what));
                }
            };
            if let Some(opening) = &frames.opening {
                format = opening.format;
            }
            for entry in segment::entries(format, header, body) {
                let entry =
                    entry.map_err(|what| damaged(self.files.as_ref(), header.first, &what))?;
                if entry.seq >= next {
                    found.push(entry);
                }
            }
        }
        self.place = Some(ReadPosition {
            first: holding.first,
            next: frames.next,
            offset: offset + frames.place as u64,
            check: frames.check,
            format,
        });
        Ok(())
    }
}
