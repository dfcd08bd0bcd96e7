"""Sends example messages of BaRS to a server and says what it answers to each.

    python3 scripts/bars-conformance.py http://127.0.0.1:8080 FOLDER

The server is started with --open and has slots at the service that is booked (see docs/bars.md). In each example the
destination becomes that service, and the slot one that is free; nothing else is changed.
"""

import base64
import datetime
import json
import pathlib
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid

SERVICE = "oadby-utc"
DOS = "https://fhir.nhs.uk/Id/dos-service-id"


def ask(method, url, headers=None, body=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def encoded(value):
    return base64.b64encode(json.dumps(value).encode()).decode()


class Server:
    def __init__(self, base):
        self.base = base
        _, text = ask("GET", f"{base}/FHIR/R4/HealthcareService/{SERVICE}")
        self.dos = next(i["value"] for i in json.loads(text)["identifier"] if i["system"] == DOS)
        rule = {"periods": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "until": "24:00", "places": 1}]}
        ask("PUT", f"{base}/api/v1/services/{SERVICE}/slots/rule", {"content-type": "application/json"},
            json.dumps(rule).encode())

    def headers(self, kind):
        return {
            "X-Request-Id": str(uuid.uuid4()), "X-Correlation-Id": str(uuid.uuid4()), "content-type": kind,
            "Accept": "application/fhir+json; version=1.1.0",
            "NHSD-Target-Identifier": encoded({"value": self.dos, "system": DOS}),
            "NHSD-End-User-Organisation": encoded({"resourceType": "Organization"}),
            "NHSD-Requesting-Software": encoded({"resourceType": "Device"}),
        }

    def slot(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        times = [(now + datetime.timedelta(days=d)).isoformat(timespec="seconds") for d in (0, 3)]
        pairs = [("status", "free"), ("start", "ge" + times[0]), ("start", "le" + times[1]),
                 ("Schedule.actor:HealthcareService", self.dos)]
        pairs += [("_include", i) for i in ("Slot:schedule", "Schedule:actor:HealthcareService",
                                            "Schedule:actor:Practitioner")]
        url = f"{self.base}/FHIR/R4/Slot?{urllib.parse.urlencode(pairs)}"
        _, text = ask("GET", url, self.headers("application/fhir+json"))
        return next(e["resource"]["id"] for e in json.loads(text)["entry"] if e["resource"]["resourceType"] == "Slot")

    def send(self, text):
        is_xml = text.lstrip().startswith("<")
        destination = re.search(r"destination.*?dos-service-id\|(\d+)", text, re.S)
        if destination:
            text = text.replace(f"|{destination.group(1)}", f"|{self.dos}", 1)
        pattern = r'(<Slot>\s*<id value=")[^"]+' if is_xml else r'("resourceType":\s*"Slot",\s*"id":\s*")[^"]+'
        if re.search(pattern, text):
            text = re.sub(pattern, lambda found: found.group(1) + self.slot(), text, count=1)
        kind = "application/fhir+xml" if is_xml else "application/fhir+json"
        return ask("POST", f"{self.base}/FHIR/R4/$process-message", self.headers(kind), text.encode())


def main():
    server, folder = Server(sys.argv[1]), pathlib.Path(sys.argv[2])
    for file in sorted(folder.rglob("*")):
        if file.suffix not in (".json", ".xml"):
            continue
        text = file.read_text(errors="replace").lstrip("\ufeff")
        if "MessageHeader" not in text or "Bundle" not in text[:400]:
            continue
        status, answer = server.send(text)
        said = ""
        if status != 200:
            issue = json.loads(answer)["issue"][0]
            said = f'{issue["code"]}: {issue["diagnostics"]} {" ".join(issue.get("expression", []))}'
        print(f"{status}  {file.name}  {said}")


main()
