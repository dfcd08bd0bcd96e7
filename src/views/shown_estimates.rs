//! What readers are to be shown of each estimate, worked out once a minute and then kept in the log.

use std::collections::BTreeSet;
use std::mem::discriminant;

use crate::feed_health::Source;
use crate::plausibility::{Implausible, WAIT_PLAUSIBLE_MAX};
use domain::{
    At, Directory, Estimate, Service, ServiceId, Shown, ShownEstimate, Subject, Withheld,
};
use fold::{Change, FoldState};
use forecast::Forecaster;
use forecast::queues::GROUPS;

/// What is to be shown from now on where that differs from what is shown. Each minute everything is
/// looked at; in between only services of which nothing can be shown yet.
pub fn shown_changes(
    fold_state: &FoldState,
    forecaster: &Forecaster,
    directory: &Directory,
    changes: &[Change],
) -> Vec<Shown> {
    let is_minute = changes.contains(&Change::MinutePassed);
    let named: BTreeSet<&ServiceId> = changes
        .iter()
        .filter_map(|change| match change {
            Change::ServiceChanged(service) => Some(service),
            _ => None,
        })
        .collect();
    let mut shown = Vec::new();
    let mut say = |service: &Service| {
        let speaker = EstimateChooser {
            fold_state,
            forecaster,
            directory,
            service,
        };
        speaker.say(&mut shown);
    };
    if is_minute {
        directory.services().for_each(|service| say(service));
        return shown;
    }
    for service in named {
        let said = forecaster.board().said(service, Subject::Wait);
        let is_blank = said.is_none_or(|said| said.estimate().is_none());
        if let Some(service) = directory
            .find_service(service.as_str())
            .filter(|_| is_blank)
        {
            say(service);
        }
    }
    shown
}

/// The feed by which handovers come; of several the one heard last.
pub fn ambulance_source(fold_state: &FoldState, directory: &Directory) -> Source {
    let ambulances = directory.feeds().filter(|feed| feed.ambulances);
    let heard = |id| fold_state.find_feed(id).and_then(|state| state.heard);
    let feed = ambulances.max_by_key(|feed| heard(&feed.id));
    source(fold_state, feed.map(AsRef::as_ref))
}

/// The feed by which the visits of a service come.
pub fn visit_source(fold_state: &FoldState, directory: &Directory, service: &str) -> Source {
    let feed = directory.visit_feed(service);
    let feed = feed.and_then(|feed| directory.find_feed(feed.as_str()));
    source(fold_state, feed.map(AsRef::as_ref))
}

fn source(fold_state: &FoldState, feed: Option<&domain::Feed>) -> Source {
    let state = feed.and_then(|feed| fold_state.find_feed(&feed.id));
    Source::of(feed, state, fold_state.at())
}

/// Open by its hours and not closed out of turn.
pub fn is_open(fold_state: &FoldState, service: &Service, at: At) -> bool {
    let said = fold_state.find_service_state(service.id.as_str());
    let is_shut = said.is_some_and(|said| said.closure().is_some());
    service.hours.at(at).is_open() && !is_shut
}

struct EstimateChooser<'a> {
    fold_state: &'a FoldState,
    forecaster: &'a Forecaster,
    directory: &'a Directory,
    service: &'a Service,
}

impl EstimateChooser<'_> {
    fn say(&self, shown: &mut Vec<Shown>) {
        if self.service.kind.has_waits() {
            let wait = self.wait();
            self.put(shown, Subject::Wait, wait);
            for group in GROUPS {
                let said = match wait {
                    ShownEstimate::Estimate(_) => {
                        let estimate = self.forecaster.wait_of(self.fold_state, self.id(), group);
                        plausible(estimate)
                    }
                    withheld @ ShownEstimate::Withheld(_) => withheld,
                };
                self.put(shown, Subject::WaitOf(group), said);
            }
            self.put_ahead(shown, wait);
        }
        if self.service.takes_ambulances {
            let source = ambulance_source(self.fold_state, self.directory);
            let estimate = || self.forecaster.handover(self.fold_state, self.id());
            let said = match source.withheld() {
                Some(why) => ShownEstimate::Withheld(why),
                None => plausible(estimate()),
            };
            self.put(shown, Subject::Handover, said);
        }
    }

    fn id(&self) -> &ServiceId {
        &self.service.id
    }

    fn wait(&self) -> ShownEstimate {
        let source = visit_source(self.fold_state, self.directory, self.id().as_str());
        if let Some(why) = source.withheld() {
            return ShownEstimate::Withheld(why);
        }
        // Nobody arriving now would be taken in, whoever is still inside.
        if !is_open(self.fold_state, self.service, self.fold_state.at()) {
            return ShownEstimate::Withheld(Withheld::Closed);
        }
        if Implausible::about(self.fold_state, self.service).is_some() {
            return ShownEstimate::Withheld(Withheld::Implausible);
        }
        plausible(self.forecaster.wait(self.fold_state, self.id()))
    }

    fn put(&self, shown: &mut Vec<Shown>, of: Subject, said: ShownEstimate) {
        let known = self.forecaster.board().said(self.id(), of);
        if known.is_none_or(|known| !is_as_good(known, said)) {
            shown.push(Shown::Now {
                service: self.id().clone(),
                of,
                said,
            });
        }
    }

    /// Said anew when a quarter hour begins, and taken back when the wait is.
    fn put_ahead(&self, shown: &mut Vec<Shown>, wait: ShownEstimate) {
        let (now, board) = (self.fold_state.at(), self.forecaster.board());
        let ahead = match wait {
            ShownEstimate::Withheld(_) => Vec::new(),
            ShownEstimate::Estimate(_) if !board.is_past(self.id(), now) => return,
            ShownEstimate::Estimate(estimate) => self.forecaster.ahead(self.id(), estimate, now),
        };
        let is_open = |at| self.service.hours.at(at).is_open();
        let ahead: Vec<_> = ahead
            .into_iter()
            .filter(|ahead| is_open(ahead.at))
            .collect();
        if board.ahead(self.id()) != ahead {
            shown.push(Shown::Ahead {
                service: self.id().clone(),
                ahead,
            });
        }
    }
}

fn plausible(estimate: Option<Estimate>) -> ShownEstimate {
    let longest = WAIT_PLAUSIBLE_MAX / domain::time::MINUTE;
    match estimate {
        None => ShownEstimate::Withheld(Withheld::TooFew),
        Some(estimate) if estimate.median > longest => {
            ShownEstimate::Withheld(Withheld::Implausible)
        }
        Some(estimate) => ShownEstimate::Estimate(estimate),
    }
}

/// Whether what is shown can stay: the same, or so near that a reader would not notice.
fn is_as_good(known: ShownEstimate, now: ShownEstimate) -> bool {
    let (ShownEstimate::Estimate(known), ShownEstimate::Estimate(now)) = (known, now) else {
        return known == now;
    };
    let is_near =
        |a: i64, b: i64, percent: i64, least: i64| (a - b).abs() <= (a * percent / 100).max(least);
    let is_high_near = match (known.high, now.high) {
        (Some(a), Some(b)) => is_near(a, b, 5, 2),
        (a, b) => a == b,
    };
    is_near(known.median, now.median, 2, 1)
        && is_near(known.low, now.low, 5, 2)
        && is_high_near
        && discriminant(&known.method) == discriminant(&now.method)
}
