#!/usr/bin/env python3
"""A night of calm, pressure and a silent feed, watched by a real Prometheus; then every panel, variable,
annotation and alert is asked for through Prometheus' own API. `night.py BINARY`

Three demonstrations take turns behind one scrape target. The shipped rules are used as they are, but for
their windows: an hour of theirs is a moment of the night.
"""

import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lint import EXCEPTIONS, GRAFANA, METRIC, VARIABLE, boards, panels, without_strings

VALUES = {"job": "uec-live", "instance": "night", "service": ".*", "feed": ".*", "span": "24h", "of": "wait",
          "__rate_interval": "15s", "__interval": "5s"}
START_SECONDS_MAX = 150
RULE_WINDOW = "15s"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def get(url, timeout=10):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read()


class Demo:
    """One demonstration on a port of its own."""

    def __init__(self, binary, folder, scenario, speed):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.out = folder / f"{scenario}.out"
        self.err = folder / f"{scenario}.err"
        command = [binary, "demo", "--listen", f"127.0.0.1:{self.port}", "--mllp", "127.0.0.1:0", "--speed", speed,
                   "--scenario", scenario, "--data", str(folder / scenario)]
        self.binary, self.data = binary, folder / scenario
        self.process = subprocess.Popen(command, stdout=self.out.open("w"), stderr=self.err.open("w"))

    def token(self, role):
        return subprocess.run([self.binary, "token", "new", "--role", role, "--label", role, "--data", self.data],
                              check=True, capture_output=True, text=True).stdout.strip()

    def lose_sealed_details(self):
        """The folder is a file now, as after somebody's mistake."""
        (self.data / "sealed").rename(self.data / "sealed-away")
        (self.data / "sealed").write_text("")

    def wait_until_live(self):
        until = time.time() + START_SECONDS_MAX
        while "Live now" not in self.out.read_text():
            if self.process.poll() is not None or time.time() > until:
                raise SystemExit(f"a demonstration did not start:\n{self.err.read_text()}")
            time.sleep(0.2)

    def mllp_port(self):
        return int(re.search(r"mllp://[\d.]+:(\d+)", self.out.read_text()).group(1))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Visitors(threading.Thread):
    """People and programs who use whichever server is watched: pages, data, a stream, wrong addresses."""

    PATHS = ["/", "/services/lri-ed", "/status", "/api/v1/waits", "/api/v1/heat.geojson", "/api/v1/feeds", "/nowhere",
             "/FHIR/R4/metadata"]
    def __init__(self):
        super().__init__(daemon=True)
        self.base = None
        # While set, a hospital's messages arrive there that cannot be read.
        self.spoil = None
        # Who books then, where the folder of sealed details is gone: 503, so the error budget burns.
        self.token = None
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set():
            base, stream = self.base, None
            try:
                stream = urllib.request.urlopen(f"{base}/api/v1/push/sse?topics=waits,status", timeout=5)
                if self.spoil:
                    self.send_unreadable(self.spoil)
                    for _ in range(4):
                        self.book()
                for path in self.PATHS + self.PATHS:
                    try:
                        get(base + path)
                    except urllib.error.HTTPError:
                        pass
                    time.sleep(0.05)
            except OSError:
                time.sleep(0.2)
            finally:
                if stream:
                    stream.close()


    def book(self):
        where = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        slots = urllib.request.Request(f"{self.base}/api/v1/services/oadby-utc/slots", headers=where)
        free = [slot for slot in json.loads(get(slots))["slots"] if slot["status"] == "free"]
        patient = {"family": "Patient-One", "given": "Test", "birth_date": "1984-03-27", "phone": "07700 900123"}
        body = json.dumps({"service": "oadby-utc", "slot": free[0]["slot"], "patient": patient}).encode()
        try:
            get(urllib.request.Request(f"{self.base}/api/v1/bookings", data=body, headers=where))
        except urllib.error.HTTPError as refusal:
            if refusal.code != 503:
                raise SystemExit(f"a booking without its folder was answered {refusal.code}") from None

    def send_unreadable(self, port):
        message = (GRAFANA.parent / "fixtures/hl7/bad-acuity.hl7").read_bytes().strip().replace(b"\n", b"\r")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
            for _ in range(40):
                one.sendall(b"\x0b" + message + b"\r\x1c\r")
                one.recv(4096)


class Watched:
    """The one address that Prometheus scrapes: whichever server is watched now answers there."""

    def __init__(self):
        self.base = None
        watched = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                try:
                    body = get(f"{watched.base}/metrics", timeout=5)
                except OSError:
                    self.send_error(502)
                    return
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()


class Prometheus:
    """A real one, in a folder of its own, with the shipped rules."""

    def __init__(self, folder, watched):
        self.port = free_port()
        for kind in ("rules", "alerts"):
            text = (GRAFANA / f"prometheus/{kind}/uec.yml").read_text()
            text = re.sub(r"\[\d+[smhd]\]", f"[{RULE_WINDOW}]", text)
            text = re.sub(r"(?m)^(\s+for:) \S+$", r"\1 1s", text)
            (folder / f"{kind}.yml").write_text(text)
        (folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml, alerts.yml]
scrape_configs:
  - job_name: uec-live
    static_configs: [{{targets: ["127.0.0.1:{watched.port}"], labels: {{instance: night}}}}]
""")
        self.err = folder / "prometheus.err"
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"],
            stdout=self.err.open("w"), stderr=subprocess.STDOUT)
        until = time.time() + 30
        while True:
            try:
                get(f"http://127.0.0.1:{self.port}/-/ready")
                return
            except OSError:
                if self.process.poll() is not None or time.time() > until:
                    raise SystemExit(f"Prometheus did not start:\n{self.err.read_text()}") from None
                time.sleep(0.2)

    def api(self, path, **arguments):
        """The data of an answer; a refusal raises with Prometheus' own words."""
        query = urllib.parse.urlencode(arguments, doseq=True)
        try:
            return json.loads(get(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}"))["data"]
        except urllib.error.HTTPError as refusal:
            raise ValueError(json.loads(refusal.read()).get("error", "refused")) from None

    def is_firing(self, name):
        return bool(self.api("query", query=f'ALERTS{{alertname="{name}",alertstate="firing"}}')["result"])

    def stop(self):
        self.process.terminate()
        self.process.wait()


def substitute(text, more):
    """The text with every variable's value; an unknown one raises."""
    def value(match):
        name = match.group(1) or match.group(2)
        if name not in more:
            raise ValueError(f"unknown variable ${name}")
        return more[name]
    return re.sub(r"\$(?:\{(\w+)[^}]*\}|(\w+))", value, text)


def is_finite(text):
    return text not in ("NaN", "+Inf", "-Inf")


class Judge:
    """Asks for everything that the boards ask for, over the whole night."""

    def __init__(self, prometheus, started, exported):
        self.prometheus, self.started, self.ended = prometheus, started, time.time()
        self.exported = exported
        self.values = {**VALUES, "__range": f"{int(self.ended - started)}s"}
        self.faults, self.asked, self.empty = [], 0, []

    def series(self, expr, instant):
        """How many series of the answer have a finite value."""
        self.asked += 1
        # A whole minute need not begin within so short a night.
        expr = substitute(expr, self.values).replace(":1m]", ":1s]")
        for name, _ in METRIC.findall(without_strings(expr)):
            if name not in self.exported:
                raise ValueError(f"no metric {name}")
        if instant:
            result = self.prometheus.api("query", query=expr, time=self.ended)["result"]
            return sum(is_finite(one["value"][1]) for one in result)
        result = self.prometheus.api("query_range", query=expr, start=self.started, end=self.ended, step=1)["result"]
        return sum(any(is_finite(value) for _, value in one["values"]) for one in result)

    def check(self, where, expr, instant=False):
        try:
            if self.series(expr, instant):
                return
            # What was so at some time of the night counts for a table too.
            if instant and self.series(expr, False):
                return
            self.empty.append(where)
            if where not in EXCEPTIONS["empty_panels"]:
                self.faults.append(f"{where}: no finite value in the whole night: {expr}")
        except ValueError as why:
            self.faults.append(f"{where}: {why}: {expr}")

    def board(self, name, board):
        for panel in panels(board):
            for one in panel["targets"]:
                self.check(f"{name}: {panel['title']}", one["expr"], one["instant"])
            for text in (panel["title"], panel["description"]):
                try:
                    substitute(text, self.values)
                except ValueError as why:
                    self.faults.append(f"{name}: {panel['title']}: {why}")
        for one in board["annotations"]["list"]:
            self.check(f"{name}: annotation {one['name']}", one["expr"])
        for one in board["templating"]["list"]:
            if one["type"] == "query":
                self.variable(f"{name}: variable {one['name']}", one["query"]["query"])

    def variable(self, where, query):
        matcher, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
        self.asked += 1
        match = substitute(matcher, self.values)
        if not self.prometheus.api(f"label/{label}/values", **{"match[]": match, "start": self.started}):
            self.faults.append(f"{where}: nothing to choose from")

    def rules(self, fired, clear):
        """Every rule evaluates; every alert fired and cleared, or is excused with a reason."""
        for group in self.prometheus.api("rules")["groups"]:
            for rule in group["rules"]:
                if rule["health"] != "ok":
                    self.faults.append(f"rule {rule['name']}: {rule.get('lastError', rule['health'])}")
                missing = {name for name, _ in METRIC.findall(without_strings(rule["query"]))} - self.exported
                if missing:
                    self.faults.append(f"rule {rule['name']}: no metric {', '.join(sorted(missing))}")
                if rule["type"] != "alerting":
                    continue
                excused = EXCEPTIONS["alerts_not_in_the_night"]
                if rule["name"] not in fired and rule["name"] not in excused:
                    self.faults.append(f"alert {rule['name']} did not fire in the night")
                elif rule["name"] in fired and rule["name"] not in clear and rule["name"] not in excused:
                    self.faults.append(f"alert {rule['name']} fired and never cleared")


def exported_names(base, prometheus):
    """What the server says it exports, what rules record, and what Prometheus itself adds."""
    text = get(f"{base}/metrics").decode()
    names = set()
    for name, kind in re.findall(r"(?m)^# TYPE (\w+) (\w+)$", text):
        names |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "histogram" else {name}
    for group in prometheus.api("rules")["groups"]:
        names |= {rule["name"] for rule in group["rules"] if rule["type"] == "recording"}
    return names | {"up", "ALERTS", "scrape_duration_seconds", "scrape_samples_scraped"}


def alerts_of(prometheus, started):
    """Which alerts fired at some time of the night, and which of those were clear after that."""
    now = time.time()
    fired, clear = set(), set()
    for one in prometheus.api("query_range", query='ALERTS{alertstate="firing"}', start=started, end=now, step=1)["result"]:
        fired.add(one["metric"]["alertname"])
        # Each place and feed is an alert of its own.
        if float(one["values"][-1][0]) < now - 3:
            clear.add(one["metric"]["alertname"])
    return fired, clear


def wait_for(what, seconds, said):
    until = time.time() + seconds
    while time.time() < until:
        if what():
            return
        time.sleep(0.3)
    print(f"  (not within {seconds} s: {said})")


def scrape_figures(prometheus, started):
    now = time.time()
    at = {"time": now}
    span = f"{int(now - started)}s"
    def one(expr):
        return float(prometheus.api("query", query=expr, **at)["result"][0]["value"][1])
    print(f"scrape: {one(f'quantile_over_time(0.5, scrape_duration_seconds[{span}])') * 1000:.1f} ms median, "
          f"{one(f'max_over_time(scrape_duration_seconds[{span}])') * 1000:.1f} ms most; "
          f"series: {one(f'max_over_time(scrape_samples_scraped[{span}])'):.0f} most")
    return one(f"max_over_time(scrape_samples_scraped[{span}])")


def main():
    binary, began = sys.argv[1], time.time()
    def say(text):
        print(f"{time.time() - began:5.0f} s  {text}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        running = []
        try:
            calm = Demo(binary, folder, "calm", "60")
            running.append(calm)
            pressure = Demo(binary, folder, "pressure", "300")
            running.append(pressure)
            for demo in (calm, pressure):
                demo.wait_until_live()
            watched = Watched()
            running.append(watched)
            visitors = Visitors()

            def watch(demo):
                watched.base = visitors.base = demo.base

            watch(calm)
            visitors.start()
            prometheus = Prometheus(folder, watched)
            running.append(prometheus)
            started = time.time()
            say("calm")
            time.sleep(6)
            say("pressure")
            watch(pressure)
            visitors.token = pressure.token("clinician")
            pressure.lose_sealed_details()
            visitors.spoil = pressure.mllp_port()
            time.sleep(6)
            for name in ("UecHandoverOver45", "UecRejectedFacts", "UecErrorBudgetBurn"):
                wait_for(lambda: prometheus.is_firing(name), 20, f"{name} did not fire")
            visitors.spoil = None
            pressure.stop()
            say("the server is gone")
            time.sleep(4)
            say("a feed falls silent")
            # Silent from 25 minutes after it is live until 4 hours and 5 minutes: 15 seconds at this pace.
            outage = Demo(binary, folder, "feed-outage", "900")
            running.append(outage)
            watch(outage)
            outage.wait_until_live()
            wait_for(lambda: prometheus.is_firing("UecFeedSilent"), 30, "no feed is silent")
            say("and is heard again")
            wait_for(lambda: not prometheus.is_firing("UecFeedSilent"), 30, "the feed is still silent")
            outage.stop()
            say("calm again")
            watch(calm)
            # Longer than the windows of the rules, so that what fired may clear.
            for name in ("UecServerDown", "UecErrorBudgetBurn", "UecHandoverOver45"):
                wait_for(lambda: not prometheus.is_firing(name), 20, f"{name} does not clear")
            time.sleep(5)
            judge = Judge(prometheus, started, exported_names(calm.base, prometheus))
            for name, board in boards().items():
                judge.board(name, board)
            fired, clear = alerts_of(prometheus, started)
            judge.rules(fired, clear)
            say(f"fired: {', '.join(sorted(fired))}; cleared: {', '.join(sorted(clear))}")
            if scrape_figures(prometheus, started) >= 3000:
                judge.faults.append("3,000 series or more")
            visitors.done.set()
            for where in sorted(set(EXCEPTIONS["empty_panels"]) - set(judge.empty)):
                print(f"  (has a value after all, though excused: {where})")
            # Plants a fault of each sort; a check that cannot fail says nothing.
            for broken in ("uec_no_such_metric", "sum(", 'uec_waiting_people{a="$nobody"}', "uec_waiting_people > 1e9"):
                before = len(judge.faults)
                judge.check("planted", broken)
                if len(judge.faults) == before:
                    judge.faults.append(f"a planted fault was not found: {broken}")
                else:
                    del judge.faults[before:]
            for why in judge.faults:
                print(why)
            say(f"the night: {judge.asked} questions, {len(judge.faults)} faults, "
                f"{len(set(judge.empty) - {'planted'})} legitimately empty")
            return 1 if judge.faults else 0
        finally:
            for one in running:
                one.stop()


if __name__ == "__main__":
    sys.exit(main())
