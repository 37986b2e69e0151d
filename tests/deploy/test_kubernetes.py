"""That scripts/check-deploy finds what is wrong in the manifests: edits of the real ones, each of which must be found."""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSION = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
READ = ("Cargo.toml", "Dockerfile", "openapi/partbook.json")

# File, what stands there, what stands there instead, and what is said of it.
EDITS = [
    ("deployment.yaml", "memory: 512Mi", "memory: 512MiB", "512MiB is no quantity"),
    ("deployment.yaml", "cpu: 100m", "cpu: some", "some is no quantity"),
    ("deployment.yaml", "  replicas: 2", "  replicas: 2\n  replicas: 3", "replicas is there twice"),
    ("deployment.yaml", "  replicas: 2", "  replicas: 9", "100 connections"),
    ("deployment.yaml", "component: server\n  strategy", "component: servers\n  strategy", "its selector does not find its pods"),
    ("deployment.yaml", "  name: partbook\n", "  name: Part_book\n", "Part_book is no name"),
    ("deployment.yaml", "type: RuntimeDefault", "type: Unconfined", "securityContext.seccompProfile"),
    ("deployment.yaml", "runAsUser: 65532", "runAsUser: 65533", "securityContext.runAsUser"),
    ("deployment.yaml", "drop: [ALL]", "drop: [NET_RAW]", "securityContext.capabilities"),
    ("deployment.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "securityContext.readOnlyRootFilesystem"),
    ("deployment.yaml", "automountServiceAccountToken: false", "automountServiceAccountToken: true", "the token of a service account"),
    ("deployment.yaml", "whenUnsatisfiable: ScheduleAnyway", "whenUnsatisfiable: Whenever", "whenUnsatisfiable is Whenever"),
    ("deployment.yaml", "terminationGracePeriodSeconds: 55", "terminationGracePeriodSeconds: 50", "not more than the 50 seconds"),
    ("deployment.yaml", "path: /readyz", "path: /livez", "readinessProbe asks /livez"),
    ("deployment.yaml", "port: admin\n            periodSeconds: 2", "port: metrics\n            periodSeconds: 2", "startupProbe asks at"),
    ("deployment.yaml", "containerPort: 8000", "containerPort: 8080", "PARTBOOK_LISTEN is 0.0.0.0:8000"),
    ("deployment.yaml", "name: admin", "name: administration-port", "no name of a port"),
    ("deployment.yaml", "partbook:" + VERSION, "partbook:latest", "is not the version of Cargo.toml"),
    ("deployment.yaml", "maxUnavailable: 0", "maxUnavailable: 1", "a rollout takes pods away"),
    ("deployment.yaml", "name: data\n              mountPath", "name: files\n              mountPath", "there is no volume files"),
    ("deployment.yaml", "value: /run/secrets/partbook/database-url", "value: /run/secrets/database-url", "DATABASE_URL_FILE is"),
    ("deployment.yaml", "secretName: partbook-database", "secretName: partbook", "in partbook"),
    ("deployment.yaml", "configMapRef:\n                name: partbook", "configMapRef:\n                name: settings", "no ConfigMap settings"),
    ("configmap.yaml", 'PARTBOOK_NO_MIGRATE: "true"', 'PARTBOOK_NO_MIGRATE: "false"', "each pod would migrate"),
    ("configmap.yaml", 'PARTBOOK_DRAIN_DELAY: "10"', 'PARTBOOK_DRAIN_DELAY: "0"', "PARTBOOK_DRAIN_DELAY is shorter"),
    ("configmap.yaml", "0.0.0.0:9464", "127.0.0.1:9464", "PARTBOOK_ADMIN_LISTEN is 127.0.0.1:9464"),
    ("service.yaml", "targetPort: http", "targetPort: web", "no container has the port web"),
    ("service.yaml", "component: server", "component: web", "no pod has the labels"),
    ("poddisruptionbudget.yaml", "component: server", "component: web", "no pod has the labels"),
    ("poddisruptionbudget.yaml", "AlwaysAllow", "Always", "unhealthyPodEvictionPolicy is Always"),
    ("networkpolicy.yaml", "port: http", "port: web", "no container has the port web"),
    ("networkpolicy.yaml", "  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: partbook", "  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: part", "no pod has the labels"),
    ("migrate/job.yaml", "restartPolicy: Never", "restartPolicy: Once", "restartPolicy is Once"),
    ("migrate/job.yaml", "key: AWS_REGION", "key: REGION", "has no REGION in partbook-migration"),
    ("migrate/job.yaml", "partbook:" + VERSION, "partbook:0.0.9", "is not the version of Cargo.toml"),
    ("monitoring/servicemonitor.yaml", "port: admin", "port: metrics", "the Service has no port metrics"),
    ("monitoring/servicemonitor.yaml", "path: /metrics", "path: /", "/ is not where metrics are"),
    ("monitoring/servicemonitor.yaml", "jobLabel: app.kubernetes.io/name", "jobLabel: app", "the job would not be called partbook"),
    ("monitoring/servicemonitor.yaml", "app.kubernetes.io/name: partbook\n  endpoints", "app.kubernetes.io/name: part\n  endpoints", "it finds no Service"),
    ("kustomization.yaml", "  - service.yaml\n", "", "no kustomization names it"),
    ("kustomization.yaml", "  - service.yaml\n", "  - services.yaml\n", "there is no services.yaml"),
]


class Manifests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        shutil.copytree(ROOT / "deploy", self.root / "deploy")
        for name in READ:
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)

    def check(self):
        command = [sys.executable, "-B", ROOT / "tools/deploy/kubernetes.py", self.root]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def test_they_fit(self):
        self.assertEqual((0, "\n"), self.check())

    def test_each_edit_is_found(self):
        for name, before, after, said in EDITS:
            with self.subTest(f"{name}: {after.strip()}"):
                path = self.root / "deploy/kubernetes" / name
                text = path.read_text()
                self.assertIn(before, text)
                path.write_text(text.replace(before, after, 1))
                status, output = self.check()
                path.write_text(text)
                self.assertEqual(1, status, output)
                self.assertIn(said, output)
                self.assertNotIn("Traceback", output)


if __name__ == "__main__":
    unittest.main()
