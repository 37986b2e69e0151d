"""That scripts/check-deploy finds what is wrong in the manifests: edits of the real ones, each of which must be found."""

import unittest

from edited import VERSION, Edited

EDITS = [
    ("deploy/kubernetes/deployment.yaml", "memory: 512Mi", "memory: 512MiB", "512MiB is no quantity"),
    ("deploy/kubernetes/deployment.yaml", "cpu: 100m", "cpu: some", "some is no quantity"),
    ("deploy/kubernetes/deployment.yaml", "  replicas: 2", "  replicas: 2\n  replicas: 3", "replicas is there twice"),
    ("deploy/kubernetes/deployment.yaml", "  replicas: 2", "  replicas: 9", "100 connections"),
    ("deploy/kubernetes/deployment.yaml", "component: server\n  strategy", "component: servers\n  strategy", "its selector does not find its pods"),
    ("deploy/kubernetes/deployment.yaml", "  name: partbook\n", "  name: Part_book\n", "Part_book is no name"),
    ("deploy/kubernetes/deployment.yaml", "type: RuntimeDefault", "type: Unconfined", "securityContext.seccompProfile"),
    ("deploy/kubernetes/deployment.yaml", "runAsUser: 65532", "runAsUser: 65533", "securityContext.runAsUser"),
    ("deploy/kubernetes/deployment.yaml", "drop: [ALL]", "drop: [NET_RAW]", "securityContext.capabilities"),
    ("deploy/kubernetes/deployment.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "securityContext.readOnlyRootFilesystem"),
    ("deploy/kubernetes/deployment.yaml", "automountServiceAccountToken: false", "automountServiceAccountToken: true", "the token of a service account"),
    ("deploy/kubernetes/deployment.yaml", "whenUnsatisfiable: ScheduleAnyway", "whenUnsatisfiable: Whenever", "whenUnsatisfiable is Whenever"),
    ("deploy/kubernetes/deployment.yaml", "terminationGracePeriodSeconds: 55", "terminationGracePeriodSeconds: 50", "not more than the 50 seconds"),
    ("deploy/kubernetes/deployment.yaml", "path: /readyz", "path: /livez", "readinessProbe asks /livez"),
    ("deploy/kubernetes/deployment.yaml", "port: admin\n            periodSeconds: 2", "port: metrics\n            periodSeconds: 2", "startupProbe asks at"),
    ("deploy/kubernetes/deployment.yaml", "containerPort: 8000", "containerPort: 8080", "PARTBOOK_LISTEN is 0.0.0.0:8000"),
    ("deploy/kubernetes/deployment.yaml", "name: admin", "name: administration-port", "no name of a port"),
    ("deploy/kubernetes/deployment.yaml", "partbook:" + VERSION, "partbook:latest", "is not the version of Cargo.toml"),
    ("deploy/kubernetes/deployment.yaml", "maxUnavailable: 0", "maxUnavailable: 1", "a rollout takes pods away"),
    ("deploy/kubernetes/deployment.yaml", "name: data\n              mountPath", "name: files\n              mountPath", "there is no volume files"),
    ("deploy/kubernetes/deployment.yaml", "value: /run/secrets/partbook/database-url", "value: /run/secrets/database-url", "DATABASE_URL_FILE is"),
    ("deploy/kubernetes/deployment.yaml", "secretName: partbook-database", "secretName: partbook", "no database-url in partbook"),
    ("deploy/kubernetes/deployment.yaml", "configMapRef:\n                name: partbook", "configMapRef:\n                name: settings", "no ConfigMap settings"),
    ("deploy/kubernetes/configmap.yaml", 'PARTBOOK_NO_MIGRATE: "true"', 'PARTBOOK_NO_MIGRATE: "false"', "each pod would migrate"),
    ("deploy/kubernetes/configmap.yaml", 'PARTBOOK_DRAIN_DELAY: "10"', 'PARTBOOK_DRAIN_DELAY: "0"', "PARTBOOK_DRAIN_DELAY is shorter"),
    ("deploy/kubernetes/configmap.yaml", "0.0.0.0:9464", "127.0.0.1:9464", "PARTBOOK_ADMIN_LISTEN is 127.0.0.1:9464"),
    ("deploy/kubernetes/configmap.yaml", "  PARTBOOK_ANONYMOUS: read\n", "", "PARTBOOK_ANONYMOUS is None"),
    ("deploy/kubernetes/service.yaml", "targetPort: http", "targetPort: web", "no container has the port web"),
    ("deploy/kubernetes/service.yaml", "component: server", "component: web", "no pod has the labels"),
    ("deploy/kubernetes/poddisruptionbudget.yaml", "component: server", "component: web", "no pod has the labels"),
    ("deploy/kubernetes/poddisruptionbudget.yaml", "AlwaysAllow", "Always", "unhealthyPodEvictionPolicy is Always"),
    ("deploy/kubernetes/networkpolicy.yaml", "port: http", "port: web", "no container has the port web"),
    ("deploy/kubernetes/networkpolicy.yaml", "  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: partbook", "  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: part", "no pod has the labels"),
    ("deploy/kubernetes/migrate/job.yaml", "restartPolicy: Never", "restartPolicy: Once", "restartPolicy is Once"),
    ("deploy/kubernetes/migrate/job.yaml", "name: partbook-store", "name: store", "secret.example.yaml has no store"),
    ("deploy/kubernetes/migrate/job.yaml", "partbook-backups/production", "backups/production", "not the one bucket that all have"),
    ("deploy/kubernetes/backup.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "securityContext.readOnlyRoot"),
    ("deploy/kubernetes/backup.yaml", "concurrencyPolicy: Forbid", "concurrencyPolicy: Never", "concurrencyPolicy is Never"),
    ("deploy/kubernetes/configmap.yaml", "s3://partbook-backups/production", "/data/backups", "not the one bucket that all have"),
    ("deploy/kubernetes/migrate/job.yaml", "partbook:" + VERSION, "partbook:0.0.9", "is not the version of Cargo.toml"),
    ("deploy/kubernetes/monitoring/servicemonitor.yaml", "port: admin", "port: metrics", "the Service has no port metrics"),
    ("deploy/kubernetes/monitoring/servicemonitor.yaml", "path: /metrics", "path: /", "/ is not where metrics are"),
    ("deploy/kubernetes/monitoring/servicemonitor.yaml", "jobLabel: app.kubernetes.io/name", "jobLabel: app", "the job would not be called partbook"),
    ("deploy/kubernetes/monitoring/servicemonitor.yaml", "app.kubernetes.io/name: partbook\n  endpoints", "app.kubernetes.io/name: part\n  endpoints", "it finds no Service"),
    ("deploy/kubernetes/kustomization.yaml", "  - service.yaml\n", "", "no kustomization names it"),
    ("deploy/kubernetes/kustomization.yaml", "  - service.yaml\n", "  - services.yaml\n", "there is no services.yaml"),
]


class Kubernetes(Edited):
    checker = "kubernetes.py"
    edits = EDITS

    def test_they_fit_and_each_edit_is_found(self):
        self.they_fit_and_each_edit_is_found()


if __name__ == "__main__":
    unittest.main()
