//! The figures of one service, each with its definition and its age.

use crate::domain::reading::Unit;
use crate::domain::time::{HOUR, MINUTE, Millis};
use crate::domain::{Age, At, Measure, Reading, ReadingName, Service, Withheld};
use crate::fold::Picture;
use crate::fold::visit::VisitState;
use crate::fold::visits::left_before_seen;
use crate::forecast::{self, Desk, Method};

/// A wait beyond this cannot be right and is withheld.
pub const WAIT_PLAUSIBLE_MAX: Millis = 24 * HOUR;
/// For arrivals by ambulance the department's clock starts at handover, or this long after arrival
/// if that is earlier (A&E return definitions).
pub const AMBULANCE_CLOCK_START_MAX: Millis = 15 * MINUTE;

const ARRIVAL: Option<&str> = Some("arrival");
const SEEN: Option<&str> = Some("seen by a clinician");

/// The feed that a figure rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// There is none.
    None,
    /// Heard in time, last then.
    Live(At),
    /// Quiet for longer than it should be.
    Late(At),
    /// Silent, or never heard.
    Silent(Option<At>),
}

impl Source {
    /// When it was last heard.
    pub fn heard(self) -> Option<At> {
        match self {
            Self::None => None,
            Self::Live(heard) | Self::Late(heard) => Some(heard),
            Self::Silent(heard) => heard,
        }
    }

    fn age(self, value: Result<Measure, Withheld>) -> Age {
        match (self, value) {
            (Self::None, _) => Age::Withheld(Withheld::NoFeed),
            (Self::Silent(_), _) => Age::Withheld(Withheld::SilentFeed),
            (_, Err(why)) => Age::Withheld(why),
            (Self::Live(_), Ok(measure)) => Age::Fresh(measure),
            (Self::Late(heard), Ok(measure)) => Age::Late { measure, heard },
        }
    }
}

/// All figures of a service, in the order to show them.
pub fn of(
    picture: &Picture,
    desk: &Desk,
    service: &Service,
    visits: Source,
    ambulances: Source,
    is_open: bool,
) -> Vec<Reading> {
    let mut readings = Vec::new();
    if service.kind.has_waits() {
        let department = Department::gather(picture, service);
        readings.push(wait(picture, desk, service, visits, is_open));
        readings.extend(department.readings(picture.at(), visits));
    }
    if service.takes_ambulances {
        readings.extend(door(picture, service, ambulances));
    }
    readings
}

fn exact(value: usize) -> Measure {
    Measure::exact(value as i64)
}

fn wait(
    picture: &Picture,
    desk: &Desk,
    service: &Service,
    source: Source,
    is_open: bool,
) -> Reading {
    let now = picture.at();
    let estimate = forecast::wait_now(desk, picture.visits(), service.id.as_str(), now);
    let value = match estimate {
        // Nobody arriving now would be taken in, whoever is still inside.
        _ if !is_open => Err(Withheld::Closed),
        None => Err(Withheld::TooFew),
        Some(estimate) if estimate.median * MINUTE > WAIT_PLAUSIBLE_MAX => {
            Err(Withheld::Implausible)
        }
        Some(estimate) => Ok(Measure {
            value: estimate.median,
            low: Some(estimate.low),
            high: estimate.high,
        }),
    };
    Reading {
        name: ReadingName::Wait,
        age: source.age(value),
        unit: Unit::Minutes,
        statistic: match estimate.map(|estimate| estimate.method) {
            Some(Method::Learned) => "median of people walking in now, learned from this queue",
            Some(Method::Survival) | None => {
                "median of people arriving now, those still waiting counted"
            }
        },
        from: ARRIVAL,
        to: SEEN,
        group: "everyone",
        window: match estimate {
            None => Some(forecast::WINDOWS[0]),
            Some(estimate) => (estimate.method == Method::Survival).then_some(estimate.window),
        },
        count: estimate.map_or(0, |estimate| estimate.people),
        as_of: now,
    }
}

/// A figure that counts people, as of now; a clock or a share is written over it.
fn counted(
    name: ReadingName,
    statistic: &'static str,
    age: Age,
    count: usize,
    as_of: At,
) -> Reading {
    Reading {
        name,
        age,
        unit: Unit::People,
        statistic,
        from: None,
        to: None,
        group: "everyone",
        window: None,
        count: count as u32,
        as_of,
    }
}

/// Visits of a service, gathered once for all its figures.
struct Department {
    present: Vec<VisitState>,
    arrived_today: usize,
    left_today: usize,
    /// Time in the department of visits that ended since midnight, by the department's clock.
    stays_today: Vec<Millis>,
}

impl Department {
    fn gather(picture: &Picture, service: &Service) -> Self {
        let now = picture.at();
        let midnight = now.london_midnight();
        let today = |at: At| at >= midnight && at <= now;
        let mut department = Self {
            present: Vec::new(),
            arrived_today: 0,
            left_today: 0,
            stays_today: Vec::new(),
        };
        for visit in picture.visits().at_service(service.id.as_str()) {
            if let Some(state) = visit.present() {
                department.present.push(state.clone());
            }
            let Some(state) = &visit.state else { continue };
            department.arrived_today += usize::from(today(state.arrived));
            let Some((departed, _)) = state.departed.filter(|(at, _)| today(*at)) else {
                continue;
            };
            department.left_today += usize::from(left_before_seen(state));
            department
                .stays_today
                .push(departed.since(clock_start(picture, state)));
        }
        department
    }

    fn readings(&self, now: At, source: Source) -> Vec<Reading> {
        use ReadingName as Name;
        let people = |name, statistic, value: usize, count: usize| {
            counted(name, statistic, source.age(Ok(exact(value))), count, now)
        };
        let waiting = self
            .present
            .iter()
            .filter(|visit| visit.is_waiting())
            .count();
        let longer = |length: Millis| {
            self.present
                .iter()
                .filter(|visit| now.since(visit.arrived) > length)
                .count()
        };
        let (here, ended) = (self.present.len(), self.stays_today.len());
        let (came, left) = (self.arrived_today, self.left_today);
        vec![
            people(Name::Waiting, "people waiting now", waiting, waiting),
            Reading {
                unit: Unit::Minutes,
                from: ARRIVAL,
                to: Some("now, not yet seen by a clinician"),
                age: source.age(self.longest_wait(now)),
                ..people(Name::LongestWait, "longest wait so far", 0, waiting)
            },
            people(
                Name::InDepartment,
                "people in the department now",
                here,
                here,
            ),
            people(Name::ArrivalsToday, "arrivals since midnight", came, came),
            people(
                Name::Over4h,
                "people here over 4 hours",
                longer(4 * HOUR),
                here,
            ),
            people(
                Name::Over12h,
                "people here over 12 hours",
                longer(12 * HOUR),
                here,
            ),
            people(
                Name::LeftToday,
                "left before being seen since midnight",
                left,
                left,
            ),
            Reading {
                unit: Unit::Percent,
                from: Some("arrival (by ambulance: handover, or 15 minutes if earlier)"),
                to: Some("departure"),
                age: source.age(self.four_hour_share()),
                ..people(
                    Name::FourHour,
                    "left within 4 hours, since midnight",
                    0,
                    ended,
                )
            },
        ]
    }

    fn longest_wait(&self, now: At) -> Result<Measure, Withheld> {
        let waiting = self.present.iter().filter(|visit| visit.is_waiting());
        let longest = waiting
            .map(|visit| now.minutes_since(visit.arrived))
            .max()
            .unwrap_or(0);
        if longest * MINUTE > WAIT_PLAUSIBLE_MAX {
            return Err(Withheld::Implausible);
        }
        Ok(Measure::exact(longest))
    }

    /// Per cent, rounded to the nearest whole.
    fn four_hour_share(&self) -> Result<Measure, Withheld> {
        let ended = self.stays_today.len() as i64;
        let within = self
            .stays_today
            .iter()
            .filter(|stay| **stay <= 4 * HOUR)
            .count() as i64;
        if ended == 0 {
            return Err(Withheld::TooFew);
        }
        Ok(Measure::exact((within * 100 + ended / 2) / ended))
    }
}

/// When the department's clock started for a visit.
fn clock_start(picture: &Picture, state: &VisitState) -> At {
    let Some(incident) = state
        .incident
        .as_ref()
        .and_then(|id| picture.incidents().find(id))
    else {
        return state.arrived;
    };
    let latest = state.arrived.plus(AMBULANCE_CLOCK_START_MAX);
    incident
        .handed_over
        .map_or(latest, |handed| handed.clamp(state.arrived, latest))
}

/// Ambulances of a service, gathered once for all its figures.
struct Door {
    /// Outside with a patient, since when.
    outside: Vec<At>,
    inbound: usize,
    /// Handovers that ended since midnight.
    done: Vec<Millis>,
}

impl Door {
    fn gather(picture: &Picture, service: &Service) -> Self {
        let now = picture.at();
        let midnight = now.london_midnight();
        let towards: Vec<_> = picture.incidents().towards(service.id.as_str()).collect();
        let ended_today = |(ended, _): &(At, Millis)| *ended >= midnight && *ended <= now;
        let handovers = towards.iter().filter_map(|incident| incident.handover());
        Self {
            outside: towards
                .iter()
                .filter_map(|incident| incident.waiting_since(now))
                .collect(),
            inbound: towards
                .iter()
                .filter(|incident| incident.is_inbound(now))
                .count(),
            done: handovers
                .filter(ended_today)
                .map(|(_, length)| length)
                .collect(),
        }
    }
}

fn door(picture: &Picture, service: &Service, source: Source) -> Vec<Reading> {
    use ReadingName as Name;
    let now = picture.at();
    let Door {
        outside,
        inbound,
        done,
    } = Door::gather(picture, service);
    let longest = outside
        .iter()
        .map(|since| now.minutes_since(*since))
        .max()
        .unwrap_or(0);
    let mean = (!done.is_empty())
        .then(|| Measure::exact(done.iter().sum::<Millis>() / done.len() as i64 / MINUTE));
    let figure = |name, statistic, unit, value: Result<Measure, Withheld>, count: usize| Reading {
        unit,
        group: "ambulances",
        ..counted(name, statistic, source.age(value), count, now)
    };
    let clock = |to, reading: Reading| Reading {
        from: Some("ambulance arrival"),
        to: Some(to),
        ..reading
    };
    let (waiting, ambulances, minutes) = (outside.len(), Unit::Ambulances, Unit::Minutes);
    let longest = Ok(Measure::exact(longest));
    let mean = mean.ok_or(Withheld::TooFew);
    vec![
        figure(
            Name::HandoversWaiting,
            "ambulances outside now",
            ambulances,
            Ok(exact(waiting)),
            waiting,
        ),
        clock(
            "now, not yet handed over",
            figure(
                Name::LongestHandover,
                "longest handover so far",
                minutes,
                longest,
                waiting,
            ),
        ),
        clock(
            "clinical handover complete",
            figure(
                Name::MeanHandover,
                "mean handover since midnight",
                minutes,
                mean,
                done.len(),
            ),
        ),
        figure(
            Name::Inbound,
            "ambulances on their way",
            ambulances,
            Ok(exact(inbound)),
            inbound,
        ),
    ]
}
