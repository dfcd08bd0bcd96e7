//! The entries that the log keeps, and the facts in them.

use serde::{Deserialize, Serialize};

use super::estimate::Shown;
use super::event::Event;
use super::ids::{EventId, FeedId};
use super::time::At;

/// One entry of the log: the order of the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Dense, from 1.
    pub seq: u64,
    /// When the log took it; never goes backwards.
    pub at: At,
    /// What it says.
    pub record: Record,
}

/// What an entry holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// Something a feed told us.
    Fact(Fact),
    /// Time passed, so that windows empty without traffic and a replay agrees to the byte.
    Tick,
    /// What readers are shown changed. It is kept, and not worked out again in a replay, so that a
    /// score is of what was shown and not of what a newer version would have shown.
    Shown(Vec<Shown>),
}

/// One admitted message of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fact {
    /// Unique within the feed.
    pub id: EventId,
    /// Who says so.
    pub feed: FeedId,
    /// When the feed says it happened.
    pub happened_at: At,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Acuity;
    use crate::ids::VisitId;

    #[test]
    fn a_fact_reads_and_writes_the_wire_format_of_the_blueprint() {
        let fact = Fact {
            id: EventId::new("uhl-000123").unwrap(),
            feed: FeedId::new("uhl-ed").unwrap(),
            happened_at: At(1_795_421_700_000),
            event: Event::VisitTriaged {
                visit: VisitId::new("v-8f3a").unwrap(),
                acuity: Acuity::new(3).unwrap(),
            },
        };
        let text = serde_json::to_string(&fact).unwrap();
        assert_eq!(
            text,
            r#"{"id":"uhl-000123","feed":"uhl-ed","happened_at":1795421700000,"type":"visit.triaged","visit":"v-8f3a","acuity":3}"#
        );
        assert_eq!(serde_json::from_str::<Fact>(&text).unwrap(), fact);
    }
}
