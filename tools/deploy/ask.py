"""Uses the services, asks Prometheus what dashboards and rules ask, and waits for an alert; for scripts/check-monitoring."""

import json
import math
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

DEPLOY = Path(__file__).parents[2] / "deploy"
# What Grafana puts in for its variables.
VARIABLES = {"$__rate_interval": "1m", "$__range": "5m", "$job": "partbook", "$instance": ".*", "$operation": ".*",
             "$entity": ".*"}
# How long something may take that is waited for, seconds.
PATIENCE = 60
# How many rounds of traffic there are, each seen by a scrape of its own: a rate needs two.
ROUNDS = 3

PROMETHEUS, RECEIVED, *PLACES = sys.argv[1:]
SERVICES = list(zip(PLACES[::2], PLACES[1::2]))
faults = []


def call(method, url, body=None, headers=()):
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json", **dict(headers)}, method=method)
    try:
        with urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except HTTPError as error:
        return error.code, None


def api(path, **parameters):
    with urlopen(f"{PROMETHEUS}/api/v1/{path}?{urlencode(parameters)}", timeout=PATIENCE) as answer:
        return json.load(answer)["data"]


def until(what, found):
    """Waits until something is there, and gives it back."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.2)
    sys.exit(f"scripts/check-monitoring: {what} did not come about in {PATIENCE} s")


def sql(url, statement):
    if url.startswith("sqlite://"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), timeout=PATIENCE)) as database, database:
            database.execute(statement)
    else:
        subprocess.run(["psql", "--quiet", "--no-psqlrc", "--command", statement, url], check=True)


def use(address, url, number):
    """Reads, writes, deletes, is refused, and fails."""
    root = f"http://{address}"
    for path in ("cpus", "gpus", "ram-specs"):
        for _ in range(5):
            call("GET", f"{root}/v1/catalog/{path}")
    cpus = f"{root}/v1/catalog/cpus"
    for turn in range(5):
        body = {"name": f"Monitored {number} {turn}", "manufacturer": "AMD"}
        _, row = call("POST", cpus, body, [("Idempotency-Key", f"{number}-{turn}")])
        call("GET", f"{cpus}/{row['id']}")
        call("PATCH", f"{cpus}/{row['id']}", {"notes": "changed"})
        call("PUT", f"{cpus}/{row['id']}", body)
        call("DELETE", f"{cpus}/{row['id']}")
        call("GET", f"{cpus}/{row['id']}")
    for row in call("GET", cpus)[1]:
        if call("DELETE", f"{cpus}/{row['id']}")[0] == 409:
            break
    else:
        sys.exit("scripts/check-monitoring: no delete was refused")
    sql(url, "alter table gpu rename to gpu_gone")
    status, _ = call("GET", f"{root}/v1/catalog/gpus")
    sql(url, "alter table gpu_gone rename to gpu")
    if status != 500:
        sys.exit(f"scripts/check-monitoring: a request that had to fail was answered {status}")


def scraped():
    """Waits until every service has been scraped from now on."""
    now = time.time()
    until("a scrape", lambda: sum(float(one["value"][1]) > now for one in api("query", query="timestamp(up == 1)")["result"])
          == len(SERVICES))


def queries(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            labels = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            yield f"{dashboard['title']}, {panel['title']}, {target['refId']}", target["expr"], labels


def ask(place, query, labels=()):
    """Asks, and wants a figure, with the labels that its legend names."""
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    try:
        result = api("query", query=query)["result"]
    except HTTPError as error:
        faults.append(f"{place}: {json.load(error)['error']}: {query}")
        return
    figures = [float(one["value"][1]) for one in result]
    if not any(math.isfinite(figure) for figure in figures):
        faults.append(f"{place}: no figure, but {figures}: {query}")
    missing = {label for one in result for label in labels if label not in one["metric"]}
    if missing:
        faults.append(f"{place}: its legend names {', '.join(sorted(missing))}, which the answer has not: {query}")


def check_dashboards():
    asked = 0
    for path in sorted((DEPLOY / "grafana/dashboards").glob("*.json")):
        for place, query, labels in queries(json.loads(path.read_text())):
            ask(place, query, labels)
            asked += 1
    return asked


def check_rules():
    begin = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())

    def evaluated():
        groups = api("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        # After the traffic: a group that was evaluated before it has recorded nothing.
        seen = all(rule["health"] != "unknown" and rule["lastEvaluation"][:19] > begin for rule in rules)
        return rules if rules and seen else None

    rules = until("an evaluation of every rule", evaluated)
    for rule in rules:
        if rule["health"] != "ok":
            faults.append(f"{rule['name']}: {rule['lastError']}")
        if rule["type"] == "recording":
            ask(rule["name"], rule["name"])
    return len(rules)


def check_alert():
    """A failed backup is told, as the rules and Alertmanager's configuration say."""

    def sent():
        lines = Path(RECEIVED).read_text().splitlines() if Path(RECEIVED).exists() else []
        return next((alert for alert in map(json.loads, lines) if alert["labels"]["alertname"] == "PartbookBackupFailed"), None)

    alert = until("the alert of a failed backup", sent)
    wanted = {"labels": {"alertname": "PartbookBackupFailed", "job": "partbook", "severity": "warning"},
              "annotations": {"summary": "The last attempt to make a backup failed.",
                              "runbook_url": "https://runbooks.example/partbook#partbookbackupfailed"}}
    for name, value in wanted.items():
        if alert[name] != value:
            print(f"FAILED   the alert has the {name} {alert[name]}, and not {value}")
            faults.append(name)


def main():
    for number in range(ROUNDS):
        for address, url in SERVICES:
            use(address, url, number)
        scraped()
    asked, evaluated = check_dashboards(), check_rules()
    for fault in faults:
        print(f"FAILED   {fault}")
    if RECEIVED:
        check_alert()
    print(f"{asked} queries asked, {evaluated} rules evaluated, of {len(SERVICES)} services; {len(faults)} fault(s)")
    sys.exit(bool(faults) or not asked)


main()
