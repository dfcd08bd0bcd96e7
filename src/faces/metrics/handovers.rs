//! Handovers at each door by how long they took, and the time that is lost at it.

use crate::metrics::family::Family;
use domain::time::SECOND;
use telemetry::name;
use views::{BAND_MINUTES, Published};

/// A value of the label `band` for each of the bands: minutes, the upper end within.
const BANDS: [&str; BAND_MINUTES.len() + 1] = ["0-15", "15-30", "30-45", "45-60", "over 60"];

/// Both families.
pub fn families(published: &Published) -> [Family; 2] {
    let mut by_length = Family::new(
        name::HANDOVERS_BY_LENGTH,
        "Handovers by minutes taken: ended since midnight, and those outside now by minutes so far",
    );
    let mut lost = Family::new(
        name::HANDOVER_LOST_SECONDS,
        "Time beyond 15 minutes of each handover: ended since midnight, and of those outside now",
    );
    for (id, view) in &published.services {
        let Some(handovers) = view.handovers else {
            continue;
        };
        for (of, bands) in [("ended", handovers.ended), ("outside", handovers.outside)] {
            let labels = format!("service=\"{id}\",of=\"{of}\"");
            for (band, count) in BANDS.iter().zip(bands.counts) {
                by_length.add(format!("{labels},band=\"{band}\""), f64::from(count));
            }
            lost.add(labels, bands.lost as f64 / SECOND as f64);
        }
    }
    [by_length, lost]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labels_are_the_bands_that_are_counted() {
        let mut from = 0;
        for (label, minutes) in BANDS.iter().zip(BAND_MINUTES) {
            assert_eq!(*label, format!("{from}-{minutes}"));
            from = minutes;
        }
        assert_eq!(BANDS.last(), Some(&format!("over {from}").as_str()));
    }
}
