//! Each property is one sentence.

use std::sync::Arc;

use config::directory;
use domain::time::MINUTE;
use domain::{Directory, Entry, Fact, Record};
use fold::FoldState;
use proptest::prelude::*;
use views::DemandView;
use views::demand::HOURS_AGO_MAX;

use super::attacker::{Kept, smallest_group};
use super::generate::{any_people, minutes, start, told};

fn demo(people_min: u32) -> Arc<Directory> {
    let directory = directory::demo().unwrap();
    Arc::new(directory.with_people_min(people_min))
}

/// The entries of a case: each minute ticks, then come its facts.
fn entries(facts: &[(i64, Fact)]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut facts = facts.iter().peekable();
    for minute in 0..minutes() {
        let at = start().plus(minute * MINUTE);
        let mut push = |record| {
            let seq = entries.len() as u64 + 1;
            entries.push(Entry { seq, at, record });
        };
        push(Record::Tick);
        while let Some((_, fact)) = facts.next_if(|(told, _)| *told <= minute) {
            push(Record::Fact(fact.clone()));
        }
    }
    entries
}

fn after(fold_state: &mut FoldState, entries: &[Entry]) {
    for entry in entries {
        fold_state.apply(entry, &mut Vec::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn no_sum_or_difference_of_public_answers_singles_out_fewer_people_than_the_least(
        stories in any_people(), people_min in 5..8_u32
    ) {
        let (people, facts) = told(&stories);
        let mut fold_state = FoldState::new(demo(people_min));
        let mut view = DemandView::default();
        let mut kept = Kept::nothing();
        for entry in entries(&facts) {
            fold_state.apply(&entry, &mut Vec::new());
            view = DemandView::of(&fold_state, &view);
            for hours_ago in [0, 1, 3, HOURS_AGO_MAX] {
                let asked = kept.ask(&view.public_ago(hours_ago));
                prop_assert!(asked.is_ok(), "{asked:?}");
            }
        }
        let counted = kept.counted(&people);
        prop_assert!(counted.is_ok(), "{counted:?}");
        let group = smallest_group(&counted.unwrap());
        let enough = group.as_ref().is_none_or(|group| group.len() >= people_min as usize);
        prop_assert!(enough, "{group:?}");
    }

    #[test]
    fn a_server_that_is_killed_in_the_middle_of_an_hour_goes_on_with_the_same_answers(
        stories in any_people(), kept in 0..1_800_usize, killed in 0..400_usize
    ) {
        let (_, facts) = told(&stories);
        let entries = entries(&facts);
        let directory = demo(5);
        let mut fold_state = FoldState::new(Arc::clone(&directory));
        after(&mut fold_state, &entries[..kept]);
        let bytes = fold_state.to_snapshot().unwrap();
        // What came between the snapshot and the kill is read from the log again.
        let killed = (kept + killed).min(entries.len());
        let mut again = FoldState::from_snapshot(&bytes, directory).unwrap();
        after(&mut fold_state, &entries[kept..killed]);
        after(&mut again, &entries[kept..killed]);
        for entry in &entries[killed..] {
            fold_state.apply(entry, &mut Vec::new());
            again.apply(entry, &mut Vec::new());
            let view = |fold_state: &FoldState| DemandView::of(fold_state, &DemandView::default());
            if matches!(entry.record, Record::Tick) && entry.seq % 7 == 0 {
                prop_assert_eq!(view(&again), view(&fold_state));
            }
        }
        prop_assert_eq!(again.to_snapshot().unwrap(), fold_state.to_snapshot().unwrap());
    }
}
