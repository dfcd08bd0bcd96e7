//! What is not to be believed is not shown, and comes back by itself.

use domain::event::{ArrivalMode, Event};
use domain::time::{HOUR, MINUTE};
use domain::{Age, At, FeedId, ReadingName, Withheld};
use proptest::prelude::*;
use views::{FeedHealth, Implausible};

use super::{Dice, Server, arrived, seen};

fn uhl() -> FeedId {
    FeedId::new("uhl-adt").unwrap()
}

fn health(server: &mut Server) -> FeedHealth {
    server.published().feeds[&uhl()].health
}

fn morning() -> At {
    At::parse("2026-11-23T09:00:00Z").unwrap()
}

/// People one after another, each seen after a wait; told as it happens.
fn people(server: &mut Server, from: At, count: i64, every: i64, wait: impl Fn(i64) -> i64) {
    let mut events = Vec::new();
    for number in 0..count {
        let at = from.plus(number * every * MINUTE);
        let name = format!("p{}-{number}", from.0 / MINUTE);
        events.push((at, arrived(&name, ArrivalMode::WalkIn)));
        events.push((at.plus(wait(number) * MINUTE), seen(&name)));
    }
    events.sort_by_key(|(at, _)| *at);
    for (at, event) in events {
        server.tell("uhl-adt", at, event);
    }
}

fn heartbeats(server: &mut Server, from: At, minutes: i64) {
    for minute in 0..minutes {
        server.tell(
            "uhl-adt",
            from.plus(minute * MINUTE),
            Event::FeedHeartbeat {},
        );
    }
}

#[test]
fn waits_of_no_length_are_not_believed() {
    let mut server = Server::new();
    people(&mut server, morning(), 12, 4, |_| 0);
    assert_eq!(server.says(ReadingName::Wait), "implausible");
    assert_eq!(
        server.published().services["lri-ed"].doubt,
        Some(Implausible::AllZero)
    );
}

#[test]
fn waits_that_all_end_at_the_same_length_are_not_believed() {
    let mut server = Server::new();
    people(&mut server, morning(), 40, 4, |n| {
        if n % 2 == 0 { 60 } else { 20 + n }
    });
    assert_eq!(server.says(ReadingName::Wait), "implausible");
    assert_eq!(
        server.published().services["lri-ed"].doubt,
        Some(Implausible::Capped)
    );
}

#[test]
fn waits_that_differ_are_believed() {
    let mut server = Server::new();
    people(&mut server, morning(), 40, 4, |n| 30 + n * 7 % 31);
    assert!(server.says(ReadingName::Wait).parse::<i64>().is_ok());
    assert_eq!(server.published().services["lri-ed"].doubt, None);
}

#[test]
fn a_clock_that_stands_still_is_noticed() {
    let mut server = Server::new();
    people(&mut server, morning(), 40, 4, |n| 30 + n * 7 % 31);
    let stuck = server.state.at();
    for minute in 1..15 {
        let name = format!("s{minute}");
        server.tell_at(
            stuck.plus(minute * MINUTE),
            "uhl-adt",
            stuck,
            arrived(&name, ArrivalMode::WalkIn),
        );
    }
    assert_eq!(health(&mut server), FeedHealth::Stuck);
    server.pass_until(stuck.plus(16 * MINUTE));
    assert_eq!(server.says(ReadingName::Wait), "implausible");
    let next = stuck.plus(17 * MINUTE);
    server.tell("uhl-adt", next, arrived("moves", ArrivalMode::WalkIn));
    server.pass_until(next.plus(MINUTE));
    assert!(server.says(ReadingName::Wait).parse::<i64>().is_ok());
}

#[test]
fn what_was_held_back_is_taken_in_before_figures_come_back() {
    let mut server = Server::new();
    people(&mut server, morning(), 40, 4, |n| 30 + n * 7 % 31);
    let lost = server.state.at();
    let back = lost.plus(2 * HOUR);
    server.pass_until(back);
    assert_eq!(server.says(ReadingName::Wait), "silent_feed");
    for number in 0..30 {
        let name = format!("b{number}");
        let then = lost.plus(number * 3 * MINUTE);
        let at = back.plus(number * 1_000);
        server.tell_at(at, "uhl-adt", then, arrived(&name, ArrivalMode::WalkIn));
        if number > 3 {
            assert_eq!(server.says(ReadingName::Waiting), "catching_up", "{number}");
            assert_eq!(server.says(ReadingName::Wait), "catching_up", "{number}");
        }
    }
    let now = server.state.at().plus(MINUTE);
    server.tell("uhl-adt", now, arrived("now", ArrivalMode::WalkIn));
    assert_eq!(server.says(ReadingName::Waiting), "31");
    server.pass_until(now.plus(MINUTE));
    assert!(server.says(ReadingName::Wait).parse::<i64>().is_ok());
}

#[test]
fn a_feed_that_is_there_but_has_no_news_is_judged_by_its_own_rhythm() {
    let mut server = Server::new();
    // Two days: busy from eight to eight, nobody by night, heard every minute.
    let begin = At::parse("2026-11-23T00:00:00Z").unwrap();
    for minute in 0..2 * 24 * 60 {
        let at = begin.plus(minute * MINUTE);
        server.tell("uhl-adt", at, Event::FeedHeartbeat {});
        if (8..20).contains(&(minute / 60 % 24)) && minute % 3 == 0 {
            let name = format!("d{minute}");
            server.tell("uhl-adt", at, arrived(&name, ArrivalMode::WalkIn));
            let before = format!("d{}", minute - 30 - minute % 7 * 3);
            if minute / 60 % 24 >= 9 {
                server.tell("uhl-adt", at, seen(&before));
            }
        }
    }
    // Still night: a long time without news is nothing special.
    assert_eq!(health(&mut server), FeedHealth::Live);
    heartbeats(&mut server, begin.plus(48 * HOUR), 10 * 60);
    assert_eq!(
        health(&mut server),
        FeedHealth::Silent,
        "two hours into the day"
    );
    assert_eq!(server.says(ReadingName::Waiting), "silent_feed");
    server.tell(
        "uhl-adt",
        begin.plus(58 * HOUR),
        arrived("news", ArrivalMode::WalkIn),
    );
    assert_eq!(health(&mut server), FeedHealth::Live);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever is told and whenever: a figure is fresh only while its feed was heard within its
    /// limit, and there is no figure at all after the second limit.
    #[test]
    fn no_figure_outlives_its_feed(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut server = Server::new();
        let mut at = morning();
        for number in 0..120 {
            let gap = if dice.below(10) == 0 { dice.below(70) } else { dice.below(6) };
            at = at.plus(gap * MINUTE + dice.below(60_000));
            server.pass_until(at);
            let heard = server.state.fold_state.find_feed(&uhl()).and_then(|feed| feed.heard);
            let silence = heard.map(|heard| server.state.at().since(heard));
            let published = server.published();
            for reading in &published.services["lri-ed"].readings {
                let by_ambulance = reading.group == "ambulances";
                match (reading.age, silence) {
                    _ if by_ambulance => {}
                    (Age::Fresh(_), Some(silence)) => prop_assert!(silence <= 16 * MINUTE),
                    (Age::Late { .. }, Some(silence)) => prop_assert!(silence <= 46 * MINUTE),
                    (Age::Fresh(_) | Age::Late { .. }, None) => prop_assert!(false, "never heard"),
                    (Age::Withheld(Withheld::SilentFeed), Some(silence)) => {
                        prop_assert!(silence > 44 * MINUTE);
                    }
                    _ => {}
                }
            }
            let name = format!("v{number}");
            server.tell("uhl-adt", at, arrived(&name, ArrivalMode::WalkIn));
            if number > 5 {
                server.tell("uhl-adt", at, seen(&format!("v{}", number - 5)));
            }
        }
    }
}
