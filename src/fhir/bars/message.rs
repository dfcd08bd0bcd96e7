//! What a message of booking software says, read leniently: what is missing or contradicts itself is named by its
//! place and never by its value.

use compact_str::CompactString;
use serde_json::Value;

use crate::bars::bundles::{CATEGORY, USE_CASE};
use crate::outcome::Problem;
use domain::booking::ReferralCategory;
use domain::{At, systems};

/// The system of events.
const EVENTS: &str = "https://fhir.nhs.uk/CodeSystem/message-events-bars";
/// The system of reasons.
const REASONS: &str = "https://fhir.nhs.uk/CodeSystem/message-reason-bars";
/// Use cases that are taken: 111 and CAS to ED, UTC and SDEC, 999 to ED and UTC, 111 online, 999 to CAS and its
/// validation.
pub const USE_CASES: [&str; 15] = [
    "a1t1", "a1t2", "a1t3", "a1t4", "a1t5", "a1t6", "a1t7", "a1t8", "a1t9", "a2t1", "a2t2", "a2t3",
    "a2t4", "a3t1", "a4t1",
];

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageAction {
    /// A place in a slot, by the slot's id outside.
    Book {
        /// Of the Slot in the message.
        slot: String,
    },
    /// To give a place up.
    CancelBooking {
        /// Id of the Appointment.
        booking: String,
        /// When it was to begin, where the message says so.
        start: Option<At>,
    },
    /// To take a patient over.
    Refer {
        /// What for.
        category: ReferralCategory,
        /// Id of the Appointment that the patient comes with.
        booking: Option<String>,
    },
    /// To take a referral back.
    CancelReferral {
        /// Id of the ServiceRequest.
        referral: String,
    },
}

/// A message as far as it decides anything.
#[derive(Debug, Clone)]
pub struct BarsMessage {
    /// `Bundle.id`.
    pub bundle: CompactString,
    /// The id of the service that the message names as its destination.
    pub destination: String,
    /// `lastUpdated` of what the message is about.
    pub updated: Option<At>,
    /// National code of the use case.
    pub use_case: Option<CompactString>,
    /// What is asked for.
    pub wish: MessageAction,
}

fn wrong(words: &str) -> Problem {
    Problem::bad("invariant", words)
}

/// The resources of a bundle of one type, with their `fullUrl`.
pub fn all<'a>(bundle: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries
        .map(|entry| {
            (
                entry["fullUrl"].as_str().unwrap_or_default(),
                &entry["resource"],
            )
        })
        .filter(move |(_, resource)| resource["resourceType"] == kind)
}

/// The one resource of a type.
pub fn one<'a>(bundle: &'a Value, kind: &'a str) -> Result<&'a Value, Problem> {
    let mut found = all(bundle, kind).map(|(_, resource)| resource);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(wrong(&format!("the message has no {kind}"))),
        (Some(_), Some(_)) => Err(wrong(&format!("the message has more than one {kind}"))),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default().trim()
}

/// The code of a coding of that system, in any letters.
fn code<'a>(codings: &'a Value, system: &str) -> Option<&'a str> {
    let mut all = codings.as_array().into_iter().flatten();
    all.find(|coding| systems::is_same(text(&coding["system"]), system))
        .map(|coding| text(&coding["code"]))
}

/// A moment; fractions of a second may have any number of digits.
pub fn moment(value: &Value) -> Option<At> {
    At::parse(text(value)).ok()
}

impl BarsMessage {
    /// Reads a message.
    pub fn of(bundle: &Value) -> Result<Self, Problem> {
        let header = header(bundle)?;
        let event = event(header)?;
        let reason = code(&header["reason"]["coding"], REASONS).unwrap_or_default();
        if !matches!(reason, "new" | "update" | "delete") {
            return Err(wrong("MessageHeader.reason is not new, update or delete"));
        }
        let focus = focus(bundle, header)?;
        let is_cancelling = text(&header["definition"]).ends_with("-cancelled");
        let (wish, use_case) = match event {
            "booking-request" => (
                booking(bundle, focus, (reason, is_cancelling))?,
                use_case(&focus["serviceCategory"])?,
            ),
            _ => (
                referral(bundle, focus, (reason, is_cancelling))?,
                use_case(&focus["category"])?,
            ),
        };
        Ok(Self {
            bundle: bundle_id(bundle)?,
            destination: destination(header)?,
            updated: moment(&focus["meta"]["lastUpdated"]),
            use_case,
            wish,
        })
    }
}

fn bundle_id(bundle: &Value) -> Result<CompactString, Problem> {
    let id = text(&bundle["id"]);
    let is_id = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    is_id
        .then(|| id.into())
        .ok_or_else(|| Problem::bad("required", "Bundle.id is missing or is not an id"))
}

/// The header, once bundle and version are as they must be.
fn header(bundle: &Value) -> Result<&Value, Problem> {
    if bundle["resourceType"] != "Bundle" || bundle["type"] != "message" {
        return Err(wrong("the body is not a Bundle of type message"));
    }
    let version = text(&bundle["meta"]["versionId"]);
    if version.is_empty() {
        let words = "Bundle.meta.versionId is missing: it is the version of BaRS";
        return Err(wrong(words));
    }
    if version != "1" && !version.starts_with("1.") {
        let words = "this version of BaRS is not spoken here; 1.0 and 1.1 are";
        return Err(Problem::unprocessable("not-supported", words));
    }
    if moment(&bundle["timestamp"]).is_none() {
        return Err(Problem::bad("required", "Bundle.timestamp is missing"));
    }
    let first = &bundle["entry"][0]["resource"];
    if first["resourceType"] != "MessageHeader" {
        return Err(wrong("the first entry is not a MessageHeader"));
    }
    let header = one(bundle, "MessageHeader")?;
    for (place, value) in [
        ("source.endpoint", &header["source"]["endpoint"]),
        ("sender", &header["sender"]["reference"]),
    ] {
        if text(value).is_empty() {
            return Err(Problem::bad(
                "required",
                &format!("MessageHeader.{place} is missing"),
            ));
        }
    }
    if all(bundle, "Organization").count() < 2 {
        let words = "the message needs two Organizations at least: sender and receiver";
        return Err(wrong(words));
    }
    Ok(header)
}

fn event(header: &Value) -> Result<&str, Problem> {
    let event = &header["eventCoding"];
    if !systems::is_same(text(&event["system"]), EVENTS) {
        return Err(wrong(
            "MessageHeader.eventCoding is not of the national code system",
        ));
    }
    match text(&event["code"]) {
        known @ ("booking-request" | "servicerequest-request") => Ok(known),
        "servicerequest-response" => match text(&header["response"]["identifier"]) {
            "" => Err(Problem::bad(
                "required",
                "MessageHeader.response.identifier is missing: a response says to what",
            )),
            _ => Err(Problem::not_found(
                "no request of that id was sent from here",
            )),
        },
        _ => Err(wrong(
            "MessageHeader.eventCoding is not a request that can be received",
        )),
    }
}

fn destination(header: &Value) -> Result<String, Problem> {
    let endpoint = text(&header["destination"][0]["endpoint"]);
    let parts = endpoint.rsplit_once('|');
    match parts {
        Some((system, id)) if systems::is_same(system.trim(), systems::DOS_ID) => {
            Ok(id.trim().to_owned())
        }
        _ => {
            let words =
                "MessageHeader.destination[0].endpoint is not a dos-service-id and its value";
            Err(Problem::bad("value", words))
        }
    }
}

/// What the message is about.
fn focus<'a>(bundle: &'a Value, header: &Value) -> Result<&'a Value, Problem> {
    let told = text(&header["focus"][0]["reference"]);
    if told.is_empty() {
        return Err(Problem::bad("required", "MessageHeader.focus is missing"));
    }
    resolve(bundle, told).ok_or_else(|| wrong("MessageHeader.focus is not in the message"))
}

/// The entry that a reference names, by `fullUrl` or by type and id.
pub fn resolve<'a>(bundle: &'a Value, told: &str) -> Option<&'a Value> {
    let mut entries = bundle["entry"].as_array()?.iter();
    let found = entries.find(|entry| {
        let resource = &entry["resource"];
        let kind = text(&resource["resourceType"]);
        text(&entry["fullUrl"]) == told
            || told.split_once('/') == Some((kind, text(&resource["id"])))
    })?;
    Some(&found["resource"])
}

fn use_case(concepts: &Value) -> Result<Option<CompactString>, Problem> {
    let mut concepts = concepts.as_array().into_iter().flatten();
    let code = concepts.find_map(|concept| code(&concept["coding"], USE_CASE));
    match code.map(str::to_ascii_lowercase) {
        None => Ok(None),
        Some(code) if USE_CASES.contains(&code.as_str()) => Ok(Some(code.into())),
        Some(_) => Err(Problem::unprocessable(
            "not-supported",
            "this use case of BaRS is not taken here; see /FHIR/R4/MessageDefinition",
        )),
    }
}

/// Why and with which definition a message was sent.
type Intent<'a> = (&'a str, bool);

fn booking(
    bundle: &Value,
    focus: &Value,
    (reason, cancels): Intent<'_>,
) -> Result<MessageAction, Problem> {
    if focus["resourceType"] != "Appointment" {
        return Err(wrong("a booking-request is about an Appointment"));
    }
    one(bundle, "Appointment")?;
    match (text(&focus["status"]), reason) {
        ("booked", "new") if !cancels => {
            for kind in ["Slot", "Schedule", "HealthcareService"] {
                one(bundle, kind)?;
            }
            let slot = text(&one(bundle, "Slot")?["id"]);
            if slot.is_empty() {
                let words = "Slot.id is missing: it says which time is meant";
                return Err(Problem::bad("required", words));
            }
            Ok(MessageAction::Book {
                slot: slot.to_owned(),
            })
        }
        ("cancelled", "update") | ("entered-in-error", "update" | "delete") => cancelling(focus),
        // As one published example has it.
        ("cancelled", "new") if cancels => cancelling(focus),
        ("booked", "update") => Err(wrong(
            "a booking is not changed: cancel it, and book another slot",
        )),
        _ => Err(wrong(
            "Appointment.status, MessageHeader.reason and MessageHeader.definition do not go together",
        )),
    }
}

fn cancelling(focus: &Value) -> Result<MessageAction, Problem> {
    let id = uuid_in(focus, "Appointment")?;
    Ok(MessageAction::CancelBooking {
        booking: id,
        start: moment(&focus["start"]),
    })
}

fn uuid_in(resource: &Value, kind: &str) -> Result<String, Problem> {
    let id = text(&resource["id"]);
    if id.is_empty() {
        let words = format!("{kind}.id is missing: it says which one is cancelled");
        return Err(Problem::bad("required", &words));
    }
    uuid::Uuid::try_parse(id)
        .map(|id| id.to_string())
        .map_err(|_why| Problem::bad("value", &format!("{kind}.id is not a UUID")))
}

fn referral(
    bundle: &Value,
    focus: &Value,
    (reason, cancels): Intent<'_>,
) -> Result<MessageAction, Problem> {
    if focus["resourceType"] != "ServiceRequest" {
        return Err(wrong("a servicerequest-request is about a ServiceRequest"));
    }
    let mut concepts = focus["category"].as_array().into_iter().flatten();
    let category = match concepts.find_map(|concept| code(&concept["coding"], CATEGORY)) {
        Some("referral") => ReferralCategory::Referral,
        Some("validation") => ReferralCategory::Validation,
        _ => {
            return Err(wrong(
                "ServiceRequest.category is neither referral nor validation",
            ));
        }
    };
    match (text(&focus["status"]), reason) {
        ("active", "new") if !cancels => {
            states(bundle, category)?;
            Ok(MessageAction::Refer {
                category,
                booking: linked(focus)?,
            })
        }
        ("active", "update") => Err(Problem::unprocessable(
            "not-supported",
            "a referral is not changed here: cancel it, and send another",
        )),
        ("revoked" | "entered-in-error", "update" | "delete") => {
            Ok(MessageAction::CancelReferral {
                referral: uuid_in(focus, "ServiceRequest")?,
            })
        }
        _ => Err(wrong(
            "ServiceRequest.status, MessageHeader.reason and MessageHeader.definition do not go together",
        )),
    }
}

/// How far the sender has come with the patient.
fn states(bundle: &Value, category: ReferralCategory) -> Result<(), Problem> {
    let statuses = |kind: &'static str| {
        let found: Vec<&str> = all(bundle, kind)
            .map(|(_, found)| text(&found["status"]))
            .collect();
        found
    };
    let (plan, encounters): (&str, &[&str]) = match category {
        ReferralCategory::Referral => ("completed", &["triaged", "finished"]),
        ReferralCategory::Validation => ("active", &["triaged"]),
    };
    if !statuses("CarePlan").contains(&plan) {
        return Err(wrong(&format!(
            "the message needs a CarePlan that is {plan}"
        )));
    }
    if !statuses("Encounter")
        .iter()
        .any(|status| encounters.contains(status))
    {
        let words = format!(
            "the message needs an Encounter that is {}",
            encounters.join(" or ")
        );
        return Err(wrong(&words));
    }
    Ok(())
}

/// The booking that a referral belongs to.
fn linked(focus: &Value) -> Result<Option<String>, Problem> {
    let infos = focus["supportingInfo"].as_array().into_iter().flatten();
    let mut ids = infos.filter_map(|info| {
        let told = text(&info["reference"]);
        told.rsplit_once("Appointment/").map(|(_, id)| id)
    });
    let Some(id) = ids.next() else {
        return Ok(None);
    };
    let id = uuid::Uuid::try_parse(id).map_err(|_why| {
        Problem::bad(
            "value",
            "ServiceRequest.supportingInfo names an Appointment by no UUID",
        )
    })?;
    Ok(Some(id.to_string()))
}
