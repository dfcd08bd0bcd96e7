//! How an entry is written as a line, by format.
//!
//! Format 1 is the entry as one JSON object, as `uec-live log export` writes it still. Format 2 is
//! the time, and for a fact a blank and the fact as JSON; the place in the sequence follows from the
//! frame around it. Format 3 has, besides, what readers were shown, as a JSON array; a file begun in
//! format 2 goes on with such lines. All can be read with the eye. A past format is never changed: its golden file
//! in `fixtures/log` must be read for ever.

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;

use domain::{At, Entry, Record};

/// The format written today.
pub const FORMAT: u8 = 3;

/// Why a line is not an entry.
pub type FormatFault = String;

/// Appends an entry as a line of today's format.
pub fn write(entry: &Entry, out: &mut Vec<u8>) -> Result<(), FormatFault> {
    let text = |why: std::io::Error| why.to_string();
    match &entry.record {
        Record::Tick => writeln!(out, "{}", entry.at.0).map_err(text),
        Record::Fact(fact) => write_json(entry.at, fact, out),
        Record::Shown(shown) => write_json(entry.at, shown, out),
    }
}

fn write_json(at: At, what: &impl Serialize, out: &mut Vec<u8>) -> Result<(), FormatFault> {
    let text = |why: std::io::Error| why.to_string();
    write!(out, "{} ", at.0).map_err(text)?;
    serde_json::to_writer(&mut *out, what).map_err(|why| why.to_string())?;
    out.write_all(b"\n").map_err(text)
}

/// Reads a line of any known format that stands at `seq`.
pub fn read(format: u8, seq: u64, line: &[u8]) -> Result<Entry, FormatFault> {
    match format {
        1 => read_exported(line).and_then(|entry| {
            (entry.seq == seq)
                .then_some(entry)
                .ok_or_else(|| "it names another place in the sequence".to_owned())
        }),
        2 | 3 => read_compact(seq, line),
        format => Err(format!(
            "its format, version {format}, is not known here; run a newer uec-live"
        )),
    }
}

/// Reads an entry as `uec-live log export` writes it.
pub fn read_exported(line: &[u8]) -> Result<Entry, FormatFault> {
    serde_json::from_slice(line).map_err(|why| format!("it cannot be read: {why}"))
}

fn read_compact(seq: u64, line: &[u8]) -> Result<Entry, FormatFault> {
    let digits = line.iter().take_while(|byte| !byte.is_ascii_whitespace());
    let (time, rest) = line.split_at(digits.count());
    let at = std::str::from_utf8(time)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or("it does not begin with a time")?;
    let record = match rest.trim_ascii_start() {
        [] => Record::Tick,
        shown @ [b'[', ..] => Record::Shown(read_json(shown)?),
        fact => Record::Fact(read_json(fact)?),
    };
    Ok(Entry {
        seq,
        at: At(at),
        record,
    })
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FormatFault> {
    serde_json::from_slice(bytes).map_err(|why| format!("it cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = include_str!("../../fixtures/log/format-1.ndjson");
    const V2: &str = include_str!("../../fixtures/log/format-2.lines");
    const V3: &str = include_str!("../../fixtures/log/format-3.lines");

    fn all(format: u8, text: &str) -> Vec<Entry> {
        let numbered = (1..).zip(text.lines());
        numbered
            .map(|(seq, line)| read(format, seq, line.as_bytes()).unwrap())
            .collect()
    }

    #[test]
    fn every_past_format_reads_as_the_same_entries() {
        let entries = all(1, V1);
        assert!(entries.len() >= 23, "one of each type");
        assert_eq!(all(2, V2), entries);
    }

    #[test]
    fn todays_format_is_written_like_its_golden_file() {
        let mut out = Vec::new();
        let entries = all(3, V3);
        let shown = |entry: &&Entry| matches!(entry.record, Record::Shown(_));
        assert_eq!(entries.iter().filter(shown).count(), 1);
        for entry in entries {
            write(&entry, &mut out).unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap(), V3);
    }

    #[test]
    fn an_unknown_format_says_what_to_do() {
        assert!(read(9, 1, b"1000").unwrap_err().contains("newer uec-live"));
    }
}
