"""Three servers of their own that meet with trouble while the night goes on: a trust that escalates, a disk that takes
no more, and a rush that makes what was shown too low while an ambulance stands outside. Each is told of it by real
events; none has a simulated area."""

import datetime
import json
import resource
import subprocess
import threading
import time
import urllib.error
import urllib.request

from stage import free_port, get

# One parameter, with points of this test: those of the framework are in no public source.
OPEL = """
name = "Rules of the night"
source = "made up for this test"
score_levels = [0, 12, 23, 34]
[[trust]]
id = "uhl"
name = "University Hospitals of Leicester"
services = ["lri-ed"]
[[parameter]]
key = "bed_occupancy"
name = "General and acute bed occupancy"
unit = "%"
thresholds = [92, 95, 98]
points = [0, 12, 23, 34]
"""


class Server:
    """A plain server with an empty log."""

    def __init__(self, binary, folder, name):
        self.name, self.port, self.sent = name, free_port(), 0
        self.base = f"http://127.0.0.1:{self.port}"
        home = folder / name
        home.mkdir()
        (home / "opel.toml").write_text(OPEL)
        (home / "settings.toml").write_text('opel = "opel.toml"\n')
        self.err = home / "err"
        # Python ignores the signal of a file that may not grow, and so does what it starts.
        self.process = subprocess.Popen(
            [binary, "serve", "--open", "--listen", f"127.0.0.1:{self.port}", "--mllp", "127.0.0.1:0",
             "--config", home / "settings.toml", "--data", home / "data"],
            stdout=subprocess.DEVNULL, stderr=self.err.open("w"), restore_signals=False)

    def wait_until_ready(self):
        until = time.time() + 60
        while True:
            try:
                return get(f"{self.base}/readyz")
            except OSError:
                if self.process.poll() is not None or time.time() > until:
                    raise ValueError(f"{self.name} did not start:\n{self.err.read_text()}") from None
                time.sleep(0.2)

    def event(self, happened=0, **more):
        """An event; `happened` is in seconds from now."""
        self.sent += 1
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=happened)
        return {"id": f"{self.name}-{self.sent}", "feed": "uhl-adt", "happened_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", **more}

    def send(self, **more):
        """Sends one event of the department; tells the status of the answer."""
        return self.post("application/json", [self.event(service="lri-ed", **more)])

    def send_waits(self, waits):
        """Sends people who came and were seen: when, and after how long, in seconds. Tells the status of the answer."""
        events = []
        for came, wait in waits:
            visit = f"{self.name}-v{self.sent}"
            events.append(self.event(came, type="visit.arrived", visit=visit, service="lri-ed", mode="walk_in"))
            events.append(self.event(came + wait, type="visit.seen", visit=visit))
        return self.post("application/x-ndjson", events)

    def send_ambulance(self, steps):
        """Sends steps of one ambulance, each with its seconds from now. Tells the status of the answer."""
        more = {"feed": "emas-cad", "incident": "i-1"}
        return self.post("application/x-ndjson", [self.event(at, type=step, **more, **fields) for at, step, fields in steps])

    def post(self, kind, events):
        body = "\n".join(json.dumps(event) for event in events).encode()
        asked = urllib.request.Request(f"{self.base}/api/v1/events", data=body, headers={"content-type": kind})
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def beds(self, occupied):
        return self.send(type="capacity.reported", beds_open=100, beds_occupied=occupied)

    def files_may_grow(self, may):
        most = resource.RLIM_INFINITY if may else 1
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


class Troubles:
    """Each story on a thread; `join` tells what did not happen."""

    def __init__(self, binary, folder):
        self.escalating = Server(binary, folder, "escalating")
        self.full = Server(binary, folder, "full-disk")
        self.rushed = Server(binary, folder, "rush")
        self.faults, self.threads, self.prometheus = [], [], None

    def targets(self):
        return [(one.name, one.port) for one in (self.escalating, self.full, self.rushed)]

    def start(self, prometheus):
        self.prometheus = prometheus
        stories = ((self.escalating, self.escalate), (self.full, self.fill_the_disk), (self.rushed, self.rush))
        for server, story in stories:
            thread = threading.Thread(target=self.tell, args=(server, story), daemon=True)
            thread.start()
            self.threads.append(thread)

    def tell(self, server, story):
        try:
            server.wait_until_ready()
            story(server)
        except (OSError, ValueError) as why:
            self.faults.append(f"{server.name}: {why}")

    def wait(self, query, seconds, said, wanted=True):
        until = time.time() + seconds
        while time.time() < until:
            if bool(self.prometheus.api("query", query=query)["result"]) == wanted:
                return
            time.sleep(0.3)
        self.faults.append(f"not within {seconds} s: {said}")

    def alert(self, name, server, seconds, wanted=True):
        query = f'ALERTS{{alertname="{name}",alertstate="firing",instance="{server.name}"}}'
        self.wait(query, seconds, f"{name} {'fires' if wanted else 'clears'} at {server.name}", wanted)

    def expect(self, status, found, what):
        if found != status:
            self.faults.append(f"{what}: {found}, not {status}")

    def escalate(self, server):
        """Levels are worked out once a minute, and this server's minutes are real ones."""
        self.expect(202, server.beds(90), "beds at 90%")
        self.wait('uec_opel_level{instance="escalating"} == 1', 75, "level 1")
        self.expect(202, server.beds(99), "beds at 99%")
        self.wait('uec_opel_level{instance="escalating"} == 4', 75, "level 4")
        self.alert("UecOpelLevelUp", server, 15)
        self.alert("UecOpelLevelUp", server, 30, wanted=False)

    def fill_the_disk(self, server):
        """No file may grow: every append fails as on a full disk, until room is made."""
        arrival = {"type": "visit.arrived", "mode": "walk_in"}
        self.expect(202, server.send(visit="v1", **arrival), "an arrival")
        self.wait('uec_log_failures_total{instance="full-disk"} == 0', 15, "no failure yet")
        server.files_may_grow(False)
        self.expect(503, server.send(visit="v2", **arrival), "an arrival on a full disk")
        self.alert("UecLogFailing", server, 20)
        # What readers see is over a minute old then.
        self.alert("UecPictureOld", server, 80)
        server.files_may_grow(True)
        self.expect(202, server.send(visit="v2", **arrival), "the arrival sent again")
        for name in ("UecLogFailing", "UecPictureOld"):
            self.alert(name, server, 30, wanted=False)

    def rush(self, server):
        """People wait for a minute and that is shown; then more come than can be seen, and wait longer than was shown."""
        taught = [(-7_200 + 60 * number, 61 + number % 7 * 5) for number in range(100)]
        self.expect(202, server.send_waits(taught), "waits of a minute")
        # Something of now: a feed that tells of the past only is catching up, and nothing is shown.
        self.expect(202, server.beds(80), "beds at 80%")
        bound = {"service": "lri-ed", "vehicle": "EM123"}
        outside = [(-4_500, "conveyance.started", bound), (-3_000, "conveyance.arrived", {})]
        self.expect(202, server.send_ambulance(outside), "an ambulance outside for fifty minutes")
        self.wait('uec_wait_seconds{instance="rush",percentile="50"} <= 120', 75, "a wait of two minutes at most is shown")
        time.sleep(1)  # Times are sent in whole seconds: after what is shown, not in the same second.
        # The steps are ahead of our clock by less than the five minutes that are allowed.
        self.expect(202, server.send_waits([(0, 240 + number % 10) for number in range(60)]), "waits of four minutes")
        self.alert("UecAccuracyDrift", server, 90)
        self.alert("UecHandoverOver45", server, 15)
        self.expect(202, server.send_ambulance([(0, "handover.completed", {})]), "the handover")
        self.alert("UecHandoverOver45", server, 75, wanted=False)
        # What was shown is right again: after 60 who waited too long, 4 of 5 are within once 240 were.
        self.expect(202, server.send_waits([(0, 10 + number % 10) for number in range(360)]), "waits that are short")
        self.alert("UecAccuracyDrift", server, 90, wanted=False)

    def join(self):
        for thread in self.threads:
            thread.join()
        return self.faults

    def stop(self):
        for server in (self.escalating, self.full, self.rushed):
            server.stop()
