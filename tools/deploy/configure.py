"""Makes configurations for scripts/check-monitoring of those in deploy/: other addresses, shorter intervals, a receiver."""

import shutil
import sys
from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"


def alertmanager(directory, receiver):
    config = yaml.safe_load((DEPLOY / "alertmanager.yml").read_text())
    config["route"]["group_wait"] = "1s"
    config["receivers"][0]["webhook_configs"] = [{"url": receiver}]
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(config))


def prometheus(directory, address, *targets):
    shutil.copytree(DEPLOY / "prometheus", directory / "prometheus")
    path = directory / "prometheus/prometheus.yml"
    config = yaml.safe_load(path.read_text())
    config["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [address]
    config["scrape_configs"][0]["static_configs"][0]["targets"] = list(targets)
    path.write_text(yaml.safe_dump(config))


{"alertmanager": alertmanager, "prometheus": prometheus}[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
