//! The figures of a service's visits: who is here, how long things took today and lately.

use crate::feed_health::Source;
use crate::plausibility::WAIT_PLAUSIBLE_MAX;
use crate::reading_values::{ARRIVAL, SEEN, counted, exact, median};
use domain::event::Decision;
use domain::reading::Unit;
use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Measure, Reading, ReadingName, Service, Withheld};
use fold::FoldState;
use fold::visit::VisitState;
use fold::visits::left_before_seen;

/// For arrivals by ambulance the department's clock starts at handover, or this long after arrival
/// if that is earlier (A&E return definitions).
pub const AMBULANCE_CLOCK_START_MAX: Millis = 15 * MINUTE;
/// The rolling window of what was measured lately.
pub const ROLLING: Millis = 4 * HOUR;

/// Visits of a service, gathered once for all its figures.
#[derive(Default)]
pub struct VisitReadings {
    /// In the department now.
    pub present: Vec<VisitState>,
    /// Arrivals since midnight.
    pub arrived_today: usize,
    arrived_hour: usize,
    arrived_rolling: usize,
    left_today: usize,
    /// Time in the department of visits that ended since midnight, by the department's clock.
    pub stays_today: Vec<Millis>,
    /// Arrival to departure of visits that ended lately.
    stays: Vec<Millis>,
    /// Arrival to first assessment of those assessed lately.
    assessments: Vec<Millis>,
    /// Arrival to seen of those seen lately.
    waits: Vec<Millis>,
    /// Arrival to seen of those seen since midnight.
    pub waits_today: Vec<Millis>,
}

impl VisitReadings {
    /// Looks at every visit once.
    pub fn gather(fold_state: &FoldState, service: &Service) -> Self {
        let now = fold_state.at();
        let midnight = now.london_midnight();
        let today = |at: At| at >= midnight && at <= now;
        let within = |at: At, length: Millis| at <= now && now.since(at) < length;
        let mut department = Self::default();
        for visit in fold_state.visits().at_service(service.id.as_str()) {
            if let Some(state) = visit.present() {
                department.present.push(state.clone());
            }
            let Some(state) = &visit.state else { continue };
            let arrived = state.arrived;
            department.arrived_today += usize::from(today(arrived));
            department.arrived_hour += usize::from(within(arrived, HOUR));
            department.arrived_rolling += usize::from(within(arrived, ROLLING));
            if let Some(triaged) = state.triaged.filter(|at| within(*at, ROLLING)) {
                department.assessments.push(triaged.since(arrived));
            }
            if let Some(seen) = state.seen {
                let wait = seen.since(arrived);
                department
                    .waits
                    .extend(within(seen, ROLLING).then_some(wait));
                department.waits_today.extend(today(seen).then_some(wait));
            }
            let Some((departed, _)) = state.departed else {
                continue;
            };
            let stay = departed.since(arrived);
            department
                .stays
                .extend(within(departed, ROLLING).then_some(stay));
            if today(departed) {
                department.left_today += usize::from(left_before_seen(state));
                let stay = departed.since(clock_start(fold_state, state));
                department.stays_today.push(stay);
            }
        }
        department
    }

    /// All figures, in the order to show them.
    pub fn readings(&self, now: At, source: Source) -> Vec<Reading> {
        let mut readings = self.here(now, source);
        readings.extend(self.lately(now, source));
        readings.extend(self.flow(now, source));
        readings
    }

    /// Who is here.
    fn here(&self, now: At, source: Source) -> Vec<Reading> {
        use ReadingName as Name;
        let people = |name, statistic, value: usize, count: usize| {
            counted(name, statistic, source.age(Ok(exact(value))), count, now)
        };
        let among = |is: &dyn Fn(&VisitState) -> bool| {
            self.present.iter().filter(|visit| is(visit)).count()
        };
        let here = self.present.len();
        let longer = |length: Millis| among(&|visit| now.since(visit.arrived) > length);
        let waiting = among(&|visit| visit.is_waiting());
        let for_bed = |length: Millis| {
            among(&|visit| {
                let decided = visit.decided.filter(|(_, what)| *what == Decision::Admit);
                decided.is_some_and(|(at, _)| now.since(at) > length)
            })
        };
        let beds = for_bed(-1);
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
            people(
                Name::Over4h,
                "people here over 4 hours",
                longer(4 * HOUR),
                here,
            ),
            people(
                Name::Over12h,
                "people here over 12 hours since they arrived",
                longer(12 * HOUR),
                here,
            ),
            people(
                Name::WaitingForBed,
                "people here whom a clinician decided to admit",
                beds,
                here,
            ),
            people(
                Name::Over12hFromDecision,
                "people here over 12 hours since the decision to admit them",
                for_bed(12 * HOUR),
                beds,
            ),
        ]
    }

    /// How long things took, and of how many.
    fn lately(&self, now: At, source: Source) -> Vec<Reading> {
        use ReadingName as Name;
        let clock = |name, statistic, to, window, lengths: &[Millis]| Reading {
            unit: Unit::Minutes,
            from: ARRIVAL,
            to,
            window,
            ..counted(
                name,
                statistic,
                source.age(median(lengths)),
                lengths.len(),
                now,
            )
        };
        let (rolling, ended) = (Some(ROLLING), self.stays_today.len());
        let share = source.age(self.four_hour_share());
        let (seen, assessed) = (&self.waits, &self.assessments);
        vec![
            clock(
                Name::ActualWait,
                "median of people seen",
                SEEN,
                rolling,
                seen,
            ),
            clock(
                Name::TreatmentToday,
                "median of people seen since midnight",
                SEEN,
                None,
                &self.waits_today,
            ),
            clock(
                Name::Assessment,
                "median of people assessed",
                Some("first assessment"),
                rolling,
                assessed,
            ),
            clock(
                Name::Stay,
                "median of people who left",
                Some("departure"),
                rolling,
                &self.stays,
            ),
            Reading {
                unit: Unit::Percent,
                from: Some("arrival (by ambulance: handover, or 15 minutes if earlier)"),
                to: Some("departure"),
                ..counted(
                    Name::FourHour,
                    "left within 4 hours, since midnight",
                    share,
                    ended,
                    now,
                )
            },
        ]
    }

    /// Who came, and who left unseen.
    fn flow(&self, now: At, source: Source) -> Vec<Reading> {
        use ReadingName as Name;
        let count = |name, statistic, window, value: usize| Reading {
            window,
            ..counted(name, statistic, source.age(Ok(exact(value))), value, now)
        };
        let (hour, rolling) = (Some(HOUR), Some(ROLLING));
        let (today, left) = (self.arrived_today, self.left_today);
        vec![
            count(Name::ArrivalsToday, "arrivals since midnight", None, today),
            count(Name::ArrivalsHour, "arrivals", hour, self.arrived_hour),
            count(
                Name::ArrivalsRolling,
                "arrivals",
                rolling,
                self.arrived_rolling,
            ),
            count(
                Name::LeftToday,
                "left before being seen since midnight",
                None,
                left,
            ),
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
fn clock_start(fold_state: &FoldState, state: &VisitState) -> At {
    let Some(incident) = state
        .incident
        .as_ref()
        .and_then(|id| fold_state.incidents().find(id))
    else {
        return state.arrived;
    };
    let latest = state.arrived.plus(AMBULANCE_CLOCK_START_MAX);
    incident
        .handed_over
        .map_or(latest, |handed| handed.clamp(state.arrived, latest))
}
