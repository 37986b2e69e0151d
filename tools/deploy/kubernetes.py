"""kubernetes.py [ROOT]: sees that the manifests of deploy/kubernetes fit one another and the service.

kubernetes-validate knows the names and types of fields. It does not know which words, quantities, names and references make sense,
and lets a kind that it has no schema of pass.
"""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parents[2])
FOLDER = ROOT / "deploy/kubernetes"
# Those that no schema is of; what is in them is checked here, as far as it is.
WITHOUT_SCHEMA = {"Kustomization", "ServiceMonitor"}
QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi)?")
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
# The words that are used, and what else would be one.
WORDS = {
    "restartPolicy": {"Always", "OnFailure", "Never"},
    "whenUnsatisfiable": {"DoNotSchedule", "ScheduleAnyway"},
    "unhealthyPodEvictionPolicy": {"AlwaysAllow", "IfHealthyBudget"},
    "concurrencyPolicy": {"Allow", "Forbid", "Replace"},
    "imagePullPolicy": {"Always", "IfNotPresent", "Never"},
}
# Of the connections that PostgreSQL allows where nobody says otherwise, three are the superuser's.
MOST_CONNECTIONS = 97
# After the requests: the database and the last traces.
AFTER_REQUESTS = 10

faults = []


def fault(place, text):
    faults.append(f"{place}: {text}")


class Loader(yaml.SafeLoader):
    """Refuses a key that is there twice: YAML does, and PyYAML takes the last."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key in {key for key in keys if keys.count(key) > 1}:
            raise yaml.YAMLError(f"line {node.start_mark.line + 1}: {key} is there twice")
        return super().construct_mapping(node, deep)


def read(path):
    try:
        return [one for one in yaml.load_all(path.read_text(), Loader) if one]
    except yaml.YAMLError as error:
        fault(path.relative_to(ROOT), error)
        return []


def walk(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key), inner
            yield from walk(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, path)


def words(place, manifest):
    for path, value in walk(manifest):
        if path[-1] in WORDS and value not in WORDS[path[-1]]:
            fault(place, f"{path[-1]} is {value}, and not one of {sorted(WORDS[path[-1]])}")
        if path[-2:-1] in (("requests",), ("limits",)) or path[-1] == "sizeLimit":
            if not QUANTITY.fullmatch(str(value)):
                fault(place, f"{path[-1]}: {value} is no quantity")
        if path[-2:-1] in (("labels",), ("matchLabels",)) and not LABEL.fullmatch(str(value)):
            fault(place, f"{value} is no value of a label")
    if not NAME.fullmatch(manifest.get("metadata", {}).get("name", "partbook")):
        fault(place, f"{manifest['metadata']['name']} is no name")


def seconds(settings, name, default):
    return int(settings.get(name, default))


def template_of(manifest):
    """The template of the pods of a workload."""
    spec = manifest["spec"]
    return (spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec)["template"]


def settings_of(place, container, config, secrets):
    """The environment of a container, its ConfigMaps included."""
    found = {}
    for source in container.get("envFrom", []):
        if name := source.get("configMapRef", {}).get("name"):
            if name not in config:
                fault(place, f"there is no ConfigMap {name}")
            found |= config.get(name, {})
        elif (name := source["secretRef"]["name"]) not in secrets:
            fault(place, f"secret.example.yaml has no {name}")
    for one in container.get("env", []):
        found[one["name"]] = one.get("value", "")
    return found


def restricted(place, pod, container, user):
    """What the profile `restricted` of Pod Security asks for, and a root file system that is not written."""
    own = container.get("securityContext", {})
    every = pod.get("securityContext", {}) | own
    wanted = {"runAsNonRoot": True, "runAsUser": user, "seccompProfile": {"type": "RuntimeDefault"},
              "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    for name, value in wanted.items():
        if every.get(name) != value:
            fault(place, f"securityContext.{name} is {every.get(name)}, and not {value}")
    if pod.get("automountServiceAccountToken") is not False:
        fault(place, "the token of a service account is mounted, and nothing uses it")


def volumes(place, pod, container, secrets):
    known = {one["name"]: one for one in pod.get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        if mount["name"] not in known:
            fault(place, f"there is no volume {mount['name']}")
    for volume in known.values():
        if secret := volume.get("secret"):
            if "database-url" not in secrets.get(secret["secretName"], set()):
                fault(place, f"secret.example.yaml has no database-url in {secret['secretName']}")


def url_file(place, container, settings):
    """The file of the URL lies in a volume that is a Secret's."""
    path = settings.get("DATABASE_URL_FILE", "")
    mounts = {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", [])}
    if str(Path(path).parent) not in mounts or Path(path).name != "database-url":
        fault(place, f"DATABASE_URL_FILE is {path or 'not set'}, where no Secret is mounted")


def probes(place, container, paths):
    ports = {port["name"] for port in container.get("ports", [])}
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        get = container.get(name, {}).get("httpGet")
        wanted = "/readyz" if name == "readinessProbe" else "/livez"
        if not get:
            fault(place, f"{name} asks nothing")
        elif get["path"] != wanted or get["path"] not in paths:
            fault(place, f"{name} asks {get['path']}, and not {wanted}")
        elif get["port"] not in ports:
            fault(place, f"{name} asks at {get['port']}, and there is no such port")


def listeners(place, container, settings):
    """The ports are those that the settings name."""
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
    for port in ports:
        if not (len(port) <= 15 and NAME.fullmatch(port)):
            fault(place, f"{port} is no name of a port")
    for port, setting in (("http", "PARTBOOK_LISTEN"), ("admin", "PARTBOOK_ADMIN_LISTEN")):
        host, _, number = settings.get(setting, ":").rpartition(":")
        if host not in ("0.0.0.0", "[::]") or number != str(ports.get(port)):
            fault(place, f"{setting} is {settings.get(setting)}, and the port {port} is {ports.get(port)}")
    if (said := settings.get("PARTBOOK_ANONYMOUS")) not in ("none", "read", "write"):
        fault(place, f"PARTBOOK_ANONYMOUS is {said}, and the pods would not start")


def deployment(place, manifest, settings, paths):
    spec = manifest["spec"]
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    if spec["selector"]["matchLabels"].items() - spec["template"]["metadata"]["labels"].items():
        fault(place, "its selector does not find its pods")
    probes(place, container, paths)
    listeners(place, container, settings)
    asked = seconds(settings, "PARTBOOK_DRAIN_DELAY", 0) + seconds(settings, "PARTBOOK_SHUTDOWN_TIMEOUT", 30) + AFTER_REQUESTS
    if pod.get("terminationGracePeriodSeconds", 30) <= asked:
        fault(place, f"terminationGracePeriodSeconds is not more than the {asked} seconds that a stop may take")
    if seconds(settings, "PARTBOOK_DRAIN_DELAY", 0) < container["readinessProbe"]["periodSeconds"]:
        fault(place, "PARTBOOK_DRAIN_DELAY is shorter than the pause between two questions of the readiness probe")
    if settings.get("PARTBOOK_NO_MIGRATE") != "true":
        fault(place, "PARTBOOK_NO_MIGRATE is not true, and each pod would migrate")
    rolling = spec["strategy"].get("rollingUpdate", {})
    if spec["strategy"]["type"] != "RollingUpdate" or rolling.get("maxUnavailable") != 0:
        fault(place, "a rollout takes pods away before others are ready")
    connections = (spec["replicas"] + rolling.get("maxSurge", 0)) * seconds(settings, "PARTBOOK_POOL_SIZE", 10)
    if connections > MOST_CONNECTIONS:
        fault(place, f"{connections} connections are more than PostgreSQL allows by itself ({MOST_CONNECTIONS})")


def selects(place, selector, pods):
    if not any(selector.items() <= labels.items() for labels in pods):
        fault(place, f"no pod has the labels {selector}")


def service(place, manifest, pods, ports):
    selects(place, manifest["spec"]["selector"], pods)
    for port in manifest["spec"]["ports"]:
        if port["targetPort"] not in ports:
            fault(place, f"no container has the port {port['targetPort']}")


def monitor(place, manifest, services):
    [endpoint] = manifest["spec"]["endpoints"]
    label = manifest["spec"]["jobLabel"]
    for one in services:
        if manifest["spec"]["selector"]["matchLabels"].items() <= one["metadata"]["labels"].items():
            if endpoint["port"] not in {port["name"] for port in one["spec"]["ports"]}:
                fault(place, f"the Service has no port {endpoint['port']}")
            if one["metadata"]["labels"].get(label) != "partbook":
                fault(place, "the job would not be called partbook, as the rules and the dashboards call it")
            break
    else:
        fault(place, "it finds no Service")
    if endpoint["path"] != "/metrics":
        fault(place, f"{endpoint['path']} is not where metrics are")


def kustomizations(manifests):
    """Every manifest is taken by one, but for those that are applied by themselves."""
    named = set()
    for path, manifest in manifests:
        if manifest["kind"] == "Kustomization":
            for resource in manifest["resources"]:
                if not (path.parent / resource).is_file():
                    fault(path.relative_to(ROOT), f"there is no {resource}")
                named.add(path.parent / resource)
    for path, manifest in manifests:
        alone = manifest["kind"] in WITHOUT_SCHEMA or path.name.endswith(".example.yaml")
        if path not in named and not alone:
            fault(path.relative_to(ROOT), "no kustomization names it")


def image(place, text, version):
    for found in re.findall(r"^\s*-? ?image: (.*)$", text, re.MULTILINE):
        if not found.endswith(f"/partbook:{version}"):
            fault(place, f"{found} is not the version of Cargo.toml, {version}")


def main():
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
    user = int(re.search(r"^USER (\d+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1])
    document = (ROOT / "openapi/partbook.json").read_text()
    paths = {path for path in ("/livez", "/readyz", "/health") if f'"{path}"' in document}
    files = sorted(FOLDER.rglob("*.yaml"))
    manifests = [(path, one) for path in files for one in read(path)]
    config = {one["metadata"]["name"]: one["data"] for _, one in manifests if one["kind"] == "ConfigMap"}
    secrets = {one["metadata"]["name"]: set(one["stringData"]) for _, one in manifests if one["kind"] == "Secret"}
    services = [one for _, one in manifests if one["kind"] == "Service"]
    workloads = [(path, one) for path, one in manifests if one["kind"] in ("Deployment", "Job", "CronJob")]
    pods = [template_of(one)["metadata"]["labels"] for _, one in workloads]
    ports = {port["name"] for _, one in workloads for port in template_of(one)["spec"]["containers"][0].get("ports", [])}
    for path in files:
        image(path.relative_to(ROOT), path.read_text(), version)
    backups = {}
    for path, manifest in workloads:
        place, pod = path.relative_to(ROOT), template_of(manifest)["spec"]
        [container] = pod["containers"]
        settings = settings_of(place, container, config, secrets)
        restricted(place, pod, container, user)
        volumes(place, pod, container, secrets)
        url_file(place, container, settings)
        backups.setdefault(settings.get("PARTBOOK_BACKUP_DIR", ""), place)
        if manifest["kind"] == "Deployment":
            deployment(place, manifest, settings, paths)
    for directory, place in backups.items():
        if len(backups) > 1 or "://" not in directory:
            fault(place, f"PARTBOOK_BACKUP_DIR is {directory or 'not set'}, and not the one bucket that all have")
    for path, manifest in manifests:
        place, kind = path.relative_to(ROOT), manifest["kind"]
        words(place, manifest)
        if kind == "Service":
            service(place, manifest, pods, ports)
        elif kind == "PodDisruptionBudget":
            selects(place, manifest["spec"]["selector"]["matchLabels"], pods)
        elif kind == "NetworkPolicy":
            selects(place, manifest["spec"]["podSelector"]["matchLabels"], pods)
            for rule in manifest["spec"]["ingress"]:
                for port in rule["ports"]:
                    if port["port"] not in ports:
                        fault(place, f"no container has the port {port['port']}")
        elif kind == "ServiceMonitor":
            monitor(place, manifest, services)
    kustomizations(manifests)
    print("\n".join(dict.fromkeys(faults)))
    sys.exit(bool(faults))


main()
