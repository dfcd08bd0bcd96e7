//! The desk while the disk stalls, on paused time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{ANSWER_MAX, BookingDesk, BookingError, BookingRequest};
use crate::{AppState, ServerMode};
use config::directory;
use domain::patient::PatientDetails;
use domain::{
    At, BookingId, Clock, Entry, Event, EventId, Fact, FeedId, OWN_FEED, Record, ServiceId, Slot,
    SlotId, Verdict,
};
use fold::FoldState;
use forecast::Forecaster;
use log::{Receipt, Submitter};
use vault::{MasterKey, Vault};
use views::{HistoryError, HistoryLookup, Publisher};

struct Still;

impl Clock for Still {
    fn now(&self) -> At {
        At::parse("2026-11-23T09:00:00Z").unwrap()
    }
}

fn slot() -> Slot {
    Slot {
        slot: SlotId::new("s1").unwrap(),
        start: At::parse("2026-11-23T10:00:00Z").unwrap(),
        end: At::parse("2026-11-23T10:15:00Z").unwrap(),
        kind: "in person".into(),
    }
}

/// A published value in which one service has one slot.
fn shared() -> AppState {
    let demo = Arc::new(directory::demo().unwrap());
    let mut fold_state = FoldState::new(Arc::clone(&demo));
    let mut viewer = Publisher::new(demo);
    let fact = Fact {
        id: EventId::new("e1").unwrap(),
        feed: FeedId::new(OWN_FEED).unwrap(),
        happened_at: Still.now(),
        event: Event::SlotsPublished {
            service: ServiceId::new("oadby-utc").unwrap(),
            slots: vec![slot()],
        },
    };
    let entry = Entry {
        seq: 1,
        at: Still.now(),
        record: Record::Fact(fact),
    };
    let mut changes = Vec::new();
    fold_state.apply(&entry, &mut changes);
    let first = viewer.publish(&fold_state, &Forecaster::default(), &changes, "e");
    let (sender, published) = watch::channel(first);
    // The last picture is kept when its sender is gone.
    drop(sender);
    AppState {
        published,
        travel: Arc::new(domain::travel::Offline),
        clock: Arc::new(Still),
        mode: ServerMode {
            demonstration: None,
            open_access: true,
        },
        past: HistoryLookup::new(|_| Err(HistoryError::BeforeTheLog)),
    }
}

fn asked() -> BookingRequest {
    BookingRequest {
        booking: BookingId::new("b1").unwrap(),
        service: ServiceId::new("oadby-utc").unwrap(),
        slot: slot().slot,
        hold: None,
        instead_of: None,
        by: "somebody".into(),
        message: None,
        details: PatientDetails::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_disk_stalls_the_asker_is_told_in_time_and_the_work_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let master = MasterKey::read_or_make(&folder.path().join("master.key")).unwrap();
    let vault = Arc::new(Vault::open(folder.path(), master).unwrap());
    let (submitter, mut submissions) = Submitter::channel();
    let desk = BookingDesk {
        shared: shared(),
        submitter,
        vault: Arc::clone(&vault),
    };
    let booking = tokio::spawn(async move { desk.book(asked()).await });
    // The writer has it, and the disk under its log does not answer.
    let stalled = submissions.recv().await.unwrap();
    let told = tokio::time::timeout(ANSWER_MAX + Duration::from_millis(400), booking);
    assert_eq!(told.await.unwrap().unwrap(), Err(BookingError::TimedOut));
    assert!(
        ANSWER_MAX < Duration::from_secs(5),
        "BaRS: never over five seconds"
    );
    // It was not taken back: once the disk answers it is booked, and its details are there.
    let receipt = Receipt {
        at: Still.now(),
        verdicts: vec![Verdict::Accepted { seq: 2 }],
    };
    stalled.reply.send(Ok(receipt)).unwrap();
    // The work holds the last way to the writer: when that is gone it has ended.
    let ended = tokio::time::timeout(ANSWER_MAX, submissions.recv()).await;
    assert!(ended.expect("the work goes on for ever").is_none());
    assert!(vault.read("b1").unwrap().is_some());
}
