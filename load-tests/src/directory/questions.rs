//! What clinicians ask of the nation, and the obvious way to answer it.

use std::collections::BTreeMap;

use domain::care::{Sex, years_in_days};
use domain::national_grid::GridRef;
use domain::service_contacts::Audience;
use domain::time::MINUTE;
use domain::{At, Service, ServiceKind};
use views::search::{Disposition, LiveStatus, Query, RankReason, Reach, SearchResults, session};

use super::nation::place;
use super::random::Dice;

/// Midnight in London at the beginning of an ordinary week, Monday 8 June 2026: no bank holiday in it.
pub const WEEK: At = At(1_780_873_200_000);
/// Minutes of a week.
pub const WEEK_MINUTES: u32 = 7 * 24 * 60;
/// Half the side of the square, kilometres.
pub const HALF_KM: f64 = 60.0;
/// What triage sends people to, by how often.
const SENT_TO: [(ServiceKind, u32); 10] = [
    (ServiceKind::GpPractice, 30),
    (ServiceKind::Utc, 20),
    (ServiceKind::Pharmacy, 15),
    (ServiceKind::Ed, 10),
    (ServiceKind::UrgentDental, 8),
    (ServiceKind::GpOoh, 7),
    (ServiceKind::CommunityNursing, 4),
    (ServiceKind::MentalHealthHub, 3),
    (ServiceKind::Optometrist, 2),
    (ServiceKind::SexualHealth, 1),
];

/// Questions that somewhere in the nation could be answered: symptom and disposition are those of a place.
pub fn questions(services: &[Service], count: u32, seed: u64) -> Vec<Query> {
    let mut dice = Dice::new(seed);
    let mut by_kind: BTreeMap<ServiceKind, Vec<usize>> = BTreeMap::new();
    for (index, service) in services.iter().enumerate() {
        by_kind.entry(service.kind).or_default().push(index);
    }
    (0..count)
        .map(|_| {
            let mut throw = dice.below(100);
            let sent_to = SENT_TO.into_iter().find_map(|(kind, share)| {
                let is_it = throw < share;
                throw = throw.wrapping_sub(share);
                is_it.then_some(kind)
            });
            let of_kind = &by_kind[&sent_to.unwrap_or(ServiceKind::GpPractice)];
            question(&services[*dice.pick(of_kind)], &mut dice)
        })
        .collect()
}

fn question(like: &Service, dice: &mut Dice) -> Query {
    let at = WEEK.plus(i64::from(dice.below(WEEK_MINUTES)) * MINUTE);
    let symptom = *dice.pick(&like.care.symptoms);
    let codes: Vec<_> = like.care.dispositions.iter().collect();
    let (code, minutes) = *dice.pick(&codes);
    let years = f64::from(dice.below(950)) / 10.0;
    Query {
        age_days: Some(years_in_days(years)),
        sex: Some(*dice.pick(&[Sex::F, Sex::M])),
        symptom: Some((symptom.group, vec![symptom.discriminator])),
        disposition: Some(Disposition {
            code: code.clone(),
            minutes: Some(*minutes),
        }),
        ..Query::at(
            place(dice),
            at,
            Reach::Square(HALF_KM),
            Audience::Professional,
        )
    }
}

/// How many of a kind are offered.
pub fn quota(kind: ServiceKind) -> usize {
    if kind == ServiceKind::GpOoh { 1 } else { 2 }
}

/// Goes through everything; also the filter beside the store that only knows positions.
pub struct Reader<'a> {
    services: &'a [Service],
    live: &'a [LiveStatus],
    /// Whether places with these hours are open for the question.
    open: BTreeMap<usize, bool>,
    query: &'a Query,
}

impl<'a> Reader<'a> {
    /// For one question.
    pub fn new(services: &'a [Service], live: &'a [LiveStatus], query: &'a Query) -> Self {
        let open = BTreeMap::new();
        Self {
            services,
            live,
            open,
            query,
        }
    }

    /// Whether a place fits, wherever it is.
    pub fn fits(&mut self, index: usize) -> bool {
        let (service, live, query) = (&self.services[index], self.live[index], self.query);
        let care = &service.care;
        service.active
            && live.capacity != Some(domain::event::Rag::Red)
            && !live.is_closed
            && query.age_days.is_none_or(|days| care.takes_age(days))
            && query.sex.is_none_or(|sex| care.takes_sex(sex))
            && query
                .symptom
                .as_ref()
                .is_none_or(|(group, all)| care.takes_symptoms(*group, all))
            && query
                .disposition
                .as_ref()
                .is_none_or(|dx| care.takes_disposition(&dx.code))
            && *self
                .open
                .entry(service.hours.key())
                .or_insert_with(|| session(&service.hours, query.at, query.window_end()).is_ok())
    }

    /// The answer by going through all places, without those that are always offered.
    pub fn scan(&mut self, grid: &[GridRef]) -> Vec<String> {
        let from = GridRef::of(self.query.from);
        let half = (HALF_KM * 1_000.0) as i32;
        let mut fitting: BTreeMap<u32, Vec<(i64, usize)>> = BTreeMap::new();
        for (index, place) in grid.iter().enumerate() {
            let east = place.easting - from.easting;
            let north = place.northing - from.northing;
            if east.abs() > half || north.abs() > half || !self.fits(index) {
                continue;
            }
            let distance = i64::from(east).pow(2) + i64::from(north).pow(2);
            let kind = self.services[index].kind;
            fitting
                .entry(kind.rank())
                .or_default()
                .push((distance, index));
        }
        let mut found = Vec::new();
        for places in fitting.values_mut() {
            // Ids go up with the index.
            places.sort_unstable();
            let most = quota(self.services[places[0].1].kind);
            let first = places.iter().take(most);
            found.extend(first.map(|(_, index)| self.services[*index].id.as_str().to_owned()));
        }
        found
    }
}

/// Ids of what is offered by rank.
pub fn ranked(answer: &SearchResults) -> Vec<String> {
    let ranked = answer
        .found
        .iter()
        .filter(|found| found.standing != RankReason::CatchAll);
    ranked
        .map(|found| found.service.id.as_str().to_owned())
        .collect()
}
