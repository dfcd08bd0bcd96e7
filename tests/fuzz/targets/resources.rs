//! FHIR resources in JSON and XML: read and checked without a panic; what is sound is the same after XML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use fhir::model;

fuzz_target!(|bytes: &[u8]| {
    for found in [model::from_json(bytes), model::from_xml(bytes)] {
        let Ok(resource) = found else { continue };
        let faults = model::check(&resource);
        let written = model::to_xml(&resource);
        if faults.is_empty() {
            // A narrative may be written otherwise once; what was written is then the same for ever.
            let once = model::from_xml(written.unwrap().as_bytes()).unwrap();
            let twice = model::to_xml(&once).unwrap();
            assert_eq!(model::from_xml(twice.as_bytes()), Ok(once));
        }
    }
});
