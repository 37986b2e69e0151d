"""Sees that every alert can be understood, is explained in the runbook, and is tested: that it fires, and that it does not."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
RUNBOOK = "docs/runbook.md"
PARTS = ["**Means.**", "**Look at.**", "**Do.**", "**Escalate.**"]
SEVERITIES = ["critical", "warning", "info"]


def sections(text):
    """The parts of a document under its headings of the second level."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2]))


def rules():
    for path in sorted((ROOT / "deploy/prometheus/rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def tested():
    """The alerts that a test expects to fire, and those that one expects not to."""
    fire, rest = set(), set()
    for path in sorted((ROOT / "tests/alerts").glob("*.yml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                (fire if case["exp_alerts"] else rest).add(case["alertname"])
    return fire, rest


def main():
    faults = []
    explained = sections((ROOT / RUNBOOK).read_text())
    fire, rest = tested()
    alerts = [rule for rule in rules() if "alert" in rule]
    for rule in alerts:
        name, annotations = rule["alert"], rule["annotations"]
        if rule["labels"].get("severity") not in SEVERITIES:
            faults.append(f"{name}: its severity is none of {', '.join(SEVERITIES)}")
        if not re.fullmatch(r"\S.* .*\.", annotations["summary"]):
            faults.append(f"{name}: its summary is no sentence")
        if annotations["runbook_url"] != f'{{{{ or $externalLabels.runbook "{RUNBOOK}" }}}}#{name.lower()}':
            faults.append(f"{name}: its runbook_url does not lead to its section of {RUNBOOK}")
        missing = [part for part in PARTS if part not in explained.get(name, "")]
        if missing:
            faults.append(f"{name}: {RUNBOOK} lacks {', '.join(missing)} under a heading of its name")
        if name not in fire:
            faults.append(f"{name}: no test sees it fire")
        if name not in rest:
            faults.append(f"{name}: no test sees it not fire")
    names = [rule["alert"] for rule in alerts]
    faults += [f"{name}: is there twice" for name in set(names) if names.count(name) > 1]
    faults += [f"{RUNBOOK}: there is no alert {name}" for name in explained if name not in names]
    print("\n".join(faults))
    sys.exit(bool(faults) or not names)


main()
