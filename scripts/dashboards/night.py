#!/usr/bin/env python3
"""A night of calm, pressure and a silent feed, watched by a real Prometheus; then every panel, variable,
annotation and alert is asked for through Prometheus' own API. `night.py BINARY`

Three demonstrations take turns behind one scrape target; two plain servers beside it meet with an escalation and a
full disk (troubles.py). The shipped rules are used as they are, but for
their windows: an hour of theirs is a moment of the night.
"""

import json
import pathlib
import re
import sys
import tempfile
import time

from lint import EXCEPTIONS, METRIC, boards, layers, panels, without_strings
from stage import Demo, Prometheus, Visitors, Watched, get
from troubles import Troubles

VALUES = {"job": "uec-live", "instance": "night", "service": ".*", "feed": ".*", "span": "24h", "of": "wait",
          "__rate_interval": "15s", "__interval": "5s"}


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

    def layers(self, name, board, base):
        """Every layer that is ours is answered, with something in it."""
        for title, kind, source in layers(board):
            if kind != "geojson":
                continue
            self.asked += 1
            try:
                count = len(json.loads(get(base + source))["features"])
            except (OSError, ValueError, KeyError):
                count = 0
            excused = source in EXCEPTIONS["layers"]
            if not count and not excused:
                self.faults.append(f"{name}: {title}: {source} has no features")
            elif count and excused:
                print(f"  (is answered after all, though excused: {source})")

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
    """Which alerts fired at some time of the night, and which of those were clear at some time after that."""
    now = time.time()
    fired, clear = set(), set()
    for one in prometheus.api("query_range", query='ALERTS{alertstate="firing"}', start=started, end=now, step=1)["result"]:
        fired.add(one["metric"]["alertname"])
        # Each place and feed is an alert of its own; it may fire again later.
        times = [float(at) for at, _ in one["values"]] + [now]
        if any(after - before > 3 for before, after in zip(times, times[1:])):
            clear.add(one["metric"]["alertname"])
    return fired, clear


def wait_for(what, seconds, said):
    until = time.time() + seconds
    while time.time() < until:
        if what():
            return
        time.sleep(0.3)
    print(f"  (not within {seconds} s: {said})")


NIGHT = '{instance="night"}'


def scrape_figures(prometheus, started):
    now = time.time()
    at = {"time": now}
    span = f"{int(now - started)}s"
    def one(expr):
        return float(prometheus.api("query", query=expr, **at)["result"][0]["value"][1])
    print(f"scrape: {one(f'quantile_over_time(0.5, scrape_duration_seconds{NIGHT}[{span}])') * 1000:.1f} ms median, "
          f"{one(f'max_over_time(scrape_duration_seconds{NIGHT}[{span}])') * 1000:.1f} ms most; "
          f"series: {one(f'max_over_time(scrape_samples_scraped{NIGHT}[{span}])'):.0f} most")
    return one(f"max_over_time(scrape_samples_scraped{NIGHT}[{span}])")


def main():
    binary, began = sys.argv[1], time.time()
    def say(text):
        print(f"{time.time() - began:5.0f} s  {text}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        running = []
        try:
            troubles = Troubles(binary, folder)
            running.append(troubles)
            prometheus = Prometheus(folder, troubles.targets())
            running.append(prometheus)
            troubles.start(prometheus)
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
            prometheus.watch("night", watched.port)
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
            faults = troubles.join()
            say("the trust has escalated and calmed down, the disk was full and is not")
            judge = Judge(prometheus, started, exported_names(calm.base, prometheus))
            for name, board in boards().items():
                judge.board(name, board)
                judge.layers(name, board, calm.base)
            judge.faults += faults
            fired, clear = alerts_of(prometheus, began)
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
