//! Codes of others that more than one source meets.

use domain::event::Departure;

/// How a stay ended, by the codes that senders use: our digits 1 to 6, discharge codes of the
/// Emergency Care Data Set (SNOMED CT), and HL7's discharge-disposition.
pub fn departure(code: &str) -> Option<Departure> {
    Some(match code {
        "1" | "306689006" | "home" => Departure::Discharged,
        "2" | "306706006" | "1066331000000109" | "1066341000000100" | "1066361000000104"
        | "1066391000000105" | "1874161000000104" | "hosp" => Departure::Admitted,
        "3" | "19712007" | "other-hcf" => Departure::Transferred,
        "4" | "305398007" | "exp" => Departure::Died,
        "5" | "1066301000000103" | "1066311000000101" => Departure::LeftBeforeSeen,
        "6" | "1066321000000107" | "aadvice" => Departure::LeftBeforeComplete,
        _ => return None,
    })
}
