//! The rules of the search, read slowly: every place, every minute, nothing remembered.

use domain::At;
use domain::event::Rag;
use domain::national_grid::GridRef;
use domain::service_contacts::Audience;
use domain::time::MINUTE;
use domain::{Service, ServiceKind};
use views::search::{Query, Reach};

use super::generate::Listed;

/// Minutes in which it must open.
fn window_minutes(query: &Query) -> i64 {
    match query.disposition.as_ref().and_then(|dx| dx.minutes) {
        None | Some(0) => 60,
        Some(minutes) if minutes <= 30 => 30,
        Some(minutes) if minutes <= 60 => i64::from(minutes),
        Some(minutes) => i64::from(minutes) - 60,
    }
}

/// The first minute of the window from which on it is open for half an hour.
pub fn opens(service: &Service, query: &Query) -> Option<At> {
    let is_open = |minute: i64| service.hours.at(query.at.plus(minute * MINUTE)).is_open();
    (0..=window_minutes(query))
        .find(|minute| (*minute..minute + 30).all(is_open))
        .map(|minute| query.at.plus(minute * MINUTE))
}

/// Metres east and north.
fn apart(query: &Query, service: &Service) -> (i64, i64) {
    let (a, b) = (GridRef::of(query.from), GridRef::of(service.position));
    (
        i64::from(b.easting) - i64::from(a.easting),
        i64::from(b.northing) - i64::from(a.northing),
    )
}

fn is_in_area(query: &Query, service: &Service) -> bool {
    let (east, north) = apart(query, service);
    match query.reach {
        Reach::Square(km) => {
            let half = (km * 1_000.0).round() as i64;
            east.abs().max(north.abs()) <= half
        }
        Reach::Circle(km) => query.from.km_to(service.position) <= km,
    }
}

fn is_eligible(query: &Query, service: &Service) -> bool {
    let care = &service.care;
    let may_be_shown =
        query.audience == Audience::Professional || service.audience == Audience::Public;
    let is_kind = query.kinds.is_empty() || query.kinds.contains(&service.kind);
    let has = query
        .facility
        .is_none_or(|facility| service.facilities.get(&facility) == Some(&true));
    let age = query.age_days.is_none_or(|days| {
        care.ages.is_empty()
            || care
                .ages
                .iter()
                .any(|range| range.from_days <= days && days <= range.to_days)
    });
    let sex = query
        .sex
        .is_none_or(|sex| care.sexes.is_empty() || care.sexes.contains(&sex));
    let symptom = query.symptom.as_ref().is_none_or(|(group, wanted)| {
        let of_group: Vec<u32> = care
            .symptoms
            .iter()
            .filter(|s| s.group == *group)
            .map(|s| s.discriminator)
            .collect();
        care.symptoms.is_empty()
            || (!of_group.is_empty() && wanted.iter().all(|sd| of_group.contains(sd)))
    });
    let disposition = query.disposition.as_ref().is_none_or(|dx| {
        care.dispositions.is_empty() || care.dispositions.keys().any(|code| *code == dx.code)
    });
    let roles = &service.referral.roles;
    let role = query
        .role
        .as_ref()
        .is_none_or(|role| roles.is_empty() || roles.iter().any(|known| known == role.as_str()));
    service.active && may_be_shown && is_kind && has && age && sex && symptom && disposition && role
}

/// The ids of the places that are offered by the national rule, in order, without the catch-all.
pub fn ranked(directory: &[Listed], query: &Query) -> Vec<String> {
    let mut fitting: Vec<(u32, i64, String)> = directory
        .iter()
        .filter(|(service, live)| {
            is_in_area(query, service)
                && is_eligible(query, service)
                && live.capacity != Some(Rag::Red)
                && !live.is_closed
                && opens(service, query).is_some()
        })
        .map(|(service, _)| {
            let (east, north) = apart(query, service);
            (
                service.kind.rank(),
                east * east + north * north,
                service.id.to_string(),
            )
        })
        .collect();
    fitting.sort();
    let mut chosen: Vec<(u32, String)> = Vec::new();
    for (rank, _, id) in fitting {
        let most = if rank == ServiceKind::GpOoh.rank() {
            1
        } else {
            2
        };
        if chosen.iter().filter(|(known, _)| *known == rank).count() < most {
            chosen.push((rank, id));
        }
    }
    chosen.into_iter().map(|(_, id)| id).collect()
}

/// Whether a place could be the emergency department that is always offered.
pub fn could_be_catch_all(service: &Service, query: &Query) -> bool {
    matches!(
        service.kind,
        ServiceKind::Ed | ServiceKind::EdMtc | ServiceKind::EdPaediatric
    ) && service.active
        && is_eligible(
            &Query {
                age_days: query.age_days,
                sex: query.sex,
                ..Query::at(query.from, query.at, query.reach, Audience::Professional)
            },
            service,
        )
}
