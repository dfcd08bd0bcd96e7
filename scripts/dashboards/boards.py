"""What is on each board, and what it means. Prose for the reader is in docs/dashboards."""

from panels import (ALL, AMBER, BLUE, GREEN, LOCAL, RED, SITE, board, panel, row, series, stat,
                    states, table, target, variable)

BOARDS = [("uec-overview", "System overview"), ("uec-site", "Site detail"),
          ("uec-handover", "Ambulance handover"), ("uec-directory", "111 and Directory"),
          ("uec-quality", "Data quality"), ("uec-accuracy", "Accuracy"),
          ("uec-service", "Service health")]

# Thresholds and where they are from. "Configuration" is ours to change.
OPEL_SOURCE = ("Levels by the rules in fixtures/opel: those thresholds were collected from secondary "
               "sources and are not verified against the national framework; they are configuration.")
HANDOVER = [(GREEN, None), (AMBER, 900), (RED, 2700)]
HANDOVER_SOURCE = ("Orange over 15 minutes (standard of the 2022/23 contract, by way of the Nuffield Trust), "
                   "red over 45 (the most allowed by the 2025/26 UEC plan).")
BANDS_SOURCE = ("Bands: 15, 30 and 60 minutes are the standards of the 2022/23 contract (65% within 15, 95% within 30, all "
                "within 60), 45 the most allowed by the 2025/26 UEC plan; docs/dashboards/ambulance-handover.md has the sources.")
BANDS = [("0-15", GREEN), ("15-30", "yellow"), ("30-45", AMBER), ("45-60", RED), ("over 60", "dark-red")]
WAIT = [(GREEN, None), (AMBER, 7200), (RED, 14400)]
WAIT_SOURCE = "Orange over 2 hours, red over 4: configuration of this board, not a national standard of the wait to be seen."
FOUR_HOURS = [(RED, None), (AMBER, 0.78), (GREEN, 0.95)]
FOUR_HOURS_SOURCE = "Orange from 78% (aim of the 2025/26 UEC plan), green from 95% (the constitutional standard)."
FEED_STATES = states([(0, "live", GREEN), (1, "late", AMBER), (2, "catching up", AMBER),
                      (3, "clock stands still", RED), (4, "silent", RED), (5, "never heard", RED)])
LEVELS = states([(1, "1", GREEN), (2, "2", "yellow"), (3, "3", AMBER), (4, "4", RED)])
LEVEL_STEPS = [(GREEN, None), ("yellow", 2), (AMBER, 3), (RED, 4)]
TO_SITE = [{"title": "Site detail", "targetBlank": False,
            "url": "/d/uec-site?var-service=${__field.labels.service}&${__url_time_range}"
                   "&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}"}]
PATHS = 'route=~"/(api|FHIR|feeds).*"'
PATHS_5XX = PATHS + ',status="5xx"'
FAILED = 'status="5xx"'
MEDIAN = 'percentile="50"'
FEED_OR_UNKNOWN = 'feed=~"$feed|unknown"'
OURS = 'of="$of",span="$span",way="forecast"'
ROLLING = 'of="$of",span="$span",way="rolling_mean"'
# A service that is heard has these, so they say which services a site may be chosen from.
SERVICE = variable("service", "Service", f"label_values(uec_in_department_people{{{ALL}}}, service)")
HOSPITAL = variable("service", "Service", f"label_values(uec_handovers_waiting{{{ALL}}}, service)")
FEED = variable("feed", "Feed", f"label_values(uec_feed_up{{{ALL}}}, feed)")


def m(name, more="", base=ALL):
    return f"{name}{{{base}{',' + more if more else ''}}}"


OVER_60 = 'band="over 60"'
ENDED = 'of="ended"'
OPEN_HANDOVERS = "Those still outside are not in it: see the panels beside it."


def share(selector, more):
    """The share of the handovers ended since midnight that are in these bands; no figure where none ended."""
    name = "uec_handovers_by_length"
    return f"sum ({selector(name, ENDED + ',' + more)}) / (sum ({selector(name, ENDED)}) > 0)"


def bands(title, description, expr):
    made = series(title, description, f"sum by (band) ({expr})", "none", legend="{{band}}")
    made["fieldConfig"]["defaults"]["custom"].update(fillOpacity=60, stacking={"mode": "normal", "group": "A"})
    made["fieldConfig"]["overrides"] = [
        {"matcher": {"id": "byName", "options": band},
         "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}]} for band, color in BANDS]
    return made


def heat_style(opacity):
    return {"color": {"fixed": BLUE}, "opacity": opacity, "lineWidth": 0}


def geomap(title, description):
    made = panel("geomap", title, description,
                 [target(f"{m('uec_service_position')} * on (job, instance, service) group_left () "
                         f"({m('uec_wait_seconds', MEDIAN)} / 60)", "", True, "table")],
                 "m", [(GREEN, None), (AMBER, 120), (RED, 240)], w=12, h=14)
    made["transformations"] = [{"id": "convertFieldType", "options": {"conversions": [
        {"targetField": "latitude", "destinationType": "number"},
        {"targetField": "longitude", "destinationType": "number"}]}}]
    made["options"] = {
        "view": {"id": "coords", "lat": 52.66, "lon": -1.05, "zoom": 9.5},
        # No picture of a third party: it would be told who looks at this board. Our outlines are the base; a tile
        # server of your own, on the same host, may lie below them.
        "basemap": {"type": "xyz", "name": "Own tiles, if there are any", "config": {"url": "/tiles/{z}/{x}/{y}.png"}},
        "layers": [
            {"type": "geojson", "name": "Outlines of the districts", "opacity": 1, "tooltip": False,
             "config": {"src": "/api/v1/outlines.geojson",
                        "style": {"color": {"fixed": "text"}, "opacity": 0.04, "lineWidth": 1}, "rules": []}},
            {"type": "geojson", "name": "Demand of the last hour", "opacity": 0.7,
             "config": {"src": "/api/v1/heat.geojson", "style": heat_style(0.15), "rules": [
                 {"check": {"property": "people", "operation": "gte", "value": people}, "style": heat_style(opacity)}
                 for people, opacity in ((20, 0.8), (10, 0.6), (5, 0.4), (3, 0.25))]}},
            {"type": "markers", "name": "Wait of people arriving now",
             "location": {"mode": "coords", "latitude": "latitude", "longitude": "longitude"},
             "config": {"showLegend": True, "style": {
                 "color": {"field": "Value", "fixed": "green"}, "size": {"fixed": 10, "min": 6, "max": 18},
                 "text": {"field": "name", "fixed": "", "mode": "field"}, "opacity": 0.9}},
             "tooltip": True}],
        "controls": {"showZoom": True, "mouseWheelZoom": False, "showAttribution": True},
        "tooltip": {"mode": "details"}}
    return made


def overview():
    waiting = m("job_instance:uec_waiting_people:sum")
    return [
        row("Under pressure?"),
        stat("Worst escalation parameter", "The highest level that any parameter of any trust has reached. " + OPEL_SOURCE,
             f"max by (trust) ({m('job_instance_trust:uec_opel_parameter_level:max')})", "none", LEVEL_STEPS, legend="{{trust}}"),
        stat("Waiting to be seen", "People at all services who arrived and have neither been seen nor left. " + LOCAL,
             f"sum ({waiting})", "none", [(GREEN, None), (AMBER, 150), (RED, 250)], legend="people"),
        stat("Ambulances outside", "Ambulances outside any department with a patient not yet handed over. " + LOCAL,
             f"sum ({m('uec_handovers_waiting')})", "none", [(GREEN, None), (AMBER, 5), (RED, 15)], legend="ambulances"),
        stat("Longest handover", "The clock of the ambulance that has waited longest. " + HANDOVER_SOURCE,
             f"max ({m('uec_longest_handover_seconds')})", "s", HANDOVER, legend="longest"),
        stat("Waiting for a bed", "People in a department whom a clinician decided to admit. " + LOCAL,
             f"sum ({m('uec_waiting_for_bed_people')})", "none", [(GREEN, None), (AMBER, 20), (RED, 40)], legend="people"),
        stat("Feeds not heard", "Feeds that are silent or were never heard; their figures are withheld. Any is red: configuration of this board.",
             f"count ({m('uec_feed_state')} >= 4) or vector(0)", "none", [(GREEN, None), (RED, 1)], legend="feeds"),
        row("Which part is the bottleneck?"),
        panel("bargauge", "Bottleneck: share of today's most at each step",
              "For each step of the way (door, first clinician, bed) how full it is now against the fullest of the time shown. The step nearest to 100% is the one under most pressure for this day; it does not say why. " + LOCAL,
              [target(f"sum ({m('uec_handovers_waiting')}) / max_over_time(sum ({m('uec_handovers_waiting')})[$__range:1m])", "ambulance door"),
               target(f"sum ({waiting}) / max_over_time(sum ({waiting})[$__range:1m])", "first clinician"),
               target(f"sum ({m('uec_waiting_for_bed_people')}) / max_over_time(sum ({m('uec_waiting_for_bed_people')})[$__range:1m])", "ward bed"),
               target(f"sum ({m('uec_inbound_ambulances')}) / max_over_time(sum ({m('uec_inbound_ambulances')})[$__range:1m])", "ambulances coming")],
              "percentunit", [(GREEN, None), (AMBER, 0.75), (RED, 0.9)], minimum=0, maximum=1),
        panel("state-timeline", "Escalation parameters", "The level of each parameter over time, 1 to 4. " + OPEL_SOURCE,
              [target(m("uec_opel_parameter_level"), "{{trust}} {{parameter}}")], "none", LEVEL_STEPS, mappings=LEVELS),
        geomap("Where", "Each service at its place, coloured by the median wait in minutes of people who arrive now, over hexes of demand (darker: more people in the last hour) and the outlines of the districts. Hexes and outlines come from this server's own GeoJSON (/api/v1/heat.geojson, /api/v1/outlines.geojson): serve Grafana behind the same host, or give the full address; they may only be read again when the page is. " + WAIT_SOURCE),
        series("Wait of people arriving now (median)", "Half of those who arrive now will be seen sooner. Absent while it is withheld. " + WAIT_SOURCE,
               m("uec_wait_seconds", 'percentile="50"'), "s", WAIT, links=TO_SITE, h=7),
        series("Longest wait now", "How long the person who came first, of those not yet seen, has waited. " + WAIT_SOURCE,
               m("uec_longest_wait_seconds"), "s", WAIT, links=TO_SITE, h=7),
        row("People"),
        series("Waiting to be seen, by service", "People waiting at each service. " + LOCAL,
               m("job_instance_service:uec_waiting_people:sum"), "none", links=TO_SITE, w=8),
        series("In department", "People who arrived and have not left, seen or not. " + LOCAL, m("uec_in_department_people"), "none", links=TO_SITE, w=8),
        series("Demand", "People who asked for care in the last whole hour, ten minutes after its end: contacts, incidents and arrivals, as the public heat map has them. " + LOCAL,
               m("uec_demand_people"), "none", legend="people", w=8),
        series("Ambulances outside, by department", "Ambulances with a patient not yet handed over. " + LOCAL, m("uec_handovers_waiting"), "none", links=TO_SITE),
        series("Within 4 hours, since midnight", "Share of those who left since midnight that had been here 4 hours or less. " + FOUR_HOURS_SOURCE,
               m("uec_four_hour_ratio"), "percentunit", FOUR_HOURS, links=TO_SITE, minimum=0, maximum=1),
        table("Alerts that fire now", "Each has its page in docs/runbook.md. Firing is red by definition.", f'ALERTS{{{ALL},alertstate="firing"}}', "none", [(RED, None)],
              {"alertname": "Alert", "severity": "Severity", "service": "Service", "feed": "Feed", "trust": "Trust"}, w=24, h=6),
    ]


def site():
    def s(name, more=""):
        return m(name, more, SITE)
    return [
        row("Now: $service"),
        stat("Wait to be seen", "Median for people who walk in now. " + WAIT_SOURCE, s("uec_wait_seconds", 'percentile="50"'), "s", WAIT),
        stat("Nine in ten seen within", "90th percentile for people who walk in now. " + WAIT_SOURCE, s("uec_wait_seconds", 'percentile="90"'), "s", WAIT),
        stat("Longest wait", "How long the person who came first has waited. " + WAIT_SOURCE, s("uec_longest_wait_seconds"), "s", WAIT),
        stat("In department", "People here, seen or not. " + LOCAL, s("uec_in_department_people"), "none"),
        stat("Over 12 hours since arrival", "People here who arrived more than 12 hours ago. Any is orange; the 2025/26 UEC plan aims at under 10% of those who come, which is a share over time, not this count.",
             s("uec_over_12h_people"), "none", [(GREEN, None), (AMBER, 1), (RED, 10)]),
        stat("Over 12 hours since decision", "People waiting for a bed for more than 12 hours after the decision to admit: the trolley wait of the monthly return. Any is red: configuration of this board.",
             s("uec_over_12h_from_decision_people"), "none", [(GREEN, None), (RED, 1)]),
        row("Waits"),
        series("Wait of people arriving now", "The median and the ends of the range: one in ten is seen before the lower, nine in ten before the upper. " + WAIT_SOURCE,
               s("uec_wait_seconds"), "s", WAIT, legend="{{service}} {{percentile}}%"),
        series("Now beside what is usual", "The median now, and the mean wait that is usual at this hour of the day, once three days are known. " + WAIT_SOURCE,
               [(s("uec_wait_seconds", 'percentile="50"'), "{{service}} now"), (s("uec_usual_wait_seconds"), "{{service}} usual")], "s", WAIT),
        series("What those seen had waited", "Median of the last 4 hours, and since midnight (the time to treatment; 60 minutes was the indicator of 2011). It looks back. " + LOCAL,
               [(s("uec_actual_wait_seconds"), "{{service}} last 4 hours"), (s("uec_treatment_today_seconds"), "{{service}} since midnight")], "s", [(GREEN, None), (AMBER, 3600)]),
        series("First assessment and stay", "Median of the last 4 hours: arrival to first assessment, and arrival to leaving. " + LOCAL,
               [(s("uec_assessment_seconds"), "{{service}} assessment"), (s("uec_stay_seconds"), "{{service}} stay")], "s"),
        row("People"),
        series("Waiting, by urgency", "People waiting to be seen, by acuity group. " + LOCAL, s("uec_waiting_people"), "none", legend="{{service}} {{group}}"),
        series("Arrivals", "Registered here in the last hour and in the last 4 hours. " + LOCAL,
               [(s("uec_arrivals_1h_people"), "{{service}} last hour"), (s("uec_arrivals_4h_people"), "{{service}} last 4 hours")], "none"),
        series("Here over 4 hours, for a bed, and over 12 hours", "Parts of those in the department: overlapping, not to be added. " + LOCAL,
               [(s("uec_over_4h_people"), "{{service}} over 4 h"), (s("uec_waiting_for_bed_people"), "{{service}} for a bed"), (s("uec_over_12h_people"), "{{service}} over 12 h")], "none"),
        series("Since midnight", "Arrivals, and those who left before being seen. " + LOCAL,
               [(s("uec_arrivals_today_people"), "{{service}} arrived"), (s("uec_left_today_people"), "{{service}} left unseen")], "none"),
        row("Room"),
        series("Spaces, beds and clinicians", "As the service last reported them; absent when it said nothing. " + LOCAL, s("uec_capacity"), "none", legend="{{service}} {{of}}"),
        panel("state-timeline", "Open, and what it says of itself", "Open by its hours and not closed out of turn. " + LOCAL,
              [target(s("uec_service_open"), "{{service}}")], "none", [(AMBER, None), (GREEN, 1)],
              mappings=states([(0, "closed", AMBER), (1, "open", GREEN)])),
        series("Within 4 hours, since midnight", "Share of those who left since midnight that had been here 4 hours or less; the clock of an ambulance patient starts at handover, or 15 minutes after arrival. " + FOUR_HOURS_SOURCE,
               s("uec_four_hour_ratio"), "percentunit", FOUR_HOURS, minimum=0, maximum=1),
        table("Figures withheld", "Figures of this service that are not shown, and why. A missing figure is never zero. Any is orange: configuration of this board.",
              s("uec_readings_withheld"), "none", [(AMBER, None)], {"service": "Service", "reading": "Figure", "reason": "Why"}),
    ]


def handover():
    def s(name, more=""):
        return m(name, more, SITE)
    return [
        row("Now"),
        stat("Ambulances outside", "With a patient not yet handed over. " + LOCAL, f"sum ({s('uec_handovers_waiting')})", "none", [(GREEN, None), (AMBER, 5), (RED, 15)], legend="ambulances"),
        stat("Coming", "On their way with a patient. " + LOCAL, f"sum ({s('uec_inbound_ambulances')})", "none", legend="ambulances"),
        stat("Longest handover", "The clock of the ambulance that has waited longest. " + HANDOVER_SOURCE, f"max ({s('uec_longest_handover_seconds')})", "s", HANDOVER, legend="longest"),
        stat("Doors over 45 minutes", "Departments whose longest handover is over 45 minutes: the most allowed by the 2025/26 UEC plan.",
             f"count ({s('uec_longest_handover_seconds')} > 2700) or vector(0)", "none", [(GREEN, None), (RED, 1)], legend="doors"),
        stat("Ended since midnight", "Handovers complete since midnight. " + LOCAL, f"sum ({s('uec_handovers_today')})", "none", legend="handovers"),
        stat("Hours lost since midnight", "Ambulance hours beyond 15 minutes of each handover that ended since midnight, and of those outside now. Beyond 15 is the national standard of a handover; the colours are configuration of this board.",
             f"sum ({s('uec_handover_lost_seconds')}) / 3600", "h", [(GREEN, None), (AMBER, 10), (RED, 50)], legend="hours", decimals=1),
        row("How long did they take?"),
        stat("Within 15 minutes", "Share of the handovers ended since midnight. Green from 65%: the standard of the 2022/23 contract. " + OPEN_HANDOVERS,
             share(s, 'band="0-15"'), "percentunit", [(RED, None), (GREEN, 0.65)], w=6, legend="share"),
        stat("Within 30 minutes", "Share of the handovers ended since midnight. Green from 95%: the standard of the 2022/23 contract. " + OPEN_HANDOVERS,
             share(s, 'band=~"0-15|15-30"'), "percentunit", [(RED, None), (GREEN, 0.95)], w=6, legend="share"),
        stat("Within 45 minutes", "Share of the handovers ended since midnight. Green only when all are: the most allowed by the 2025/26 UEC plan. " + OPEN_HANDOVERS,
             share(s, 'band=~"0-15|15-30|30-45"'), "percentunit", [(RED, None), (GREEN, 1)], w=6, legend="share"),
        stat("Over 60 minutes", "Handovers ended since midnight that took over an hour, and those outside for longer than that. None is the standard of the 2022/23 contract: any is red.",
             f"sum ({s('uec_handovers_by_length', OVER_60)})", "none", [(GREEN, None), (RED, 1)], w=6, legend="handovers"),
        bands("Handovers since midnight, by length", "How many handovers that ended since midnight took up to 15, 30, 45 and 60 minutes, and beyond. " + BANDS_SOURCE,
              s("uec_handovers_by_length", 'of="ended"')),
        bands("Outside now, by length so far", "Ambulances outside now, by how long they have been there: what the day's figures will hold. " + BANDS_SOURCE,
              s("uec_handovers_by_length", 'of="outside"')),
        series("Hours lost, by door", "Ambulance hours beyond 15 minutes of each handover: those ended since midnight, and those outside now. Falls to nothing at midnight. " + LOCAL,
               f"sum by (service) ({s('uec_handover_lost_seconds')}) / 3600", "h"),
        table("Every door, by length", "Handovers ended since midnight at each department, by minutes taken. " + BANDS_SOURCE,
              s("uec_handovers_by_length", 'of="ended"'), "none", None, {"service": "Department", "band": "Minutes"}),
        row("By door"),
        series("Ambulances outside, by department", "With a patient not yet handed over. " + LOCAL, s("uec_handovers_waiting"), "none"),
        series("Longest handover now", "The clock of the ambulance that has waited longest. " + HANDOVER_SOURCE, s("uec_longest_handover_seconds"), "s", HANDOVER),
        series("Mean handover since midnight", "Of handovers that ended. " + HANDOVER_SOURCE, s("uec_mean_handover_seconds"), "s", HANDOVER),
        series("Expected handover of one that arrives now", "Median: half take less. Shown where enough were seen. " + HANDOVER_SOURCE, s("uec_expected_handover_seconds"), "s", HANDOVER),
        series("Coming, by department", "Ambulances on their way with a patient. " + LOCAL, s("uec_inbound_ambulances"), "none"),
        series("Hours at the door in the last hour", "Ambulance hours spent outside in the hour before: the mean number outside, times an hour. One line per door. " + LOCAL,
               f"avg_over_time({s('uec_handovers_waiting')}[1h])", "h"),
        table("Every door", "Mean handover since midnight of each department. " + HANDOVER_SOURCE, s("uec_mean_handover_seconds"), "s", HANDOVER, {"service": "Department"}),
        table("Alerts of this board", "Doors for which the 45-minute alert fires or is about to. Firing is red by definition.",
              f'ALERTS{{{ALL},alertname="UecHandoverOver45"}}', "none", [(RED, None)], {"service": "Department", "alertstate": "State", "severity": "Severity"}),
    ]


def directory():
    return [
        row("The Directory now"),
        stat("Services", "Records in the Directory of this server: a demonstration list, not the national one. " + LOCAL, f"count ({m('uec_service_open')})", "none", legend="services"),
        stat("Open now", "Open by their hours and not closed out of turn. " + LOCAL, f"sum ({m('uec_service_open')})", "none", [(RED, None), (GREEN, 1)], legend="open"),
        stat("Times to book", "Times of the next 24 hours that can be booked now, at all services together. " + LOCAL,
             f"sum ({m('uec_slots_ahead')})", "none", [(AMBER, None), (GREEN, 1)], legend="times"),
        stat("Asked for care, last hour", "Contacts with 111 and online, incidents and arrivals of the last whole hour, as the public heat map has them. " + LOCAL, m("uec_demand_people"), "none", legend="people"),
        stat("Red or amber", "Services that say of themselves that they are loaded. " + LOCAL, f"count ({m('uec_service_status_level')} > 1) or vector(0)", "none", [(GREEN, None), (AMBER, 1)], legend="services"),
        stat("Failures on these paths", "Answers 5xx per second of the API and FHIR paths. Any is orange: configuration of this board.",
             f"sum (rate({m('uec_http_request_seconds_count', PATHS_5XX)}[$__rate_interval])) or vector(0)", "reqps", [(GREEN, None), (AMBER, 0.01)], legend="5xx"),
        row("Demand and supply"),
        series("People who asked for care, last hour", "Contacts, incidents and arrivals together, of each whole hour, as the public heat map has them. " + LOCAL, m("uec_demand_people"), "none", legend="people"),
        series("Hot spots", "Places from which far more people ask for care than usual; none before four weeks are known. The rule and how often it errs: docs/evidence/demand.md. " + LOCAL,
               m("uec_demand_hot_spots"), "none", legend="hot spots"),
        series("Times to book, by service", "Times of the next 24 hours that can be booked now; a service that never publishes has no line. " + LOCAL, m("uec_slots_ahead"), "none"),
        series("Bookings of today, by where they stand", "Bookings whose time begins today, all services together: booked, arrived, seen, cancelled, or not there so long after the time as the service's rule says. " + LOCAL,
               f"sum by (standing) ({m('uec_bookings_today')})", "none", legend="{{standing}}"),
        series("Did not attend today, by service", "Bookings of today whose patient was not there so long after the time as the service's rule says; taken back when they come. " + LOCAL,
               m("uec_bookings_today", 'standing="did_not_attend"'), "none"),
        panel("state-timeline", "Open and closed", "Urgent care services and hubs, open by their hours and not closed out of turn. Closed is not a fault. " + LOCAL,
              [target(m("uec_service_open", 'service=~".*(utc|ucc|hub|miu).*"'), "{{service}}")], "none", [(AMBER, None), (GREEN, 1)], h=12,
              mappings=states([(0, "closed", AMBER), (1, "open", GREEN)])),
        panel("state-timeline", "What services say of their load", "Green, amber or red as set by the service itself. " + LOCAL,
              [target(m("uec_service_status_level"), "{{service}}")], "none", [(GREEN, None), (AMBER, 2), (RED, 3)], h=12,
              mappings=states([(1, "green", GREEN), (2, "amber", AMBER), (3, "red", RED)])),
        row("The ways in and out"),
        series("Facts taken, by feed", "Facts a second taken into the log, contacts with 111 among them. " + LOCAL,
               f"sum by (feed) (rate({m('uec_facts_accepted_total')}[$__rate_interval]))", "cps", legend="{{feed}}"),
        series("Requests, by path", "Requests a second of the API, FHIR and feed paths. " + LOCAL,
               f"sum by (route) (rate({m('uec_http_request_seconds_count', PATHS)}[$__rate_interval]))", "reqps", legend="{{route}}"),
        series("Slowest hundredth, by path", "99th percentile of the time to answer. Orange over 0.1 s, red over 1 s: configuration of this board.",
               f"histogram_quantile(0.99, sum by (le, route) (rate({m('uec_http_request_seconds_bucket', PATHS)}[$__rate_interval])))", "s",
               [(GREEN, None), (AMBER, 0.1), (RED, 1)], legend="{{route}}"),
        table("Closed now", "Services of the Directory that are closed. Not a fault by itself. " + LOCAL, f"{m('uec_service_open')} == 0", "none", [(AMBER, None)], {"service": "Service"}),
    ]


def quality():
    def f(name, more=""):
        return m(name, 'feed=~"$feed"' + ("," + more if more else ""))
    return [
        row("Who is late to tell us?"),
        stat("Feeds live", "Heard in time. " + LOCAL, f"sum ({f('uec_feed_up')})", "none", [(RED, None), (GREEN, 1)], legend="live"),
        stat("Feeds not heard", "Silent or never heard: their figures are withheld. Any is red: configuration of this board.", f"count ({f('uec_feed_state')} >= 4) or vector(0)", "none", [(GREEN, None), (RED, 1)], legend="feeds"),
        stat("Figures withheld", "Figures that are not shown at all, for whatever reason. " + LOCAL, f"sum ({m('uec_readings_withheld')})", "none", legend="figures"),
        stat("Refused", "Share of messages refused in the last 5 minutes, worst feed. Orange over 2%, red over 5% (the alert): configuration.",
             f"max ({f('job_instance_feed:uec_messages_rejected:ratio_rate5m')})", "percentunit", [(GREEN, None), (AMBER, 0.02), (RED, 0.05)], legend="worst"),
        stat("Services not believed", "Services whose waits cannot be true (all zero, or capped). Any is red: configuration.", f"count ({m('uec_doubts')}) or vector(0)", "none", [(GREEN, None), (RED, 1)], legend="services"),
        stat("Parameters missing", "Escalation parameters without a value; while one is missing no score is shown. " + LOCAL, f"sum ({m('uec_opel_parameter_missing')}) or vector(0)", "none", [(GREEN, None), (AMBER, 1)], legend="parameters"),
        panel("state-timeline", "State of each feed", "By the limits of each feed in its settings (late_after_minutes, silent_after_minutes), or by how unlikely so long a time without news is: docs/operations.md.",
              [target(f("uec_feed_state"), "{{feed}}")], "none", [(GREEN, None), (AMBER, 1), (RED, 3)], w=24, h=9, mappings=FEED_STATES),
        series("Time since heard", "Anything at all from the feed, heartbeats too. Orange over 5 minutes, red over 20: the limits of the urgent care centres in fixtures/directory/feeds.toml; other feeds have others.",
               f("uec_feed_age_seconds"), "s", [(GREEN, None), (AMBER, 300), (RED, 1200)], legend="{{feed}}"),
        series("Time since news", "More than that it is there. What is usual differs by hour and feed, so there is no fixed limit. " + LOCAL, f("uec_feed_news_age_seconds"), "s", legend="{{feed}}"),
        series("Chance of so long without news", "At this hour of the week, as the feed itself has taught. Late below 1e-4 and silent below 1e-7, unless configured.", f("uec_feed_quiet_chance_ratio"), "percentunit", [(RED, None), (AMBER, 0.0000001), (GREEN, 0.0001)], legend="{{feed}}"),
        series("Figures withheld, by reason", "silent_feed, no_feed, too_few, implausible, catching_up, closed: see docs/definitions.md. " + LOCAL, f"sum by (reason) ({m('uec_readings_withheld')})", "none", legend="{{reason}}"),
        row("What did they send?"),
        series("Taken", "Facts a second taken into the log. " + LOCAL, f"sum by (feed) (rate({f('uec_facts_accepted_total')}[$__rate_interval]))", "cps", legend="{{feed}}", w=8),
        series("Known already", "Facts a second that were sent before: harmless, but many mean that answers do not reach the sender. " + LOCAL, f"sum by (feed) (rate({f('uec_facts_duplicate_total')}[$__rate_interval]))", "cps", legend="{{feed}}", w=8),
        series("Fields not in our format", "Fields a second that were ignored. " + LOCAL, f"sum by (feed) (rate({f('uec_fields_ignored_total')}[$__rate_interval]))", "cps", legend="{{feed}}", w=8),
        series("Refused, by reason", "Messages a second, kept in quarantine with the reason. " + LOCAL, f"sum by (reason) (rate({m('uec_messages_rejected_total', FEED_OR_UNKNOWN)}[$__rate_interval])) > 0", "cps", legend="{{reason}}"),
        series("Refused, share of each feed", "Red over 5%, which is the alert: configuration.", f("job_instance_feed:uec_messages_rejected:ratio_rate5m"), "percentunit", [(GREEN, None), (AMBER, 0.02), (RED, 0.05)], legend="{{feed}}"),
        table("Refused since the start", "By feed and reason. Look at them with `uec-live quarantine list`. Any is orange: configuration.", f"sum by (feed, reason) ({m('uec_messages_rejected_total', FEED_OR_UNKNOWN)}) > 0", "none", [(AMBER, None)], {"feed": "Feed", "reason": "Why"}),
        table("Waits not believed", "Services whose waits cannot be true, and why. Any is red: configuration.", m("uec_doubts"), "none", [(RED, None)], {"service": "Service", "why": "Why"}),
    ]


def accuracy():
    def s(name, more='of="$of",span="$span"'):
        return m(name, more, SITE)
    good = "The aim follows from what the figure means (docs/definitions.md)."
    return [
        row("How right is what we show? Span: $span"),
        stat("Within the upper end", "Share that took no longer than the longer time shown: nine in ten should. Orange under 85%, red under 80% (the alert): configuration.",
             s("uec_estimate_within_ratio"), "percentunit", [(RED, None), (AMBER, 0.8), (GREEN, 0.85)], w=6),
        stat("Inside the range", "Share seen inside the range shown: eight in ten should. Orange under 75%, red under 65%: configuration.",
             s("uec_estimate_inside_ratio"), "percentunit", [(RED, None), (AMBER, 0.65), (GREEN, 0.75)], w=6),
        stat("Took longer than the median", "Half should. Orange over 60%, red over 70%: configuration; to say too little is worse than to say too much.",
             s("uec_estimate_under_ratio"), "percentunit", [(GREEN, None), (AMBER, 0.6), (RED, 0.7)], w=6),
        stat("Scored", "Estimates shown whose truth became known. Under 50 the shares say little. ", s("uec_estimates_scored"), "none", [(AMBER, None), (GREEN, 50)], w=6),
        series("Within the upper end, over time", "Nine in ten is the aim. " + good, s("uec_estimate_within_ratio"), "percentunit", [(RED, None), (AMBER, 0.8), (GREEN, 0.85)], minimum=0, maximum=1),
        series("Inside the range, over time", "Eight in ten is the aim. " + good, s("uec_estimate_inside_ratio"), "percentunit", [(RED, None), (AMBER, 0.65), (GREEN, 0.75)], minimum=0, maximum=1),
        series("Bias", "How far off the middle figure was, with its sign: below zero too little was said. " + LOCAL, s("uec_estimate_bias_seconds"), "s"),
        series("Took longer than the median, over time", "Half is the aim. " + good, s("uec_estimate_under_ratio"), "percentunit", [(GREEN, None), (AMBER, 0.6), (RED, 0.7)], minimum=0, maximum=1),
        series("Mean absolute error, beside the simple ways", "On the same visits: ours, the mean of the last 4 hours, the last to be seen, the one who has waited longest. Ours should be lowest. " + LOCAL,
               f"avg by (way) ({s('uec_estimate_error_seconds')})", "s", legend="{{way}}"),
        series("Better than the mean of the last 4 hours by", "How much smaller our error is, as a share. Below zero the simple way is better: then tell the people who run the forecast. Zero is the threshold by meaning.",
               f"1 - {s('uec_estimate_error_seconds', OURS)} / on (job, instance, service, of, span) {s('uec_estimate_error_seconds', ROLLING)}",
               "percentunit", [(RED, None), (GREEN, 0)]),
        table("Every service", "Mean absolute error of ours. " + LOCAL, s("uec_estimate_error_seconds", 'of="$of",span="$span",way="forecast"'), "s", None, {"service": "Service", "of": "Of", "span": "Span"}, w=24),
    ]


def service():
    window = "$__rate_interval"
    requests, buckets = "uec_http_request_seconds_count", "uec_http_request_seconds_bucket"
    return [
        row("Up?"),
        stat("Up", "Prometheus can read the metrics. Anything but 1 is red by definition.", m("up"), "none", [(RED, None), (GREEN, 1)], legend="{{instance}}", mappings=states([(0, "down", RED), (1, "up", GREEN)])),
        stat("Age of the picture", "Time since what readers see was true. Over a minute the writer is stuck (the alert): configuration.", m("uec_picture_age_seconds"), "s", [(GREEN, None), (AMBER, 15), (RED, 60)], legend="{{instance}}"),
        stat("Error budget burn, 1 hour", "How many times faster than allowed by 99.9% of requests the budget is used. Red over 14.4 (the alert; the usual multiples of the SRE workbook). The objective is configuration.",
             f"{m('job_instance:uec_http_errors:ratio_rate1h')} / 0.001", "none", [(GREEN, None), (AMBER, 1), (RED, 14.4)], legend="{{instance}}", decimals=1),
        stat("Log failures", "Batches that the log could not take since the start. Any is red: every sender was told to try again.", m("uec_log_failures_total"), "none", [(GREEN, None), (RED, 1)], legend="{{instance}}"),
        stat("Screens", "Open push connections. Orange over 12,000: the limit is 15,000 (docs/api.md).", f"sum by (instance) ({m('uec_push_connections')})", "none", [(GREEN, None), (AMBER, 12000), (RED, 14500)], legend="{{instance}}"),
        stat("Version", "The running version.", m("uec_build_info"), "none", legend="{{version}}", options={"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "textMode": "name", "colorMode": "none", "graphMode": "none", "justifyMode": "auto"}),
        row("Requests: rate, errors, duration"),
        series("Rate", "Requests a second by route. " + LOCAL, f"sum by (route) (rate({m(requests)}[{window}]))", "reqps", legend="{{route}}", w=8),
        series("Errors", "Answers 5xx a second by route. " + LOCAL, f"sum by (route) (rate({m(requests, FAILED)}[{window}]))", "reqps", [(GREEN, None), (RED, 0.01)], legend="{{route}}", w=8),
        series("Duration", "Median and 99th percentile of all routes together. Orange over 0.1 s, red over 1 s: configuration.",
               [(f"histogram_quantile(0.5, sum by (le) (rate({m(buckets)}[{window}])))", "half within"),
                (f"histogram_quantile(0.99, sum by (le) (rate({m(buckets)}[{window}])))", "99 in 100 within")], "s", [(GREEN, None), (AMBER, 0.1), (RED, 1)], w=8),
        series("Error budget burn", "By window, against 99.9% of requests. Both windows of a pair must be over their multiple for the alert: docs/runbook.md.",
               [(f"{m('job_instance:uec_http_errors:ratio_rate' + w)} / 0.001", w) for w in ("5m", "30m", "1h", "6h")], "none", [(GREEN, None), (AMBER, 6), (RED, 14.4)]),
        series("Answers by class", "2xx, 3xx, 4xx and 5xx a second. " + LOCAL, f"sum by (status) (rate({m(requests)}[{window}]))", "reqps", legend="{{status}}"),
        row("Push"),
        series("Connections", "Open, by transport. " + LOCAL, m("uec_push_connections"), "none", legend="{{transport}}", w=8),
        series("Frames", "Messages to screens a second. " + LOCAL, f"sum (rate({m('uec_push_frames_total')}[{window}]))", "cps", legend="frames", w=8),
        series("Closed by us, and refused", "By close code (4408 too slow, 4400 broke the protocol, 1012 restart), and connections refused for want of a place. " + LOCAL,
               [(f"sum by (code) (rate({m('uec_push_closed_total')}[{window}]))", "{{code}}"), (f"sum (rate({m('uec_http_connections_refused_total')}[{window}]))", "no place")], "cps", w=8),
        row("Log and writer: use, saturation, errors"),
        series("Time to make a batch durable", "Median and 99th percentile. Orange over 25 ms, red over 0.5 s: configuration; senders wait for this.",
               [(f"histogram_quantile(0.5, sum by (le) (rate({m('uec_log_commit_seconds_bucket')}[{window}])))", "half within"),
                (m("job_instance:uec_log_commit_seconds:p99_5m"), "99 in 100 within")], "s", [(GREEN, None), (AMBER, 0.025), (RED, 0.5)]),
        series("Entries", "In the log, and at the last snapshot. " + LOCAL, [(m("uec_log_entries"), "log"), (m("uec_log_snapshot_entry"), "snapshot")], "none"),
        series("Failures", "Batches not taken and snapshots not made, a second. Any is red.", [(f"rate({m('uec_log_failures_total')}[{window}])", "log"), (f"rate({m('uec_log_snapshots_failed_total')}[{window}])", "snapshot")], "cps", [(GREEN, None), (RED, 0.001)]),
        series("HL7 connections", "Open MLLP connections. " + LOCAL, m("uec_mllp_connections"), "none", legend="connections"),
        row("Process: use and saturation"),
        series("Processor", "Cores in use. " + LOCAL, f"rate({m('process_cpu_seconds_total')}[{window}])", "none", legend="cores", w=8),
        series("Memory", "Resident. " + LOCAL, m("process_resident_memory_bytes"), "bytes", legend="resident", w=8),
        series("Files and sockets", "Open, as a share of what is allowed. Orange over 80%: configuration.", f"{m('process_open_fds')} / {m('process_max_fds')}", "percentunit", [(GREEN, None), (AMBER, 0.8), (RED, 0.95)], legend="used", w=8),
        series("Pool", "Tasks alive, threads, and tasks that wait for a thread: a queue that stays means too few threads or one that blocks. " + LOCAL,
               [(m("uec_runtime_tasks"), "tasks"), (m("uec_runtime_workers"), "threads"), (m("uec_runtime_queued_tasks"), "waiting")], "none", w=8),
        series("Scrape", "Time that Prometheus took to read the metrics; under 50 ms is ours to hold (docs/evidence/observe.md).", m("scrape_duration_seconds"), "s", [(GREEN, None), (RED, 0.05)], legend="scrape", w=8),
        series("Series", "Samples of a scrape; under 3,000 is ours to hold (docs/evidence/observe.md).", m("scrape_samples_scraped"), "none", [(GREEN, None), (RED, 3000)], legend="series", w=8),
    ]


SPAN = variable("span", "Span", f"label_values(uec_estimates_scored{{{ALL}}}, span)", False)
OF = variable("of", "Of", f"label_values(uec_estimates_scored{{{ALL}}}, of)", False)

ALL_BOARDS = {
    "system-overview": lambda: board("uec-overview", "System overview", "Which part of the pathway is under pressure, for managers. docs/dashboards/system-overview.md", overview(), BOARDS),
    "site-detail": lambda: board("uec-site", "Site detail", "One service in full. docs/dashboards/site-detail.md", site(), BOARDS, [SERVICE]),
    "ambulance-handover": lambda: board("uec-handover", "Ambulance handover", "Doors, clocks and hours lost. docs/dashboards/ambulance-handover.md", handover(), BOARDS, [HOSPITAL]),
    "directory": lambda: board("uec-directory", "111 and Directory", "Contacts, services open, times to book, and the paths that 111 uses. docs/dashboards/directory.md", directory(), BOARDS),
    "data-quality": lambda: board("uec-quality", "Data quality", "Who is late to tell us, and what was refused. docs/dashboards/data-quality.md", quality(), BOARDS, [FEED]),
    "accuracy": lambda: board("uec-accuracy", "Accuracy", "How right what we show turns out to be. docs/dashboards/accuracy.md", accuracy(), BOARDS, [SERVICE, SPAN, OF]),
    "service-health": lambda: board("uec-service", "Service health", "Rate, errors, duration; use and saturation. docs/dashboards/service-health.md", service(), BOARDS),
}
