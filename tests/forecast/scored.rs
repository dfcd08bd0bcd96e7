//! The score is of what was shown, and of nothing else.

use std::collections::BTreeMap;

use domain::event::{Acuity, ArrivalMode, Event};
use domain::time::{HOUR, MINUTE};
use domain::{At, Entry, Estimate, Record, Shown, Subject};
use forecast::scorecard::ScoreKey;
use forecast::{ScoredKind, Span};

use super::{Dice, Server, arrived, incident, lri, seen, visit};

/// Two days of an emergency department: people on foot and by ambulance, some of whom leave.
fn two_days(seed: u64) -> Server {
    let mut dice = Dice(seed);
    let start = At::parse("2026-11-23T06:00:00Z").unwrap();
    let mut events: Vec<(At, &str, Event)> = Vec::new();
    let mut at = start;
    for number in 0..500 {
        at = at.plus((2 + dice.below(8)) * MINUTE + dice.below(60) * 1_000);
        let name = format!("v{number}");
        if dice.below(4) == 0 {
            let call = format!("i{number}");
            let go = Event::ConveyanceStarted {
                incident: incident(&call),
                vehicle: None,
                service: lri(),
                eta: None,
            };
            events.push((at.plus(-9 * MINUTE), "emas-cad", go));
            let arrives = Event::ConveyanceArrived {
                incident: incident(&call),
            };
            events.push((at, "emas-cad", arrives));
            let over = Event::HandoverCompleted {
                incident: incident(&call),
            };
            events.push((at.plus((10 + dice.below(40)) * MINUTE), "emas-cad", over));
            events.push((at, "uhl-adt", arrived(&name, ArrivalMode::Ambulance)));
        } else {
            events.push((at, "uhl-adt", arrived(&name, ArrivalMode::WalkIn)));
        }
        let acuity = Acuity::new(1 + dice.below(5) as u8).unwrap();
        let triaged = Event::VisitTriaged {
            visit: visit(&name),
            acuity,
        };
        events.push((at.plus(5 * MINUTE), "uhl-adt", triaged));
        let wait = (30 + dice.below(90)) * MINUTE;
        let what = if dice.below(12) == 0 {
            Event::VisitCancelled {
                visit: visit(&name),
            }
        } else {
            seen(&name)
        };
        events.push((at.plus(wait), "uhl-adt", what));
    }
    events.sort_by_key(|(at, ..)| *at);
    let mut server = Server::new();
    for (at, feed, event) in events {
        server.tell(feed, at, event);
    }
    server
}

/// What an estimate of the log's was, as of a moment, among the entries before a place.
fn shown_at(entries: &[Entry], of: Subject, at: At) -> Option<Estimate> {
    let mut found = None;
    for entry in entries.iter().filter(|entry| entry.at <= at) {
        let Record::Shown(shown) = &entry.record else {
            continue;
        };
        for shown in shown {
            if let Shown::Now {
                service,
                of: told,
                said,
            } = shown
                && (service, *told) == (&lri(), of)
            {
                found = said.estimate();
            }
        }
    }
    found
}

/// Count and mean absolute error, by looking at every arrival and every end in the log.
fn audit(entries: &[Entry], of: Subject) -> (u64, f64) {
    let mut open: BTreeMap<String, (At, Option<Estimate>)> = BTreeMap::new();
    let mut errors = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let Record::Fact(fact) = &entry.record else {
            continue;
        };
        let at = fact.happened_at;
        let (begins, ends) = match (&fact.event, of) {
            (Event::VisitArrived { visit, mode, .. }, Subject::Wait)
                if *mode == ArrivalMode::WalkIn =>
            {
                (Some(visit.to_string()), None)
            }
            (Event::ConveyanceArrived { incident }, Subject::Handover) => {
                (Some(incident.to_string()), None)
            }
            (Event::VisitSeen { visit }, Subject::Wait) => (None, Some(visit.to_string())),
            (Event::HandoverCompleted { incident }, Subject::Handover) => {
                (None, Some(incident.to_string()))
            }
            _ => (None, None),
        };
        if let Some(name) = begins {
            open.insert(name, (at, shown_at(&entries[..place], of, at)));
        }
        if let Some((from, Some(estimate))) = ends.and_then(|name| open.remove(&name)) {
            let truth = at.since(from) as f64 / 1_000.0;
            errors.push((estimate.median as f64 * 60.0 - truth).abs());
        }
    }
    let count = errors.len() as u64;
    (count, errors.iter().sum::<f64>() / count as f64)
}

#[test]
fn it_is_what_an_auditor_finds_in_the_log() {
    for seed in 0..3 {
        let server = two_days(seed);
        let [waits, handovers] = server.state.forecaster.scorecards();
        for (card, of, least) in [
            (waits, Subject::Wait, 200),
            (handovers, Subject::Handover, 60),
        ] {
            let key = ScoreKey {
                service: lri(),
                kind: ScoredKind::Now(of),
            };
            let [ours, ..] = card.over(&key, Span::FourWeeks, server.state.at());
            let (count, error) = audit(&server.entries, of);
            assert!(count >= least, "{count} {of:?}");
            assert_eq!(ours.count, count, "seed {seed} {of:?}");
            assert!((ours.mae() - error).abs() < 1e-6, "{} {error}", ours.mae());
        }
    }
}

#[test]
fn a_replay_of_the_log_has_the_same_score_without_working_anything_out() {
    let server = two_days(1);
    let mut again = runtime::derived_state::DerivedState::new(super::demo());
    for entry in &server.entries {
        again.apply(entry, &mut Vec::new());
    }
    assert_eq!(again.forecaster, server.state.forecaster);
}

#[test]
fn where_nothing_was_shown_nothing_is_scored() {
    let server = two_days(2);
    let mut again = runtime::derived_state::DerivedState::new(super::demo());
    let facts = server
        .entries
        .iter()
        .filter(|e| !matches!(e.record, Record::Shown(_)));
    for (seq, entry) in (1..).zip(facts) {
        again.apply(
            &Entry {
                seq,
                ..entry.clone()
            },
            &mut Vec::new(),
        );
    }
    let keys: usize = again
        .forecaster
        .scorecards()
        .map(|card| card.keys().count())
        .iter()
        .sum();
    assert_eq!(keys, 0);
}

#[test]
fn a_score_moves_out_of_its_window() {
    let mut server = two_days(3);
    let key = ScoreKey {
        service: lri(),
        kind: ScoredKind::Now(Subject::Wait),
    };
    let count = |server: &Server, span| {
        let [waits, _] = server.state.forecaster.scorecards();
        waits.over(&key, span, server.state.at())[0].count
    };
    let all = count(&server, Span::FourWeeks);
    assert!(count(&server, Span::Day) < all);
    let later = server.state.at().plus(30 * HOUR);
    server.take(later, Record::Tick);
    assert_eq!(count(&server, Span::Day), 0);
    assert_eq!(count(&server, Span::Week), all);
    let later = server.state.at().plus(8 * 24 * HOUR);
    server.take(later, Record::Tick);
    assert_eq!(count(&server, Span::Week), 0);
    assert_eq!(count(&server, Span::FourWeeks), all);
}

#[test]
fn what_is_shown_of_later_is_scored_against_those_who_came_then() {
    let server = two_days(4);
    let [waits, _] = server.state.forecaster.scorecards();
    for minutes in [60, 120, 240] {
        let key = ScoreKey {
            service: lri(),
            kind: ScoredKind::Ahead(minutes),
        };
        let ways = waits.over(&key, Span::FourWeeks, server.state.at());
        assert!(ways[0].count > 50, "{minutes}: {}", ways[0].count);
        assert!(ways.iter().all(|way| way.count == ways[0].count));
        assert!(ways[0].mae() < 45.0 * 60.0, "{minutes}: {}", ways[0].mae());
    }
}
