//! The protocol on published values that the real fold made: whoever follows it holds what the server holds.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::Value;
use tokio::sync::watch;

use super::hub::{Frame, Hub, News};
use super::message::Message;
use super::session::{Close, MESSAGES_AT_ONCE, Session, Since};
use app::{AppState, ServerMode as About};
use config::directory;
use domain::event::{ArrivalMode, Event};
use domain::time::MINUTE;
use domain::{At, Clock, Entry, EventId, Fact, FeedId, Record, ServiceId, VisitId};
use fold::FoldState;
use forecast::Forecaster;
use views::{Published, Publisher};

struct Still;

impl Clock for Still {
    fn now(&self) -> At {
        At(0)
    }
}

/// How every world begins. Reading the Directory and working out its drives takes a fifth of a second in a debug build,
/// longer than most cases do, so it is done once.
static BEGINNING: LazyLock<(Maker, Arc<Published>)> = LazyLock::new(|| {
    let demo = Arc::new(directory::demo().unwrap());
    let fold_state = FoldState::new(Arc::clone(&demo));
    let mut viewer = Publisher::new(demo);
    let first = viewer.publish(&fold_state, &Forecaster::default(), &[], "e");
    let seq = 0;
    let maker = Maker {
        fold_state,
        viewer,
        seq,
    };
    (maker, first)
});

/// A world whose published values are made by hand.
#[derive(Clone)]
struct Maker {
    fold_state: FoldState,
    viewer: Publisher,
    seq: u64,
}

impl Maker {
    fn new() -> (Self, Hub) {
        let (maker, first) = BEGINNING.clone();
        let (_sender, published) = watch::channel(first);
        let mode = About {
            demonstration: None,
            open_access: true,
        };
        let hub = Hub::new(&AppState {
            published,
            travel: Arc::new(domain::travel::Offline),
            clock: Arc::new(Still),
            mode,
            past: views::HistoryLookup::new(|_| Err(views::HistoryError::BeforeTheLog)),
        });
        (maker, hub)
    }

    /// The next published value: someone arrives or is seen, or some minutes pass.
    fn next(&mut self, kind: u8) -> Arc<Published> {
        self.seq += 1;
        let start = At::parse("2026-11-23T09:00:00Z").unwrap();
        let at = self
            .fold_state
            .at()
            .max(start)
            .plus(i64::from(kind / 4) * MINUTE);
        let visit = |number: u64| VisitId::new(&format!("v{number}")).unwrap();
        let event = match kind % 4 {
            0 | 1 => Event::VisitArrived {
                service: ServiceId::new("lri-ed").unwrap(),
                visit: visit(self.seq),
                mode: ArrivalMode::WalkIn,
                acuity: None,
                age_band: None,
                origin: None,
                incident: None,
                booking: None,
            },
            2 => Event::VisitSeen {
                visit: visit(self.seq - 1),
            },
            _ => Event::VisitCancelled {
                visit: visit(self.seq.saturating_sub(2)),
            },
        };
        let fact = Fact {
            id: EventId::new(&format!("e{}", self.seq)).unwrap(),
            feed: FeedId::new("uhl-adt").unwrap(),
            happened_at: at,
            event,
        };
        let mut changes = Vec::new();
        let entry = Entry {
            seq: self.seq,
            at,
            record: Record::Fact(fact),
        };
        self.fold_state.apply(&entry, &mut changes);
        self.viewer
            .publish(&self.fold_state, &Forecaster::default(), &changes, "e")
    }
}

/// A client as simple as can be: what it holds by topic, and up to where.
#[derive(Default)]
struct Client {
    held: BTreeMap<String, (u64, BTreeMap<String, Value>)>,
}

impl Client {
    fn take(&mut self, message: &Message) {
        let frame: Value = serde_json::from_slice(message.text()).unwrap();
        let topic = frame["topic"].as_str().unwrap_or_default().to_owned();
        let seq = frame["seq"].as_u64().unwrap_or(0);
        match frame["type"].as_str().unwrap() {
            "snapshot" => {
                let data = frame["data"]
                    .as_object()
                    .unwrap()
                    .clone()
                    .into_iter()
                    .collect();
                self.held.insert(topic, (seq, data));
            }
            "delta" => {
                let (held, values) = self.held.get_mut(&topic).unwrap();
                assert!(seq > *held, "a delta came twice");
                *held = seq;
                let set = frame["data"]["set"].as_object().unwrap().clone();
                values.extend(set);
                for key in frame["data"]["unset"].as_array().unwrap() {
                    values.remove(key.as_str().unwrap());
                }
            }
            other => panic!("unexpected {other}"),
        }
    }

    fn since(&self, topic: &str) -> Option<Since> {
        self.held.get(topic).map(|(seq, _)| Since {
            epoch: "e".to_owned(),
            seq: *seq,
        })
    }
}

const TOPICS: [&str; 3] = ["waits", "status", "service:lri-ed"];

/// What a connection has heard and not taken yet.
fn unread(listener: &mut tokio::sync::broadcast::Receiver<News>) -> Vec<Arc<Vec<Frame>>> {
    let news = std::iter::from_fn(|| listener.try_recv().ok());
    news.map(|news| match news {
        News::Frames(frames) => frames,
        News::Beat(_) | News::Stopping => panic!("nothing else was told"),
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_client_that_loses_its_connection_at_any_time_ends_up_with_the_servers_contents(
        steps in prop::collection::vec((any::<u8>(), 0..10_u8), 1..60)
    ) {
        let (mut maker, hub) = Maker::new();
        let mut client = Client::default();
        let mut connection: Option<(Session, tokio::sync::broadcast::Receiver<_>)> = None;
        for (kind, chance) in steps {
            hub.take(maker.next(kind));
            if chance < 2 {
                connection = None;
            } else if connection.is_none() && chance > 3 {
                let listener = hub.listen();
                let mut session = Session::default();
                for topic in TOPICS {
                    for message in session.subscribe(topic, client.since(topic).as_ref(), &hub) {
                        client.take(&message);
                    }
                }
                connection = Some((session, listener));
            }
            let Some((session, listener)) = connection.as_mut().filter(|_| chance > 5) else {
                continue;
            };
            let batches = unread(listener);
            let frames = batches.iter().flat_map(|batch| batch.iter());
            let frames = frames.filter(|frame| session.wants(frame));
            // Some clients are slow: what waited for them is sent as one.
            let messages: Vec<Message> = match chance {
                8.. => hub.merge(frames).into_iter().map(|frame| frame.message).collect(),
                _ => frames.map(|frame| frame.message.clone()).collect(),
            };
            for message in &messages {
                client.take(message);
            }
            if chance == 9 {
                for message in session.catch_up(&hub).unwrap() {
                    client.take(&message);
                }
            }
        }
        let mut session = Session::default();
        for topic in TOPICS {
            for message in session.subscribe(topic, client.since(topic).as_ref(), &hub) {
                client.take(&message);
            }
            let (_, all) = hub.all();
            let expected: BTreeMap<String, Value> =
                all[topic].as_object().unwrap().clone().into_iter().collect();
            prop_assert_eq!(&client.held[topic].1, &expected, "{}", topic);
        }
    }
}

fn text(message: &Message) -> &str {
    std::str::from_utf8(message.text()).unwrap()
}

/// What the pages' own client is tried on: a published value a line, with what changed and what it all was.
#[test]
fn the_story_that_the_pages_client_is_tried_on_is_what_the_hub_says() {
    let (mut maker, hub) = Maker::new();
    let mut listener = hub.listen();
    let topics = ["service:lri-ed", "service:llr-ooh"];
    let mut story = String::new();
    for kind in [0_u8, 0, 2, 4, 17, 1, 3, 2, 6, 33, 0, 2, 3, 250, 0, 5] {
        hub.take(maker.next(kind));
        let batches = unread(&mut listener);
        let frames = batches.iter().flat_map(|batch| batch.iter());
        let value = |message: &Message| serde_json::from_slice::<Value>(message.text()).unwrap();
        let frames: Vec<Value> = frames
            .map(|frame| value(&frame.message))
            .filter(|frame| topics.contains(&frame["topic"].as_str().unwrap()))
            .collect();
        let snapshots: Vec<Value> = topics
            .iter()
            .flat_map(|topic| Session::default().subscribe(topic, None, &hub))
            .map(|message| value(&message))
            .collect();
        let line = serde_json::json!({"frames": frames, "snapshots": snapshots});
        story.push_str(&line.to_string());
        story.push('\n');
    }
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/push/story.ndjson");
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(&file, &story).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(
        kept == story,
        "the story changed: `make bless` if that is right"
    );
}

#[test]
fn another_history_is_answered_with_a_snapshot() {
    let (mut maker, hub) = Maker::new();
    hub.take(maker.next(0));
    let since = Since {
        epoch: "another".to_owned(),
        seq: 1,
    };
    let frames = Session::default().subscribe("waits", Some(&since), &hub);
    assert!(text(&frames[0]).contains("\"type\":\"snapshot\""));
}

#[test]
fn what_is_not_the_protocol_ends_the_connection_and_an_unknown_topic_does_not() {
    let (_, hub) = Maker::new();
    let mut session = Session::default();
    assert_eq!(session.on_message("hello", &hub), Err(Close::Protocol));
    let unknown = r#"{"type":"subscribe","topics":["everything"]}"#;
    let frames = session.on_message(unknown, &hub).unwrap();
    assert!(text(&frames[0]).contains("unknown_topic"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_client_says_it_is_answered_or_closed(
        text in prop_oneof![
            any::<String>(),
            "\\{\"type\":\"(subscribe|unsubscribe|ping)\",\"topics\":\\[\"[a-z:\\-]{0,20}\"\\]\\}",
            "\\{\"type\":\"subscribe\",\"topics\":\\[\"waits\"\\],\"since\":\\{\"epoch\":\".?\",\"seq\":[0-9]{1,25}\\}\\}",
        ]
    ) {
        let (_, hub) = Maker::new();
        let mut session = Session::default();
        match session.on_message(&text, &hub) {
            Ok(messages) => for message in messages {
                let answer: Value = serde_json::from_slice(message.text()).unwrap();
                prop_assert!(["snapshot", "delta", "error", "pong"].contains(&answer["type"].as_str().unwrap()));
            },
            Err(close) => prop_assert_eq!(close, Close::Protocol),
        }
    }
}

#[test]
fn someone_who_missed_much_is_sent_it_as_one_change() {
    let (mut maker, hub) = Maker::new();
    hub.take(maker.next(0));
    let mut client = Client::default();
    for message in Session::default().subscribe("service:lri-ed", None, &hub) {
        client.take(&message);
    }
    for _ in 0..20 {
        hub.take(maker.next(4));
    }
    let since = client.since("service:lri-ed");
    let missed = Session::default().subscribe("service:lri-ed", since.as_ref(), &hub);
    assert_eq!(missed.len(), 1);
    assert!(text(&missed[0]).contains("\"type\":\"delta\""));
    client.take(&missed[0]);
    let arrivals = &client.held["service:lri-ed"].1["arrivals_today"]["value"];
    assert_eq!(arrivals, 21);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_floods_is_closed_and_one_that_asks_for_all_it_may_is_not() {
    let mut session = Session::default();
    let start = tokio::time::Instant::now();
    for _ in 0..MESSAGES_AT_ONCE {
        assert_eq!(session.on_sign_of_life(start), Ok(()));
    }
    assert_eq!(session.on_sign_of_life(start), Err(Close::TooMany));
    let later = start + std::time::Duration::from_mins(5);
    assert_eq!(session.on_sign_of_life(later), Ok(()), "it is forgiven");
}

#[test]
fn a_client_that_asks_for_nothing_or_answers_nothing_or_falls_behind_is_closed_in_time() {
    let (_, hub) = Maker::new();
    let beats = |session: &mut Session| (0..20).find_map(|_| session.on_beat(&hub).err());
    let mut silent = Session::default();
    silent.subscribe("waits", None, &hub);
    assert_eq!(beats(&mut silent), Some(Close::Gone));
    let mut idle = Session::default();
    let now = tokio::time::Instant::now();
    let end = (0..20).find_map(|_| {
        idle.on_sign_of_life(now).unwrap();
        idle.on_beat(&hub).err()
    });
    assert_eq!(end, Some(Close::Idle));
}

#[test]
fn the_goodbyes_spread_those_who_come_back() {
    let after = |number| {
        let bye: Value = serde_json::from_slice(Session::bye(number).text()).unwrap();
        bye["retry_ms"].as_u64().unwrap()
    };
    assert_eq!(
        (after(0), after(1_500), after(14_999)),
        (1_000, 2_000, 10_999)
    );
}

/// The fields of a message that the AsyncAPI document names, and those of them that must be there.
fn documented(kind: &str) -> (Vec<String>, Vec<String>) {
    let document: Value = serde_json::from_str(super::ASYNCAPI).unwrap();
    let payload = &document["components"]["messages"][kind]["payload"];
    let fields = payload["properties"]
        .as_object()
        .unwrap_or_else(|| panic!("{kind}"));
    let required = payload["required"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        fields.keys().cloned().collect(),
        required.iter().map(text).collect(),
    )
}

#[test]
fn every_frame_is_as_the_asyncapi_document_says() {
    let (mut maker, hub) = Maker::new();
    let mut listener = hub.listen();
    hub.take(maker.next(0));
    let batches = unread(&mut listener);
    let mut session = Session::default();
    let mut frames = vec![Session::hello(&hub), Session::heartbeat(&hub)];
    frames.extend(session.subscribe("waits", None, &hub));
    frames.extend(session.subscribe("everything", None, &hub));
    frames.extend(session.on_message(r#"{"type":"ping"}"#, &hub).unwrap());
    frames.push(batches[0][0].message.clone());
    frames.push(Session::bye(0));
    let mut kinds = Vec::new();
    for frame in frames {
        let frame: Value = serde_json::from_slice(frame.text()).unwrap();
        let kind = frame["type"].as_str().unwrap().to_owned();
        let (fields, required) = documented(&kind);
        let sent: Vec<&String> = frame.as_object().unwrap().keys().collect();
        for field in &required {
            assert!(sent.contains(&field), "{kind} without {field}");
        }
        for field in sent {
            assert!(
                fields.contains(field),
                "{kind} has {field}, which is not documented"
            );
        }
        kinds.push(kind);
    }
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            "bye",
            "delta",
            "error",
            "heartbeat",
            "hello",
            "pong",
            "snapshot"
        ]
    );
}
