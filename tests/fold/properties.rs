//! Each property is one sentence.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::directory;
use domain::event::Event;
use domain::time::MINUTE;
use domain::{At, Directory, Entry, Fact, ReadingName, Record};
use fold::{Change, FactDecision, FoldState, Limits};
use forecast::Forecaster;
use proptest::prelude::*;
use views::{Published, Publisher};

use super::auditor::{Figures, audit};
use super::generate::{any_day, evening, start, told_out_of_order};

const SERVICES: [&str; 3] = ["lri-ed", "lri-ced", "lri-eye"];

fn demo() -> Arc<Directory> {
    static DIRECTORY: std::sync::OnceLock<Arc<Directory>> = std::sync::OnceLock::new();
    Arc::clone(DIRECTORY.get_or_init(|| Arc::new(directory::demo().unwrap())))
}

/// A picture, the entries that made it, and the views kept up along the way.
pub struct Told {
    pub fold_state: FoldState,
    pub forecaster: Forecaster,
    pub entries: Vec<Entry>,
    pub viewer: Publisher,
    pub published: Arc<Published>,
    pub decisions: Vec<FactDecision>,
}

/// Tells facts one by one, each at its turn of the log's clock, then lets it be evening.
pub fn tell(facts: &[Fact], at: impl Fn(usize) -> At) -> Told {
    let mut fold_state = FoldState::new(demo());
    let mut viewer = Publisher::new(demo());
    let mut forecaster = Forecaster::default();
    let mut published = viewer.publish(&fold_state, &forecaster, &[], "e");
    let (mut entries, mut decisions) = (Vec::new(), Vec::new());
    let last = (evening(), Record::Tick);
    let told = facts
        .iter()
        .enumerate()
        .map(|(n, fact)| (at(n), Record::Fact(fact.clone())));
    for (at, record) in told.chain([last]) {
        if let Record::Fact(fact) = &record {
            decisions.push(fold_state.decide(at, fact, Limits::default()));
            if decisions.last() != Some(&FactDecision::Take) {
                continue;
            }
        }
        let entry = Entry {
            seq: entries.len() as u64 + 1,
            at,
            record,
        };
        let mut changes = Vec::new();
        let before = fold_state.at();
        fold_state.apply(&entry, &mut changes);
        forecaster.take(&entry, &fold_state, before);
        published = viewer.publish(&fold_state, &forecaster, &changes, "e");
        entries.push(entry);
    }
    Told {
        fold_state,
        forecaster,
        entries,
        viewer,
        published,
        decisions,
    }
}

/// Told long after it all happened, and long enough before evening to be caught up with.
fn late(_: usize) -> At {
    evening().plus(-3 * MINUTE)
}

/// Told as it happens, a little late.
fn live(facts: &[Fact]) -> impl Fn(usize) -> At + '_ {
    |number| {
        let so_far = facts[..=number].iter().map(|fact| fact.happened_at).max();
        so_far.unwrap_or(start())
    }
}

fn shown(published: &Published, service: &str) -> Figures {
    let view = &published.services[service];
    let value = |name| {
        view.find_reading(name)
            .and_then(|r| r.age.measure())
            .map_or(0, |m| m.value)
    };
    let handovers = view.handovers.map(|bands| (bands.ended, bands.outside));
    Figures {
        handovers_ended: handovers.map_or([0; 5], |(ended, _)| ended.counts.map(i64::from)),
        handover_lost: handovers.map_or([0; 2], |(ended, outside)| {
            [ended.lost, outside.lost / MINUTE]
        }),
        waiting: value(ReadingName::Waiting),
        longest_wait: value(ReadingName::LongestWait),
        in_department: value(ReadingName::InDepartment),
        arrivals_today: value(ReadingName::ArrivalsToday),
        over_4h: value(ReadingName::Over4h),
        left_today: value(ReadingName::LeftToday),
        handovers_waiting: value(ReadingName::HandoversWaiting),
        inbound: value(ReadingName::Inbound),
        queues: BTreeMap::new(),
    }
}

fn bytes(fold_state: &FoldState) -> Vec<u8> {
    fold_state.to_snapshot().unwrap()
}

/// The state without what names the order of the log itself.
fn meaning(told: &Told) -> String {
    let drawn = |service: &&str| format!("{service} {:?}", shown(&told.published, service));
    SERVICES.iter().map(drawn).collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_fold_agrees_with_the_auditor(day in any_day()) {
        // Each feed says it is alive at the end, so that no figure is withheld.
        let mut day = day;
        for (number, feed) in ["uhl-adt", "emas-cad"].into_iter().enumerate() {
            day.push(heartbeat(number, feed));
        }
        let facts = day.clone();
        let told = tell(&day, live(&facts));
        for service in SERVICES {
            let mut expected = audit(&told.entries, service);
            let queues = std::mem::take(&mut expected.queues);
            prop_assert_eq!(shown(&told.published, service), expected, "{}", service);
            let people: u32 = queues.values().sum();
            let lines = &told.published.services[service].streams;
            prop_assert_eq!(lines.iter().map(|line| line.waiting).sum::<u32>(), people);
        }
    }

    #[test]
    fn the_same_log_gives_the_same_bytes(day in any_day()) {
        prop_assert_eq!(bytes(&tell(&day, late).fold_state), bytes(&tell(&day, late).fold_state));
    }

    #[test]
    fn the_order_of_telling_does_not_matter((day, shuffled) in told_out_of_order()) {
        let (a, b) = (tell(&day, late), tell(&shuffled, late));
        // A fact refused in one order and taken in the other would be a contradiction in itself.
        prop_assume!(a.decisions.iter().chain(&b.decisions).all(|d| *d == FactDecision::Take));
        prop_assert_eq!(meaning(&a), meaning(&b));
    }

    #[test]
    fn a_snapshot_and_the_tail_of_the_log_equal_the_whole_log(day in any_day(), cut in 0..200_usize) {
        let told = tell(&day, late);
        let cut = cut % told.entries.len();
        let mut half = FoldState::new(demo());
        for entry in &told.entries[..cut] {
            half.apply(entry, &mut Vec::new());
        }
        let mut restored = FoldState::from_snapshot(&bytes(&half), demo()).unwrap();
        for entry in &told.entries[cut..] {
            restored.apply(entry, &mut Vec::new());
        }
        prop_assert_eq!(bytes(&restored), bytes(&told.fold_state));
    }

    #[test]
    fn duplicates_change_nothing(day in any_day()) {
        let twice: Vec<Fact> = day.iter().flat_map(|fact| [fact.clone(), fact.clone()]).collect();
        let (once, twice) = (tell(&day, late), tell(&twice, late));
        prop_assert_eq!(bytes(&once.fold_state), bytes(&twice.fold_state));
    }

    #[test]
    fn what_changed_is_enough_to_keep_every_view_up(day in any_day()) {
        let facts = day.clone();
        let told = tell(&day, live(&facts));
        let fresh = Publisher::new(demo()).publish(&told.fold_state, &told.forecaster, &[], "e");
        for (id, view) in &fresh.services {
            prop_assert_eq!(view.as_ref(), told.published.services[id].as_ref());
        }
        prop_assert_eq!(&fresh.demand, &told.published.demand);
        drop(told.viewer);
    }

    #[test]
    fn a_cancelled_visit_leaves_no_trace(day in any_day()) {
        let cancelled: Vec<_> = day.iter().filter_map(|fact| match &fact.event {
            Event::VisitCancelled { visit } => Some(visit.clone()),
            _ => None,
        }).collect();
        prop_assume!(!day.iter().any(|fact| matches!(fact.event, Event::VisitMerged { .. })));
        let without: Vec<Fact> = day.iter().filter(|fact| {
            let text = serde_json::to_value(&fact.event).unwrap();
            !cancelled.iter().any(|visit| text["visit"] == visit.as_str())
        }).cloned().collect();
        prop_assert_eq!(meaning(&tell(&day, late)), meaning(&tell(&without, late)));
    }

    #[test]
    fn everyone_who_arrived_waits_was_seen_or_left(day in any_day()) {
        let told = tell(&day, late);
        for (_, visit) in told.fold_state.visits().all() {
            let Some(state) = &visit.state else { continue };
            let ways = [state.is_waiting(), state.seen.is_some(), state.departed.is_some()];
            prop_assert!(ways.iter().any(|way| *way));
            prop_assert!(!(state.is_waiting() && state.departed.is_some()));
        }
    }
}

fn heartbeat(number: usize, feed: &str) -> Fact {
    Fact {
        id: domain::EventId::new(&format!("alive{number}")).unwrap(),
        feed: domain::FeedId::new(feed).unwrap(),
        happened_at: evening(),
        event: Event::FeedHeartbeat {},
    }
}

/// Keeps [`Change`] in the public face of the fold: a view is told which services to work out again.
#[test]
fn a_step_names_the_service_it_touches() {
    let day = [arrival("e1", 0)];
    let mut fold_state = FoldState::new(demo());
    let mut changes = Vec::new();
    let record = Record::Fact(day[0].clone());
    fold_state.apply(
        &Entry {
            seq: 1,
            at: start(),
            record,
        },
        &mut changes,
    );
    let named = super::generate::service("lri-ed");
    assert!(
        changes.contains(&Change::ServiceChanged(named)),
        "{changes:?}"
    );
}

pub fn arrival(id: &str, minute: i64) -> Fact {
    use domain::time::MINUTE;
    Fact {
        id: domain::EventId::new(id).unwrap(),
        feed: domain::FeedId::new("uhl-adt").unwrap(),
        happened_at: start().plus(minute * MINUTE),
        event: Event::VisitArrived {
            service: super::generate::service("lri-ed"),
            visit: domain::VisitId::new(&format!("v-{id}")).unwrap(),
            mode: domain::event::ArrivalMode::WalkIn,
            acuity: None,
            age_band: None,
            origin: None,
            incident: None,
            booking: None,
        },
    }
}
