#!/usr/bin/env python3
"""Holds grafana/ to the rules of Grafana's own dashboard linter, and to ours. Prints every fault.

`faults(board, uids)` is the whole of it; `python3 lint.py` tries it on planted faults first.
"""

import configparser
import copy
import json
import pathlib
import re
import sys

GRAFANA = pathlib.Path(__file__).resolve().parents[2] / "grafana"
EXCEPTIONS = json.loads((GRAFANA / "exceptions.json").read_text())
# Grafana knows these without a definition.
BUILT_IN = {"__rate_interval", "__interval", "__range", "__url_time_range", "__field"}
METRIC = re.compile(r"\b((?:uec_|process_|scrape_|job_instance)[\w:]*|up|ALERTS)\b(?!\s*\()\s*(\{[^}]*\})?")
VARIABLE = re.compile(r"\$\{?(\w+)")
RATE = re.compile(r"\b(?:rate|irate|increase)\s*\([^\[]*\[([^\]]+)\]")
BARE = {"stat", "gauge", "bargauge", "timeseries", "table", "state-timeline", "geomap"}


def panels(board):
    """Panels of a board, those in collapsed rows too; not the rows."""
    for one in board["panels"]:
        if one["type"] == "row":
            yield from one.get("panels", [])
        else:
            yield one


def without_strings(expr):
    """The expression with the contents of its quotes gone, so that words in them are not metrics."""
    return re.sub(r'"[^"]*"', '""', expr)


def selector_faults(expr):
    for name, braces in METRIC.findall(expr):
        braces = braces or ""
        if 'job=~"$job"' not in braces:
            yield f"{name} has no matcher job=~\"$job\""
        if 'instance=~"$instance"' not in braces:
            yield f"{name} has no matcher instance=~\"$instance\""
    for window in RATE.findall(expr):
        if window != "$__rate_interval":
            yield f"a rate over [{window}]: use $__rate_interval"


def panel_faults(panel):
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    for key in ("title", "description"):
        if not panel.get(key, "").strip():
            yield f"no {key}"
    if panel["type"] in BARE and not defaults.get("unit"):
        yield "no unit"
    steps = defaults.get("thresholds", {}).get("steps", [])
    if panel["type"] in BARE and not steps:
        yield "no thresholds"
    if len(steps) > 1 and not re.search(r"(?i)threshold|standard|plan|configuration|limit|aim|alert|definition|red|orange|late below|under \d+|ours to hold", panel.get("description", "")):
        yield "thresholds without their source in the description"
    if panel.get("datasource", {}).get("uid") != "${datasource}":
        yield "its data source is not the variable"
    if not panel.get("targets"):
        yield "no query"
    refs = [target.get("refId") for target in panel.get("targets", [])]
    if len(set(refs)) != len(refs):
        yield "two queries with one refId"
    for target in panel.get("targets", []):
        if target.get("datasource", {}).get("uid") != "${datasource}":
            yield "the data source of a query is not the variable"
        yield from selector_faults(target["expr"])


def layers(board):
    """Where each layer of each map of a board is read from."""
    for panel in panels(board):
        options = panel.get("options", {})
        if panel["type"] != "geomap":
            continue
        for layer in [options.get("basemap", {}), *options.get("layers", [])]:
            config = layer.get("config", {})
            yield panel["title"], layer.get("type"), config.get("src") or config.get("url")


def layer_faults(board):
    for title, kind, source in layers(board):
        if kind in (None, "default", "carto", "osm-standard", "esri-xyz"):
            yield f"{title}: a layer {kind} asks a third party for every view"
        elif source and not re.match(r"/(?!/)", source):
            yield f"{title}: {source} is not on the same host"


def page_faults(name, board):
    """Each panel is on the page of its board, by its title, and the page says what to do."""
    page = (GRAFANA.parent / f"docs/dashboards/{name}.md").read_text()
    rows = re.findall(r"(?m)^\| (.*?) \| (.*) \| (.*) \|$", page)
    told = {title.strip() for cell, _, do in rows if do.strip() for title in re.split(r"[;]|, (?=[A-Z])", cell)}
    for panel in panels(board):
        if panel["title"] not in told:
            yield f"{panel['title']} is not in docs/dashboards/{name}.md with what to do"


def ini_faults():
    """The base that Grafana takes when a map names none is on the same host too."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read_string((GRAFANA / "grafana.ini").read_text())
    base = json.loads(settings["geomap"]["default_baselayer_config"])
    if not re.match(r"/(?!/)", base["config"]["url"]):
        yield f"grafana.ini: {base['config']['url']} is not on the same host"


def overlaps(one, other):
    a, b = one["gridPos"], other["gridPos"]
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
            and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


def layout_faults(board):
    every = board["panels"]
    ids = [one["id"] for one in every]
    if len(set(ids)) != len(ids):
        yield "two panels with one id"
    for place, one in enumerate(every):
        if one["gridPos"]["x"] + one["gridPos"]["w"] > 24:
            yield f"{one['title']} is wider than the board"
        for other in every[place + 1:]:
            if overlaps(one, other):
                yield f"{one['title']} lies on {other['title']}"
    titles = [one["title"] for one in panels(board)]
    for title in set(titles):
        if titles.count(title) > 1:
            yield f"two panels are called {title}"


def variable_faults(board):
    known = {one["name"] for one in board["templating"]["list"]}
    for needed in ("datasource", "job", "instance"):
        if needed not in known:
            yield f"no variable {needed}"
    text = json.dumps({k: v for k, v in board.items() if k != "templating"})
    for used in set(VARIABLE.findall(text)) - known - BUILT_IN:
        yield f"unknown variable ${used}"
    everything = json.dumps(board)
    for name in known:
        if not re.search(rf"\$\{{?{name}\b", everything):
            yield f"variable {name} is not used"
    for one in board["templating"]["list"]:
        if one["type"] == "query" and one["datasource"]["uid"] != "${datasource}":
            yield f"the data source of variable {one['name']} is not the variable"


def link_faults(board, uids):
    for target in re.findall(r'/d/([\w-]+)', json.dumps(board)):
        if target not in uids:
            yield f"a link to {target}, which is no board of ours"


def faults(board, uids):
    """Every fault of a board, in words."""
    if "id" in board:
        yield "an id: Grafana gives it, and it would collide"
    for key in ("uid", "title", "description", "schemaVersion", "tags"):
        if not board.get(key):
            yield f"no {key}"
    yield from variable_faults(board)
    yield from layout_faults(board)
    yield from link_faults(board, uids)
    yield from layer_faults(board)
    for one in board["annotations"]["list"]:
        yield from (f"annotation {one['name']}: {why}" for why in selector_faults(one["expr"]))
    for panel in panels(board):
        yield from (f"{panel['title']}: {why}" for why in panel_faults(panel))


def alert_faults():
    """Each alert says what is needed, has its page in the runbook, and a test that it fires and clears."""
    alerts = (GRAFANA / "prometheus/alerts/uec.yml").read_text()
    tests = "".join(path.read_text() for path in (GRAFANA / "prometheus/tests").glob("*.yml"))
    runbook = (GRAFANA.parent / "docs/runbook.md").read_text()
    for block in re.split(r"\n\s+- alert: ", alerts)[1:]:
        name = block.split("\n", 1)[0].strip()
        for key in ("severity:", "summary:", "description:", "runbook_url:"):
            if key not in block:
                yield f"alert {name} has no {key[:-1]}"
        anchor = re.search(r"runbook_url: docs/runbook\.md#(\w+)", block)
        if not anchor or f"## {name}" not in runbook or anchor.group(1) != name.lower():
            yield f"alert {name} has no page in the runbook"
        if f'alertname=\\"{name}\\"' not in tests and f'alertname="{name}"' not in tests:
            yield f"alert {name} has no test that it fires and clears"


def boards():
    return {path.stem: json.loads(path.read_text()) for path in sorted((GRAFANA / "dashboards").glob("*.json"))}


def can_fail(board, uids):
    """Plants faults one by one; says which are not found."""
    def plant(what, change):
        broken = copy.deepcopy(board)
        change(broken)
        return [] if set(faults(broken, uids)) - set(faults(board, uids)) else [f"not found: {what}"]
    first = next(place for place, one in enumerate(board["panels"]) if one["type"] == "stat")
    def at(b):
        return b["panels"][first]
    def maps(b):
        return [one for one in b["panels"] if one["type"] == "geomap"]
    return [why for found in (
        plant("no title", lambda b: at(b).update(title="")),
        plant("no description", lambda b: at(b).update(description="")),
        plant("no unit", lambda b: at(b)["fieldConfig"]["defaults"].pop("unit")),
        plant("no thresholds", lambda b: at(b)["fieldConfig"]["defaults"].pop("thresholds")),
        plant("a fixed data source", lambda b: at(b)["datasource"].update(uid="x")),
        plant("no job matcher", lambda b: at(b)["targets"][0].update(expr="sum (uec_waiting_people)")),
        plant("a fixed window", lambda b: at(b)["targets"][0].update(expr='rate(uec_x_total{job=~"$job",instance=~"$instance"}[5m])')),
        plant("an unknown variable", lambda b: at(b)["targets"][0].update(expr='up{job=~"$job",instance=~"$instance",a="$nobody"}')),
        plant("an overlap", lambda b: at(b)["gridPos"].update(x=at(b)["gridPos"]["x"] + 1)),
        plant("one id twice", lambda b: at(b).update(id=board["panels"][0]["id"])),
        plant("a dead link", lambda b: b["links"].append({"url": "/d/nowhere"})),
        plant("an id of the board", lambda b: b.update(id=1)),
        plant("tiles of a third party", lambda b: maps(b)[0]["options"]["basemap"].update(type="carto")),
        plant("a layer on another host", lambda b: maps(b)[0]["options"]["layers"][0]["config"].update(src="//x/y.geojson")),
        plant("no job variable", lambda b: b["templating"].update(list=[v for v in b["templating"]["list"] if v["name"] != "job"])),
    ) for why in found]


def main():
    every = boards()
    uids = [board["uid"] for board in every.values()]
    found = ["two boards with one uid"] if len(set(uids)) != len(uids) else []
    for name, board in every.items():
        found += [f"{name}: {why}" for why in [*faults(board, uids), *page_faults(name, board)]]
    found += alert_faults()
    found += ini_faults()
    found += can_fail(every["system-overview"], uids)
    titles = {f"{name}: {panel['title']}" for name, board in every.items() for panel in panels(board)}
    found += [f"exceptions.json names no panel of ours: {gone}" for gone in set(EXCEPTIONS["empty_panels"]) - titles]
    excused = EXCEPTIONS["lint"]
    for why in found:
        if why not in excused:
            print(why)
    left = [why for why in found if why not in excused]
    print(f"dashboard lint: {len(every)} boards, {len(titles)} panels, {len(left)} faults")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
