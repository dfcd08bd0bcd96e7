//! Messages of booking software, written for these tests; nobody in them exists.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::e2e::server::Server;

/// The service of these tests, and its id in the national Directory (a placeholder).
pub const SERVICE: &str = "oadby-utc";

pub fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A server whose service has one place in every quarter of an hour, and its DoS id.
pub struct Bars {
    pub server: Server,
    pub dos: String,
    client: reqwest::Client,
    /// `None` where the server is another's.
    _folder: Option<tempfile::TempDir>,
}

/// For tests that book nothing: starting a server takes longer than they do.
static TO_READ: LazyLock<Server> = LazyLock::new(|| Server::serve_with_us(&["--open"]));

/// Whether its slots are there.
static HAS_SLOTS: OnceCell<()> = OnceCell::const_new();

/// Headers of one call, to be changed by a test.
#[derive(Clone)]
pub struct Call {
    pub headers: Vec<(&'static str, String)>,
}

impl Call {
    pub fn set(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }
}

pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub text: String,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    /// Status, national code and issue code of an OperationOutcome.
    pub fn problem(&self) -> (u16, &str, &str) {
        assert_eq!(
            self.body["resourceType"], "OperationOutcome",
            "{}",
            self.text
        );
        let issue = &self.body["issue"][0];
        let code = issue["details"]["coding"][0]["code"].as_str().unwrap();
        (self.status, code, issue["code"].as_str().unwrap())
    }
}

impl Bars {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// For a test that books nothing.
    pub async fn to_read() -> Self {
        let server = TO_READ.for_another();
        HAS_SLOTS
            .get_or_init(async || server.offer_slots(SERVICE).await)
            .await;
        Self::at(server, None).await
    }

    /// With settings.
    pub async fn start_with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("uec.toml");
        std::fs::write(&config, settings).unwrap();
        let config = config.to_str().unwrap();
        let server = Server::serve(folder.path(), &["--open", "--config", config]);
        server.offer_slots(SERVICE).await;
        Self::at(server, Some(folder)).await
    }

    async fn at(server: Server, folder: Option<tempfile::TempDir>) -> Self {
        let path = format!("/FHIR/R4/HealthcareService/{SERVICE}");
        let (_, text) = server.send_as("GET", &path, "Bearer x", &Value::Null).await;
        let record: Value = serde_json::from_str(&text).unwrap();
        let dos = record["identifier"]
            .as_array()
            .unwrap()
            .iter()
            .find_map(|id| {
                let is_dos = id["system"] == "https://fhir.nhs.uk/Id/dos-service-id";
                is_dos.then(|| id["value"].as_str().unwrap().to_owned())
            });
        Self {
            server,
            dos: dos.unwrap(),
            client: reqwest::Client::new(),
            _folder: folder,
        }
    }

    /// Headers in order, with ids of their own.
    pub fn call(&self) -> Call {
        let target = json!({"value": self.dos, "system": "https://fhir.nhs.uk/Id/dos-service-id"});
        let organisation = json!({"resourceType": "Organization", "name": "Sender",
            "identifier": [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "X26"}]});
        let software = json!({"resourceType": "Device", "version": [{"value": "1"}]});
        let encode = |value: &Value| STANDARD.encode(value.to_string());
        Call {
            headers: vec![
                ("X-Request-Id", uuid()),
                ("X-Correlation-Id", uuid()),
                ("NHSD-Target-Identifier", encode(&target)),
                ("NHSD-End-User-Organisation", encode(&organisation)),
                ("NHSD-Requesting-Software", encode(&software)),
                ("Accept", "application/fhir+json; version=1.1.0".to_owned()),
            ],
        }
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        call: &Call,
        body: Option<String>,
    ) -> Answer {
        let url = format!("{}/FHIR/R4/{path}", self.server.http);
        let mut request = self.client.request(method.parse().unwrap(), url);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            if !call.headers.iter().any(|(name, _)| *name == "Content-Type") {
                request = request.header("content-type", "application/fhir+json");
            }
            request = request.body(body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        Answer {
            status,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
            headers,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &self.call(), None).await
    }

    /// Sends a message.
    pub async fn post(&self, call: &Call, message: &Value) -> Answer {
        let body = Some(message.to_string());
        self.send("POST", "$process-message", call, body).await
    }

    /// The question for all free slots of the next day.
    pub fn question(&self) -> String {
        let now = super::super::server::now();
        let from = jiff(&now, 0);
        let until = jiff(&now, 24);
        format!(
            "Slot?status=free&start=ge{from}&start=le{until}\
             &Schedule.actor:HealthcareService={}&_include=Slot:schedule\
             &_include=Schedule:actor:HealthcareService&_include=Schedule:actor:Practitioner",
            self.dos
        )
    }

    /// Slots of an answer.
    pub fn slots(answer: &Answer) -> Vec<Value> {
        let entries = answer.body["entry"].as_array().into_iter().flatten();
        let slots = entries.map(|entry| entry["resource"].clone());
        slots
            .filter(|found| found["resourceType"] == "Slot")
            .collect()
    }

    /// The first slot that is free.
    pub async fn free_slot(&self) -> Value {
        let answer = self.get(&self.question()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Self::slots(&answer)[0].clone()
    }

    /// Books, in a journey; the id of the Appointment.
    pub async fn booked(&self, call: &Call, slot: &Value) -> String {
        let answer = self.post(call, &booking(self, slot)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        resource(&answer.body, "Appointment")["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

fn jiff(now: &str, hours: i64) -> String {
    let at = domain::At::parse(now).unwrap();
    at.plus(hours * 3_600_000).to_string()
}

/// The first resource of a type.
pub fn resource<'a>(bundle: &'a Value, kind: &str) -> &'a Value {
    let entries = bundle["entry"].as_array().unwrap();
    let found = entries
        .iter()
        .find(|entry| entry["resource"]["resourceType"] == kind);
    &found.unwrap_or_else(|| panic!("no {kind}"))["resource"]
}

/// The first resource of a type, to be changed.
pub fn change<'a>(bundle: &'a mut Value, kind: &str) -> &'a mut Value {
    let entries = bundle["entry"].as_array_mut().unwrap();
    let mut all = entries.iter_mut();
    let found = all.find(|entry| entry["resource"]["resourceType"] == kind);
    &mut found.unwrap_or_else(|| panic!("no {kind}"))["resource"]
}

/// Takes all resources of a type out.
pub fn remove(bundle: &mut Value, kind: &str) {
    let entries = bundle["entry"].as_array_mut().unwrap();
    entries.retain(|entry| entry["resource"]["resourceType"] != kind);
}

fn coding(system: &str, code: &str) -> Value {
    json!({"system": format!("https://fhir.nhs.uk/CodeSystem/{system}"), "code": code})
}

fn meta() -> Value {
    json!({"lastUpdated": "2026-11-27T09:00:00.8185338+00:00"})
}

fn entry(name: &str, mut resource: Value) -> Value {
    resource["meta"] = meta();
    json!({"fullUrl": format!("urn:uuid:{}", url(name)), "resource": resource})
}

/// A fixed UUID for each name, so that references hold.
fn url(name: &str) -> String {
    let mut bytes = [7_u8; 16];
    for (place, byte) in bytes.iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}

fn of(name: &str) -> Value {
    json!({"reference": format!("urn:uuid:{}", url(name))})
}

pub fn patient() -> Value {
    let verified = json!([{
        "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
        "valueCodeableConcept": {"coding": [{
            "system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus",
            "code": "number-present-and-verified"}]}}]);
    let rank = |rank: u8| {
        json!([{"url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-ContactRank",
                "valuePositiveInt": rank}])
    };
    json!({
        "resourceType": "Patient",
        "identifier": [{"extension": verified, "system": "https://fhir.nhs.uk/Id/nhs-number",
                        "value": "9990000018"}],
        "name": [{"use": "official", "family": "Patient-One", "given": ["Test"]}],
        "gender": "female",
        "birthDate": "1984-03-27",
        "address": [{"use": "home", "line": ["1 Example Road"], "city": "Oadby", "postalCode": "LE2 5BB"}],
        "contact": [
            {"extension": rank(1), "telecom": [{"system": "phone", "value": "07700 900123", "rank": 1},
                                               {"system": "email", "value": "one@example.org", "rank": 2}]},
            {"extension": rank(2), "name": {"family": "Kin", "given": ["Next"]},
             "relationship": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
                                           "code": "BRO"}]}],
             "telecom": [{"system": "phone", "value": "07700 900456"}]},
        ],
        "communication": [{"language": {"coding": [{"code": "gu"}]}, "preferred": true}],
    })
}

/// The header and the organisations.
fn message(bars: &Bars, event: &str, reason: &str, definition: &str) -> Value {
    let header = json!({
        "resourceType": "MessageHeader",
        "eventCoding": coding("message-events-bars", event),
        "destination": [{"endpoint": format!("https://fhir.nhs.uk/Id/dos-service-id|{}", bars.dos),
                         "receiver": of("receiver")}],
        "sender": of("sender"),
        "source": {"name": "A sender", "software": "Tests",
                   "endpoint": "https://fhir.nhs.uk/Id/dos-service-id|2222222222"},
        "reason": {"coding": [coding("message-reason-bars", reason)]},
        "focus": [of("focus")],
        "definition": format!("https://fhir.nhs.uk/MessageDefinition/bars-message-{definition}"),
    });
    json!({
        "resourceType": "Bundle",
        "id": uuid(),
        "meta": {"versionId": "1.1.0", "lastUpdated": "2026-11-27T09:00:00.8185338+00:00",
                 "profile": ["https://fhir.nhs.uk/StructureDefinition/BARSBundleMessage"]},
        "type": "message",
        "timestamp": "2026-11-27T09:00:00+00:00",
        "entry": [
            entry("header", header),
            entry("patient", patient()),
            entry("sender", json!({"resourceType": "Organization", "name": "The sender"})),
            entry("receiver", json!({"resourceType": "Organization", "name": "The receiver"})),
        ],
    })
}

fn add(message: &mut Value, name: &str, resource: Value) {
    message["entry"]
        .as_array_mut()
        .unwrap()
        .push(entry(name, resource));
}

fn appointment(status: &str) -> Value {
    json!({
        "resourceType": "Appointment",
        "status": status,
        "serviceCategory": [{"coding": [coding("usecases-categories-bars", "a1t2")]}],
        "description": "Sprained ankle",
        "start": "2021-10-12T12:30:30+00:00",
        "end": "2021-10-12T12:40:30+00:00",
        "slot": [of("slot")],
        "created": "2026-11-27T09:00:00+00:00",
        "participant": [{"actor": of("patient"), "status": "accepted"}],
    })
}

/// booking-request, new. The times in it are wrong, as in published examples: the diary decides.
pub fn booking(bars: &Bars, slot: &Value) -> Value {
    let mut message = message(bars, "booking-request", "new", "booking-request");
    add(&mut message, "focus", appointment("booked"));
    add(
        &mut message,
        "slot",
        json!({"resourceType": "Slot", "id": slot["id"], "schedule": of("schedule"), "status": "busy",
               "start": "2021-10-06T10:00:00.000+00:00", "end": "2021-10-06T11:00:00.000+00:00"}),
    );
    let schedule = json!({"resourceType": "Schedule", "id": "s", "actor": [of("service")]});
    add(&mut message, "schedule", schedule);
    let service = json!({"resourceType": "HealthcareService", "id": bars.dos, "name": "A service"});
    add(&mut message, "service", service);
    message
}

/// booking-request, cancelled.
pub fn cancellation(bars: &Bars, id: &str) -> Value {
    let mut message = message(
        bars,
        "booking-request",
        "update",
        "booking-request-cancelled",
    );
    let mut cancelled = appointment("cancelled");
    cancelled["id"] = id.into();
    for field in ["slot", "start", "end"] {
        cancelled.as_object_mut().unwrap().remove(field);
    }
    add(&mut message, "focus", cancelled);
    message
}

/// servicerequest-request, new: `referral` or `validation`.
pub fn referral(bars: &Bars, category: &str, booking: Option<&str>) -> Value {
    let definition = format!("servicerequest-request-{category}");
    let mut message = message(bars, "servicerequest-request", "new", &definition);
    let mut request = json!({
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [coding("message-category-servicerequest", category)]}],
        "subject": of("patient"),
        "encounter": of("encounter"),
    });
    if let Some(booking) = booking {
        request["supportingInfo"] = json!([{"reference": format!("Appointment/{booking}")}]);
    }
    add(&mut message, "focus", request);
    let (plan, encounter) = match category {
        "referral" => ("completed", "finished"),
        _ => ("active", "triaged"),
    };
    let plan = json!({"resourceType": "CarePlan", "status": plan, "intent": "plan", "subject": of("patient")});
    add(&mut message, "plan", plan);
    let encounter = json!({"resourceType": "Encounter", "status": encounter, "class": {
        "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"}});
    add(&mut message, "encounter", encounter);
    let flag = json!({"resourceType": "Flag", "status": "active", "category": [{"text": "Reasonable adjustment"}],
                      "code": {"text": "Uses a wheelchair"}, "subject": of("patient")});
    add(&mut message, "flag", flag);
    message
}

/// servicerequest-request, cancelled.
pub fn taking_back(bars: &Bars, category: &str, id: &str) -> Value {
    let definition = "servicerequest-request-cancelled";
    let mut message = message(bars, "servicerequest-request", "update", definition);
    let request = json!({
        "resourceType": "ServiceRequest",
        "id": id,
        "status": "revoked",
        "intent": "plan",
        "category": [{"coding": [coding("message-category-servicerequest", category)]}],
        "subject": of("patient"),
    });
    add(&mut message, "focus", request);
    message
}
