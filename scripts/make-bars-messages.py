#!/usr/bin/env python3
"""Makes fixtures/bars/*.json: messages of the NHS Booking and Referral Standard (BaRS) as our tests send them.

    python3 scripts/make-bars-messages.py

The people are invented: names say so, NHS numbers are of the range 999 kept for tests, telephone numbers of the range
kept for fiction, addresses of e-mail at example.org. Systems and profiles are those of the standard (Core 1.1.x).
"""

import json
import pathlib
import uuid

OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "bars"
NHS = "https://fhir.nhs.uk"
UK = "https://fhir.hl7.org.uk"
TERMS = "http://terminology.hl7.org/CodeSystem"
SNOMED = "http://snomed.info/sct"
VERSION = "1.1.0"
SENT = "2026-11-27T13:00:00+00:00"
# Seven digits of a fraction are seen, and an hour of offset half of the year.
UPDATED = "2026-11-27T13:00:00.1234567+00:00"
CANCELLED = "2026-11-27T13:30:00.1234567+00:00"
START, END = "2026-11-30T10:00:00+00:00", "2026-11-30T10:15:00+00:00"

# Number of the use case, its words, who sends and what its service is called, who receives and its ids.
ED = ("lri-ed", "2000000001", "RWE", "Leicester Royal Infirmary - Adult Emergency Department")
UTC = ("oadby-utc", "2000000010", "NNJ", "Oadby & Wigston Urgent Care Centre")
CAS = ("llr-ooh", "2000000023", "NNJ", "LLR Clinical Navigation Hub")
SENDER_111 = ("2999999111", "X1110", "Test 111 Provider")
SENDER_999 = ("2999999999", "X9990", "Test Ambulance Service")
CASES = {
    "111-ed": ("a1t1", "111 to ED", SENDER_111, ED),
    "111-utc": ("a1t2", "111 to UTC", SENDER_111, UTC),
    "999-ed": ("a1t5", "999 to ED", SENDER_999, ED),
    "999-cas": ("a3t1", "999 to CAS", SENDER_999, CAS),
    "999-cas-validation": ("a4t1", "999 to CAS Validation", SENDER_999, CAS),
}
PEOPLE = {
    "one": ("Patient-One", "Test", "female", "1960-02-29", "999000001", "LE1 5WW", "07700 900001"),
    "two": ("Patient-Two", "Test", "male", "1988-07-14", "999000002", "LE2 7AA", "07700 900002"),
    "three": ("Patient-Three", "Test", "female", "2019-03-03", "999000003", "LE11 5JY", "07700 900003"),
    "four": ("Patient-Four", "Test", "male", "1941-10-01", None, "LE15 6RA", "07700 900004"),
}


def nhs_number(nine):
    """Nine digits and the one that checks them."""
    left = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1))) % 11
    return nine + str((11 - left) % 11)


def named(message, name):
    """The same UUID for the same thing of the same message, however often this runs."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:uec-live:bars:{message}:{name}"))


def coded(system, code, display=None, text=None):
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


class Message:
    """A Bundle that grows; resources refer to each other by the names they have here."""

    def __init__(self, name, case, updated=UPDATED):
        self.name, self.updated = name, updated
        self.case, self.words, self.sender, self.receiver = CASES[case]
        self.entries = []

    def ref(self, name):
        return {"reference": f"urn:uuid:{named(self.name, name)}"}

    def add(self, what, kind, profiles, /, **fields):
        meta = {"lastUpdated": self.updated, "profile": profiles}
        resource = {"resourceType": kind} | ({"id": fields.pop("id")} if "id" in fields else {}) | {"meta": meta} | fields
        self.entries.append({"fullUrl": self.ref(what)["reference"], "resource": resource})

    def header(self, event, reason, focus, definition, **more):
        dos_id, ods, provider = self.sender
        self.add(
            "header", "MessageHeader", [f"{NHS}/StructureDefinition/BARSMessageHeader-{event}"],
            eventCoding={"system": f"{NHS}/CodeSystem/message-events-bars", "code": event},
            destination=[{"endpoint": f"{NHS}/Id/dos-service-id|{self.receiver[1]}", "receiver": self.ref("receiver")}],
            sender=self.ref("sender"),
            source={
                "name": provider, "software": "Test Sender", "version": "1.0",
                "contact": {"system": "phone", "value": "0116 496 0000"},
                "endpoint": f"{NHS}/Id/dos-service-id|{dos_id}",
            },
            reason=coded(f"{NHS}/CodeSystem/message-reason-bars", reason),
            focus=[self.ref(focus)],
            definition=f"{NHS}/MessageDefinition/bars-message-{definition}",
            **more,
        )

    def triage(self):
        """What software the triage was done with, as referrals say."""
        inner = [("RequesterCDSSsoftware", "Test Triage"), ("RequesterCDSSversion", "1.0.0")]
        extension = [{"url": url, "valueString": text} for url, text in inner]
        return [{"url": f"{NHS}/StructureDefinition/CDSSExtension", "extension": extension}]

    def patient(self, person):
        family, given, gender, born, nine, postcode, phone = PEOPLE[person]
        rank = lambda number: [{"url": f"{UK}/StructureDefinition/Extension-UKCore-ContactRank", "valuePositiveInt": number}]
        status = {"url": f"{UK}/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"}
        status["valueCodeableConcept"] = coded(
            f"{UK}/CodeSystem/UKCore-NHSNumberVerificationStatus", "number-present-and-verified", "Number present and verified"
        )
        number = nine and {"extension": [status], "system": f"{NHS}/Id/nhs-number", "value": nhs_number(nine)}
        self.add(
            "patient", "Patient", [f"{UK}/StructureDefinition/UKCore-Patient"],
            **({"identifier": [number]} if number else {}),
            name=[{"use": "official", "family": family, "given": [given]}],
            gender=gender, birthDate=born,
            address=[{"use": "home", "line": ["1 Example Street"], "city": "Leicester", "postalCode": postcode}],
            contact=[
                {
                    "extension": rank(1), "relationship": [coded(f"{TERMS}/v3-RoleCode", "ONESELF", "self")],
                    "telecom": [
                        {"system": "phone", "value": phone, "use": "mobile", "rank": 1},
                        {"system": "email", "value": f"{family.lower()}@example.org", "use": "home", "rank": 2},
                    ],
                },
                {
                    "extension": rank(2), "relationship": [coded(f"{TERMS}/v3-RoleCode", "ECON", "emergency contact")],
                    "name": {"family": "Contact-Of-" + family, "given": ["Test"]},
                    "telecom": [{"system": "phone", "value": "07700 900999", "use": "mobile", "rank": 1}],
                },
            ],
            generalPractitioner=[self.ref("practice")],
        )

    def organisations(self):
        code = lambda text: [{"system": f"{NHS}/Id/ods-organization-code", "value": text}]
        profile = [f"{UK}/StructureDefinition/UKCore-Organization"]
        self.add("receiver", "Organization", profile, identifier=code(self.receiver[2]), name="Test Receiving Organisation")
        self.add("sender", "Organization", profile, identifier=code(self.sender[1]), name=self.sender[2])
        self.add("practice", "Organization", profile, identifier=code("Y99999"), name="Test General Practice")

    def staff(self):
        self.add(
            "clinician", "Practitioner", [f"{UK}/StructureDefinition/UKCore-Practitioner"],
            identifier=[{"system": f"{NHS}/Id/sds-role-profile-id", "value": "T0001"}],
            name=[{"family": "Clinician-One", "given": ["Test"]}],
            telecom=[{"system": "phone", "value": "0116 496 0001", "use": "work"}],
        )
        self.add(
            "role", "PractitionerRole", [f"{UK}/StructureDefinition/UKCore-PractitionerRole"],
            practitioner=self.ref("clinician"), organization=self.ref("sender"),
            code=[coded(SNOMED, "224608005", "Administrative healthcare staff")],
        )

    def use_case(self):
        return {"system": f"{NHS}/CodeSystem/usecases-categories-bars", "code": self.case, "display": self.words}

    def appointment(self, status, **more):
        base = ["http://hl7.org/fhir/StructureDefinition/Appointment", f"{UK}/StructureDefinition/UKCore-Appointment"]
        self.add(
            "appointment", "Appointment", base, **more, status=status,
            serviceCategory=[{"coding": [self.use_case()]}], description="Invented reason for the call",
            start=START, end=END,
            **({"slot": [self.ref("slot")]} if status == "booked" else {}),
            created=SENT,
            participant=[{"actor": self.ref("patient"), "status": "accepted"}],
        )

    def diary(self):
        """Slot, schedule and service as the receiver gave them out; the slot says busy, and another time."""
        service, _, _, name = self.receiver
        profiles = lambda kind: [f"http://hl7.org/fhir/StructureDefinition/{kind}", f"{UK}/StructureDefinition/UKCore-{kind}"]
        self.add(
            "slot", "Slot", profiles("Slot"), id="00000000-0000-4000-8000-000000000001", schedule=self.ref("schedule"),
            status="busy", start="2026-11-30T08:00:00.000+00:00", end="2026-11-30T08:15:00.000+00:00",
        )
        self.add("schedule", "Schedule", profiles("Schedule"), id=service, actor=[self.ref("service")])
        self.service(profiles("HealthcareService"), id=service)

    def service(self, profiles, **more):
        dos_id = {"system": f"{NHS}/Id/dos-service-id", "value": self.receiver[1]}
        self.add(
            "service", "HealthcareService", profiles, **more, identifier=[dos_id], active=True,
            providedBy=self.ref("receiver"), name=self.receiver[3],
        )

    def referral(self, category, status, **more):
        words = {"referral": "Transfer of Care", "validation": "For Validation"}[category]
        kind = {"system": f"{NHS}/CodeSystem/message-category-servicerequest", "code": category, "display": words}
        self.add(
            "referral", "ServiceRequest", [f"{NHS}/StructureDefinition/BARSServiceRequest-request-{category}"],
            **{key: more.pop(key) for key in ("id", "basedOn") if key in more},
            status=status, intent="plan", category=[{"coding": [kind, self.use_case()]}], subject=self.ref("patient"), **more,
        )

    def clinical(self, category):
        """What the triage found: Encounter, CarePlan, Condition, Observations, Flags, Consent."""
        core = lambda kind: [f"{UK}/StructureDefinition/UKCore-{kind}"]
        is_validation = category == "validation"
        about = {"subject": self.ref("patient"), "encounter": self.ref("encounter")}
        self.add(
            "encounter", "Encounter", core("Encounter"),
            identifier=[{"system": "https://sender.example.org/Id/case-number", "value": "test-case-1"}],
            status="triaged" if is_validation else "finished",
            **{"class": {"system": f"{TERMS}/v3-ActCode", "code": "EMER", "display": "emergency"}},
            subject=self.ref("patient"),
            episodeOfCare=[{"reference": f"EpisodeOfCare/{named(self.name, 'journey')}"}],
            period={"start": SENT},
        )
        outcome = [
            coded(f"{NHS}/CodeSystem/pathways-sd-codes", "4052", "Invented discriminator"),
            coded(f"{NHS}/CodeSystem/pathways-sg-codes", "1076", "Invented group"),
            coded(f"{NHS}/CodeSystem/pathways-dx-codes", "Dx02", "To be seen within 1 hour"),
        ]
        if is_validation:
            outcome.append(coded(f"{NHS}/CodeSystem/arp-priority-codes", "C3", "Cat3 Urgent"))
        outcome.append({"text": "Invented summary of the triage.\nNothing of it happened."})
        self.add(
            "plan", "CarePlan", core("CarePlan"), status="active" if is_validation else "completed", intent="plan", **about,
            period={"start": SENT}, activity=[{"outcomeCodeableConcept": outcome}],
        )
        self.add(
            "complaint", "Condition", core("Condition"),
            clinicalStatus=coded(f"{TERMS}/condition-clinical", "active"),
            verificationStatus=coded(f"{TERMS}/condition-ver-status", "provisional"),
            category=[coded(SNOMED, "33962009", "Presenting complaint")], code={"text": "Invented complaint"}, **about,
            onsetDateTime="2026-11-27",
        )
        self.add(
            "household", "Observation", core("Observation"), status="final",
            code=coded(f"{NHS}/CodeSystem/household-composition-bars", "LivesAlone", "Lives Alone"), **about,
            effectiveDateTime=SENT, performer=[self.ref("clinician")],
        )
        self.add(
            "adjustment", "Flag", ["http://hl7.org/fhir/StructureDefinition/Flag", *core("Flag")], status="active",
            category=[coded(f"{NHS}/CodeSystem/flag-categories-bars", "RA", "Reasonable Adjustment")],
            code=coded(f"{NHS}/CodeSystem/reasonable-adjustment-codes-bars", "adjustforneedlephobia", "Adjust for needle phobia"),
            subject=self.ref("patient"), period={"start": "2024-01-01T09:00:00.000Z"}, encounter=self.ref("encounter"),
        )
        self.add(
            "consent", "Consent", core("Consent"), status="active", scope=coded(f"{TERMS}/consentscope", "patient-privacy"),
            category=[coded(f"{NHS}/CodeSystem/consent-categories-bars", "DRC", "Direct Care")], patient=self.ref("patient"),
            dateTime="2026-11-27", policyRule=coded(f"{TERMS}/v3-ActCode", "IMPLIED"),
        )

    def scene(self):
        """Where the caller is, and that it is safe there, as ambulance services say."""
        self.add(
            "scene", "Location", [f"{UK}/StructureDefinition/UKCore-Location"], name="Example corner",
            address={"line": ["1 Example Street"], "city": "Leicester", "postalCode": "LE1 5WW", "country": "GB"},
            position={"longitude": -1.136, "latitude": 52.627},
        )
        self.add(
            "safety", "Flag", ["http://hl7.org/fhir/StructureDefinition/Flag", f"{NHS}/StructureDefinition/BARSFlag-scene-safety"],
            status="active", category=[coded(f"{NHS}/CodeSystem/flag-categories-bars", "SS", "Scene Safety")],
            code=coded(f"{NHS}/CodeSystem/scene-safety-codes-bars", "S", "The Scene is safe"), subject=self.ref("scene"),
            encounter=self.ref("encounter"),
        )

    def write(self):
        bundle = {
            "resourceType": "Bundle",
            "id": named(self.name, "bundle"),
            "meta": {"versionId": VERSION, "lastUpdated": self.updated, "profile": [f"{NHS}/StructureDefinition/BARSBundleMessage"]},
            "type": "message",
            "timestamp": self.updated,
            "entry": self.entries,
        }
        (OUT / f"{self.name}.json").write_text(json.dumps(bundle, indent=1, ensure_ascii=False) + "\n")


# What the receiver gave the booking and the referral that are cancelled or linked; tests put theirs in.
BOOKED = "00000000-0000-4000-8000-00000000000a"
REFERRED = "00000000-0000-4000-8000-00000000000b"


def booking(name, case, person):
    message = Message(name, case)
    message.header("booking-request", "new", "appointment", "booking-request")
    message.appointment("booked")
    message.patient(person)
    message.organisations()
    message.diary()
    message.staff()
    message.write()


def booking_cancel(name, case, person):
    message = Message(name, case, CANCELLED)
    message.header("booking-request", "update", "appointment", "booking-request-cancelled")
    message.appointment("cancelled", id=BOOKED)
    message.patient(person)
    message.organisations()
    message.write()


def referral(name, case, person, category="referral", linked=False):
    message = Message(name, case)
    message.header(
        "servicerequest-request", "new", "referral", f"servicerequest-request-{category}", extension=message.triage()
    )
    is_999 = case.startswith("999")
    link = {"supportingInfo": [{"reference": f"Appointment/{BOOKED}", "display": "Booking"}]} if linked else {}
    place = {"locationReference": [message.ref("scene")]} if is_999 else {}
    message.referral(
        category, "active", basedOn=[message.ref("plan")], encounter=message.ref("encounter"),
        occurrencePeriod={"start": START, "end": END}, authoredOn=SENT, requester=message.ref("clinician"),
        performer=[message.ref("receiver")], **place, **link, patientInstruction="Invented advice.",
    )
    message.clinical(category)
    message.patient(person)
    message.organisations()
    message.service(["http://hl7.org/fhir/StructureDefinition/HealthcareService", f"{UK}/StructureDefinition/UKCore-HealthcareService"])
    message.staff()
    if is_999:
        message.scene()
    message.write()


def referral_cancel(name, case, person, category="referral"):
    message = Message(name, case, CANCELLED)
    message.header(
        "servicerequest-request", "update", "referral", "servicerequest-request-cancelled", extension=message.triage()
    )
    message.referral(category, "revoked", id=REFERRED, occurrencePeriod={"start": START, "end": END})
    message.patient(person)
    message.organisations()
    message.write()


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for case, person in (("111-ed", "one"), ("111-utc", "two"), ("999-ed", "three")):
        booking(f"booking-new-{case}", case, person)
        booking_cancel(f"booking-cancel-{case}", case, person)
        referral(f"referral-new-{case}", case, person)
        referral(f"referral-linked-{case}", case, person, linked=True)
        referral_cancel(f"referral-cancel-{case}", case, person)
    # Somebody whose NHS number is not known.
    booking("booking-new-111-ed-unregistered", "111-ed", "four")
    referral("referral-new-999-cas", "999-cas", "two")
    referral_cancel("referral-cancel-999-cas", "999-cas", "two")
    referral("validation-new-999-cas", "999-cas-validation", "three", category="validation")
    referral_cancel("validation-cancel-999-cas", "999-cas-validation", "three", category="validation")


if __name__ == "__main__":
    main()
