//! What the server counts about itself: every metric name, in one place, in base units.
//!
//! Figures of services are not counted here: `faces::metrics` reads them from the published
//! published value when it is scraped. Labels are bounded: feeds, reasons, routes; never a person, a visit
//! or a cell.

pub mod name;
mod tally;
pub mod traces;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use domain::verdict::Reason;

pub use tally::{StatusCounts, tally};

/// The feed label of a message whose sender could not be told.
pub const FEED_UNKNOWN: &str = "unknown";

/// The codes by which we close a push connection; the push protocol says what each means.
const CLOSE_CODES: [&str; 4] = ["1001", "1012", "4400", "4408"];

/// Says what each metric means; call once after the recorder is installed.
pub fn describe() {
    describe_counter!(name::FACTS_ACCEPTED, "Facts taken into the log");
    describe_counter!(name::FACTS_DUPLICATE, "Facts that were already known");
    describe_counter!(name::MESSAGES_REJECTED, "Messages refused, by reason");
    describe_counter!(
        name::FIELDS_IGNORED,
        "Fields in messages that are not in our format"
    );
    describe_histogram!(
        name::LOG_COMMIT_SECONDS,
        "Time to make one batch of entries durable"
    );
    describe_gauge!(name::LOG_ENTRIES, "Entries in the log");
    describe_gauge!(
        name::SNAPSHOT_ENTRY,
        "The entry at which the last snapshot was taken"
    );
    describe_counter!(name::SNAPSHOTS_FAILED, "Snapshots that could not be taken");
    describe_counter!(name::LOG_FAILURES, "Batches that the log could not take");
    describe_gauge!(name::PUSH_CONNECTIONS, "Open push connections");
    describe_counter!(name::PUSH_CLOSED, "Push connections closed by us, by code");
    describe_counter!(
        name::HTTP_REFUSED,
        "Connections refused for want of a place"
    );
    describe_counter!(name::PUSH_FRAMES, "Frames sent to push connections");
    describe_histogram!(name::HTTP_REQUEST_SECONDS, "Time to answer an HTTP request");
    describe_gauge!(name::MLLP_CONNECTIONS, "Open MLLP connections");
    describe_counter!(
        name::NOTICES,
        "Words to patients and messages to services, by how far they came"
    );
    describe_counter!(
        name::TRACES_FAILED,
        "Batches of spans that the collector did not take"
    );
}

/// Starts the counters of every feed at zero, so that a first refusal is seen as a rise.
pub fn start_at_zero<'a>(feeds: impl Iterator<Item = &'a str>) {
    counter!(name::SNAPSHOTS_FAILED).increment(0);
    counter!(name::LOG_FAILURES).increment(0);
    counter!(name::HTTP_REFUSED).increment(0);
    counter!(name::PUSH_FRAMES).increment(0);
    counter!(name::TRACES_FAILED).increment(0);
    gauge!(name::MLLP_CONNECTIONS).increment(0.0);
    gauge!(name::LOG_ENTRIES).increment(0.0);
    gauge!(name::SNAPSHOT_ENTRY).increment(0.0);
    for transport in ["websocket", "sse"] {
        gauge!(name::PUSH_CONNECTIONS, "transport" => transport).increment(0.0);
    }
    for code in CLOSE_CODES {
        counter!(name::PUSH_CLOSED, "code" => code).increment(0);
    }
    for feed in feeds.chain([FEED_UNKNOWN]) {
        facts_accepted(feed, 0);
        facts_duplicate(feed, 0);
        fields_ignored(feed, 0);
        for reason in Reason::ALL {
            rejections(feed, reason).increment(0);
        }
    }
}

fn rejections(feed: &str, reason: Reason) -> metrics::Counter {
    counter!(name::MESSAGES_REJECTED, "feed" => feed.to_owned(), "reason" => reason.label())
}

/// Facts of a feed were taken.
pub fn facts_accepted(feed: &str, count: u64) {
    counter!(name::FACTS_ACCEPTED, "feed" => feed.to_owned()).increment(count);
}

/// Facts of a feed were known already.
pub fn facts_duplicate(feed: &str, count: u64) {
    counter!(name::FACTS_DUPLICATE, "feed" => feed.to_owned()).increment(count);
}

/// A message was refused. `feed` must be a configured feed or [`FEED_UNKNOWN`].
pub fn message_rejected(feed: &str, reason: Reason) {
    rejections(feed, reason).increment(1);
    tally::refused(feed, reason);
}

/// Fields we do not know were ignored.
pub fn fields_ignored(feed: &str, count: u64) {
    counter!(name::FIELDS_IGNORED, "feed" => feed.to_owned()).increment(count);
}

/// A batch became durable.
pub fn log_committed(seconds: f64, last_seq: u64) {
    histogram!(name::LOG_COMMIT_SECONDS).record(seconds);
    gauge!(name::LOG_ENTRIES).set(last_seq as f64);
}

/// The log could not take a batch.
pub fn log_failed() {
    counter!(name::LOG_FAILURES).increment(1);
    tally::log_failed();
}

/// A snapshot was taken.
pub fn snapshot_taken(seq: u64) {
    gauge!(name::SNAPSHOT_ENTRY).set(seq as f64);
}

/// A snapshot could not be taken.
pub fn snapshot_failed() {
    counter!(name::SNAPSHOTS_FAILED).increment(1);
}

/// A push connection opened (`+1`) or closed (`-1`).
pub fn push_connections(transport: &'static str, change: f64) {
    gauge!(name::PUSH_CONNECTIONS, "transport" => transport).increment(change);
    tally::sockets(transport, change);
}

/// A push connection was closed by us.
pub fn push_closed(code: u16) {
    metrics::counter!(name::PUSH_CLOSED, "code" => code.to_string()).increment(1);
}

/// A connection was refused for want of a place.
pub fn http_refused() {
    metrics::counter!(name::HTTP_REFUSED).increment(1);
}

/// Frames were sent to push connections.
pub fn push_frames(count: u64) {
    counter!(name::PUSH_FRAMES).increment(count);
}

/// A request was answered. `route` is the route's pattern, never the path.
pub fn http_answered(route: &str, method: &str, status: u16, seconds: f64) {
    let class = match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    histogram!(
        name::HTTP_REQUEST_SECONDS,
        "route" => route.to_owned(),
        "method" => method.to_owned(),
        "status" => class
    )
    .record(seconds);
}

/// A word to a patient or a message to a service came so far.
pub fn notice(channel: &'static str, delivery: &'static str) {
    counter!(name::NOTICES, "channel" => channel, "delivery" => delivery).increment(1);
}

/// A batch of spans was not taken.
pub fn traces_failed() {
    counter!(name::TRACES_FAILED).increment(1);
}

/// An MLLP connection opened (`+1`) or closed (`-1`).
pub fn mllp_connections(change: f64) {
    gauge!(name::MLLP_CONNECTIONS).increment(change);
    tally::sockets("mllp", change);
}
