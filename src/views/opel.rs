//! The escalation level of each trust: its parameters, its score, and what is missing.

use std::sync::Arc;

use compact_str::CompactString;

use crate::ambulance_readings::AmbulanceReadings;
use crate::reading_values::median;
use crate::shown_estimates::{ambulance_source, visit_source};
use crate::visit_readings::VisitReadings;
use domain::opel::{OpelKey, OpelParameter, OpelRules, OpelTrust};
use domain::time::{DAY, HOUR, MINUTE, Millis};
use domain::{Directory, Service, Withheld};
use fold::FoldState;

/// Why a parameter has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The feed it rests on is not to be believed now.
    Withheld(Withheld),
    /// Nobody reported it.
    NotReported,
    /// The settings do not say what is usual.
    NotConfigured,
}

impl Missing {
    /// The word on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Withheld(why) => why.label(),
            Self::NotReported => "not_reported",
            Self::NotConfigured => "not_configured",
        }
    }
}

/// One parameter of a trust, now.
#[derive(Debug, Clone, PartialEq)]
pub struct OpelPart {
    /// Its rule.
    pub rule: OpelParameter,
    /// Its value in whole units and its level, 1 to 4.
    pub value: Result<(i64, u8), Missing>,
}

/// A trust, now.
#[derive(Debug, Clone, PartialEq)]
pub struct OpelView {
    /// Its key.
    pub id: CompactString,
    /// As shown.
    pub name: String,
    /// By which framework, and how sure its numbers are.
    pub framework: (String, String),
    /// By parameter.
    pub parts: Vec<OpelPart>,
    /// The sum of the points and the level it gives; `None` while a parameter is missing or has no
    /// points configured.
    pub score: Option<(u32, u8)>,
}

/// Every trust of the rules.
pub fn views(fold_state: &FoldState, directory: &Directory) -> Arc<Vec<OpelView>> {
    let rules = directory.opel();
    let view = |trust: &OpelTrust| {
        let measured = Measured::of(fold_state, directory, trust);
        let part = |rule: &OpelParameter| OpelPart {
            rule: rule.clone(),
            value: measured
                .value(rule.key)
                .map(|value| (value, rule.level(value))),
        };
        let parts: Vec<OpelPart> = rules.parameter.iter().map(part).collect();
        OpelView {
            id: trust.id.clone(),
            name: trust.name.clone(),
            framework: (rules.name.clone(), rules.source.clone()),
            score: score(rules, &parts),
            parts,
        }
    };
    Arc::new(rules.trust.iter().map(view).collect())
}

fn score(rules: &OpelRules, parts: &[OpelPart]) -> Option<(u32, u8)> {
    let points = parts.iter().map(|part| {
        let (_, level) = part.value.ok()?;
        part.rule.points?.get(usize::from(level) - 1).copied()
    });
    let sum = points.sum::<Option<u32>>().filter(|_| !parts.is_empty())?;
    Some((sum, rules.level_of_score(sum)))
}

/// What a trust's services add up to.
struct Measured {
    /// Why visits, and why handovers, are not to be believed.
    visits: Option<Withheld>,
    handovers: Option<Withheld>,
    handover_lengths: Vec<Millis>,
    stays: Vec<Millis>,
    waits: Vec<Millis>,
    arrived: i64,
    usual: Option<i64>,
    here: i64,
    here_12h: i64,
    /// Spaces taken and staffed; beds taken, open, escalation, no criteria to reside.
    spaces: [Option<i64>; 2],
    beds: [Option<i64>; 4],
}

impl Measured {
    fn of(fold_state: &FoldState, directory: &Directory, trust: &OpelTrust) -> Self {
        let now = fold_state.at();
        let services: Vec<&Arc<Service>> = trust
            .services
            .iter()
            .filter_map(|id| directory.find_service(id.as_str()))
            .collect();
        let withheld = |service: &&Arc<Service>| {
            visit_source(fold_state, directory, service.id.as_str()).withheld()
        };
        let mut measured = Self {
            visits: services.iter().find_map(withheld),
            handovers: ambulance_source(fold_state, directory).withheld(),
            handover_lengths: Vec::new(),
            stays: Vec::new(),
            waits: Vec::new(),
            arrived: 0,
            usual: trust.usual_attendances.map(|days| {
                let midnight = now.london_midnight();
                let day = now.london().weekday().to_monday_zero_offset();
                let whole = i64::from(days[day.unsigned_abs() as usize % 7]);
                whole * now.since(midnight) / DAY
            }),
            here: 0,
            here_12h: 0,
            spaces: [None; 2],
            beds: [None; 4],
        };
        for service in services {
            measured.add(fold_state, service);
        }
        measured
    }

    fn add(&mut self, fold_state: &FoldState, service: &Service) {
        let now = fold_state.at();
        let department = VisitReadings::gather(fold_state, service);
        self.arrived += department.arrived_today as i64;
        self.here += department.present.len() as i64;
        let over = department.present.iter();
        let over = over.filter(|visit| now.since(visit.arrived) > 12 * HOUR);
        self.here_12h += over.count() as i64;
        self.stays.extend(department.stays_today);
        self.waits.extend(department.waits_today);
        if service.takes_ambulances {
            self.handover_lengths
                .extend(AmbulanceReadings::gather(fold_state, service).done);
        }
        let said = fold_state.find_service_state(service.id.as_str());
        let Some(capacity) = said.map(|said| said.capacity(now)) else {
            return;
        };
        let more = |sum: &mut Option<i64>, count: Option<u32>| {
            if let Some(count) = count {
                *sum = Some(sum.unwrap_or(0) + i64::from(count));
            }
        };
        let spaces = [capacity.occupied_spaces, capacity.staffed_spaces];
        let beds = [
            capacity.beds_occupied,
            capacity.beds_open,
            capacity.escalation_beds,
            capacity.no_criteria_to_reside,
        ];
        for (sum, count) in self.spaces.iter_mut().zip(spaces) {
            more(sum, count);
        }
        for (sum, count) in self.beds.iter_mut().zip(beds) {
            more(sum, count);
        }
    }

    fn value(&self, key: OpelKey) -> Result<i64, Missing> {
        let [taken, open, escalation, no_criteria] = self.beds;
        let [spaces_taken, spaces] = self.spaces;
        let visits = || {
            self.visits
                .map_or(Ok(()), |why| Err(Missing::Withheld(why)))
        };
        let handovers = || {
            self.handovers
                .map_or(Ok(()), |why| Err(Missing::Withheld(why)))
        };
        match key {
            OpelKey::MeanHandover => {
                handovers()?;
                let sum: Millis = self.handover_lengths.iter().sum();
                let mean = sum.checked_div(self.handover_lengths.len() as i64);
                mean.map(|mean| mean / MINUTE).ok_or(Missing::NotReported)
            }
            OpelKey::FourHour => {
                visits()?;
                let within = self.stays.iter().filter(|stay| **stay <= 4 * HOUR).count();
                percent(Some(within as i64), Some(self.stays.len() as i64))
            }
            OpelKey::Attendances => {
                visits()?;
                let usual = self.usual.ok_or(Missing::NotConfigured)?;
                percent(Some(self.arrived - usual), Some(usual))
            }
            OpelKey::TimeToTreatment => {
                visits()?;
                let median = median(&self.waits).map_err(Missing::Withheld)?;
                Ok(median.value)
            }
            OpelKey::Over12h => {
                visits()?;
                percent(Some(self.here_12h), Some(self.here))
            }
            OpelKey::SpaceOccupancy => percent(spaces_taken, spaces),
            OpelKey::BedOccupancy => percent(taken, open),
            OpelKey::EscalationBeds => percent(escalation, open),
            OpelKey::NoCriteriaToReside => percent(no_criteria, taken),
        }
    }
}

/// Rounded to the nearest whole per cent.
fn percent(part: Option<i64>, whole: Option<i64>) -> Result<i64, Missing> {
    let (Some(part), Some(whole)) = (part, whole) else {
        return Err(Missing::NotReported);
    };
    let doubled = (200 * part + whole).checked_div_euclid(2 * whole);
    doubled.filter(|_| whole > 0).ok_or(Missing::NotReported)
}
