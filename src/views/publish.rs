//! Works out the views that an entry changed and keeps the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ambulance_readings::AmbulanceReadings;
use crate::feed_health::{FeedHealth, Source, quiet};
use crate::opel::{self, OpelView};
use crate::plausibility::Implausible;
use crate::readings;
use crate::scorecard::{ScoreView, accuracy};
use crate::shown_estimates::{ambulance_source, visit_source};
use crate::time_to_care::{DriveTables, Surfaces};
use crate::{
    Advice, Closure, DemandView, FeedView, Note, Published, SearchIndex, ServiceView, Status,
    StreamView,
};
use domain::time::{HOUR, Millis};
use domain::{AcuityGroup, At, Directory, FeedId, Service, ServiceId, Subject};
use fold::{Change, FoldState};
use forecast::Forecaster;

/// How far ahead free slots are counted.
pub const SLOTS_AHEAD: Millis = 24 * HOUR;

/// Keeps the last published views, so that only what changed is worked out again.
#[derive(Clone)]
pub struct Publisher {
    directory: Arc<Directory>,
    services: BTreeMap<ServiceId, Arc<ServiceView>>,
    feeds: BTreeMap<FeedId, Arc<FeedView>>,
    demand: Arc<DemandView>,
    scorecard: Option<Arc<ScoreView>>,
    opel: Arc<Vec<OpelView>>,
    finder: Arc<SearchIndex>,
    listings: Arc<Vec<Note>>,
    advice: Arc<Advice>,
    tables: Arc<DriveTables>,
    surfaces: Option<Arc<Surfaces>>,
}

impl Publisher {
    /// Nothing is published yet: the first publication works everything out.
    pub fn new(directory: Arc<Directory>) -> Self {
        Self {
            finder: Arc::new(SearchIndex::of(&directory)),
            tables: Arc::new(DriveTables::new(&directory)),
            listings: Arc::default(),
            directory,
            services: BTreeMap::new(),
            feeds: BTreeMap::new(),
            demand: Arc::default(),
            scorecard: None,
            opel: Arc::default(),
            advice: Arc::default(),
            surfaces: None,
        }
    }

    /// The published value after these changes.
    pub fn publish(
        &mut self,
        fold_state: &FoldState,
        forecaster: &Forecaster,
        changes: &[Change],
        epoch: &str,
    ) -> Arc<Published> {
        let is_other = self.follow(fold_state, changes);
        let all = is_other || self.services.is_empty() || changes.contains(&Change::MinutePassed);
        self.publish_feeds(fold_state);
        let mut is_moved = all;
        for id in self.dirty(all, changes) {
            if let Some(service) = self.directory.find_service(id.as_str()) {
                let view = self.service_view(fold_state, forecaster, service);
                let door = |view: &ServiceView| (view.closure.is_some(), view.status.clone());
                let known = self.services.get(&id).map(|known| door(known));
                is_moved |= known != Some(door(&view));
                keep_or_put(&mut self.services, &id, view);
            }
        }
        if all || changes.contains(&Change::DemandChanged) {
            self.demand = Arc::new(DemandView::of(fold_state, &self.demand));
        }
        if all {
            self.opel = opel::views(fold_state, &self.directory);
        }
        if *self.advice != *fold_state.advice() {
            self.advice = Arc::new(fold_state.advice().clone());
        }
        let surfaces = self.surfaces(is_moved, fold_state.at());
        let known = self.scorecard.take().filter(|_| !all);
        let scorecard = known.unwrap_or_else(|| ScoreView::of(forecaster, fold_state.at()));
        self.scorecard = Some(Arc::clone(&scorecard));
        Arc::new(Published {
            epoch: epoch.into(),
            seq: fold_state.seq(),
            as_of: fold_state.at(),
            directory: Arc::clone(&self.directory),
            finder: Arc::clone(&self.finder),
            listings: Arc::clone(&self.listings),
            services: self.services.clone(),
            feeds: self.feeds.clone(),
            demand: Arc::clone(&self.demand),
            scorecard,
            opel: Arc::clone(&self.opel),
            diaries: Arc::clone(fold_state.bookings().diaries()),
            advice: Arc::clone(&self.advice),
            surfaces,
        })
    }

    /// The surfaces, others only when what they rest on came out as another. Waits are shown by the minute, so
    /// that only a door or a status changes them in between.
    fn surfaces(&mut self, is_moved: bool, now: At) -> Arc<Surfaces> {
        let known = self.surfaces.take();
        let surfaces = match known {
            Some(known) if !is_moved => known,
            known => {
                let fresh = Surfaces::new(&self.tables, &self.services, now);
                let same = known.filter(|known| known.is_same(&fresh));
                same.unwrap_or_else(|| Arc::new(fresh))
            }
        };
        self.surfaces = Some(Arc::clone(&surfaces));
        surfaces
    }

    /// Takes over the Directory of the published value where that is another one; tells whether it was.
    fn follow(&mut self, fold_state: &FoldState, changes: &[Change]) -> bool {
        let is_first = self.services.is_empty();
        let has_notes = is_first && fold_state.listings().notes().next().is_some();
        if !has_notes && !changes.contains(&Change::DirectoryChanged) {
            return false;
        }
        self.directory = Arc::clone(fold_state.directory());
        self.finder = Arc::new(SearchIndex::of(&self.directory));
        self.tables = Arc::new(DriveTables::new(&self.directory));
        self.surfaces = None;
        self.listings = Arc::new(fold_state.listings().notes().cloned().collect());
        let directory = &self.directory;
        self.services
            .retain(|id, _| directory.find_service(id.as_str()).is_some());
        true
    }

    /// Services to work out again: those named, and those whose feed was just heard after being
    /// quiet (their figures were late or withheld).
    fn dirty(&self, all: bool, changes: &[Change]) -> BTreeSet<ServiceId> {
        if all {
            return self
                .directory
                .services()
                .map(|service| service.id.clone())
                .collect();
        }
        let mut dirty = BTreeSet::new();
        for change in changes {
            match change {
                Change::ServiceChanged(id) => {
                    dirty.insert(id.clone());
                }
                Change::FeedHeard(id) => dirty.extend(self.waking(id)),
                Change::DemandChanged | Change::DirectoryChanged | Change::MinutePassed => {}
            }
        }
        dirty
    }

    /// Services whose visits come by the feed; by a feed of ambulances, also those that take them.
    fn waking(&self, feed: &FeedId) -> BTreeSet<ServiceId> {
        let known = self.directory.find_feed(feed.as_str());
        let spoken_for = known.into_iter().flat_map(|known| &known.services);
        let mut waking: BTreeSet<&ServiceId> = spoken_for
            .filter(|id| self.directory.visit_feed(id.as_str()) == Some(feed))
            .collect();
        if self.is_ambulance(feed) {
            let takes = self
                .services
                .values()
                .filter(|view| view.service.takes_ambulances);
            waking.extend(takes.map(|view| &view.service.id));
        }
        let is_quiet = |id: &&ServiceId| self.services.get(*id).is_some_and(|view| !is_fresh(view));
        waking.into_iter().filter(is_quiet).cloned().collect()
    }

    fn is_ambulance(&self, feed: &FeedId) -> bool {
        self.directory
            .find_feed(feed.as_str())
            .is_some_and(|feed| feed.ambulances)
    }

    fn publish_feeds(&mut self, fold_state: &FoldState) {
        for feed in self.directory.feeds() {
            let state = fold_state.find_feed(&feed.id);
            let heard = state.and_then(|state| state.heard);
            let view = FeedView {
                feed: Arc::clone(feed),
                health: FeedHealth::of(feed, state, fold_state.at()),
                heard,
                told: state.and_then(|state| state.told),
                quiet_chance: state.map_or(1.0, |state| tenfold(quiet(state, fold_state.at()).1)),
                accepted: state.map_or(0, |state| state.accepted),
            };
            keep_or_put(&mut self.feeds, &feed.id, view);
        }
    }

    fn service_view(
        &self,
        fold_state: &FoldState,
        forecaster: &Forecaster,
        service: &Arc<Service>,
    ) -> ServiceView {
        let now = fold_state.at();
        let id = service.id.as_str();
        let said = fold_state.find_service_state(id);
        let closure = said.and_then(|said| said.closure()).map(|door| Closure {
            since: door.since,
            reason: door.reason.clone(),
            next_update_at: door.next_update_at,
        });
        let status = said.and_then(|said| said.status(now)).map(|status| Status {
            rag: status.rag,
            since: status.since,
            until: status.until,
            note: status.note.clone(),
            by: status.by.clone(),
        });
        let opening = service.hours.at(now);
        let source = visit_source(fold_state, &self.directory, id);
        let ambulances = ambulance_source(fold_state, &self.directory);
        let is_open = opening.is_open() && closure.is_none();
        let door = service
            .takes_ambulances
            .then(|| AmbulanceReadings::gather(fold_state, service));
        let door = door.as_ref().map(|door| (door, ambulances));
        let readings = readings::of(fold_state, forecaster, service, source, door, is_open);
        ServiceView {
            service: Arc::clone(service),
            opening,
            closure,
            status,
            capacity: said.map(|said| said.capacity(now)).unwrap_or_default(),
            readings,
            handovers: door.and_then(|(door, source)| door.handovers(source, now)),
            streams: streams(fold_state, forecaster, service, source, is_open),
            ahead: forecaster.board().ahead(&service.id).to_vec(),
            usual: forecaster.usual(&service.id, now),
            doubt: Implausible::about(fold_state, service),
            accuracy: accuracy(forecaster, &service.id, now),
            slots_ahead: slots_ahead(fold_state, service),
            heard: source.heard(),
        }
    }
}

/// Times of the next [`SLOTS_AHEAD`] that can be booked now.
fn slots_ahead(fold_state: &FoldState, service: &Service) -> u32 {
    let (now, id) = (fold_state.at(), service.id.as_str());
    let Some(diary) = fold_state.bookings().find_diary(id) else {
        return 0;
    };
    let window = (now, now.plus(SLOTS_AHEAD));
    diary
        .free(&service.hours, window, fold_state.live(id), now)
        .len() as u32
}

fn is_fresh(view: &ServiceView) -> bool {
    use domain::{Age, Withheld};
    !view.readings.iter().any(|reading| {
        matches!(
            reading.age,
            Age::Late { .. } | Age::Withheld(Withheld::SilentFeed)
        )
    })
}

/// Puts the view in place unless an equal one is there already, whose `Arc` is then kept.
fn keep_or_put<K: Ord + Clone, V: PartialEq>(views: &mut BTreeMap<K, Arc<V>>, id: &K, view: V) {
    if views.get(id).is_none_or(|known| **known != view) {
        views.insert(id.clone(), Arc::new(view));
    }
}

/// Rounded down to a power of ten, so that it does not change with every minute.
fn tenfold(chance: f64) -> f64 {
    libm::pow(10.0, libm::floor(libm::log10(chance.max(1e-12))))
}

fn streams(
    fold_state: &FoldState,
    forecaster: &Forecaster,
    service: &Service,
    source: Source,
    is_open: bool,
) -> Vec<StreamView> {
    let now = fold_state.at();
    let mut lines: BTreeMap<AcuityGroup, StreamView> = BTreeMap::new();
    for visit in fold_state.visits().at_service(service.id.as_str()) {
        let Some(state) = visit.present().filter(|state| state.is_waiting()) else {
            continue;
        };
        let group = state.group();
        let line = lines.entry(group).or_insert_with(|| {
            let of = Subject::WaitOf(group);
            let said = forecaster.board().said(&service.id, of);
            let has_own = group != AcuityGroup::NotTriaged;
            StreamView {
                group,
                waiting: 0,
                longest_minutes: 0,
                wait: has_own.then(|| readings::wait_of(said, group, source, is_open, now)),
            }
        });
        line.waiting += 1;
        line.longest_minutes = line.longest_minutes.max(now.minutes_since(state.arrived));
    }
    lines.into_values().collect()
}
