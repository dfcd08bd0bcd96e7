//! The id that a slot goes by in FHIR, and the slot that such an id names.

use domain::{Service, SlotId};

/// The id of a slot outside: the service's id in the national Directory and the slot's own, with the letters that
/// an id of FHIR may not hold written in others. None where that is longer than 64.
pub fn fhir_id(service: &Service, slot: &SlotId) -> Option<String> {
    let own = slot
        .as_str()
        .replace('.', ".d")
        .replace('_', ".u")
        .replace(':', ".c");
    let id = format!("{}-{own}", service.dos_id.as_deref()?);
    (id.len() <= 64).then_some(id)
}

/// The slot of a service that an id of [`fhir_id`] names.
pub fn slot_of(service: &Service, id: &str) -> Option<SlotId> {
    let own = id
        .strip_prefix(service.dos_id.as_deref()?)?
        .strip_prefix('-')?;
    SlotId::new(&own.replace(".c", ":").replace(".u", "_").replace(".d", ".")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_slot_goes_out_and_comes_back() {
        let demo = config::directory::demo().unwrap();
        let mut service = Service::clone(demo.find_service("oadby-utc").unwrap());
        service.dos_id = Some("2000099999".into());
        for name in ["q-20261130T0900-1", "a.b_c:d", "s..u"] {
            let slot = SlotId::new(name).unwrap();
            let id = fhir_id(&service, &slot).unwrap();
            assert!(!id.contains('_') && !id.contains(':'));
            assert_eq!(slot_of(&service, &id), Some(slot));
        }
        let long = SlotId::new(&"x".repeat(64)).unwrap();
        assert_eq!(fhir_id(&service, &long), None);
        assert_eq!(slot_of(&service, "2000011111-s"), None);
    }
}
