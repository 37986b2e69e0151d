"""What the dashboards are made of: panels in Grafana's JSON, laid out row by row."""

WIDTH = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# The labels of a scrape that every query is limited to.
TARGET = 'job="$job",instance=~"$instance"'


def metric(name, *matchers):
    """A metric of the chosen instances."""
    return name + "{" + ",".join([TARGET, *matchers]) + "}"


def rate(name, *matchers):
    return f"rate({metric(name, *matchers)}[$__rate_interval])"


def increase(name, *matchers):
    return f"increase({metric(name, *matchers)}[$__rate_interval])"


def quantile(share, histogram, by=(), matchers=()):
    """A quantile of a histogram, for each combination of some labels."""
    return f"histogram_quantile({share}, sum by ({', '.join(['le', *by])}) ({rate(histogram + '_bucket', *matchers)}))"


def quantiles(histogram, by=(), matchers=()):
    """The three that are looked at, each with its legend."""
    legend = "".join(" {{" + label + "}}" for label in by)
    return [(quantile(share, histogram, by, matchers), name + legend)
            for share, name in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")]]


def thresholds(*steps):
    """Green, and another color from each value on."""
    first = {"color": "green", "value": None}
    return {"mode": "absolute", "steps": [first, *({"color": color, "value": value} for value, color in steps)]}


def panel(kind, title, unit, description, queries, width, height, limits=(), maximum=None, decimals=None, none=None,
          options=None):
    targets = [
        {"refId": chr(ord("A") + number), "datasource": DATASOURCE, "editorMode": "code", "expr": expr,
         "legendFormat": legend, "range": kind == "timeseries", "instant": kind != "timeseries"}
        for number, (expr, legend) in enumerate(queries)
    ]
    defaults = {"unit": unit, "min": 0}
    optional = {"max": maximum, "decimals": decimals, "noValue": none}
    defaults |= {name: value for name, value in optional.items() if value is not None}
    if limits or kind == "stat":
        defaults["thresholds"] = thresholds(*limits)
    if kind == "timeseries":
        defaults["custom"] = {"lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "spanNulls": False,
                              "thresholdsStyle": {"mode": "dashed" if limits else "off"}}
    return {"type": kind, "title": title, "description": description, "datasource": DATASOURCE, "targets": targets,
            "fieldConfig": {"defaults": defaults, "overrides": []}, "options": options,
            "gridPos": {"w": width, "h": height}}


def graph(title, unit, description, *queries, width=8, height=8, **more):
    """Figures over time."""
    options = {"legend": {"showLegend": True, "displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", title, unit, description, queries, width, height, options=options, **more)


def figure(title, unit, description, *queries, width=4, height=4, text="auto", **more):
    """One figure, or a few, as they are now."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "values": False}, "textMode": text, "colorMode": "value",
               "graphMode": "none", "justifyMode": "auto", "orientation": "auto", "wideLayout": True, "showPercentChange": False,
               "percentChangeColorMode": "standard"}
    return panel("stat", title, unit, description, queries, width, height, options=options, **more)


def variable(name, label, query, multi):
    body = {"type": "query", "name": name, "label": label, "datasource": DATASOURCE, "query": query, "refresh": 2, "sort": 1,
            "multi": multi, "includeAll": multi}
    return body | ({"allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}} if multi else {})


def dashboard(uid, title, description, rows, variables=(), since="now-6h"):
    """A dashboard of rows, each with its title and its panels."""
    panels, y = [], 0
    for row, members in rows:
        panels.append({"type": "row", "title": row, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})
        y, x, height = y + 1, 0, 0
        for member in members:
            place = member["gridPos"]
            if x + place["w"] > WIDTH:
                x, y, height = 0, y + height, 0
            member["gridPos"] = place | {"x": x, "y": y}
            x, height = x + place["w"], max(height, place["h"])
            panels.append(member)
        y += height
    for number, member in enumerate(panels, 1):
        member["id"] = number
    first = [{"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus"},
             variable("job", "Job", "label_values(partbook_build_info, job)", False),
             variable("instance", "Instance", 'label_values(partbook_build_info{job="$job"}, instance)', True)]
    link = {"type": "dashboards", "title": "Partbook", "tags": ["partbook"], "asDropdown": False, "icon": "external link",
            "includeVars": True, "keepTime": True, "targetBlank": False, "tooltip": "", "url": ""}
    return {"uid": uid, "title": title, "description": description, "tags": ["partbook"], "schemaVersion": 41, "editable": True,
            "refresh": "1m", "time": {"from": since, "to": "now"}, "timezone": "browser", "graphTooltip": 1, "links": [link],
            "annotations": {"list": []}, "templating": {"list": [*first, *variables]}, "panels": panels}
