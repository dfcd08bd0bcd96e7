//! Changes of the Directory are facts: they hold after a restart, and nobody but this server may tell them.

use std::sync::{Arc, OnceLock};

use config::directory;
use domain::event::Event;
use domain::{At, Directory, Entry, EventId, Fact, FeedId, OWN_FEED, Reason, Record, ServiceId};
use fold::{FactDecision, FoldState, Limits};
use runtime::derived_state::DerivedState;

fn demo() -> &'static Arc<Directory> {
    static DIRECTORY: OnceLock<Arc<Directory>> = OnceLock::new();
    DIRECTORY.get_or_init(|| Arc::new(directory::demo().unwrap()))
}

const NOW: At = At(1_795_421_700_000);

fn fact(feed: &str, id: &str, event: Event) -> Fact {
    Fact {
        id: EventId::new(id).unwrap(),
        feed: FeedId::new(feed).unwrap(),
        happened_at: NOW,
        event,
    }
}

fn renamed() -> Event {
    let mut record = (**demo().find_service("oadby-utc").unwrap()).clone();
    "Oadby, moved".clone_into(&mut record.name);
    Event::ServiceListed {
        record: Box::new(record),
        by: "an operator".into(),
        why: "it moved".to_owned(),
    }
}

fn withdrawn() -> Event {
    Event::ServiceWithdrawn {
        service: ServiceId::new("enderby-ucc").unwrap(),
        by: "an operator".into(),
        why: "it closed for good".to_owned(),
    }
}

#[test]
fn a_change_is_seen_at_once_kept_in_a_snapshot_and_named_with_who_and_why() {
    let mut state = DerivedState::new(demo());
    let before = state.publish(&[], "e");
    assert!(before.services.contains_key("enderby-ucc"));
    let mut changes = Vec::new();
    for (seq, event) in (1..).zip([renamed(), withdrawn()]) {
        let record = Record::Fact(fact(OWN_FEED, &format!("own-{seq}"), event));
        let entry = Entry {
            seq,
            at: NOW,
            record,
        };
        let line = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&line).unwrap(), entry);
        state.apply(&entry, &mut changes);
    }
    let after = state.publish(&changes, "e");
    assert_eq!(after.services["oadby-utc"].service.name, "Oadby, moved");
    assert!(!after.services.contains_key("enderby-ucc"));
    assert_eq!(after.finder.len(), before.finder.len() - 1);
    let notes: Vec<_> = after.listings.iter().map(|n| (&*n.by, &*n.why)).collect();
    assert_eq!(
        notes,
        [
            ("an operator", "it closed for good"),
            ("an operator", "it moved")
        ]
    );
    let bytes = state.fold_state.to_snapshot().unwrap();
    let again = FoldState::from_snapshot(&bytes, Arc::clone(demo())).unwrap();
    assert_eq!(again.directory(), state.fold_state.directory());
}

#[test]
fn no_feed_may_change_the_directory_and_what_was_withdrawn_takes_no_facts() {
    let fold_state = FoldState::new(Arc::clone(demo()));
    let decide = |fold_state: &FoldState, feed: &str, event: Event| {
        fold_state.decide(NOW, &fact(feed, "a", event), Limits::default())
    };
    let FactDecision::Refuse(why) = decide(&fold_state, "dhu-oadby", withdrawn()) else {
        panic!("a feed changed the Directory")
    };
    assert_eq!(why.reason, Reason::UnknownFeed);
    assert_eq!(
        decide(&fold_state, OWN_FEED, withdrawn()),
        FactDecision::Take
    );
    let mut fold_state = fold_state;
    let entry = Entry {
        seq: 1,
        at: NOW,
        record: Record::Fact(fact(OWN_FEED, "own-1", withdrawn())),
    };
    fold_state.apply(&entry, &mut Vec::new());
    assert!(matches!(
        decide(&fold_state, OWN_FEED, withdrawn()),
        FactDecision::Refuse(_)
    ));
}
