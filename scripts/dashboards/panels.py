"""Parts of a Grafana dashboard as plain dictionaries: classic JSON, which every Grafana since 8 reads."""

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Every selector of every query carries these two.
ALL = 'job=~"$job",instance=~"$instance"'
SITE = ALL + ',service=~"$service"'
GREEN, AMBER, RED, BLUE = "green", "orange", "red", "blue"

LOCAL = "The thresholds are configuration of this board, not a national standard."
PLAIN = [(BLUE, None)]


def target(expr, legend="__auto", instant=False, fmt="time_series"):
    return {"datasource": SOURCE, "expr": expr, "legendFormat": legend, "instant": instant,
            "range": not instant, "format": fmt, "editorMode": "code"}


def steps(thresholds):
    return {"mode": "absolute",
            "steps": [{"color": color, "value": value} for color, value in thresholds]}


def panel(kind, title, description, targets, unit, thresholds=None, w=12, h=8, options=None,
          decimals=None, mappings=(), custom=None, minimum=None, maximum=None, links=()):
    if isinstance(targets, str):
        targets = [target(targets)]
    for letter, one in zip("ABCDEFG", targets):
        one["refId"] = letter
    defaults = {"unit": unit, "thresholds": steps(thresholds or PLAIN), "mappings": list(mappings),
                "color": {"mode": "thresholds" if kind in ("stat", "gauge", "table", "state-timeline",
                                                           "bargauge") else "palette-classic"},
                "noValue": "N/A", "links": list(links)}
    for key, value in (("decimals", decimals), ("min", minimum), ("max", maximum)):
        if value is not None:
            defaults[key] = value
    if kind == "timeseries":
        defaults["custom"] = {"lineWidth": 2, "fillOpacity": 0, "spanNulls": False,
                              "thresholdsStyle": {"mode": "dashed" if thresholds else "off"}}
    if custom:
        defaults["custom"] = custom
    return {"type": kind, "title": title, "description": description, "datasource": SOURCE,
            "targets": targets, "w": w, "h": h,
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": options if options is not None else OPTIONS.get(kind, {})}


OPTIONS = {
    "timeseries": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                   "tooltip": {"mode": "multi", "sort": "desc"}},
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
             "colorMode": "value", "graphMode": "area", "textMode": "auto", "justifyMode": "auto"},
    "gauge": {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
              "showThresholdLabels": False, "showThresholdMarkers": True},
    "bargauge": {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                 "orientation": "horizontal", "displayMode": "basic"},
    "state-timeline": {"mergeValues": True, "showValue": "auto", "rowHeight": 0.8,
                       "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}},
    "table": {"showHeader": True, "footer": {"show": False}},
}


def stat(title, description, expr, unit, thresholds=None, w=4, h=4, legend="{{service}}", **more):
    return panel("stat", title, description, [target(expr, legend)], unit, thresholds, w, h, **more)


def series(title, description, expr, unit, thresholds=None, legend="{{service}}", **more):
    targets = [target(e, l) for e, l in expr] if isinstance(expr, list) else [target(expr, legend)]
    return panel("timeseries", title, description, targets, unit, thresholds, **more)


def table(title, description, expr, unit, thresholds=None, columns=None, **more):
    """An instant query as rows; `columns` renames labels and puts them in order."""
    made = panel("table", title, description, [target(expr, "", True, "table")], unit, thresholds, **more)
    hide = {"Time": True, "job": True, "instance": True, "__name__": True}
    names = {"Value": "Value", **(columns or {})}
    made["transformations"] = [{"id": "organize", "options": {
        "excludeByName": hide, "renameByName": names,
        "indexByName": {name: place for place, name in enumerate(columns or {})}}}]
    return made


def states(pairs):
    return [{"type": "value", "options": {
        str(value): {"text": text, "color": color, "index": place}
        for place, (value, text, color) in enumerate(pairs)}}]


def row(title):
    return {"type": "row", "title": title}


def layout(items):
    """Gives each panel its id and its place, left to right, in rows of 24."""
    placed, x, y, tallest = [], 0, 0, 0
    for number, item in enumerate(items, 1):
        item = dict(item)
        w, h = item.pop("w", 24), item.pop("h", 1)
        if item["type"] == "row" or x + w > 24:
            x, y, tallest = 0, y + tallest, 0
        item = {"id": number, **item, "gridPos": {"x": x, "y": y, "w": w, "h": h}}
        if item["type"] == "row":
            item.update(collapsed=False, panels=[])
            y += 1
        else:
            x, tallest = x + w, max(tallest, h)
        placed.append(item)
    return placed


def variable(name, label, query, multi=True):
    return {"type": "query", "name": name, "label": label, "datasource": SOURCE,
            "query": {"query": query, "refId": "variable"}, "definition": query, "refresh": 2,
            "includeAll": multi, "multi": multi, "allValue": ".*" if multi else None, "sort": 1,
            "current": {"text": "All", "value": "$__all"} if multi else {}}


def annotation(name, expr, title, color):
    return {"name": name, "datasource": SOURCE, "enable": True, "hide": False, "iconColor": color,
            "expr": expr, "titleFormat": title, "textFormat": "", "step": "15s", "tagKeys": "",
            "useValueForTime": False}


ANNOTATIONS = [
    annotation("Escalation changes", f"changes(uec_opel_parameter_level{{{ALL}}}[$__rate_interval]) > 0",
               "Escalation: {{trust}} {{parameter}}", RED),
    annotation("Feed outages", f"uec_feed_state{{{ALL}}} >= 4", "No data from {{feed}}", AMBER),
    annotation("Restarts", f"changes(process_start_time_seconds{{{ALL}}}[$__rate_interval]) > 0",
               "Restart or deployment", BLUE),
]


def board(uid, title, description, items, boards, variables=()):
    source = {"type": "datasource", "name": "datasource", "label": "Data source",
              "query": "prometheus", "current": {}, "refresh": 1, "hide": 0}
    others = [{"type": "link", "title": name, "url": f"/d/{other}", "icon": "dashboard",
               "includeVars": True, "keepTime": True, "targetBlank": False, "asDropdown": False,
               "tags": [], "tooltip": ""} for other, name in boards if other != uid]
    return {"uid": uid, "title": f"UEC live: {title}", "description": description,
            "tags": ["uec-live"], "schemaVersion": 39, "version": 1, "editable": False,
            "graphTooltip": 1, "refresh": "30s", "time": {"from": "now-6h", "to": "now"},
            "timezone": "Europe/London", "links": others,
            "annotations": {"list": ANNOTATIONS},
            "templating": {"list": [
                source,
                variable("job", "Job", "label_values(uec_build_info, job)"),
                variable("instance", "Instance",
                         'label_values(uec_build_info{job=~"$job"}, instance)'),
                *variables]},
            "panels": layout(items)}
