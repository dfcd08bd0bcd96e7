//! A made-up nation of services, the same for the same seed: spread over England by where people live,
//! kinds in about the numbers in which they exist, hours and care shared as they are in a real extract.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::care::{AgeRange, Care, Sex, years_in_days};
use domain::event::Rag;
use domain::opening::Hours;
use domain::service_contacts::Audience;
use domain::{Position, Service, ServiceKind};
use views::search::LiveStatus;

use super::random::Dice;
use super::towns::TOWNS;

/// Kinds, how many of 100,000 services, profiles of care, and the least and most symptom pairs of one. The
/// first are about as many as there are in England; the rest is spread over what is left.
const KINDS: [(ServiceKind, u32, u32, (u32, u32)); 23] = [
    (ServiceKind::Pharmacy, 11_000, 40, (50, 120)),
    (ServiceKind::GpPractice, 6_300, 60, (200, 400)),
    (ServiceKind::Ed, 150, 20, (300, 400)),
    (ServiceKind::EdMtc, 25, 5, (300, 400)),
    (ServiceKind::EdPaediatric, 25, 5, (200, 300)),
    (ServiceKind::EdSingleSpecialty, 80, 5, (50, 60)),
    (ServiceKind::Utc, 250, 40, (200, 300)),
    (ServiceKind::Ucc, 60, 10, (150, 250)),
    (ServiceKind::Miu, 120, 15, (80, 150)),
    (ServiceKind::Sdec, 200, 30, (60, 150)),
    (ServiceKind::Cdu, 60, 10, (60, 100)),
    (ServiceKind::AcuteSiteNoEd, 250, 10, (50, 100)),
    (ServiceKind::ExtendedHoursHub, 1_300, 40, (200, 350)),
    (ServiceKind::GpOoh, 200, 30, (250, 400)),
    (ServiceKind::UrgentDental, 8_000, 20, (50, 70)),
    (ServiceKind::CommunityDental, 1_000, 10, (50, 60)),
    (ServiceKind::Optometrist, 5_700, 15, (50, 60)),
    (ServiceKind::SexualHealth, 1_500, 15, (50, 80)),
    (ServiceKind::MentalHealthHub, 4_000, 30, (50, 90)),
    (ServiceKind::CrisisCafe, 2_500, 15, (50, 60)),
    (ServiceKind::SocialCare, 22_000, 60, (50, 80)),
    (ServiceKind::PrivateUrgentCare, 600, 10, (100, 200)),
    (ServiceKind::CommunityNursing, 34_680, 120, (50, 150)),
];

/// Symptom groups, and discriminators in each: the number that the national list has, not its codes.
const GROUPS: u32 = 180;
/// See [`GROUPS`].
const DISCRIMINATORS: u32 = 12;
/// Codes of dispositions.
const DISPOSITIONS: u32 = 90;
/// Minutes that a disposition may give.
const MINUTES: [u32; 9] = [10, 30, 60, 120, 240, 360, 720, 1_440, 4_320];
/// Half the side of the clump of a town of a thousand thousand people, degrees of latitude.
const SPREAD: f64 = 0.05;

/// As many services as asked for; those of each kind in proportion.
pub fn services(count: u32, seed: u64) -> anyhow::Result<Vec<Service>> {
    let mut dice = Dice::new(seed);
    let mut hours = BTreeMap::new();
    let mut services = Vec::new();
    for (kind, number, profiles, pairs) in KINDS {
        let profiles: Vec<Arc<Care>> = (0..profiles)
            .map(|_| Arc::new(care(kind, pairs, &mut dice)))
            .collect();
        for _ in 0..u64::from(number) * u64::from(count) / 100_000 {
            let text = hours_text(kind, &mut dice);
            let known = if let Some(known) = hours.get(&text) {
                Hours::clone(known)
            } else {
                let read = Hours::parse(&text).map_err(|why| anyhow::anyhow!("{why}"))?;
                hours.insert(text, read.clone());
                read
            };
            let care = Arc::clone(dice.pick(&profiles));
            let number = services.len();
            services.push(service(number, kind, known, care, &mut dice)?);
        }
    }
    Ok(services)
}

/// What each of so many places says of itself: most say nothing.
pub fn live(count: usize, seed: u64) -> Vec<LiveStatus> {
    let mut dice = Dice::new(seed + 1);
    (0..count).map(|_| word(&mut dice)).collect()
}

fn word(dice: &mut Dice) -> LiveStatus {
    let capacity = match dice.below(200) {
        0 => Some(Rag::Red),
        1..=3 => Some(Rag::Amber),
        4..=6 => Some(Rag::Green),
        _ => None,
    };
    LiveStatus {
        capacity,
        is_closed: dice.below(1_000) == 0,
    }
}

/// A place where people live: a town by its size, then about a clump; one in seven well outside it.
pub fn place(dice: &mut Dice) -> Position {
    let all: u32 = TOWNS.iter().map(|town| town.3).sum();
    let mut chosen = dice.below(all);
    let mut town = &TOWNS[0];
    for candidate in &TOWNS {
        if chosen < candidate.3 {
            town = candidate;
            break;
        }
        chosen -= candidate.3;
    }
    let wide = if dice.below(7) == 0 { 0.25 } else { 0.0 };
    let spread = wide + SPREAD * (f64::from(town.3) / 1_000.0).sqrt().max(0.4);
    let lat = town.1 + spread * dice.bell();
    Position {
        lat: round(lat),
        lng: round(town.2 + spread * dice.bell() / lat.to_radians().cos()),
    }
}

fn round(degrees: f64) -> f64 {
    (degrees * 1e5).round() / 1e5
}

fn service(
    number: usize,
    kind: ServiceKind,
    hours: Hours,
    care: Arc<Care>,
    dice: &mut Dice,
) -> anyhow::Result<Service> {
    let label = kind.label();
    let position = place(dice);
    let mut service: Service = serde_json::from_value(serde_json::json!({
        "id": format!("n{number:06}"),
        "dos_id": (2_000_000_000_u64 + number as u64).to_string(),
        "name": format!("{} number {number}", kind.plain()),
        "ods": format!("X{number:05}"),
        "provider": format!("Provider {}", number % 4_000),
        "kind": label,
        "address": format!("{} High Street", number % 300 + 1),
        "postcode": format!("ZZ{} {}ZZ", number % 90 + 1, number % 9 + 1),
        "position": position,
        "hours": "24/7",
        "walk_in": kind.has_waits(),
        "takes_ambulances": kind.is_ed(),
        "contacts": {
            "public_phone": format!("01632 {:06}", number),
            "clinical_phone": format!("01632 {:06}", number),
        },
        "source": "generated",
        "confidence": "low",
    }))?;
    service.active = dice.below(100) > 0;
    let is_professional = match kind {
        ServiceKind::CommunityNursing | ServiceKind::Sdec | ServiceKind::Cdu => dice.below(2) == 0,
        _ => false,
    };
    if is_professional {
        service.audience = Audience::Professional;
    }
    service.hours = hours;
    service.care = care;
    Ok(service)
}

/// Symptoms of a kind: the same few groups for each of its profiles where it is a narrow one.
fn care(kind: ServiceKind, (least, most): (u32, u32), dice: &mut Dice) -> Care {
    let pairs = dice.between(least, most);
    let groups = (pairs / 6).clamp(10, GROUPS);
    let first = kind.rank() * 7;
    let mut symptoms = Vec::new();
    while symptoms.len() < pairs as usize {
        let group = (first + dice.below(groups + groups / 4)) % GROUPS;
        let discriminator = group * 3 + dice.below(DISCRIMINATORS);
        symptoms.push((1_000 + group, 4_000 + discriminator).into());
        symptoms.sort_unstable();
        symptoms.dedup();
    }
    let from = dice.below(2) * 16;
    let ages = match kind {
        ServiceKind::EdPaediatric => vec![(0, 15)],
        ServiceKind::SocialCare | ServiceKind::CommunityNursing => vec![(from, 129)],
        ServiceKind::Pharmacy | ServiceKind::Miu => vec![(dice.below(3), 129)],
        _ => vec![(0, 129)],
    };
    let ages = ages.into_iter().map(|(from, to)| AgeRange {
        from_days: years_in_days(f64::from(from)),
        to_days: years_in_days(f64::from(to + 1)) - 1,
    });
    let sexes = match dice.below(20) {
        0 if kind == ServiceKind::SexualHealth => vec![Sex::F],
        1..=10 => vec![Sex::F, Sex::M, Sex::I],
        _ => Vec::new(),
    };
    let dispositions = (0..dice.between(15, 45)).map(|_| {
        let code = format!("Dx{:02}", 1 + (first + dice.below(60)) % DISPOSITIONS);
        (code.into(), *dice.pick(&MINUTES))
    });
    Care {
        ages: ages.collect(),
        sexes,
        dispositions: dispositions.collect(),
        symptoms,
    }
    .in_order()
}

/// Hours as a place of that kind writes them.
fn hours_text(kind: ServiceKind, dice: &mut Dice) -> String {
    let from = dice.pick(&["07:00", "08:00", "08:30", "09:00", "09:30"]);
    let until = dice.pick(&["17:00", "17:30", "18:00", "18:30", "19:00", "20:00"]);
    let saturday = dice.pick(&[
        "",
        "; Sa 09:00-12:00",
        "; Sa 09:00-13:00",
        "; Sa 09:00-17:30",
    ]);
    let days = || format!("Mo-Fr {from}-{until}");
    match kind {
        ServiceKind::Ed | ServiceKind::EdMtc | ServiceKind::EdPaediatric => "24/7".to_owned(),
        ServiceKind::Utc | ServiceKind::Ucc | ServiceKind::Miu => match dice.below(4) {
            0 => "24/7".to_owned(),
            _ => format!(
                "Mo-Su {from}-{}",
                dice.pick(&["20:00", "21:00", "22:00", "23:30"])
            ),
        },
        ServiceKind::GpOoh => "Mo-Fr 18:30-08:00; Sa-Su,PH 00:00-24:00".to_owned(),
        ServiceKind::ExtendedHoursHub => {
            let end = dice.pick(&["20:00", "20:30", "21:00"]);
            format!("Mo-Fr 18:30-{end}{saturday}")
        }
        ServiceKind::CrisisCafe => {
            let end = dice.pick(&["23:00", "24:00", "01:00", "02:00"]);
            format!("Mo-Su {}-{end}", dice.pick(&["16:00", "17:00", "18:00"]))
        }
        ServiceKind::Pharmacy => match dice.below(40) {
            0 => "Mo-Sa 07:00-22:00; Su 10:00-17:00".to_owned(),
            1 => "Mo-Su 07:00-23:00".to_owned(),
            2..=8 => format!("Mo-Fr {from}-13:00,14:00-{until}{saturday}; PH off"),
            _ => format!("{}{saturday}; PH off", days()),
        },
        ServiceKind::GpPractice => match dice.below(4) {
            0 => format!("Mo-Fr {from}-13:00,14:00-{until}; PH off"),
            1 => format!("Mo,Tu,Th,Fr {from}-{until}; We {from}-13:00; PH off"),
            _ => "Mo-Fr 08:00-18:30; PH off".to_owned(),
        },
        ServiceKind::CommunityNursing | ServiceKind::MentalHealthHub | ServiceKind::SocialCare => {
            match dice.below(8) {
                0 => "24/7".to_owned(),
                1 => format!("Mo-Su {from}-22:00"),
                2 => format!("Mo-Su {from}-{until}"),
                _ => format!("{}; PH off", days()),
            }
        }
        _ => format!("{}{saturday}; PH off", days()),
    }
}
