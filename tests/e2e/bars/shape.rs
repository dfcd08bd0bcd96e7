//! Everything that goes out is FHIR R4 by an independent reading.

use super::messages::{Bars, booking, cancellation, referral, resource};
use crate::e2e::fhir::validate;

#[tokio::test]
async fn an_independent_validator_accepts_all_that_is_answered() {
    let bars = Bars::start().await;
    let slot = bars.free_slot().await;
    let booked = bars.post(&bars.call(), &booking(&bars, &slot)).await;
    let id = resource(&booked.body, "Appointment")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let referred = bars
        .post(&bars.call(), &referral(&bars, "validation", None))
        .await;
    let request = resource(&referred.body, "ServiceRequest")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut resources = vec![booked.body, referred.body];
    let number = "patient:identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018";
    for path in [
        bars.question(),
        bars.question().replace("status=free", "status=free,busy"),
        format!("Appointment/{id}"),
        format!("Appointment?{number}"),
        format!("ServiceRequest/{request}"),
        format!("ServiceRequest?{number}"),
        format!("DocumentReference?{number}"),
        format!(
            "MessageDefinition?context=https://fhir.nhs.uk/Id/dos-service-id|{}",
            bars.dos
        ),
        "metadata".to_owned(),
        "Slot".to_owned(),
        "Appointment/none".to_owned(),
    ] {
        resources.push(bars.get(&path).await.body);
    }
    let cancelled = bars.post(&bars.call(), &cancellation(&bars, &id)).await;
    resources.push(cancelled.body);
    resources.push(bars.get(&format!("Appointment/{id}")).await.body);
    let told = validate(&resources);
    for kind in [
        "Bundle",
        "Appointment",
        "ServiceRequest",
        "OperationOutcome",
    ] {
        assert!(told.contains(kind), "{told}");
    }
}
