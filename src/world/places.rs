//! The places of the simulation and how many people come to each: figures with their source.

use std::collections::BTreeMap;

use super::arrival_profile::{ArrivalProfile, HourOfWeek};
use super::department::Department;
use super::patient::DepartmentSort;
use super::residents::{Asks, Catchment, Residents, Who};
use domain::opening::{Hours, Opening};
use domain::time::{DAY, HOUR};
use domain::{At, Directory, Position, ServiceId, ServiceKind};

/// Attendances a day by service, see `fixtures/world/README.md`.
const VOLUMES: &str = include_str!("../../fixtures/world/volumes.csv");
/// Type 1 attendances a day at the Royal Infirmary, adults and children (NHSE, 2025-26).
pub(super) const TYPE_1_A_DAY: f64 = 726.0;
/// Ambulances a day at the Royal Infirmary (NHSE daily collection, winter 2025-26).
pub(super) const AMBULANCES_A_DAY: f64 = 209.6;
/// Children's share of the attendances and of the ambulances. Not published by queue: assumptions.
const CHILDREN_SHARE: f64 = 0.23;
const CHILDREN_AMBULANCE_SHARE: f64 = 0.08;
/// A Monday whose week has no bank holiday, to measure an ordinary week of opening hours.
const ORDINARY_MONDAY: At = At(1_780_268_400_000);

/// The services of the Royal Infirmary that are simulated.
pub(super) const ADULT_ED: &str = "lri-ed";
pub(super) const CHILDREN_ED: &str = "lri-ced";
pub(super) const EYE_CASUALTY: &str = "lri-eye";

/// Who comes to one department, by which way, and when.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) department: usize,
    pub(super) sort: DepartmentSort,
    pub(super) by_ambulance: bool,
    pub(super) bookable: bool,
    /// People a week if it never closed: multiplied with the share of each hour of the week.
    pub(super) scale: f64,
    pub(super) rhythm: ArrivalProfile,
    pub(super) catchment: Catchment,
    pub(super) hours: Option<Hours>,
}

/// Everything that stays as it is.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) residents: Residents,
    pub(super) anyone: Catchment,
    pub(super) streams: Vec<Stream>,
    pub(super) everybody: ArrivalProfile,
    pub(super) ambulances: ArrivalProfile,
    pub(super) adult: Option<usize>,
    pub(super) eye: Option<usize>,
    /// Other hospitals ambulances take patients to.
    pub(super) elsewhere: Vec<(ServiceId, Position)>,
}

impl Places {
    /// Reads the Directory: departments in a fixed order, the Royal Infirmary's first.
    pub(super) fn new(directory: &Directory) -> (Self, Vec<Department>) {
        let residents = Residents::load();
        let (everybody, ambulances) = ArrivalProfile::published();
        let mut places = Self {
            anyone: residents.catchment(Who::Anyone, Asks::Ambulance, None),
            residents,
            streams: Vec::new(),
            everybody,
            ambulances,
            adult: None,
            eye: None,
            elsewhere: elsewhere(directory),
        };
        let mut departments = Vec::new();
        places.add_hospital(directory, &mut departments);
        places.add_centres(directory, &mut departments);
        (places, departments)
    }

    fn add_hospital(&mut self, directory: &Directory, departments: &mut Vec<Department>) {
        let walk_in = self
            .everybody
            .without(TYPE_1_A_DAY, &self.ambulances, AMBULANCES_A_DAY);
        let queues = [
            (
                ADULT_ED,
                DepartmentSort::Adult,
                Who::Adults,
                1.0 - CHILDREN_SHARE,
                1.0 - CHILDREN_AMBULANCE_SHARE,
            ),
            (
                CHILDREN_ED,
                DepartmentSort::Children,
                Who::Children,
                CHILDREN_SHARE,
                CHILDREN_AMBULANCE_SHARE,
            ),
        ];
        for (id, sort, who, share, ambulance_share) in queues {
            let Some(service) = directory.find_service(id) else {
                continue;
            };
            let department = departments.len();
            departments.push(Department::of_hospital(service, sort));
            if sort == DepartmentSort::Adult {
                self.adult = Some(department);
            }
            let ambulances = AMBULANCES_A_DAY * ambulance_share;
            let ways = [
                (
                    false,
                    &walk_in,
                    TYPE_1_A_DAY * share - ambulances,
                    Asks::Care,
                ),
                (true, &self.ambulances, ambulances, Asks::Ambulance),
            ];
            for (by_ambulance, rhythm, per_day, asks) in ways {
                self.streams.push(Stream {
                    department,
                    sort,
                    by_ambulance,
                    bookable: false,
                    scale: 7.0 * per_day,
                    rhythm: rhythm.clone(),
                    catchment: self.residents.catchment(who, asks, None),
                    hours: None,
                });
            }
        }
    }

    fn add_centres(&mut self, directory: &Directory, departments: &mut Vec<Department>) {
        for (id, per_day) in volumes() {
            let Some(service) = directory.find_service(id) else {
                continue;
            };
            let is_eye = id == EYE_CASUALTY;
            let scale = 7.0 * per_day / open_share(&self.everybody, &service.hours).max(1e-6);
            let (sort, made) = if is_eye {
                self.eye = Some(departments.len());
                (
                    DepartmentSort::Eye,
                    Department::of_hospital(service, DepartmentSort::Eye),
                )
            } else {
                (
                    DepartmentSort::Centre,
                    Department::centre(service, &self.everybody, scale),
                )
            };
            self.streams.push(Stream {
                department: departments.len(),
                sort,
                by_ambulance: false,
                bookable: service.bookable_via_111 == "yes",
                scale,
                rhythm: self.everybody.clone(),
                catchment: self.residents.catchment(
                    Who::Anyone,
                    Asks::Care,
                    Some(service.position).filter(|_| !is_eye),
                ),
                hours: Some(service.hours.clone()),
            });
            departments.push(made);
        }
    }

    pub(super) fn eye_is_open(&self, at: At) -> bool {
        self.streams
            .iter()
            .find(|stream| Some(stream.department) == self.eye)
            .and_then(|stream| stream.hours.as_ref())
            .is_some_and(|hours| hours.at(at).is_open())
    }

    /// The nearest other hospital.
    pub(super) fn find_elsewhere(&self, from: Position) -> Option<&(ServiceId, Position)> {
        self.elsewhere
            .iter()
            .min_by(|a, b| from.km_to(a.1).total_cmp(&from.km_to(b.1)))
    }
}

/// Hospitals outside this simulation that take ambulances.
fn elsewhere(directory: &Directory) -> Vec<(ServiceId, Position)> {
    use ServiceKind::{Cdu, Ed, EdMtc};
    directory
        .services()
        .filter(|service| service.takes_ambulances && matches!(service.kind, Ed | EdMtc | Cdu))
        .filter(|service| service.id.as_str() != ADULT_ED)
        .map(|service| (service.id.clone(), service.position))
        .collect()
}

fn volumes() -> BTreeMap<&'static str, f64> {
    VOLUMES
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split(',');
            Some((fields.next()?, fields.next()?.parse().ok()?))
        })
        .collect()
}

/// The share of a week's arrivals that falls into the open hours of an ordinary week.
fn open_share(rhythm: &ArrivalProfile, hours: &Hours) -> f64 {
    let end = ORDINARY_MONDAY.plus(7 * DAY);
    let open = open_spans(hours, ORDINARY_MONDAY, end);
    let mut share = 0.0;
    let mut from = ORDINARY_MONDAY;
    while from < end {
        let to = from.plus(HOUR);
        for span in &open {
            let overlap = span.1.min(to).since(span.0.max(from)).max(0);
            share += rhythm.share(HourOfWeek::of(from)) * overlap as f64 / HOUR as f64;
        }
        from = to;
    }
    share
}

/// When it is open between two moments.
pub(super) fn open_spans(hours: &Hours, from: At, to: At) -> Vec<(At, At)> {
    let mut spans = Vec::new();
    let mut at = from;
    while at < to {
        let next = match hours.at(at) {
            Opening::AllHours => {
                spans.push((at, to));
                to
            }
            Opening::Open { until } => {
                let end = until.unwrap_or(to).min(to);
                spans.push((at, end));
                end
            }
            Opening::Closed { opens } => opens.unwrap_or(to),
        };
        // A library that named no later moment would keep us here for ever.
        at = if next > at { next } else { to };
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_week_starts_on_a_monday_and_has_no_bank_holiday() {
        let first = ORDINARY_MONDAY.london();
        assert_eq!(first.strftime("%a %H:%M").to_string(), "Mon 00:00");
        let days = (0..7).map(|day| ORDINARY_MONDAY.plus(day * DAY + HOUR).london_date());
        let holidays = domain::opening::bank_holidays(first.year());
        assert!(days.into_iter().all(|day| !holidays.contains(&day)));
    }

    #[test]
    fn open_spans_stop_at_closing_time() {
        let hours = Hours::parse("Mo-Fr 18:30-21:00; Sa-Su,PH 09:00-19:00").unwrap();
        let spans = open_spans(&hours, ORDINARY_MONDAY, ORDINARY_MONDAY.plus(7 * DAY));
        assert_eq!(spans.len(), 7);
        let minutes: i64 = spans.iter().map(|(from, to)| to.minutes_since(*from)).sum();
        assert_eq!(minutes, 5 * 150 + 2 * 600);
    }
}
