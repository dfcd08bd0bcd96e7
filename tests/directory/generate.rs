//! Random directories and questions, small and crowded so that rules meet.

use std::sync::Arc;

use domain::care::{AgeRange, Care, Sex};
use domain::event::Rag;
use domain::service_contacts::{Audience, Facility};
use domain::{At, Position, Service, ServiceKind};
use proptest::prelude::*;
use views::search::{Disposition, LiveStatus, Query, Reach};

/// Texts that between them have every sort of session.
const HOURS: [&str; 8] = [
    "24/7",
    "Mo-Fr 08:00-18:00",
    "Mo-Su 22:00-02:30",
    "Sa-Su,PH 09:00-12:00,13:00-17:00",
    "Mo-Su 09:00-09:20",
    "Mo-Fr 18:30-21:00; PH 10:00-14:00",
    "Mo-Su 08:00-20:00; 2026 Dec 25 off",
    "Mo-Su 00:30-03:00",
];

const KINDS: [ServiceKind; 6] = [
    ServiceKind::Ed,
    ServiceKind::EdPaediatric,
    ServiceKind::Utc,
    ServiceKind::Pharmacy,
    ServiceKind::GpOoh,
    ServiceKind::MentalHealthHub,
];

/// A record and what it says of itself now.
pub type Listed = (Service, LiveStatus);

fn position() -> impl Strategy<Value = Position> {
    // Few places, so that many stand at the same one and order has to be made by id.
    (0..3_i32, 0..3_i32).prop_map(|(north, east)| Position {
        lat: 52.4 + f64::from(north) * 0.2,
        lng: -1.6 + f64::from(east) * 0.3,
    })
}

fn care() -> impl Strategy<Value = Care> {
    let ages = prop_oneof![
        3 => Just(Vec::new()),
        1 => Just(vec![AgeRange { from_days: 0, to_days: 5_843 }]),
        1 => Just(vec![AgeRange { from_days: 5_844, to_days: 50_000 }]),
    ];
    let sexes = prop_oneof![4 => Just(Vec::new()), 1 => Just(vec![Sex::F])];
    let symptoms = prop::collection::vec((1..4_u32, 1..4_u32), 0..4);
    let dispositions = prop::collection::btree_map(
        prop::sample::select(vec!["Dx05", "Dx08"]).prop_map(Into::into),
        30..240_u32,
        0..2,
    );
    (ages, sexes, symptoms, dispositions).prop_map(|(ages, sexes, symptoms, dispositions)| {
        Care {
            ages,
            sexes,
            symptoms: symptoms.into_iter().map(Into::into).collect(),
            dispositions,
        }
        .in_order()
    })
}

fn live() -> impl Strategy<Value = LiveStatus> {
    let capacity = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Rag::Red)),
        1 => Just(Some(Rag::Amber)),
    ];
    (capacity, prop::bool::weighted(0.1)).prop_map(|(capacity, is_closed)| LiveStatus {
        capacity,
        is_closed,
    })
}

fn listed(number: usize) -> impl Strategy<Value = Listed> {
    let about = (
        prop::sample::select(KINDS.to_vec()),
        prop::sample::select(HOURS.to_vec()),
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.5, any::<bool>()),
        prop::bool::weighted(0.2),
    );
    (position(), care(), live(), about).prop_map(move |(position, care, live, about)| {
        let (kind, hours, active, is_professional, xray, is_restricted) = about;
        let json = serde_json::json!({
            "id": format!("s{number:02}"), "name": "A place", "kind": kind,
            "position": position, "hours": hours, "active": active,
        });
        let mut service: Service = serde_json::from_value(json).unwrap();
        service.care = Arc::new(care);
        if is_professional {
            service.audience = Audience::Professional;
        }
        if is_restricted {
            service.referral.roles = vec!["GP".to_owned()];
        }
        service
            .facilities
            .extend(xray.map(|is_there| (Facility::Xray, is_there)));
        (service, live)
    })
}

/// A directory of up to thirty places; now and then of so many that a kind has more than the index walks one
/// by one.
pub fn directory() -> impl Strategy<Value = Vec<Listed>> {
    prop_oneof![19 => 0..30_usize, 1 => 500..600_usize]
        .prop_flat_map(|count| (0..count).map(listed).collect::<Vec<_>>())
}

/// A question about a moment of 2026, both clock changes and bank holidays among them.
pub fn query() -> impl Strategy<Value = Query> {
    let moment = prop_oneof![
        (1_767_225_600..1_798_761_600_i64).prop_map(|second| At(second * 1_000)),
        (0..240_i64).prop_map(|m| At::parse("2026-10-24T23:00:00Z").unwrap().plus(m * 60_000)),
        (0..240_i64).prop_map(|m| At::parse("2026-03-28T23:00:00Z").unwrap().plus(m * 60_000)),
        (0..1_440_i64).prop_map(|m| At::parse("2026-12-25T00:00:00Z").unwrap().plus(m * 60_000)),
    ];
    // The auditor goes minute by minute.
    let moment = moment.prop_map(|at| At(at.0 - at.0.rem_euclid(60_000)));
    let reach = prop_oneof![
        (5.0..70.0_f64).prop_map(Reach::Square),
        (5.0..70.0_f64).prop_map(Reach::Circle)
    ];
    let patient = (
        prop::option::of(prop_oneof![
            Just(100_u32),
            Just(5_843),
            Just(5_844),
            Just(20_000)
        ]),
        prop::option::of(prop_oneof![Just(Sex::F), Just(Sex::M)]),
        prop::option::of((1..4_u32, prop::collection::vec(1..4_u32, 0..3))),
        prop::option::of((
            prop::sample::select(vec!["Dx05", "Dx08", "Dx99"]),
            prop::option::of(0..300_u32),
        )),
    );
    let more = (
        any::<bool>(),
        prop::option::weighted(0.2, Just(Facility::Xray)),
        prop::option::weighted(0.3, prop::sample::select(vec!["GP", "111"])),
        prop::collection::vec(prop::sample::select(KINDS.to_vec()), 0..2),
    );
    (position(), moment, reach, patient, more).prop_map(|(from, at, reach, patient, more)| {
        let (is_public, facility, role, kinds) = more;
        let audience = if is_public {
            Audience::Public
        } else {
            Audience::Professional
        };
        let (age_days, sex, symptom, dx) = patient;
        Query {
            age_days,
            sex,
            symptom,
            disposition: dx.map(|(code, minutes)| Disposition {
                code: code.into(),
                minutes,
            }),
            facility,
            role: role.map(Into::into),
            kinds,
            ..Query::at(from, at, reach, audience)
        }
    })
}
