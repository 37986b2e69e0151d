"""cloud_run.py [ROOT]: sees that the files of deploy/cloud-run fit one another, the image and the limits of Cloud Run."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parents[2])
FOLDER = ROOT / "deploy/cloud-run"
# From SIGTERM to SIGKILL, and the longest that the startup probe may take.
STOP, START = 10, 240
# What closing the database may take.
AFTER_REQUESTS = 5
# Of the connections that PostgreSQL allows where nobody says otherwise, three are the superuser's.
MOST_CONNECTIONS = 97

faults = []


def fault(place, text):
    faults.append(f"deploy/cloud-run/{place}: {text}")


def environment(container):
    return {one["name"]: one["value"] for one in container["env"]}


def both(place, container, pod, version):
    """What holds for the service and the job."""
    if not container["image"].endswith(f"/partbook:{version}"):
        fault(place, f"{container['image']} is not the version of Cargo.toml, {version}")
    settings = environment(container)
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    secrets = {volume["name"]: {item["path"] for item in volume["secret"]["items"]} for volume in pod["volumes"]}
    file = Path(settings["DATABASE_URL_FILE"])
    if file.name not in secrets.get(mounts.get(str(file.parent)), ()):
        fault(place, f"no secret is mounted as {file}")
    if not settings.get("PARTBOOK_BACKUP_DIR", "").startswith("gs://"):
        fault(place, "PARTBOOK_BACKUP_DIR is no bucket, and backups would be gone with the instance")


def probes(place, container, port, paths):
    for name in ("startupProbe", "livenessProbe"):
        probe = container[name]
        if probe["httpGet"]["path"] != "/livez" or "/livez" not in paths:
            fault(place, f"{name} asks {probe['httpGet']['path']}, and not /livez")
        if probe["httpGet"]["port"] != port:
            fault(place, f"{name} asks port {probe['httpGet']['port']}, and not {port}")
        if probe["timeoutSeconds"] >= probe["periodSeconds"]:
            fault(place, f"{name}: timeoutSeconds has to be less than periodSeconds")
    if (most := container["startupProbe"]["periodSeconds"] * container["startupProbe"]["failureThreshold"]) > START:
        fault(place, f"startupProbe takes up to {most} seconds, and {START} are the most")


def check_service(place, document, image, paths):
    template = document["spec"]["template"]
    [container] = template["spec"]["containers"]
    settings = image | environment(container)
    [port] = [one["containerPort"] for one in container["ports"]]
    if settings["PARTBOOK_LISTEN"] != f"0.0.0.0:{port}":
        fault(place, f"the image listens on {settings['PARTBOOK_LISTEN']}, and requests come to port {port}")
    if (said := settings.get("PARTBOOK_ANONYMOUS")) not in ("none", "read", "write"):
        fault(place, f"PARTBOOK_ANONYMOUS is {said}, and the service would not start")
    probes(place, container, port, paths)
    if container.get("args") != ["serve"] or settings.get("PARTBOOK_NO_MIGRATE", "false") != "false":
        fault(place, "it does not migrate before it serves")
    took = int(settings.get("PARTBOOK_DRAIN_DELAY", 0)) + int(settings.get("PARTBOOK_SHUTDOWN_TIMEOUT", 30)) + AFTER_REQUESTS
    if took > STOP:
        fault(place, f"a stop may take {took} seconds, and is ended after {STOP}")
    # The instances of two revisions are there at once while one takes over.
    instances = 2 * int(template["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"])
    if (connections := instances * int(settings.get("PARTBOOK_POOL_SIZE", 10))) > MOST_CONNECTIONS:
        fault(place, f"{connections} connections are more than PostgreSQL allows by itself ({MOST_CONNECTIONS})")


def main():
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
    dockerfile = (ROOT / "Dockerfile").read_text()
    image = dict(re.findall(r"\b(PARTBOOK_(?:LISTEN|LOG_FORMAT|ANONYMOUS))=(\S+)", dockerfile))
    document = (ROOT / "openapi/partbook.json").read_text()
    paths = {path for path in ("/livez", "/readyz") if f'"{path}"' in document}
    service, job = (yaml.safe_load((FOLDER / name).read_text()) for name in ("service.yaml", "job.yaml"))
    serving, migrating = service["spec"]["template"], job["spec"]["template"]
    pods = {"service.yaml": serving["spec"], "job.yaml": migrating["spec"]["template"]["spec"]}
    for place, pod in pods.items():
        both(place, pod["containers"][0], pod, version)
    check_service("service.yaml", service, image, paths)
    instance = "run.googleapis.com/cloudsql-instances"
    same = [[one["metadata"]["annotations"][instance] for one in (serving, migrating)],
            [pod["serviceAccountName"] for pod in pods.values()],
            *[[environment(pod["containers"][0]).get(name) for pod in pods.values()] for name in ("DATABASE_URL_FILE", "PARTBOOK_BACKUP_DIR")],
            [pod["containers"][0]["image"] for pod in pods.values()]]
    for one, other in same:
        if one != other:
            fault("job.yaml", f"{other} is not that of service.yaml, {one}")
    print("\n".join(faults))
    sys.exit(bool(faults))


main()
