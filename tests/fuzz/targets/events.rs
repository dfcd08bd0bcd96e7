//! JSON events: read without a panic; a fact that comes out can be written to the log and read
//! again; a refusal does not repeat what was sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use domain::{At, Entry, Record};
use log::entry_format;
use sources::wire_event;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let _label = wire_event::label_of(&text);
    match wire_event::read(&text) {
        Ok(claim) => {
            let entry = Entry {
                seq: 1,
                at: At(1_795_421_700_000),
                record: Record::Fact(claim.fact),
            };
            let mut line = Vec::new();
            entry_format::write(&entry, &mut line).unwrap();
            assert_eq!(entry_format::read(entry_format::FORMAT, 1, line.trim_ascii_end()).unwrap(), entry);
        }
        Err(why) => assert!(!why.detail.contains("Zaphod"), "{why}"),
    }
});
