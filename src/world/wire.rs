//! What the world is asked to be, and the messages it puts on its wires.

use super::feed_faults::FeedFaults;
use super::scenario::Scenario;
use domain::{At, FeedId};

/// What sort of world.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Another seed is another world.
    pub seed: u64,
    /// What sort of days.
    pub scenario: Scenario,
    /// Nothing is sent before this moment.
    pub start: At,
    /// How dirty the wires are.
    pub dirt: FeedFaults,
}

/// Which way a message goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// HL7 v2 over MLLP.
    Mllp,
    /// One line of NDJSON of this feed, over HTTP.
    Events(FeedId),
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// When it is sent.
    pub due: At,
    /// Which way.
    pub channel: Channel,
    /// HL7 segments, each ended by a carriage return and without a frame; or one JSON object
    /// without a line feed.
    pub body: String,
}
