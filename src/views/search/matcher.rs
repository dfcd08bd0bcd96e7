//! Whether one place fits one question.

use std::collections::BTreeMap;

use crate::search::live_status::{LiveStatus, Now};
use crate::search::query::{Excluded, OPEN_FOR_MIN, OpeningSession, Query};
use domain::care::Care;
use domain::event::Rag;
use domain::opening::{Hours, Opening};
use domain::service_contacts::Audience;
use domain::{At, Service};

/// Changes of opening that are looked at within one question.
const CHANGES_MAX: usize = 8;

/// Judges places for one question; places with the same hours are asked once.
pub struct Matcher<'a> {
    query: &'a Query,
    now: Now<'a>,
    sessions: BTreeMap<usize, Result<OpeningSession, Excluded>>,
}

impl<'a> Matcher<'a> {
    /// For a question.
    pub fn new(query: &'a Query, now: Now<'a>) -> Self {
        Self {
            query,
            now,
            sessions: BTreeMap::new(),
        }
    }

    /// What was said live of a place.
    pub fn live(&self, service: &Service) -> LiveStatus {
        (self.now)(service)
    }

    /// When it is open for the patient, or the first reason against it, the cheapest asked first.
    pub fn fits(&mut self, service: &Service) -> Result<OpeningSession, Excluded> {
        if let Some(why) = self.record_says(service).next() {
            return Err(why);
        }
        if let Some(why) = self.live_says(service).next() {
            return Err(why);
        }
        self.session(service)
    }

    /// Whether the patient is among those treated.
    pub fn takes(&self, care: &Care) -> bool {
        let query = self.query;
        query.age_days.is_none_or(|days| care.takes_age(days))
            && query.sex.is_none_or(|sex| care.takes_sex(sex))
            && query
                .symptom
                .as_ref()
                .is_none_or(|(group, all)| care.takes_symptoms(*group, all))
            && query
                .disposition
                .as_ref()
                .is_none_or(|dx| care.takes_disposition(&dx.code))
    }

    /// Whether a place with these hours may be offered.
    pub fn may_open(&mut self, service: &Service) -> bool {
        self.query.closed_too || self.session(service).is_ok()
    }

    /// Every reason against it.
    pub fn all_reasons(&mut self, service: &Service) -> Vec<Excluded> {
        let mut why: Vec<Excluded> = self.record_says(service).collect();
        why.extend(self.live_says(service));
        why.extend(self.session(service).err());
        why
    }

    fn record_says(&self, service: &Service) -> impl Iterator<Item = Excluded> {
        let query = self.query;
        let care = &service.care;
        let is_hidden =
            query.audience == Audience::Public && service.audience == Audience::Professional;
        let is_other = !query.kinds.is_empty() && !query.kinds.contains(&service.kind);
        let lacks = query
            .facility
            .is_some_and(|facility| service.has(facility) != Some(true));
        let age = query.age_days.is_some_and(|days| !care.takes_age(days));
        let sex = query.sex.is_some_and(|sex| !care.takes_sex(sex));
        let symptom = query
            .symptom
            .as_ref()
            .is_some_and(|(group, all)| !care.takes_symptoms(*group, all));
        let disposition = query
            .disposition
            .as_ref()
            .is_some_and(|dx| !care.takes_disposition(&dx.code));
        let roles = &service.referral.roles;
        let role = query.role.as_ref().is_some_and(|role| {
            !roles.is_empty() && !roles.iter().any(|known| known == role.as_str())
        });
        [
            (!service.active, Excluded::NotActive),
            (is_hidden, Excluded::NotForThePublic),
            (is_other, Excluded::OtherKind),
            (lacks, Excluded::Facility),
            (age, Excluded::Age),
            (sex, Excluded::Sex),
            (symptom, Excluded::Symptom),
            (disposition, Excluded::Disposition),
            (role, Excluded::Role),
        ]
        .into_iter()
        .filter_map(|(is_so, why)| is_so.then_some(why))
    }

    fn live_says(&self, service: &Service) -> impl Iterator<Item = Excluded> {
        let live = self.live(service);
        let is_red = live.capacity == Some(Rag::Red);
        [
            (live.is_closed, Excluded::ClosedOutOfTurn),
            (is_red, Excluded::NoCapacity),
        ]
        .into_iter()
        .filter_map(|(is_so, why)| is_so.then_some(why))
    }

    fn session(&mut self, service: &Service) -> Result<OpeningSession, Excluded> {
        let query = self.query;
        *self
            .sessions
            .entry(service.hours.key())
            .or_insert_with(|| session(&service.hours, query.at, query.window_end()))
    }
}

/// The first session that begins within the time and is long enough.
pub fn session(hours: &Hours, from: At, until: At) -> Result<OpeningSession, Excluded> {
    let mut moment = from;
    let mut too_short = None;
    for _ in 0..CHANGES_MAX {
        let closes = match hours.at(moment) {
            Opening::AllHours | Opening::Open { until: None } => None,
            Opening::Open { until } => until,
            Opening::Closed { opens } => {
                match opens.filter(|opens| *opens <= until && *opens > moment) {
                    Some(opens) => moment = opens,
                    None => {
                        return Err(too_short.unwrap_or(Excluded::NotOpen { opens }));
                    }
                }
                continue;
            }
        };
        match closes {
            Some(closes) if closes.since(moment) < OPEN_FOR_MIN => {
                too_short.get_or_insert(Excluded::ClosesTooSoon { closes });
                if closes <= moment || closes > until {
                    break;
                }
                moment = closes;
            }
            closes => {
                return Ok(OpeningSession {
                    opens: moment,
                    closes,
                });
            }
        }
    }
    Err(too_short.unwrap_or(Excluded::NotOpen { opens: None }))
}
