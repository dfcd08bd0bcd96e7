//! Services from CSV, a row each. The columns of our demonstration file; those that are absent were not said.

use compact_str::CompactString;
use jiff::civil::Date;
use serde::Deserialize;

use crate::directory::records::{Checked, Interner};
use domain::care::{AgeRange, Care, Sex, Symptom, years_in_days};
use domain::service_contacts::{Audience, Contacts, Facility, ReferralRoute};
use domain::{Position, Service, ServiceId, ServiceKind, Station};

#[derive(Deserialize)]
struct CsvRow {
    id: String,
    name: String,
    ods_site_code: String,
    #[serde(default)]
    parent_ods: String,
    provider: String,
    service_type: String,
    in_llr: String,
    address: String,
    postcode: String,
    lat: f64,
    lng: f64,
    opening_hours: String,
    walk_in: String,
    bookable_via_111: String,
    takes_ambulances: String,
    source: String,
    confidence: String,
    notes: String,
    bus_stops_400m: Option<u32>,
    nearest_rail_station: String,
    rail_distance_km: Option<f64>,
    #[serde(default)]
    public_name: String,
    #[serde(default)]
    dos_id: String,
    #[serde(default)]
    active: String,
    #[serde(default)]
    audience: String,
    #[serde(default)]
    ages: String,
    #[serde(default)]
    sexes: String,
    #[serde(default)]
    symptoms: String,
    #[serde(default)]
    dispositions: String,
    #[serde(default)]
    public_phone: String,
    #[serde(default)]
    clinical_phone: String,
    #[serde(default)]
    web: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    only_referred: String,
    #[serde(default)]
    referral_roles: String,
    #[serde(default)]
    public_instructions: String,
    #[serde(default)]
    clinical_instructions: String,
    #[serde(default)]
    attributes: String,
    #[serde(default)]
    facilities: String,
    #[serde(default)]
    checked_on: String,
}

/// Reads all rows; what is wrong with one is added to `faults` by line and field.
pub fn read(text: &str, faults: &mut Vec<String>) -> Vec<Service> {
    let mut list = Checked::default();
    let mut shared = Interner::default();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for (index, row) in reader.deserialize::<CsvRow>().enumerate() {
        let place = format!("services line {}", index + 2);
        let read = row
            .map_err(|why| vec![why.to_string()])
            .and_then(|row| service(row, &mut shared));
        match read {
            Ok(service) => list.take(&place, service, faults),
            Err(whys) => faults.extend(whys.into_iter().map(|why| format!("{place}: {why}"))),
        }
    }
    list.services
}

fn service(row: CsvRow, shared: &mut Interner) -> Result<Service, Vec<String>> {
    let mut cells = Cells::default();
    let id = ServiceId::new(&row.id)
        .map_err(|why| cells.fault("id", &why.to_string()))
        .ok();
    let kind = ServiceKind::find(&row.service_type);
    if kind.is_none() {
        let why = format!("{:?} is not a known type", row.service_type);
        cells.fault("service_type", &why);
    }
    let hours = shared
        .hours(&row.opening_hours)
        .map_err(|why| cells.whys.push(why))
        .ok();
    let in_llr = cells.yes("in_llr", &row.in_llr);
    let walk_in = cells.yes("walk_in", &row.walk_in);
    let takes_ambulances = cells.yes("takes_ambulances", &row.takes_ambulances);
    let active = row.active.is_empty() || cells.yes("active", &row.active);
    let only_referred =
        !row.only_referred.is_empty() && cells.yes("only_referred", &row.only_referred);
    let audience = cells.audience(&row.audience);
    let care = care(&row, &mut cells);
    let facilities = cells.each("facilities", &row.facilities, facility);
    let attributes = cells.each("attributes", &row.attributes, attribute);
    let (contacts, referral) = (contacts(&row), referral(&row, only_referred));
    let checked_on = cells.each("checked_on", &row.checked_on, |text| {
        text.parse::<Date>().ok()
    });
    let (Some(id), Some(kind), Some(hours), true) = (id, kind, hours, cells.whys.is_empty()) else {
        return Err(cells.whys);
    };
    Ok(Service {
        id,
        name: row.name,
        public_name: said(&row.public_name),
        dos_id: said(&row.dos_id).map(Into::into),
        ods: row.ods_site_code.into(),
        parent_ods: row.parent_ods.into(),
        provider: row.provider,
        kind,
        active,
        audience,
        in_llr,
        address: row.address,
        postcode: row.postcode.into(),
        position: Position {
            lat: row.lat,
            lng: row.lng,
        },
        hours,
        walk_in,
        bookable_via_111: row.bookable_via_111.into(),
        takes_ambulances,
        care: shared.care(care),
        contacts,
        referral,
        endpoints: Vec::new(),
        attributes: attributes.into_iter().collect(),
        facilities: facilities.into_iter().collect(),
        bus_stops_400m: row.bus_stops_400m,
        nearest_rail: row.rail_distance_km.map(|km| Station {
            name: row.nearest_rail_station,
            metres: (km * 1_000.0).round() as u32,
        }),
        checked_on: checked_on.into_iter().next(),
        source: row.source,
        confidence: row.confidence.into(),
        notes: row.notes,
    })
}

fn care(row: &CsvRow, cells: &mut Cells) -> Care {
    Care {
        ages: cells.each("ages", &row.ages, age_range),
        sexes: cells.each("sexes", &row.sexes, Sex::find),
        symptoms: cells.each("symptoms", &row.symptoms, symptom),
        dispositions: cells
            .each("dispositions", &row.dispositions, disposition)
            .into_iter()
            .collect(),
    }
}

fn contacts(row: &CsvRow) -> Contacts {
    Contacts {
        public_phone: said(&row.public_phone),
        clinical_phone: said(&row.clinical_phone),
        web: said(&row.web),
        email: said(&row.email),
    }
}

fn referral(row: &CsvRow, only_referred: bool) -> ReferralRoute {
    let roles = row.referral_roles.split(';').map(str::trim);
    ReferralRoute {
        only_referred,
        roles: roles
            .filter(|role| !role.is_empty())
            .map(ToOwned::to_owned)
            .collect(),
        public_instructions: said(&row.public_instructions),
        clinical_instructions: said(&row.clinical_instructions),
    }
}

fn said(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// Reads the cells of one row and keeps what is wrong with them.
#[derive(Default)]
struct Cells {
    whys: Vec<String>,
}

impl Cells {
    fn fault(&mut self, field: &str, why: &str) {
        self.whys.push(format!("{field}: {why}"));
    }

    fn yes(&mut self, field: &str, text: &str) -> bool {
        match text {
            "yes" => true,
            "no" => false,
            other => {
                self.fault(field, &format!("{other:?} is neither yes nor no"));
                false
            }
        }
    }

    fn audience(&mut self, text: &str) -> Audience {
        match text {
            "" | "public" => Audience::Public,
            "professional" => Audience::Professional,
            other => {
                self.fault(
                    "audience",
                    &format!("{other:?} is neither public nor professional"),
                );
                Audience::Professional
            }
        }
    }

    /// The parts between semicolons.
    fn each<T>(&mut self, field: &str, text: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let mut all = Vec::new();
        for part in text
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            match read(part) {
                Some(value) => all.push(value),
                None => self.fault(field, &format!("{part:?} cannot be read")),
            }
        }
        all
    }
}

/// `16-120` in completed years, or `0d-91d` in days.
fn age_range(text: &str) -> Option<AgeRange> {
    let (from, to) = text.split_once('-')?;
    let days = |text: &str| text.strip_suffix('d')?.parse::<u32>().ok();
    let years = |text: &str| text.parse::<u32>().ok().filter(|years| *years <= 130);
    Some(match (days(from), days(to)) {
        (Some(from_days), Some(to_days)) => AgeRange { from_days, to_days },
        _ => AgeRange {
            from_days: years_in_days(f64::from(years(from)?)),
            to_days: years_in_days(f64::from(years(to)? + 1)) - 1,
        },
    })
}

/// `1234:4567`, a symptom group and a discriminator.
fn symptom(text: &str) -> Option<Symptom> {
    let (group, discriminator) = text.split_once(':')?;
    Some(Symptom {
        group: group.parse().ok()?,
        discriminator: discriminator.parse().ok()?,
    })
}

/// `Dx05:120`, a disposition and its minutes.
fn disposition(text: &str) -> Option<(CompactString, u32)> {
    let (code, minutes) = text.split_once(':')?;
    Some((code.into(), minutes.parse().ok()?))
}

/// `requirebooking=true`
fn attribute(text: &str) -> Option<(CompactString, CompactString)> {
    let (name, value) = text.split_once('=')?;
    Some((name.trim().into(), value.trim().into()))
}

/// `xray=yes`
fn facility(text: &str) -> Option<(Facility, bool)> {
    let (name, is_there) = text.split_once('=')?;
    let is_there = match is_there {
        "yes" => true,
        "no" => false,
        _ => return None,
    };
    Some((Facility::find(name)?, is_there))
}
