//! Finding the right place in the Directory, by the rules of the national one: an area, a window of time, what
//! the record says, what the place says of itself now; then an order that can be explained.
//!
//! The index is built once from a Directory and shared; it knows nothing that changes by the minute.

mod flat_list;
mod live_status;
mod matcher;
mod query;

use std::collections::BTreeMap;
use std::sync::Arc;

use rstar::primitives::GeomWithData;
use rstar::{AABB, PointDistance, RTree};

use domain::national_grid::GridRef;
use domain::{Directory, Service, ServiceKind};

use flat_list::FlatList;
pub use live_status::{LiveStatus, Now, live_in};
use matcher::Matcher;
pub use matcher::session;
pub use query::{
    Disposition, Excluded, FoundPlace, LeftOut, OPEN_FOR_MIN, OpeningSession, Query, RankReason,
    Reach, SearchResults,
};

/// Emergency departments that are always offered, and how far they may be, kilometres
/// (CheckCapacitySummary 1.5).
const CATCH_ALL_MAX: usize = 2;
/// See [`CATCH_ALL_MAX`].
const CATCH_ALL_KM: f64 = 60.0;
/// Care profiles of a kind that are tried before its places are gone through.
const PROFILES_TRIED_MAX: usize = 256;
/// The grid's metre is a little off the ground's: a circle is looked for a little wider.
const WIDER: f64 = 1.01;
/// Nearest places of a kind that are judged one by one; where too few of them fit, all are gone through in
/// a plain list.
const WALKED_MAX: usize = 64;

/// A place on the national grid, metres, and which it is.
type GridPoint = GeomWithData<[i64; 2], u32>;

/// The places of one kind.
#[derive(Debug)]
struct OfKind {
    kind: ServiceKind,
    tree: RTree<GridPoint>,
    /// The same as a list.
    roll: FlatList,
    /// The places by what they treat: one for each profile; empty when there are too many profiles.
    profiles: Vec<u32>,
}

/// An index over a Directory.
#[derive(Debug)]
pub struct SearchIndex {
    services: Vec<Arc<Service>>,
    /// Where each of them is.
    grid: Vec<GridRef>,
    kinds: Vec<OfKind>,
}

/// How many places of each kind are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// Two of each kind, as the national Directory does (where one serves all, one).
    National,
    /// At most so many of each kind.
    Each(usize),
}

impl Quota {
    fn of(self, kind: ServiceKind) -> usize {
        match self {
            // The national rule has one for services that serve a whole area from afar; of ours that is
            // the out-of-hours service.
            Self::National if kind == ServiceKind::GpOoh => 1,
            Self::National => 2,
            Self::Each(most) => most,
        }
    }
}

impl SearchIndex {
    /// Builds the index.
    pub fn of(directory: &Directory) -> Self {
        let services: Vec<Arc<Service>> = directory.services().cloned().collect();
        let grid: Vec<GridRef> = services.iter().map(|s| GridRef::of(s.position)).collect();
        let mut places: BTreeMap<u32, (ServiceKind, Vec<GridPoint>)> = BTreeMap::new();
        for (index, service) in (0..).zip(&services) {
            let of_kind = places
                .entry(service.kind.rank())
                .or_insert_with(|| (service.kind, Vec::new()));
            let point = grid_point(grid[index as usize]);
            of_kind.1.push(GridPoint::new(point, index));
        }
        let kinds = places.into_values().map(|(kind, places)| OfKind {
            kind,
            profiles: profiles(&services, &places),
            roll: FlatList::of(&services, &flat_entries(&places)),
            tree: RTree::bulk_load(places),
        });
        Self {
            kinds: kinds.collect(),
            services,
            grid,
        }
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.services.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// The places that fit, in order: kinds by rank, within a kind the nearest first, equally near ones by
    /// id; then the emergency departments that are always offered.
    pub fn search(&self, query: &Query, quota: Quota, now: Now<'_>) -> SearchResults {
        let mut judge = Matcher::new(query, now);
        let mut found = Vec::new();
        let asked = |kind: &&OfKind| query.kinds.is_empty() || query.kinds.contains(&kind.kind);
        for kind in self.kinds.iter().filter(asked) {
            if self.some_profile_fits(kind, &judge) {
                self.search_kind(kind, query, quota.of(kind.kind), &mut judge, &mut found);
            }
        }
        self.add_catch_all(query, &judge, &mut found);
        SearchResults {
            found,
            left_out: Vec::new(),
        }
    }

    /// The same, and every place in the area that is not offered with all reasons.
    pub fn explain(&self, query: &Query, quota: Quota, now: Now<'_>) -> SearchResults {
        let mut answer = self.search(query, quota, now);
        let mut judge = Matcher::new(query, now);
        let origin = grid_point(GridRef::of(query.from));
        for kind in &self.kinds {
            for place in kind.tree.locate_in_envelope(&envelope(origin, query.reach)) {
                let Some(service) = self.within(place.data, origin, query) else {
                    continue;
                };
                if answer.found.iter().any(|f| f.service.id == service.id) {
                    continue;
                }
                let mut why = judge.all_reasons(service);
                if why.is_empty() {
                    why.push(Excluded::EnoughNearer);
                }
                answer.left_out.push(LeftOut {
                    km: query.from.km_to(service.position),
                    service: Arc::clone(service),
                    why,
                });
            }
        }
        answer.left_out.sort_by(|a, b| {
            let by_id = || a.service.id.cmp(&b.service.id);
            a.km.total_cmp(&b.km).then_with(by_id)
        });
        answer
    }

    fn search_kind(
        &self,
        kind: &OfKind,
        query: &Query,
        most: usize,
        judge: &mut Matcher<'_>,
        found: &mut Vec<FoundPlace>,
    ) {
        let origin = grid_point(GridRef::of(query.from));
        let mut offered = Vec::new();
        let nearest = kind.tree.nearest_neighbor_iter(&origin);
        let nearest = nearest.map(|place| (place.distance_2(&origin), place.data));
        let is_all = kind.tree.size() <= WALKED_MAX;
        let nearest = nearest.take(WALKED_MAX);
        if !self.offer(nearest, query, most, judge, &mut offered) && !is_all {
            offered.clear();
            let half = metres(query.reach.km() * WIDER);
            let likely = kind.roll.likely(&self.services, judge, origin, half);
            self.offer(likely, query, most, judge, &mut offered);
        }
        offered.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.service.id.cmp(&y.service.id)));
        let rank = kind.kind.rank();
        found.extend(
            (1..)
                .zip(offered)
                .take(most)
                .map(|(nearest, (_, found))| FoundPlace {
                    standing: RankReason::Ranked {
                        kind: rank,
                        nearest,
                    },
                    ..found
                }),
        );
    }

    /// Offers what fits of places that come nearest first; tells whether more of them would change nothing.
    fn offer(
        &self,
        nearest: impl Iterator<Item = (i64, u32)>,
        query: &Query,
        most: usize,
        judge: &mut Matcher<'_>,
        offered: &mut Vec<(i64, FoundPlace)>,
    ) -> bool {
        let origin = grid_point(GridRef::of(query.from));
        let reach = farthest(query.reach);
        for (distance, index) in nearest {
            // Beyond the last that is needed only those that are as far can still come before it.
            let is_enough = offered.len() >= most
                && offered
                    .last()
                    .is_some_and(|(farthest, _)| distance > *farthest);
            if distance > reach || is_enough {
                return true;
            }
            let Some(service) = self.within(index, origin, query) else {
                continue;
            };
            let session = match judge.fits(service) {
                Ok(session) => Some(session),
                Err(Excluded::NotOpen { .. } | Excluded::ClosesTooSoon { .. })
                    if query.closed_too =>
                {
                    None
                }
                Err(_) => continue,
            };
            offered.push((
                distance,
                FoundPlace {
                    km: query.from.km_to(service.position),
                    service: Arc::clone(service),
                    session,
                    capacity: judge.live(service).capacity,
                    standing: RankReason::CatchAll,
                },
            ));
        }
        false
    }

    /// An emergency department is always among the answers: the nearest two within reach, else the
    /// nearest there is; neither capacity nor the symptom is asked for.
    fn add_catch_all(&self, query: &Query, judge: &Matcher<'_>, found: &mut Vec<FoundPlace>) {
        let origin = grid_point(GridRef::of(query.from));
        let mut nearest: Vec<(i64, &Arc<Service>)> = Vec::new();
        for kind in self.kinds.iter().filter(|kind| kind.kind.is_ed()) {
            let fits = |service: &&Arc<Service>| {
                service.active
                    && query
                        .age_days
                        .is_none_or(|days| service.care.takes_age(days))
                    && query.sex.is_none_or(|sex| service.care.takes_sex(sex))
            };
            let places = kind.tree.nearest_neighbor_iter(&origin);
            nearest.extend(
                places
                    .map(|place| {
                        (
                            place.distance_2(&origin),
                            &self.services[place.data as usize],
                        )
                    })
                    .filter(|(_, service)| fits(service))
                    .take(CATCH_ALL_MAX),
            );
        }
        nearest.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.id.cmp(&y.id)));
        let is_near = |km: f64| km <= CATCH_ALL_KM;
        for (index, (_, service)) in nearest.into_iter().take(CATCH_ALL_MAX).enumerate() {
            let km = query.from.km_to(service.position);
            let is_known = found.iter().any(|f| f.service.id == service.id);
            if is_known || (index > 0 && !is_near(km)) {
                continue;
            }
            found.push(FoundPlace {
                service: Arc::clone(service),
                km,
                session: session(&service.hours, query.at, query.window_end()).ok(),
                capacity: judge.live(service).capacity,
                standing: RankReason::CatchAll,
            });
        }
    }

    fn some_profile_fits(&self, kind: &OfKind, judge: &Matcher<'_>) -> bool {
        let fits = |index: &u32| judge.takes(&self.services[*index as usize].care);
        kind.profiles.is_empty() || kind.profiles.iter().any(fits)
    }

    /// The place, if it lies in the area asked about.
    fn within(&self, index: u32, origin: [i64; 2], query: &Query) -> Option<&Arc<Service>> {
        let service = self.services.get(index as usize)?;
        let is_inside = match query.reach {
            Reach::Square(km) => {
                let half = metres(km);
                let [east, north] = grid_point(self.grid[index as usize]);
                (east - origin[0]).abs() <= half && (north - origin[1]).abs() <= half
            }
            Reach::Circle(km) => query.from.km_to(service.position) <= km,
        };
        is_inside.then_some(service)
    }
}

/// One place for each profile, in the order of places; none when there are too many to try.
fn profiles(services: &[Arc<Service>], places: &[GridPoint]) -> Vec<u32> {
    let mut seen = BTreeMap::new();
    for place in places {
        let care = &services[place.data as usize].care;
        seen.entry(Arc::as_ptr(care).addr()).or_insert(place.data);
        if seen.len() > PROFILES_TRIED_MAX {
            return Vec::new();
        }
    }
    seen.into_values().collect()
}

fn flat_entries(places: &[GridPoint]) -> Vec<([i32; 2], u32)> {
    let point = |place: &GridPoint| place.geom().map(|metres| metres as i32);
    places
        .iter()
        .map(|place| (point(place), place.data))
        .collect()
}

fn grid_point(grid: GridRef) -> [i64; 2] {
    [i64::from(grid.easting), i64::from(grid.northing)]
}

fn metres(km: f64) -> i64 {
    (km * 1_000.0).round() as i64
}

fn envelope(origin: [i64; 2], reach: Reach) -> AABB<[i64; 2]> {
    let half = metres(reach.km() * WIDER);
    AABB::from_corners(
        [origin[0] - half, origin[1] - half],
        [origin[0] + half, origin[1] + half],
    )
}

/// The squared distance of the farthest corner, metres.
fn farthest(reach: Reach) -> i64 {
    let half = metres(reach.km() * WIDER);
    match reach {
        Reach::Square(_) => 2 * half * half,
        Reach::Circle(_) => half * half,
    }
}
