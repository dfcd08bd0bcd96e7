//! A place that is offered.

use domain::Reading;
use views::search::FoundPlace;

/// A place that is offered, with what is known of it now.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What the search found.
    pub found: FoundPlace,
    /// By car, minutes; `None` where it is too far to say.
    pub by_car: Option<i64>,
    /// Its wait, if it has one.
    pub wait: Option<Reading>,
    /// Why it is here and in this place, in sentences.
    pub why: Vec<String>,
}

impl Offer {
    /// Minutes that are waited, when that is known now.
    pub fn waiting(&self) -> Option<i64> {
        self.wait
            .as_ref()?
            .age
            .measure()
            .map(|measure| measure.value)
    }

    /// Travel and wait together, minutes.
    pub fn in_all(&self) -> Option<i64> {
        Some(self.by_car? + self.waiting()?)
    }
}
