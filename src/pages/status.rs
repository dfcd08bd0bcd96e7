//! `/status`: for the people who run this server. Feeds, refusals, log, connections, version; no
//! figure of a service and nothing of a person.

use std::collections::BTreeMap;

use askama::Template;
use compact_str::CompactString;

use crate::frame::Frame;
use app::ServerMode;
use app::plain_words as words;
use domain::time::{MINUTE, Millis, SECOND};
use domain::verdict::Reason;
use domain::{Age, At};
use telemetry::{FEED_UNKNOWN, StatusCounts};
use views::{FeedHealth, FeedView, Published};

/// Older than this the published value is not renewed as it should be.
const PICTURE_OLD: Millis = MINUTE;

/// One feed.
struct Feed {
    id: String,
    name: String,
    /// "live", and the colour of its tag.
    state: (&'static str, &'static str),
    heard: String,
    news: String,
    taken: u64,
    refused: u64,
}

/// One line of what was refused.
struct Refusal {
    feed: String,
    reason: &'static str,
    count: u64,
}

/// The page.
#[derive(Template)]
#[template(path = "status.html")]
pub struct StatusPage {
    frame: Frame,
    /// In one sentence: is there anything to do?
    summary: String,
    is_well: bool,
    feeds: Vec<Feed>,
    refusals: Vec<Refusal>,
    log: Vec<(&'static str, String)>,
    sockets: Vec<(&'static str, i64)>,
    versions: Vec<(&'static str, String)>,
}

impl StatusPage {
    /// The page for a published value and what was counted since the start.
    pub fn new(published: &Published, tally: &StatusCounts, mode: &ServerMode, now: At) -> Self {
        let unheard = published
            .feeds
            .values()
            .filter(|view| is_unheard(view.health));
        // Before the first entry there is no published value that could be old.
        let written = (published.seq > 0).then_some(published.as_of);
        let age = written.map_or(0, |at| now.since(at));
        let unheard = unheard.count();
        let (summary, is_well) = summary(unheard, age, tally.log_failures);
        // What needs someone comes first: on a phone the list is long.
        let mut feeds: Vec<&FeedView> = published.feeds.values().map(AsRef::as_ref).collect();
        feeds.sort_by_key(|view| (!is_unheard(view.health), view.health == FeedHealth::Live));
        Self {
            frame: Frame::of(mode),
            summary,
            is_well,
            feeds: feeds
                .iter()
                .map(|view| feed(view, &tally.refused, now))
                .collect(),
            refusals: refusals(tally),
            log: vec![
                ("Entries", published.seq.to_string()),
                ("Last entry", ago(written, now)),
                (
                    "Batches not taken since the start",
                    tally.log_failures.to_string(),
                ),
                ("Figures withheld now", withheld(published).to_string()),
            ],
            sockets: vec![
                ("Screens by WebSocket", open(tally, "websocket")),
                ("Screens by server-sent events", open(tally, "sse")),
                ("Hospitals by HL7 (MLLP)", open(tally, "mllp")),
            ],
            versions: vec![
                ("Server", env!("CARGO_PKG_VERSION").to_owned()),
                ("History (epoch)", published.epoch.to_string()),
                (
                    "Services in the Directory",
                    published.services.len().to_string(),
                ),
            ],
        }
    }
}

fn is_unheard(health: FeedHealth) -> bool {
    matches!(
        health,
        FeedHealth::Silent | FeedHealth::Stuck | FeedHealth::NeverHeard
    )
}

fn summary(unheard: usize, age: Millis, failures: u64) -> (String, bool) {
    if age > PICTURE_OLD {
        let minutes = words::duration(age / MINUTE);
        return (
            format!("What readers see is {minutes} old: the writer may be stuck."),
            false,
        );
    }
    match (unheard, failures) {
        (0, 0) => (
            "Every feed is heard and the log takes entries.".to_owned(),
            true,
        ),
        (0, _) => (
            "The log could not take some batches since the start.".to_owned(),
            false,
        ),
        (1, _) => (
            "1 feed is not heard: its figures are withheld.".to_owned(),
            false,
        ),
        (count, _) => (
            format!("{count} feeds are not heard: their figures are withheld."),
            false,
        ),
    }
}

fn feed(view: &FeedView, refused: &BTreeMap<(CompactString, Reason), u64>, now: At) -> Feed {
    let id = view.feed.id.as_str();
    let mine = refused.iter().filter(|((feed, _), _)| feed == id);
    Feed {
        id: id.to_owned(),
        name: view.feed.name.clone(),
        state: state(view.health),
        heard: ago(view.heard, now),
        news: ago(view.told, now),
        taken: view.accepted,
        refused: mine.map(|(_, count)| count).sum(),
    }
}

/// The word for a state and the colour of its tag.
fn state(health: FeedHealth) -> (&'static str, &'static str) {
    match health {
        FeedHealth::Live => ("live", "green"),
        FeedHealth::Late => ("late", "yellow"),
        FeedHealth::CatchingUp => ("catching up", "yellow"),
        FeedHealth::Stuck => ("its clock stands still", "red"),
        FeedHealth::Silent => ("silent", "red"),
        FeedHealth::NeverHeard => ("never heard", "red"),
    }
}

/// "12 seconds ago", "3 minutes ago", "never".
fn ago(then: Option<At>, now: At) -> String {
    let Some(then) = then else {
        return "never".to_owned();
    };
    match now.since(then).max(0) {
        past @ 0..MINUTE => match past / SECOND {
            1 => "1 second ago".to_owned(),
            seconds => format!("{seconds} seconds ago"),
        },
        past => format!("{} ago", words::duration(past / MINUTE)),
    }
}

fn refusals(tally: &StatusCounts) -> Vec<Refusal> {
    let mut rows: Vec<Refusal> = tally
        .refused
        .iter()
        .map(|((feed, reason), count)| Refusal {
            feed: match feed.as_str() {
                FEED_UNKNOWN => "not told by the message".to_owned(),
                feed => feed.to_owned(),
            },
            reason: reason.label(),
            count: *count,
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}

fn open(tally: &StatusCounts, transport: &str) -> i64 {
    tally.sockets.get(transport).copied().unwrap_or_default()
}

fn withheld(published: &Published) -> usize {
    let readings = published.services.values().flat_map(|view| &view.readings);
    readings
        .filter(|reading| matches!(reading.age, Age::Withheld(_)))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_the_worst_first() {
        assert!(summary(0, SECOND, 0).1);
        let stuck = summary(3, 5 * MINUTE, 2).0;
        assert_eq!(
            stuck,
            "What readers see is 5 minutes old: the writer may be stuck."
        );
        assert!(summary(1, SECOND, 2).0.starts_with("1 feed is not heard"));
        assert!(!summary(0, SECOND, 1).1);
    }

    #[test]
    fn an_age_is_said_in_words_and_never_in_the_future() {
        let now = At(10 * MINUTE);
        assert_eq!(ago(Some(now.plus(-SECOND)), now), "1 second ago");
        assert_eq!(ago(Some(now.plus(-3 * MINUTE)), now), "3 minutes ago");
        assert_eq!(ago(Some(now.plus(MINUTE)), now), "0 seconds ago");
        assert_eq!(ago(None, now), "never");
    }

    #[test]
    fn the_most_refused_comes_first() {
        let mut tally = StatusCounts::default();
        tally.refused.insert(("a".into(), Reason::BadTime), 1);
        tally
            .refused
            .insert((FEED_UNKNOWN.into(), Reason::UnknownFeed), 9);
        let rows = refusals(&tally);
        assert_eq!(
            (rows[0].feed.as_str(), rows[0].count),
            ("not told by the message", 9)
        );
    }
}
