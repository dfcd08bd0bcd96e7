//! Each property is one sentence.

use std::sync::Arc;

use config::directory;
use domain::event::Event;
use domain::time::MINUTE;
use domain::{At, Directory, Entry, EventId, Fact, FeedId, OWN_FEED, Reason, Record};
use fold::bookings::SlotClaim;
use fold::{FactDecision, FoldState, Limits};
use proptest::prelude::*;

use super::auditor::{History, current, may};
use super::generate::{any_history, published, start};

fn demo() -> Arc<Directory> {
    static DIRECTORY: std::sync::OnceLock<Arc<Directory>> = std::sync::OnceLock::new();
    Arc::clone(DIRECTORY.get_or_init(|| Arc::new(directory::demo().unwrap())))
}

struct Run {
    fold_state: FoldState,
    history: History,
    entries: Vec<Entry>,
    at: At,
}

impl Run {
    fn new() -> Self {
        let mut run = Self {
            fold_state: FoldState::new(demo()),
            history: Vec::new(),
            entries: Vec::new(),
            at: start(),
        };
        for n in 0..2 {
            assert_eq!(run.tell(&published(n)), Ok(()));
        }
        run
    }

    /// Tells one event now; why it was refused, if it was.
    fn tell(&mut self, event: &Event) -> Result<(), Reason> {
        let number = self.entries.len() as u64 + 1;
        let fact = Fact {
            id: EventId::new(&format!("e{number}")).unwrap(),
            feed: FeedId::new(OWN_FEED).unwrap(),
            happened_at: self.at,
            event: event.clone(),
        };
        match self.fold_state.decide(self.at, &fact, Limits::default()) {
            FactDecision::Take => {}
            FactDecision::Refuse(why) => return Err(why.reason),
            FactDecision::Duplicate => panic!("every id is new"),
        }
        let entry = Entry {
            seq: number,
            at: self.at,
            record: Record::Fact(fact),
        };
        self.fold_state.apply(&entry, &mut Vec::new());
        self.entries.push(entry);
        self.history.push((self.at, event.clone()));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn the_writer_decides_as_one_who_reads_the_whole_history_again(steps in any_history()) {
        let mut run = Run::new();
        for (minutes, event) in steps {
            run.at = run.at.plus(minutes * MINUTE);
            let expected = may(&run.history, run.at, &event);
            let told = run.tell(&event);
            prop_assert_eq!(told.is_ok(), expected, "{:?} at {}: {:?}", event, run.at, told);
        }
    }

    #[test]
    fn a_slot_is_never_booked_twice_and_no_booking_is_lost(steps in any_history()) {
        let mut run = Run::new();
        for (minutes, event) in steps {
            run.at = run.at.plus(minutes * MINUTE);
            let _told = run.tell(&event);
            let current = current(&run.history);
            let mut places: Vec<_> = current.iter().map(|(_, s, t)| (s, t)).collect();
            places.sort();
            let before = places.len();
            places.dedup();
            prop_assert_eq!(before, places.len(), "two patients in one slot");
            for (id, service, slot) in &current {
                let diary = run.fold_state.bookings().find_diary(service.as_str()).unwrap();
                let claim = diary.claim(slot.as_str(), run.at);
                prop_assert_eq!(claim, Some(&SlotClaim::Booked(id.clone())));
                prop_assert!(run.fold_state.bookings().find(id.as_str()).unwrap().is_current());
            }
        }
    }

    #[test]
    fn a_snapshot_and_what_came_after_it_is_the_same_picture_to_the_byte(
        steps in any_history(),
        cut in 0..60_usize,
    ) {
        let mut run = Run::new();
        let mut early = None;
        for (number, (minutes, event)) in steps.into_iter().enumerate() {
            if number == cut {
                early = Some((run.fold_state.to_snapshot().unwrap(), run.entries.len()));
            }
            run.at = run.at.plus(minutes * MINUTE);
            let _told = run.tell(&event);
        }
        let Some((bytes, count)) = early else { return Ok(()) };
        let mut again = FoldState::from_snapshot(&bytes, demo()).unwrap();
        for entry in &run.entries[count..] {
            again.apply(entry, &mut Vec::new());
        }
        prop_assert_eq!(again.to_snapshot().unwrap(), run.fold_state.to_snapshot().unwrap());
    }
}
