"""Sends an arrival, follows the push, books a slot. See examples/README.md."""
import json
import os
import sys
import urllib.request
import uuid
from datetime import datetime, timezone

BASE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
SERVICE, FEED = "oadby-utc", "dhu-oadby"


def ask(method, path, token="", body=None):
    """One request; what is answered as JSON. A refusal is raised with its words."""
    headers = {"Content-Type": "application/json"}
    if os.environ.get(token):
        headers["Authorization"] = "Bearer " + os.environ[token]
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise SystemExit(f"{method} {path}: {refused.code} {refused.read().decode()}")


def send_arrival():
    """`id` makes it safe to send the same again: it is taken once."""
    event = {"id": str(uuid.uuid4()), "feed": FEED, "type": "visit.arrived", "service": SERVICE,
             "visit": str(uuid.uuid4()), "mode": "walk_in",
             "happened_at": datetime.now(timezone.utc).isoformat()}
    return ask("POST", "/api/v1/events", "UEC_FEED_TOKEN", event)


def told(reading):
    """A figure that cannot be trusted has no value, and says why."""
    return reading["value"] if "value" in reading else "withheld: " + reading["reason"]


def messages(stream):
    """The messages of a stream of server-sent events."""
    for line in stream:
        if line.startswith(b"data: "):
            yield json.loads(line[len(b"data: "):])


def follow():
    """First a snapshot, then what changed: `set` and `unset`. Prints until somebody has arrived."""
    with urllib.request.urlopen(f"{BASE}/api/v1/push/sse?topics=service:{SERVICE}", timeout=60) as stream:
        for message in messages(stream):
            if message["type"] == "snapshot":
                print("waiting now:", told(message["data"]["waiting"]))
                print("sent:", send_arrival())
            if message["type"] == "delta":
                waiting = message["data"]["set"].get("waiting", {})
                if "value" in waiting:
                    return print("waiting then:", waiting["value"])


def book():
    """Takes the first free slot; somebody else may be quicker, which is answered with 409."""
    slots = ask("GET", f"/api/v1/services/{SERVICE}/slots", "UEC_CLINICIAN_TOKEN")["slots"]
    free = next((slot for slot in slots if slot["status"] == "free"), None)
    if free is None:
        return print("no free slot")
    patient = {"family": "Nobody", "given": "Example", "birth_date": "1984-03-27", "phone": "07700 900123"}
    booking = {"service": SERVICE, "slot": free["slot"], "patient": patient}
    made = ask("POST", "/api/v1/bookings", "UEC_CLINICIAN_TOKEN", booking)
    print("booked:", made["booking"], made["status"], free["start"])


follow()
book()
