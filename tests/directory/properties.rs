//! What must hold of every answer.

use std::collections::BTreeSet;

use config::directory;
use domain::service_contacts::Audience;
use domain::{At, Directory, Position, Service, ServiceKind};
use proptest::prelude::*;
use views::SearchIndex;
use views::search::{Excluded, LiveStatus, Query, Quota, RankReason, Reach};

use super::auditor;
use super::generate::{self, Listed};

fn finder(listed: &[Listed]) -> SearchIndex {
    let services = listed.iter().map(|(service, _)| service.clone());
    SearchIndex::of(&Directory::new(services, []))
}

fn live_of(listed: &[Listed]) -> impl Fn(&Service) -> LiveStatus + '_ {
    |service| {
        let found = listed.iter().find(|(known, _)| known.id == service.id);
        found.map(|(_, live)| *live).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_answer_is_what_the_auditor_finds(listed in generate::directory(), query in generate::query()) {
        let live = live_of(&listed);
        let answer = finder(&listed).search(&query, Quota::National, &live);
        let ranked: Vec<String> = answer
            .found
            .iter()
            .filter(|found| found.standing != RankReason::CatchAll)
            .map(|found| found.service.id.to_string())
            .collect();
        prop_assert_eq!(ranked, auditor::ranked(&listed, &query));
    }

    #[test]
    fn nothing_closed_is_offered_and_each_session_is_the_auditors(
        listed in generate::directory(), query in generate::query()
    ) {
        let live = live_of(&listed);
        let answer = finder(&listed).search(&query, Quota::Each(50), &live);
        for found in answer.found.iter().filter(|found| found.standing != RankReason::CatchAll) {
            let session = found.session.expect("a ranked place has a session");
            prop_assert_eq!(Some(session.opens), auditor::opens(&found.service, &query));
            prop_assert!(session.opens <= query.window_end());
            prop_assert!(session.closes.is_none_or(|closes| closes.since(session.opens) >= 30 * 60_000));
        }
    }

    #[test]
    fn there_is_an_emergency_department_whenever_there_is_one_at_all(
        listed in generate::directory(), query in generate::query()
    ) {
        let live = live_of(&listed);
        let answer = finder(&listed).search(&query, Quota::National, &live);
        let is_any = listed.iter().any(|(service, _)| auditor::could_be_catch_all(service, &query));
        let is_offered = answer.found.iter().any(|found| {
            auditor::could_be_catch_all(&found.service, &query)
        });
        prop_assert_eq!(is_offered, is_any);
    }

    #[test]
    fn the_order_is_total_and_no_place_is_there_twice(
        listed in generate::directory(), query in generate::query()
    ) {
        let live = live_of(&listed);
        let answer = finder(&listed).search(&query, Quota::National, &live);
        let ids: BTreeSet<_> = answer.found.iter().map(|found| &found.service.id).collect();
        prop_assert_eq!(ids.len(), answer.found.len());
        let standings: Vec<(u32, u32)> = answer.found.iter().filter_map(|found| match found.standing {
            RankReason::Ranked { kind, nearest } => Some((kind, nearest)),
            RankReason::CatchAll => None,
        }).collect();
        prop_assert!(standings.is_sorted_by(|a, b| a < b), "{:?}", standings);
        let backwards: Vec<Listed> = listed.iter().rev().cloned().collect();
        let live = live_of(&backwards);
        prop_assert_eq!(finder(&backwards).search(&query, Quota::National, &live), answer);
    }

    #[test]
    fn every_place_of_the_area_is_offered_or_left_out_with_a_reason(
        listed in generate::directory(), query in generate::query()
    ) {
        let live = live_of(&listed);
        let finder = finder(&listed);
        let answer = finder.explain(&query, Quota::National, &live);
        for left in &answer.left_out {
            prop_assert!(!left.why.is_empty());
            prop_assert!(answer.found.iter().all(|found| found.service.id != left.service.id));
            if left.why == [Excluded::EnoughNearer] {
                let of_kind = |found: &&views::search::FoundPlace| {
                    found.service.kind == left.service.kind
                };
                prop_assert!(answer.found.iter().any(|found| of_kind(&found)));
            }
        }
        let everywhere = Query { reach: Reach::Square(90.0), ..query };
        let all = finder.explain(&everywhere, Quota::National, &live);
        prop_assert_eq!(all.found.len() + all.left_out.len(), listed.len());
    }
}

#[test]
fn the_infirmary_is_offered_from_the_middle_of_leicester_even_when_it_is_red() {
    let demo = directory::demo().unwrap();
    let finder = SearchIndex::of(&demo);
    let centre = Position::new(52.6369, -1.1398).unwrap();
    let at = At::parse("2026-11-23T14:00:00Z").unwrap();
    let query = Query {
        kinds: vec![ServiceKind::Pharmacy],
        ..Query::at(centre, at, Reach::Square(60.0), Audience::Professional)
    };
    let red = |_: &Service| LiveStatus {
        capacity: Some(domain::event::Rag::Red),
        is_closed: false,
    };
    let answer = finder.search(&query, Quota::National, &red);
    let found: Vec<(&str, RankReason)> = answer
        .found
        .iter()
        .map(|found| (found.service.id.as_str(), found.standing))
        .collect();
    assert_eq!(found[0].0, "lri-ced");
    assert_eq!(found[1].0, "lri-ed");
    assert!(
        found
            .iter()
            .all(|(_, standing)| *standing == RankReason::CatchAll)
    );
}
