//! Single cases, each a sentence and a small picture.

use std::sync::Arc;

use config::directory;
use domain::event::{Departure, Event};
use domain::time::MINUTE;
use domain::{Age, At, Entry, Fact, ReadingName, Reason, Record, VisitId};
use fold::{Change, FactDecision, FoldState, Limits};
use runtime::derived_state::DerivedState;
use views::Published;

use super::generate::start;
use super::properties::arrival;

/// A log told by hand.
struct Tale {
    state: DerivedState,
    published: Arc<Published>,
}

impl Tale {
    fn new() -> Self {
        let mut state = DerivedState::new(&Arc::new(directory::demo().unwrap()));
        let published = state.publish(&[], "e");
        Self { state, published }
    }

    /// As the writer does: what is to be shown follows what made it so.
    fn at(&mut self, at: At, record: Record) {
        let mut changes = Vec::new();
        self.apply(at, record, &mut changes);
        let shown = self.state.shown_changes(&changes);
        if !shown.is_empty() {
            self.apply(at, Record::Shown(shown), &mut changes);
        }
        self.published = self.state.publish(&changes, "e");
    }

    fn apply(&mut self, at: At, record: Record, changes: &mut Vec<Change>) {
        let seq = self.state.seq() + 1;
        self.state.apply(&Entry { seq, at, record }, changes);
    }

    fn tell(&mut self, fact: Fact) {
        let at = fact.happened_at.max(self.state.at());
        assert_eq!(
            self.state.fold_state.decide(at, &fact, Limits::default()),
            FactDecision::Take
        );
        self.at(at, Record::Fact(fact));
    }

    fn tick(&mut self, minute: i64) {
        self.at(start().plus(minute * MINUTE), Record::Tick);
    }

    fn draw(&self) -> String {
        let view = &self.published.services["lri-ed"];
        let say = |name| match view.find_reading(name).unwrap().age {
            Age::Fresh(measure) => measure.value.to_string(),
            Age::Late { measure, .. } => format!("{} late", measure.value),
            Age::Withheld(why) => why.label().to_owned(),
        };
        format!(
            "waiting {} | longest {} | here {} | wait {}",
            say(ReadingName::Waiting),
            say(ReadingName::LongestWait),
            say(ReadingName::InDepartment),
            say(ReadingName::Wait)
        )
    }
}

fn step(id: &str, minute: i64, event: Event) -> Fact {
    Fact {
        event,
        ..arrival(id, minute)
    }
}

fn visit(of: &str) -> VisitId {
    VisitId::new(&format!("v-{of}")).unwrap()
}

#[test]
fn nothing_heard_is_no_figure_and_not_zero() {
    insta::assert_snapshot!(
        Tale::new().draw(),
        @"waiting silent_feed | longest silent_feed | here silent_feed | wait silent_feed"
    );
}

#[test]
fn a_quiet_feed_is_late_and_then_its_figures_are_withheld() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 0));
    insta::assert_snapshot!(tale.draw(), @"waiting 1 | longest 0 | here 1 | wait too_few");
    tale.tick(16);
    insta::assert_snapshot!(
        tale.draw(),
        @"waiting 1 late | longest 16 late | here 1 late | wait too_few"
    );
    tale.tick(46);
    insta::assert_snapshot!(
        tale.draw(),
        @"waiting silent_feed | longest silent_feed | here silent_feed | wait silent_feed"
    );
    tale.tell(arrival("b", 47));
    insta::assert_snapshot!(tale.draw(), @"waiting 2 | longest 47 | here 2 | wait too_few");
}

#[test]
fn a_cancelled_discharge_brings_the_patient_back() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 0));
    let left = Event::VisitDeparted {
        visit: visit("a"),
        how: Departure::Discharged,
    };
    tale.tell(step("b", 5, left));
    insta::assert_snapshot!(tale.draw(), @"waiting 0 | longest 0 | here 0 | wait too_few");
    tale.tell(step("c", 6, Event::VisitReopened { visit: visit("a") }));
    insta::assert_snapshot!(tale.draw(), @"waiting 1 | longest 6 | here 1 | wait too_few");
}

#[test]
fn two_names_for_one_patient_count_once_after_the_merge() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 0));
    tale.tell(arrival("b", 2));
    insta::assert_snapshot!(tale.draw(), @"waiting 2 | longest 2 | here 2 | wait too_few");
    tale.tell(step(
        "c",
        3,
        Event::VisitMerged {
            visit: visit("b"),
            into: visit("a"),
        },
    ));
    insta::assert_snapshot!(tale.draw(), @"waiting 1 | longest 3 | here 1 | wait too_few");
    tale.tell(step("d", 4, Event::VisitSeen { visit: visit("b") }));
    insta::assert_snapshot!(tale.draw(), @"waiting 0 | longest 0 | here 1 | wait too_few");
}

#[test]
fn the_estimate_counts_those_still_waiting() {
    let mut tale = Tale::new();
    for number in 0..20 {
        tale.tell(arrival(&format!("s{number}"), number));
    }
    for number in 0..10 {
        let seen = Event::VisitSeen {
            visit: visit(&format!("s{number}")),
        };
        tale.tell(step(&format!("seen{number}"), number + 30, seen));
    }
    insta::assert_snapshot!(tale.draw(), @"waiting 10 | longest 29 | here 20 | wait 30");
    tale.tick(52);
    insta::assert_snapshot!(tale.draw(), @"waiting 10 | longest 42 | here 20 | wait 30");
}

#[test]
fn each_impossible_fact_has_its_own_reason() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 60));
    let now = start().plus(60 * MINUTE);
    let reason = |fact: &Fact| match tale.state.fold_state.decide(now, fact, Limits::default()) {
        FactDecision::Refuse(why) => Some(why.reason),
        FactDecision::Take | FactDecision::Duplicate => None,
    };
    assert_eq!(reason(&arrival("f", 66)), Some(Reason::InTheFuture));
    assert_eq!(
        reason(&arrival("g", 64)),
        None,
        "a clock may be a few minutes ahead"
    );
    assert_eq!(reason(&arrival("h", -24 * 60)), Some(Reason::TooLate));
    assert_eq!(reason(&arrival("a", 61)), Some(Reason::IdReused));
    assert_eq!(
        tale.state
            .fold_state
            .decide(now, &arrival("a", 60), Limits::default()),
        FactDecision::Duplicate
    );
    let early = step("i", 40, Event::VisitSeen { visit: visit("a") });
    assert_eq!(reason(&early), Some(Reason::WrongOrder));
    let close = step("i", 50, Event::VisitSeen { visit: visit("a") });
    assert_eq!(
        reason(&close),
        None,
        "hospital clocks are a few minutes apart"
    );
    let itself = Event::VisitMerged {
        visit: visit("a"),
        into: visit("a"),
    };
    assert_eq!(reason(&step("j", 60, itself)), Some(Reason::WrongOrder));
    let mut elsewhere = arrival("k", 60);
    if let Event::VisitArrived { service, .. } = &mut elsewhere.event {
        *service = super::generate::service("oadby-utc");
    }
    assert_eq!(
        reason(&elsewhere),
        Some(Reason::UnknownService),
        "not this feed's to report"
    );
}

#[test]
fn a_late_fact_mends_the_figures_of_the_time_it_belongs_to() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 0));
    tale.tick(200);
    tale.tell(arrival("c", 240));
    insta::assert_snapshot!(tale.draw(), @"waiting 2 | longest 240 | here 2 | wait too_few");
    // Seen three hours ago, told only now; and someone who had come before anybody else.
    tale.tell(step("b", 60, Event::VisitSeen { visit: visit("a") }));
    insta::assert_snapshot!(tale.draw(), @"waiting 1 | longest 0 | here 2 | wait too_few");
    tale.tell(arrival("d", -30));
    insta::assert_snapshot!(tale.draw(), @"waiting 2 | longest 270 | here 3 | wait too_few");
}

#[test]
fn the_lateness_bound_can_be_set() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 0));
    let now = start().plus(26 * 60 * MINUTE);
    let late = arrival("b", 0);
    let with = |hours: i64| {
        let limits = Limits {
            late_max: hours * 60 * MINUTE,
        };
        tale.state.fold_state.decide(now, &late, limits)
    };
    assert!(matches!(with(24), FactDecision::Refuse(why) if why.reason == Reason::TooLate));
    assert_eq!(with(27), FactDecision::Take);
}

#[test]
fn a_moved_patient_waits_where_they_are_and_a_cancelled_move_brings_them_back() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 0));
    let to = |service: &str| Event::VisitMoved {
        visit: visit("a"),
        service: super::generate::service(service),
    };
    tale.tell(step("b", 5, to("lri-eye")));
    insta::assert_snapshot!(tale.draw(), @"waiting 0 | longest 0 | here 0 | wait too_few");
    tale.tell(step("c", 6, to("lri-ed")));
    insta::assert_snapshot!(tale.draw(), @"waiting 1 | longest 6 | here 1 | wait too_few");
}

#[test]
fn a_cancelled_arrival_never_was_even_when_its_steps_are_told_later() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 0));
    tale.tell(step("b", 2, Event::VisitCancelled { visit: visit("a") }));
    insta::assert_snapshot!(tale.draw(), @"waiting 0 | longest 0 | here 0 | wait too_few");
    tale.tell(step("c", 3, Event::VisitSeen { visit: visit("a") }));
    insta::assert_snapshot!(tale.draw(), @"waiting 0 | longest 0 | here 0 | wait too_few");
}

#[test]
fn a_visit_that_never_ends_is_closed_by_rule_and_marked_so() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 0));
    let closed = |tale: &Tale| {
        let found = tale.state.fold_state.visits().find(&visit("a"));
        found.map(|visit| (visit.closed_by_rule, visit.state.is_some()))
    };
    tale.tick(48 * 60 - 5);
    tale.tell(arrival("b", 48 * 60 - 5));
    assert_eq!(closed(&tale), Some((false, true)));
    tale.tell(arrival("c", 49 * 60));
    assert_eq!(closed(&tale), Some((true, true)));
    insta::assert_snapshot!(tale.draw(), @"waiting 2 | longest 65 | here 2 | wait too_few");
}

#[test]
fn a_duplicate_is_known_from_a_snapshot_as_well() {
    let mut tale = Tale::new();
    tale.tell(arrival("a", 0));
    let bytes = tale.state.fold_state.to_snapshot().unwrap();
    let demo = Arc::new(directory::demo().unwrap());
    let restored = FoldState::from_snapshot(&bytes, demo).unwrap();
    let decided = restored.decide(
        tale.state.fold_state.at(),
        &arrival("a", 0),
        Limits::default(),
    );
    assert_eq!(decided, FactDecision::Duplicate);
}
