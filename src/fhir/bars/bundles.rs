//! Bundles and resources that are answered to booking software.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::bars::slot_id::fhir_id;
use domain::booking::ReferralCategory;
use domain::{At, Service, systems};
use views::{Booking, BookingStanding, Diary, Referral};

/// The version of BaRS that is spoken.
pub const VERSION: &str = "1.1.0";
/// The system of the national categories of a referral.
pub const CATEGORY: &str = "https://fhir.nhs.uk/CodeSystem/message-category-servicerequest";
/// The system of the national use cases.
pub const USE_CASE: &str = "https://fhir.nhs.uk/CodeSystem/usecases-categories-bars";

/// A UUID that always names the same resource: `fullUrl` has no other use.
fn uuid_of(kind: &str, id: &str) -> uuid::Uuid {
    let hash = digest(&SHA256, format!("{kind}/{id}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// An entry of a searchset; `mode` is `match` or `include`.
pub fn entry(resource: &Value, mode: &str) -> Value {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let id = resource["id"].as_str().unwrap_or_default();
    let url = format!("urn:uuid:{}", uuid_of(kind, id));
    json!({"fullUrl": url, "resource": resource, "search": {"mode": mode}})
}

/// Makes references to what is in the bundle point at its entries.
fn link_up(entries: &mut [Value]) {
    let urls: BTreeMap<String, Value> = entries
        .iter()
        .filter_map(|entry| {
            let kind = entry["resource"]["resourceType"].as_str()?;
            let id = entry["resource"]["id"].as_str()?;
            Some((format!("{kind}/{id}"), entry["fullUrl"].clone()))
        })
        .collect();
    for entry in entries {
        walk(&mut entry["resource"], &urls);
    }
}

fn walk(value: &mut Value, urls: &BTreeMap<String, Value>) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|value| walk(value, urls)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let url = value.as_str().and_then(|told| urls.get(told));
                match url {
                    Some(url) if name == "reference" => *value = url.clone(),
                    _ => walk(value, urls),
                }
            }
        }
        _ => {}
    }
}

/// A searchset of whole answers: there are no pages of slots.
pub fn searchset(
    kind: &str,
    understood: &[(String, String)],
    total: usize,
    mut entries: Vec<Value>,
    now: At,
) -> Value {
    link_up(&mut entries);
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b':' | b',' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let query: Vec<String> = understood
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect();
    let mut bundle = json!({
        "resourceType": "Bundle",
        "id": uuid::Uuid::new_v4().to_string(),
        "meta": {
            "versionId": VERSION,
            "lastUpdated": now.rfc3339_london(),
        },
        "type": "searchset",
        "timestamp": now.rfc3339_london(),
        "total": total,
        "link": [{"relation": "self", "url": format!("{kind}?{}", query.join("&"))}],
    });
    if !entries.is_empty() {
        bundle["entry"] = entries.into();
    }
    bundle
}

/// A booking as an Appointment. The patient is named only to whoever asked by the patient's number.
pub fn appointment(
    service: &Service,
    diary: &Diary,
    booking: &Booking,
    nhs_number: Option<&str>,
    now: At,
) -> Value {
    let made = &booking.made;
    let status = match booking.standing(now, diary.rule()) {
        BookingStanding::Booked => "booked",
        BookingStanding::Arrived => "arrived",
        BookingStanding::Seen => "fulfilled",
        BookingStanding::Cancelled => "cancelled",
        BookingStanding::DidNotAttend => "noshow",
    };
    let changed = booking.seen.or(booking.arrived);
    let changed = changed.or(booking.cancelled.as_ref().map(|(at, _)| *at));
    let patient = match nhs_number {
        Some(number) => json!({"type": "Patient", "identifier": {
            "system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}}),
        None => json!({"type": "Patient", "display": "The patient of this booking"}),
    };
    let mut resource = json!({
        "resourceType": "Appointment",
        "id": made.booking,
        "meta": {
            "versionId": if changed.is_some() { "2" } else { "1" },
            "lastUpdated": changed.unwrap_or(booking.at).rfc3339_london(),
            "profile": ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Appointment"],
        },
        "status": status,
        "start": made.start.rfc3339_london(),
        "end": made.end.rfc3339_london(),
        "created": booking.at.rfc3339_london(),
        "participant": [
            {"actor": patient, "status": "accepted"},
            {
                "actor": {
                    "reference": format!("HealthcareService/{}", service.id),
                    "display": service.shown_name(),
                },
                "status": "accepted",
            },
        ],
    });
    // FHIR asks for the slot while a booking is neither cancelled nor proposed.
    if let Some(id) = fhir_id(service, &made.slot) {
        resource["slot"] = json!([{"reference": format!("Slot/{id}")}]);
    }
    if let Some(referral) = &booking.referral {
        resource["basedOn"] = json!([{"reference": format!("ServiceRequest/{referral}")}]);
    }
    resource
}

/// A referral as a ServiceRequest.
pub fn service_request(service: &Service, referral: &Referral, nhs_number: Option<&str>) -> Value {
    let referred = &referral.referred;
    let code = match referred.category {
        ReferralCategory::Referral => ("referral", "Transfer of Care"),
        ReferralCategory::Validation => ("validation", "For Validation"),
    };
    let changed = referral.cancelled.as_ref().map(|(at, _)| *at);
    let mut subject = json!({"type": "Patient", "display": "The patient of this referral"});
    if let Some(number) = nhs_number {
        subject = json!({"type": "Patient", "identifier": {
            "system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}});
    }
    let mut resource = json!({
        "resourceType": "ServiceRequest",
        "id": referred.referral,
        "meta": {
            "versionId": if changed.is_some() { "2" } else { "1" },
            "lastUpdated": changed.unwrap_or(referral.at).rfc3339_london(),
        },
        "status": if changed.is_some() { "revoked" } else { "active" },
        "intent": "plan",
        "category": [{"coding": [{"system": CATEGORY, "code": code.0, "display": code.1}]}],
        "subject": subject,
        "authoredOn": referral.at.rfc3339_london(),
        "performer": [{
            "type": "HealthcareService",
            "identifier": {"system": systems::DOS_ID, "value": service.dos_id},
            "display": service.shown_name(),
        }],
    });
    if let Some(booking) = &referred.booking {
        resource["supportingInfo"] = json!([{"reference": format!("Appointment/{booking}")}]);
    }
    resource
}
