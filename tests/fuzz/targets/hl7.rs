//! HL7 v2 text: read without a panic, and a fact that comes out can be written and read again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use config::directory;
use domain::{At, Directory, Fact};
use sources::{adt, hl7};

static DIRECTORY: LazyLock<Directory> = LazyLock::new(|| directory::demo().unwrap());

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let Ok(message) = hl7::Message::parse(&text) else {
        return;
    };
    let now = At(1_795_421_700_000);
    if let Ok(admitted) = adt::admit(&DIRECTORY, &message, now) {
        for fact in admitted.facts {
            let written = serde_json::to_vec(&fact).unwrap();
            assert_eq!(serde_json::from_slice::<Fact>(&written).unwrap(), fact);
        }
    }
});
