//! The time-to-care surface: for every hex of the area the best place that may take the patient and the minutes
//! until seen (by ambulance: until handed over), for those who set off now, in one hour and in two.
//!
//! Drives are worked out once for each Directory; what is waited for is kept by place and quarter hour. A surface is
//! worked out when somebody asks for it, and again only after one of these changed.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use h3o::Resolution;

use crate::ServiceView;
use crate::destinations::predict;
use domain::care::years_in_days;
use domain::event::Rag;
use domain::opening::Opening;
use domain::pathway::{MAPPED, Pathways, Way};
use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Cell, Directory, Position, Service, ServiceId, gazetteer, travel};

/// A step of what is kept of waits.
const STEP: Millis = 15 * MINUTE;
/// The longest drive that counts, minutes.
const DRIVE_MAX: i64 = 120;
/// Hours after now at which somebody may set off.
pub const HOURS_AHEAD: usize = 3;
/// Steps kept: the last to set off, and the longest drive.
const STEPS: usize = (2 * HOUR / STEP) as usize + (DRIVE_MAX * MINUTE / STEP) as usize + 1;
/// Nearest places kept for a hex; a further one would have to be better than all of these.
const NEAREST_MAX: usize = 24;
/// Closed then, or not for that group.
const CLOSED: u16 = u16::MAX;
/// Open, and nothing is known of its wait.
const NOT_KNOWN: u16 = u16::MAX - 1;
/// An adult and a child, years, for places that take some ages only.
const AGES: [f64; 3] = [40.0, 8.0, 40.0];

/// Of whom a surface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PatientGroup {
    /// An adult with a minor injury or illness who walks in.
    Minor,
    /// A child with a minor injury or illness, walking in.
    Child,
    /// Anybody by ambulance, without a pathway of their own.
    Ambulance,
}

impl PatientGroup {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Minor, Self::Child, Self::Ambulance];

    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Child => "child",
            Self::Ambulance => "ambulance",
        }
    }

    /// The group of that word.
    pub fn find(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.label() == label)
    }

    fn need(self) -> &'static str {
        MAPPED[self as usize]
    }

    fn way(self) -> Way {
        match self {
            Self::Ambulance => Way::Ambulance,
            _ => Way::WalkIn,
        }
    }

    /// Whether the first step of its pathway names the place, and it takes such patients.
    fn takes(self, table: &Pathways, service: &Service, age_days: u32) -> bool {
        let need = table.find(self.need());
        let is_named = need.is_some_and(|need| need.step_of(service) == Some(0));
        let is_way = match self.way() {
            Way::Ambulance => service.takes_ambulances,
            Way::WalkIn | Way::Either => service.walk_in,
        };
        service.active && is_named && is_way && service.care.takes_age(age_days)
    }
}

/// Drives from every hex to the places near it.
#[derive(Debug)]
pub struct DriveTable {
    cells: Vec<Cell>,
    sites: Vec<Arc<Service>>,
    /// Where the places of each hex begin in `near`; one more than there are hexes.
    starts: Vec<u32>,
    /// A place and the minutes to it, nearest first.
    near: Vec<(u16, u8)>,
}

impl DriveTable {
    /// Works the drives out: the slow part, done once.
    pub fn new(cells: Vec<Cell>, sites: Vec<Arc<Service>>) -> Self {
        let mut table = Self {
            starts: vec![0],
            near: Vec::with_capacity(cells.len() * 8),
            cells: Vec::new(),
            sites,
        };
        // A degree of latitude is 111 km: further places need not be looked at.
        let band = |from: Position, to: Position| (from.lat - to.lat).abs() < 0.55;
        for cell in &cells {
            let from = cell.centre();
            let drive = |(index, site): (u16, &Arc<Service>)| {
                let minutes = travel::minutes_by_car(from, site.position)?;
                (minutes <= DRIVE_MAX).then_some((index, minutes as u8))
            };
            let sites = (0..).zip(&table.sites);
            let mut near: Vec<(u16, u8)> = sites
                .filter(|(_, site)| band(from, site.position))
                .filter_map(drive)
                .collect();
            near.sort_by_key(|(index, minutes)| (*minutes, *index));
            near.truncate(NEAREST_MAX);
            table.near.extend(near);
            table.starts.push(table.near.len() as u32);
        }
        table.cells = cells;
        table
    }

    /// The hexes.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The places.
    pub fn sites(&self) -> &[Arc<Service>] {
        &self.sites
    }

    fn near(&self, cell: usize) -> &[(u16, u8)] {
        let (from, to) = (self.starts[cell] as usize, self.starts[cell + 1] as usize);
        &self.near[from..to]
    }
}

/// What is waited for at one place: minutes by step and group.
type SiteWaits = [[u16; 3]; STEPS];

/// What is waited for at each place of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits(Vec<SiteWaits>);

impl Waits {
    /// Of these places by a table of which may take whom, from a moment on; `view` gives what is known of each.
    pub fn of<'a>(
        table: &Pathways,
        sites: &[Arc<Service>],
        now: At,
        view: impl Fn(&ServiceId) -> Option<&'a ServiceView>,
    ) -> Self {
        let waits = |site: &Arc<Service>| {
            let mut waits = [[CLOSED; 3]; STEPS];
            if let Some(view) = view(&site.id) {
                fill(&mut waits, table, view, now);
            }
            waits
        };
        Self(sites.iter().map(waits).collect())
    }

    /// Made up, for measuring: minutes by place, step and group.
    pub fn made_up(sites: usize, minutes: impl Fn(usize, usize, usize) -> u16) -> Self {
        let site = |site| {
            let step = |step| std::array::from_fn(|group| minutes(site, step, group));
            std::array::from_fn(step)
        };
        Self((0..sites).map(site).collect())
    }
}

fn fill(waits: &mut SiteWaits, table: &Pathways, view: &ServiceView, now: At) {
    let service = &view.service;
    let ages = AGES.map(years_in_days);
    let is_red = view
        .status
        .as_ref()
        .is_some_and(|said| said.rag == Rag::Red);
    if view.closure.is_some() || (is_red && !service.kind.is_ed()) {
        return;
    }
    let takes: [bool; 3] =
        std::array::from_fn(|at| PatientGroup::ALL[at].takes(table, service, ages[at]));
    let mut known: Option<(Opening, At)> = None;
    for (step, minutes) in waits.iter_mut().enumerate() {
        let at = now.plus(step as i64 * STEP);
        let (opening, _) = match known {
            Some(known) if at < known.1 => known,
            _ => {
                let opening = service.hours.at(at);
                let until = match opening {
                    Opening::Open { until } => until,
                    Opening::Closed { opens } => opens,
                    Opening::AllHours => None,
                };
                *known.insert((opening, until.unwrap_or(At(i64::MAX))))
            }
        };
        if !opening.is_open() {
            continue;
        }
        let by_way = |way| {
            let (range, _) = predict(view, way, at);
            range.map_or(NOT_KNOWN, |range| range.median.clamp(0, 10_000) as u16)
        };
        let (walk_in, ambulance) = (by_way(Way::WalkIn), by_way(Way::Ambulance));
        for (group, slot) in minutes.iter_mut().enumerate().filter(|(g, _)| takes[*g]) {
            *slot = if group == 2 { ambulance } else { walk_in };
        }
    }
}

/// The best for one hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Best {
    /// Which place, by its index in the table; the nearest open one where no wait is known.
    site: u16,
    /// Minutes until seen.
    pub minutes: Option<u16>,
    /// Minutes gained against the nearest place that may take them; `None` where its wait is not known.
    pub gain: Option<u16>,
}

/// A surface: what is best in every hex, by group and hour.
#[derive(Debug)]
pub struct Surface {
    table: Arc<DriveTable>,
    best: [[Vec<Option<Best>>; HOURS_AHEAD]; 3],
}

impl Surface {
    /// Works it out.
    pub fn of(table: &Arc<DriveTable>, waits: &Waits) -> Self {
        let empty = || Vec::with_capacity(table.cells.len());
        let mut best: [[Vec<Option<Best>>; HOURS_AHEAD]; 3] =
            std::array::from_fn(|_| std::array::from_fn(|_| empty()));
        for cell in 0..table.cells.len() {
            let near = table.near(cell);
            for (group, by_hour) in best.iter_mut().enumerate() {
                for (hour, all) in by_hour.iter_mut().enumerate() {
                    all.push(best_of(near, &waits.0, group, hour));
                }
            }
        }
        Self {
            table: Arc::clone(table),
            best,
        }
    }

    /// Every hex, the place and what is known of it; hexes from which nothing is open are left out.
    pub fn rows(
        &self,
        group: PatientGroup,
        hours: usize,
    ) -> impl Iterator<Item = (Cell, &Service, Best)> {
        let all = self.best[group as usize].get(hours).into_iter().flatten();
        let cells = self.table.cells.iter().zip(all);
        cells.filter_map(|(cell, best)| {
            let best = (*best)?;
            let site = self.table.sites.get(usize::from(best.site))?;
            Some((*cell, site.as_ref(), best))
        })
    }
}

fn best_of(near: &[(u16, u8)], waits: &[SiteWaits], group: usize, hour: usize) -> Option<Best> {
    const QUARTERS: usize = (HOUR / STEP) as usize;
    let minutes_of = |(site, drive): (u16, u8)| {
        let step = hour * QUARTERS + (usize::from(drive) + 7) / 15;
        let wait = waits.get(usize::from(site))?.get(step)?[group];
        (wait != CLOSED).then_some(wait)
    };
    let mut nearest: Option<(u16, Option<u16>)> = None;
    let mut best: Option<(u16, u16)> = None;
    for (site, drive) in near.iter().copied() {
        // Those that follow are no nearer.
        if best.is_some_and(|(least, _)| u16::from(drive) >= least) {
            break;
        }
        let Some(wait) = minutes_of((site, drive)) else {
            continue;
        };
        let all = (wait != NOT_KNOWN).then(|| wait + u16::from(drive));
        nearest.get_or_insert((site, all));
        if let Some(all) = all.filter(|all| best.is_none_or(|(least, _)| *all < least)) {
            best = Some((all, site));
        }
    }
    let (near_site, near_minutes) = nearest?;
    Some(match best {
        Some((minutes, site)) => Best {
            site,
            minutes: Some(minutes),
            gain: near_minutes.map(|near| near - minutes),
        },
        None => Best {
            site: near_site,
            minutes: None,
            gain: None,
        },
    })
}

/// How fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fineness {
    /// Hexes of level 7, about 5 square kilometres: what is pushed.
    Seven,
    /// Hexes of level 8, about 0.7 square kilometres.
    Eight,
}

/// The tables of one Directory, worked out when they are first needed.
#[derive(Debug)]
pub struct DriveTables {
    pathways: Arc<Pathways>,
    sites: Vec<Arc<Service>>,
    seven: OnceLock<Arc<DriveTable>>,
    eight: OnceLock<Arc<DriveTable>>,
}

impl DriveTables {
    /// Of the places that take one of the groups.
    pub fn new(directory: &Directory) -> Self {
        let ages = AGES.map(years_in_days);
        let takes = |service: &&Arc<Service>| {
            let mut groups = PatientGroup::ALL.into_iter().zip(ages);
            groups.any(|(group, age)| group.takes(directory.pathways(), service, age))
        };
        let sites = directory.services().filter(takes).cloned();
        Self {
            pathways: Arc::clone(directory.pathways()),
            // A Directory with more has its nearest looked at only.
            sites: sites.take(usize::from(u16::MAX)).collect(),
            seven: OnceLock::new(),
            eight: OnceLock::new(),
        }
    }

    /// The drives at a fineness.
    pub fn table(&self, fineness: Fineness) -> &Arc<DriveTable> {
        let (held, resolution) = match fineness {
            Fineness::Seven => (&self.seven, Resolution::Seven),
            Fineness::Eight => (&self.eight, Resolution::Eight),
        };
        held.get_or_init(|| {
            let mut cells: Vec<Cell> = gazetteer::area_cells()
                .iter()
                .map(|cell| cell.parent(resolution))
                .collect();
            cells.sort_unstable();
            cells.dedup();
            Arc::new(DriveTable::new(cells, self.sites.clone()))
        })
    }
}

/// What the published value holds: the surfaces, worked out when asked for.
#[derive(Debug)]
pub struct Surfaces {
    tables: Arc<DriveTables>,
    waits: Waits,
    seven: OnceLock<Surface>,
    eight: OnceLock<Surface>,
}

impl Surfaces {
    /// From what is known of each Service now.
    pub fn new(
        tables: &Arc<DriveTables>,
        services: &BTreeMap<ServiceId, Arc<ServiceView>>,
        now: At,
    ) -> Self {
        let view = |id: &ServiceId| services.get(id).map(AsRef::as_ref);
        Self {
            waits: Waits::of(&tables.pathways, &tables.sites, now, view),
            tables: Arc::clone(tables),
            seven: OnceLock::new(),
            eight: OnceLock::new(),
        }
    }

    /// Whether it would come out as another.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.tables, &other.tables) && self.waits == other.waits
    }

    /// Every hex and the nearest place by car that is open now and takes adults with something minor.
    pub fn nearest(&self, fineness: Fineness) -> impl Iterator<Item = (Cell, &Service)> {
        let table = self.tables.table(fineness);
        let takes = |site: u16| {
            let wait = self.waits.0.get(usize::from(site)).map(|waits| waits[0]);
            wait.is_some_and(|wait| wait[PatientGroup::Minor as usize] != CLOSED)
        };
        table
            .cells
            .iter()
            .enumerate()
            .filter_map(move |(at, cell)| {
                let near = table.near(at).iter();
                let site = near.map(|(site, _)| *site).find(|site| takes(*site))?;
                Some((*cell, table.sites.get(usize::from(site))?.as_ref()))
            })
    }

    /// The surface of a fineness.
    pub fn surface(&self, fineness: Fineness) -> &Surface {
        let held = match fineness {
            Fineness::Seven => &self.seven,
            Fineness::Eight => &self.eight,
        };
        held.get_or_init(|| Surface::of(self.tables.table(fineness), &self.waits))
    }
}

#[cfg(test)]
mod tests;
