"""Sees that docker-compose.yml and the files that it mounts belong together: files, paths, ports, variables."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
# Where the programs of the images look for their configuration, and which file of ours has to be there.
CONFIGURATIONS = {
    "prometheus": ["/etc/prometheus/prometheus.yml"],
    "alertmanager": ["/etc/alertmanager/alertmanager.yml"],
    "grafana": ["/etc/grafana/provisioning/datasources", "/etc/grafana/provisioning/dashboards"],
    "otel-collector": ["/etc/otelcol/config.yaml"],
}
# Ports that are asked by other services and not published, by the beginning of the image's name.
PORTS = {"postgres:": {5432}, "otel/opentelemetry-collector": {4317, 4318, 13133}, "jaegertracing/jaeger": {4317, 13133}}
# What has no line in deploy/env.example, since the command that starts it says it.
UNLISTED = {"PARTBOOK_COMMIT"}

faults = []


def binds(service):
    """The folders and files of ours that a service sees, by where it sees them."""
    for volume in service.get("volumes", []):
        if isinstance(volume, str) and volume.startswith("."):
            source, target, *_ = volume.split(":")
            yield target, ROOT / source
        elif isinstance(volume, dict) and volume["type"] == "bind":
            yield volume["target"], ROOT / volume["source"]


def seen(service, path):
    """The file of ours that a service sees at a path."""
    for target, source in binds(service):
        if path == target or path.startswith(target + "/"):
            return source / path[len(target):].lstrip("/")
    return None


def published(service):
    """The published ports: address, default on the machine, port in the container."""
    for port in service.get("ports", []):
        if found := re.fullmatch(r"([\d.]+):\$\{\w+:-(\d+)\}:(\d+)", port):
            address, outside, inside = found.groups()
            yield address, int(outside), int(inside)
        else:
            faults.append(f"{port} is not ADDRESS:${{VARIABLE:-PORT}}:PORT")


def texts(value):
    """All texts in a document."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("healthcheck", "ports", "volumes"):
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def check_addresses(services, place, document):
    for text in texts(document):
        for host, port in re.findall(r"(?:^|//|@)([a-z][a-z-]*):(\d+)(?=/|$)", text):
            service = services.get(host)
            if service is None:
                faults.append(f"{place}: {text}: there is no service {host}")
                continue
            known = {inside for _, _, inside in published(service)}
            known |= {one for image, ports in PORTS.items() if service.get("image", "").startswith(image) for one in ports}
            if int(port) not in known:
                faults.append(f"{place}: {text}: {host} listens on {sorted(known)}")


def check_mounts(name, service):
    for target, source in binds(service):
        if not source.exists():
            faults.append(f"{name}: {source.relative_to(ROOT)} is not there for {target}")
    for path in CONFIGURATIONS.get(name, []):
        file = seen(service, path)
        if file is None or not file.exists() or (file.is_dir() and not any(file.iterdir())):
            faults.append(f"{name}: nothing of ours is at {path}")


def check_grafana(grafana):
    for file in seen(grafana, "/etc/grafana/provisioning/dashboards").iterdir():
        for provider in yaml.safe_load(file.read_text())["providers"]:
            folder = seen(grafana, provider["options"]["path"])
            if folder is None or not list(folder.glob("*.json")):
                faults.append(f"{file.name}: no dashboard is at {provider['options']['path']}")
    home = seen(grafana, grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    if home is None or not home.is_file():
        faults.append("grafana: its home dashboard is not there")


def check_ports(services):
    outside = {}
    for name, service in services.items():
        for address, port, _ in published(service):
            if address != "127.0.0.1":
                faults.append(f"{name}: {port} is published on {address}, and nothing asks for a password")
            if port in outside:
                faults.append(f"{name}: {outside[port]} has the port {port} as well")
            outside[port] = name


def main():
    text = (ROOT / "docker-compose.yml").read_text()
    document = yaml.safe_load(text)
    services = document["services"]
    for name, service in services.items():
        check_mounts(name, service)
        image = service.get("image", "")
        if "build" not in service and not image.startswith("${") and not re.search(r":v?\d+\.\d+", image):
            faults.append(f"{name}: {image} names no version")
        for volume in service.get("volumes", []):
            if isinstance(volume, str) and not volume.startswith((".", "/")):
                if volume.split(":")[0] not in document["volumes"]:
                    faults.append(f"{name}: the volume {volume} is not declared")
    check_ports(services)
    check_grafana(services["grafana"])
    check_addresses(services, "docker-compose.yml", services)
    for path in sorted((ROOT / "deploy").rglob("*.y*ml")):
        if not {"proxies", "rules", "kubernetes", "cloud-run"} & set(path.parts):
            check_addresses(services, path.relative_to(ROOT), yaml.safe_load(path.read_text()))
    listed = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / "deploy/env.example").read_text(), re.MULTILINE))
    uncommented = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    faults.extend(f"deploy/env.example lacks {name}" for name in
                  sorted(set(re.findall(r"\$\{([A-Z_]+)", uncommented)) - listed - UNLISTED))
    print("\n".join(dict.fromkeys(faults)))
    sys.exit(bool(faults))


main()
