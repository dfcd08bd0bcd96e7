//! Frames: how batches of entries lie in a segment file, and how far such a file can be trusted.
//!
//! One frame is one batch of the writer, made durable by one sync. Its header carries the place of
//! its first entry, the check of the frame before it and a check of its own, so that a missing,
//! changed or exchanged frame shows. A bad frame at the very end of the newest file may be a write
//! that a crash cut short, which was never acknowledged: it may be dropped, but only when the bytes
//! say so (the file ends early, or a disk sector was never written). Bytes that are there and wrong
//! are damage, and damage is refused and never dropped in silence.

/// Bytes before the entries of a frame.
pub const HEADER_BYTES: usize = 36;
const MAGIC: [u8; 4] = *b"UECf";
/// Disks write whole sectors; an unwritten one reads as zeros, which no line of text holds.
const SECTOR_BYTES: usize = 512;

/// What a frame says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Place of its first entry.
    pub first: u64,
    /// Entries in it; none in the frame that opens a segment.
    pub count: u32,
    /// Check of the frame before it, 0 for the first of a log.
    pub previous: u32,
    /// Bytes of its body.
    length: u32,
    /// CRC-32 of all of the above and of the body.
    pub check: u32,
}

impl Header {
    /// The place after its last entry.
    pub fn next(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    /// Bytes of the whole frame.
    pub fn frame_bytes(&self) -> usize {
        HEADER_BYTES + self.length as usize
    }

    fn fields(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..12].copy_from_slice(&self.first.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.count.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.previous.to_be_bytes());
        bytes[20..24].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }
}

/// Appends a frame; gives its check.
pub fn write(first: u64, count: u32, previous: u32, body: &[u8], out: &mut Vec<u8>) -> u32 {
    let mut header = Header {
        first,
        count,
        previous,
        length: body.len() as u32,
        check: 0,
    };
    let fields = header.fields();
    let mut hash = crc32fast::Hasher::new();
    hash.update(&fields);
    hash.update(body);
    header.check = hash.finalize();
    out.extend_from_slice(&fields);
    out.extend_from_slice(&header.check.to_be_bytes());
    // Of the header alone, so that its length can be trusted when the body cannot.
    out.extend_from_slice(&crc32fast::hash(&out[out.len() - 28..]).to_be_bytes());
    out.extend_from_slice(&[0x20, 0x20, 0x20, 0x0a]);
    out.extend_from_slice(body);
    header.check
}

/// Reads the header at the start of the bytes, if they are one.
pub fn header(bytes: &[u8]) -> Option<Header> {
    let bytes = bytes.get(..HEADER_BYTES)?;
    let word = |at: usize| -> Option<u32> {
        let four = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(four))
    };
    let whole = bytes.starts_with(&MAGIC)
        && word(28)? == crc32fast::hash(&bytes[..28])
        && bytes.ends_with(&[0x20, 0x20, 0x20, 0x0a]);
    if !whole {
        return None;
    }
    Some(Header {
        first: u64::from_be_bytes(bytes.get(4..12)?.try_into().ok()?),
        count: word(12)?,
        previous: word(16)?,
        length: word(20)?,
        check: word(24)?,
    })
}

/// Reads the frame at the start of the bytes, if a whole and sound one is there.
pub fn read(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let header = header(bytes)?;
    let body = bytes.get(HEADER_BYTES..header.frame_bytes())?;
    let mut hash = crc32fast::Hasher::new();
    hash.update(&header.fields());
    hash.update(body);
    (hash.finalize() == header.check).then_some((header, body))
}

/// What the bytes are from a place on where no sound frame begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// A write that was cut short: nothing of it was acknowledged.
    Torn,
    /// Written, and no longer what was written.
    Damaged,
}

/// Judges the bytes from a place on where no sound frame begins. `start` is that place in the file.
pub fn judge(bytes: &[u8], start: u64) -> Rest {
    let mut place = 1;
    while let Some(found) = find_magic(bytes, place) {
        // After a failed write nothing more is written until its bytes are cut off, so that a sound
        // frame behind a bad one means that the bad one was whole once.
        if read(&bytes[found..]).is_some() {
            return Rest::Damaged;
        }
        place = found + 1;
    }
    let ends_early = match header(bytes) {
        Some(header) => bytes.len() < header.frame_bytes(),
        None => bytes.len() < HEADER_BYTES,
    };
    if ends_early || has_unwritten_sector(bytes, start) {
        Rest::Torn
    } else {
        Rest::Damaged
    }
}

fn find_magic(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(MAGIC.len()).position(|four| four == MAGIC)?;
    Some(from + found)
}

fn has_unwritten_sector(bytes: &[u8], start: u64) -> bool {
    let lead = SECTOR_BYTES - (start as usize % SECTOR_BYTES);
    let (first, rest) = bytes.split_at(lead.min(bytes.len()));
    let unwritten = |sector: &[u8]| !sector.is_empty() && sector.iter().all(|byte| *byte == 0);
    unwritten(first) || rest.chunks(SECTOR_BYTES).any(unwritten)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        let mut previous = 0;
        for (first, lines) in [(1, 3), (4, 1), (5, 40)] {
            let body = "1000 {\"a\":\"bcd\"}\n".repeat(lines);
            previous = write(first, lines as u32, previous, body.as_bytes(), &mut bytes);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    /// Where sound frames stop, and what comes then.
    fn trust(bytes: &[u8]) -> (usize, Option<Rest>) {
        let mut place = 0;
        while let Some((header, _)) = read(&bytes[place..]) {
            place += header.frame_bytes();
        }
        let rest = (place < bytes.len()).then(|| judge(&bytes[place..], place as u64));
        (place, rest)
    }

    #[test]
    fn one_flipped_bit_anywhere_is_damage_and_never_a_torn_tail() {
        let (bytes, _) = three();
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[place] ^= 1 << bit;
                assert_eq!(
                    trust(&changed).1,
                    Some(Rest::Damaged),
                    "byte {place} bit {bit}"
                );
            }
        }
    }

    #[test]
    fn a_write_cut_short_at_any_byte_is_torn_and_keeps_what_came_before() {
        let (bytes, ends) = three();
        for length in 0..bytes.len() {
            let kept = ends.iter().rev().find(|end| **end <= length);
            let kept = kept.copied().unwrap_or(0);
            let rest = (length > kept).then_some(Rest::Torn);
            assert_eq!(trust(&bytes[..length]), (kept, rest), "{length} bytes");
        }
    }

    #[test]
    fn a_sector_that_was_never_written_is_torn_at_the_end_and_damage_before_it() {
        let (bytes, ends) = three();
        let mut last = bytes.clone();
        last[SECTOR_BYTES..].fill(0);
        assert_eq!(trust(&last), (ends[1], Some(Rest::Torn)));
        let mut middle = bytes;
        middle[..ends[0]].fill(0);
        assert_eq!(trust(&middle), (0, Some(Rest::Damaged)));
    }
}
