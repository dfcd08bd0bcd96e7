//! FHIR Encounters and Bundles: read without a panic; a refusal does not repeat what was sent.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use config::directory;
use domain::Directory;
use sources::fhir_encounter;

static DIRECTORY: LazyLock<Directory> = LazyLock::new(|| directory::demo().unwrap());

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let feed = DIRECTORY.find_feed("uhl-adt").unwrap();
    match fhir_encounter::encounters(&text) {
        Ok(encounters) => {
            for encounter in encounters {
                if let Err(why) = fhir_encounter::admit(feed, &encounter) {
                    assert!(!why.detail.contains("Zaphod"), "{why}");
                }
            }
        }
        Err(why) => assert!(!why.detail.contains("Zaphod"), "{why}"),
    }
});
