//! What stands in paths, queries, operators' files and the log: times, ids, postcodes, a Directory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use config::directory;
use domain::{At, Cell, ServiceId};
use log::entry_format;
use sources::{hl7, places};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(at) = At::parse(&text) {
        assert!(At::parse(&at.to_string()).is_ok());
        let _shown = at.rfc3339_london();
        let _midnight = at.london_midnight();
    }
    let _time = hl7::parse_time(&text, At(1_795_421_700_000));
    let _cell = places::find_postcode(&text);
    let _cell = text.parse::<Cell>();
    let _id = ServiceId::new(&text);
    for format in 0..=3 {
        let _entry = entry_format::read(format, 1, bytes);
    }
    let _directory = directory::load(&text, &text);
});
