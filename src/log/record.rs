//! How one entry is written, version 1: a version byte, the running chain, then the entry as JSON.
//!
//! The chain of an entry is a hash over the chain before it and its own bytes, so that a missing,
//! changed or exchanged entry shows at the next one. It finds accidents, not forgers.

use crate::domain::Entry;

/// The version written today.
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 9;

/// The chain before the first entry (the FNV-1a offset basis).
pub const CHAIN_START: u64 = 0xcbf2_9ce4_8422_2325;

/// Why stored bytes are not an entry.
pub type Fault = String;

/// Writes an entry after `chain`; gives its bytes and the chain after it.
pub fn encode(chain: u64, entry: &Entry) -> Result<(Vec<u8>, u64), Fault> {
    let mut bytes = vec![0; HEADER_BYTES];
    serde_json::to_writer(&mut bytes, entry).map_err(|why| why.to_string())?;
    let next = chained(chain, &bytes[HEADER_BYTES..]);
    bytes[0] = VERSION;
    bytes[1..HEADER_BYTES].copy_from_slice(&next.to_be_bytes());
    Ok((bytes, next))
}

/// Reads an entry that must follow `chain`; gives it and the chain after it.
pub fn decode(chain: u64, bytes: &[u8]) -> Result<(Entry, u64), Fault> {
    let stored = stored_chain(bytes)?;
    let body = &bytes[HEADER_BYTES..];
    if chained(chain, body) != stored {
        return Err("it does not follow the entry before it".to_owned());
    }
    let entry = serde_json::from_slice(body).map_err(|why| format!("it cannot be read: {why}"))?;
    Ok((entry, stored))
}

/// Reads an entry on its own, its place in the chain taken on trust.
pub fn read_unchained(bytes: &[u8]) -> Result<Entry, Fault> {
    stored_chain(bytes)?;
    serde_json::from_slice(&bytes[HEADER_BYTES..])
        .map_err(|why| format!("it cannot be read: {why}"))
}

/// The chain written with an entry, taken on trust.
pub fn stored_chain(bytes: &[u8]) -> Result<u64, Fault> {
    match bytes.split_first_chunk::<HEADER_BYTES>() {
        Some(([VERSION, chain @ ..], _)) => Ok(u64::from_be_bytes(*chain)),
        Some(([version, ..], _)) => {
            Err(format!("its format, version {version}, is not known here"))
        }
        None => Err("it is cut short".to_owned()),
    }
}

fn chained(chain: u64, body: &[u8]) -> u64 {
    body.iter().fold(chain, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{At, Record};

    fn tick(seq: u64) -> Entry {
        Entry {
            seq,
            at: At(1_000),
            record: Record::Tick,
        }
    }

    #[test]
    fn an_entry_comes_back_as_it_was_written() {
        let (bytes, chain) = encode(CHAIN_START, &tick(1)).unwrap();
        assert_eq!(decode(CHAIN_START, &bytes).unwrap(), (tick(1), chain));
    }

    #[test]
    fn a_changed_byte_or_another_place_in_the_chain_is_noticed() {
        let (bytes, chain) = encode(CHAIN_START, &tick(1)).unwrap();
        assert!(decode(chain, &bytes).is_err());
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(decode(CHAIN_START, &changed).is_err(), "byte {place}");
        }
    }

    /// The bytes of version 1, as any later version must still read them.
    #[test]
    fn version_one_is_written_like_this() {
        let (bytes, _) = encode(CHAIN_START, &tick(7)).unwrap();
        assert_eq!(bytes[0], 1);
        assert_eq!(&bytes[9..], br#"{"seq":7,"at":1000,"record":"tick"}"#);
    }
}
