//! A record of the Directory as JSON, and as a feature of GeoJSON.

use serde_json::{Value, json};

use domain::Service;
use domain::service_contacts::Audience;

/// A record as JSON; what is for professionals only where it is asked for by one.
pub fn record(service: &Service, audience: Audience) -> Value {
    let is_professional = audience == Audience::Professional;
    let mut body = json!({
        "id": service.id,
        "name": service.shown_name(),
        "dos_id": service.dos_id,
        "ods": service.ods,
        "provider": service.provider,
        "kind": service.kind.label(),
        "kind_words": service.kind.plain(),
        "dos_type": service.kind.dos_type(),
        "active": service.active,
        "in_llr": service.in_llr,
        "address": service.address,
        "postcode": service.postcode,
        "lat": service.position.lat,
        "lng": service.position.lng,
        "hours": service.hours.text(),
        "walk_in": service.walk_in,
        "bookable_via_111": service.bookable_via_111,
        "takes_ambulances": service.takes_ambulances,
        "requires_booking": service.requires_booking(),
        "phone": service.contacts.public_phone,
        "web": service.contacts.web,
        "public_instructions": service.referral.public_instructions,
        "ages_days": service.care.ages,
        "facilities": service.facilities,
        "bus_stops_400m": service.bus_stops_400m,
        "nearest_rail": service.nearest_rail,
        "checked_on": service.checked_on,
        "source": service.source,
        "confidence": service.confidence,
        "link": format!("/services/{}", service.id),
    });
    if is_professional {
        let more = json!({
            "full_name": service.name,
            "clinical_phone": service.contacts.clinical_phone,
            "email": service.contacts.email,
            "sexes": service.care.sexes,
            "symptoms": service.care.symptoms,
            "dispositions": service.care.dispositions,
            "referral": service.referral,
            "endpoints": service.endpoints,
            "attributes": service.attributes,
            "notes": service.notes,
        });
        merge(&mut body, more);
    }
    body
}

/// A record as a feature of GeoJSON.
pub fn feature(service: &Service, properties: &Value) -> Value {
    json!({
        "type": "Feature",
        "id": service.id,
        "geometry": {"type": "Point", "coordinates": [service.position.lng, service.position.lat]},
        "properties": properties,
    })
}

/// Puts the fields of one object into another.
pub fn merge(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}
