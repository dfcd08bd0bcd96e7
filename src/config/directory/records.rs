//! Our own form: one record a line, as JSON; and what any record must keep to, whatever form it came in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::care::Care;
use domain::opening::Hours;
use domain::{At, Service, ServiceId};

/// Records that one text may hold.
pub const RECORDS_MAX: usize = 200_000;
/// Longest name, address or note, characters.
const TEXT_CHARS_MAX: usize = 2_000;
/// A moment from which on a place must open at some time: the beginning of 2026.
const FROM: At = At(1_767_225_600_000);

/// Shares what many records have in common: hours and care.
#[derive(Default)]
pub struct Interner {
    hours: BTreeMap<String, Hours>,
    care: BTreeSet<Arc<Care>>,
}

impl Interner {
    /// Reads hours, once for each text.
    pub fn hours(&mut self, text: &str) -> Result<Hours, String> {
        if let Some(known) = self.hours.get(text) {
            return Ok(known.clone());
        }
        let hours = Hours::parse(text)?;
        self.hours.insert(text.to_owned(), hours.clone());
        Ok(hours)
    }

    /// The same care, shared, its lists in order.
    pub fn care(&mut self, care: Care) -> Arc<Care> {
        let care = care.in_order();
        if let Some(known) = self.care.get(&care) {
            return Arc::clone(known);
        }
        let care = Arc::new(care);
        self.care.insert(Arc::clone(&care));
        care
    }

    /// The record with everything shared that can be.
    pub fn share(&mut self, mut service: Service) -> Service {
        let text = service.hours.text();
        match self.hours.get(text) {
            Some(known) => service.hours = known.clone(),
            None => {
                self.hours.insert(text.to_owned(), service.hours.clone());
            }
        }
        service.care = self.care(Arc::unwrap_or_clone(service.care));
        service
    }
}

/// Reads lines of JSON, each a record.
pub fn read(text: &str, faults: &mut Vec<String>) -> Vec<Service> {
    let mut list = Checked::default();
    let mut shared = Interner::default();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = format!("services line {}", index + 1);
        match serde_json::from_str::<Service>(line) {
            Ok(service) => list.take(&place, shared.share(service), faults),
            Err(why) => faults.push(format!("{place}: {why}")),
        }
    }
    list.services
}

/// Reads a list of records, each a JSON value; for changes of the Directory while the server runs.
pub fn read_records(records: &[serde_json::Value]) -> Result<Vec<Service>, Vec<String>> {
    let mut faults = Vec::new();
    let mut list = Checked::default();
    let mut shared = Interner::default();
    for (index, record) in records.iter().enumerate() {
        let place = format!("put[{index}]");
        match serde_json::from_value::<Service>(record.clone()) {
            Ok(service) => list.take(&place, shared.share(service), &mut faults),
            Err(why) => faults.push(format!("{place}: {why}")),
        }
    }
    if faults.is_empty() {
        Ok(list.services)
    } else {
        Err(faults)
    }
}

/// Records that were checked, none twice.
#[derive(Default)]
pub struct Checked {
    /// In the order in which they came.
    pub services: Vec<Service>,
    ids: BTreeSet<ServiceId>,
    dos_ids: BTreeMap<compact_str::CompactString, ServiceId>,
}

impl Checked {
    /// Takes a record, or says what is wrong with it.
    pub fn take(&mut self, place: &str, service: Service, faults: &mut Vec<String>) {
        let before = faults.len();
        let fault = |why: String| format!("{place}: {why}");
        faults.extend(faults_of(&service).into_iter().map(fault));
        if self.services.len() >= RECORDS_MAX {
            faults.push(fault(format!("more than {RECORDS_MAX} records")));
        }
        if self.ids.contains(&service.id) {
            faults.push(fault(format!("id {} is there twice", service.id)));
        }
        if let Some(known) = service.dos_id.as_ref().and_then(|id| self.dos_ids.get(id)) {
            faults.push(fault(format!("dos_id: {known} has the same")));
        }
        if faults.len() == before {
            self.ids.insert(service.id.clone());
            if let Some(dos_id) = &service.dos_id {
                self.dos_ids.insert(dos_id.clone(), service.id.clone());
            }
            self.services.push(service);
        }
    }
}

/// What a record must keep to, whatever form it came in; one text for each fault, the field first.
pub fn faults_of(service: &Service) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |is_right: bool, why: &str| {
        if !is_right {
            faults.push(why.to_owned());
        }
    };
    let position = service.position;
    let is_on_earth = domain::Position::new(position.lat, position.lng).is_some();
    check(is_on_earth, "lat, lng: not a position on the earth");
    check(!service.name.trim().is_empty(), "name: is empty");
    let texts = [
        &service.name,
        &service.address,
        &service.notes,
        &service.provider,
    ];
    let is_short = texts
        .iter()
        .all(|text| text.chars().count() <= TEXT_CHARS_MAX);
    check(
        is_short,
        "name, address, notes, provider: over 2000 characters",
    );
    let is_digits =
        |text: &str| (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    check(
        service.dos_id.as_ref().is_none_or(|id| is_digits(id)),
        "dos_id: must be 1 to 12 digits",
    );
    check(
        service.hours.opens_after(FROM),
        "opening_hours: it never opens; write the hours, or take the record out",
    );
    check(
        service
            .care
            .ages
            .iter()
            .all(|range| range.from_days <= range.to_days),
        "ages: the youngest must not be older than the oldest",
    );
    let known = ["", "yes", "no", "time-slot", "clinician", "pharmacy-first"];
    check(
        known.contains(&service.bookable_via_111.as_str()),
        "bookable_via_111: must be yes, no, time-slot, clinician or pharmacy-first",
    );
    check(
        ["", "high", "medium", "low"].contains(&service.confidence.as_str()),
        "confidence: must be high, medium or low",
    );
    let is_web = |text: &String| text.starts_with("https://") || text.starts_with("http://");
    check(
        service.contacts.web.as_ref().is_none_or(is_web),
        "web: must begin with https:// or http://",
    );
    faults
}
