"""That scripts/check-deploy finds what is wrong in the files for Cloud Run: edits of the real ones, each of which must be found."""

import unittest

from edited import VERSION, Edited

SERVICE, JOB = "deploy/cloud-run/service.yaml", "deploy/cloud-run/job.yaml"
EDITS = [
    (SERVICE, "containerPort: 8000", "containerPort: 8080", "requests come to port 8080"),
    ("Dockerfile", "PARTBOOK_LISTEN=0.0.0.0:8000", "PARTBOOK_LISTEN=0.0.0.0:8080", "the image listens on 0.0.0.0:8080"),
    (SERVICE, "value: read", "value: everything", "PARTBOOK_ANONYMOUS is everything"),
    (SERVICE, "path: /livez", "path: /readyz", "startupProbe asks /readyz"),
    (SERVICE, "port: 8000\n            periodSeconds: 10", "port: 80\n            periodSeconds: 10", "livenessProbe asks port 80"),
    (SERVICE, "timeoutSeconds: 3\n", "timeoutSeconds: 5\n", "timeoutSeconds has to be less"),
    (SERVICE, "failureThreshold: 48", "failureThreshold: 60", "startupProbe takes up to 300 seconds"),
    (SERVICE, "args: [serve]", "args: [serve, --no-migrate]", "it does not migrate before it serves"),
    (SERVICE, 'value: "5"', 'value: "30"', "a stop may take 35 seconds"),
    (SERVICE, 'value: "0"', 'value: "1"', "a stop may take 11 seconds"),
    (SERVICE, 'value: "8"', 'value: "10"', "100 connections"),
    (SERVICE, "mountPath: /secrets/partbook", "mountPath: /secrets", "no secret is mounted as"),
    (SERVICE, "path: database-url", "path: url", "no secret is mounted as"),
    (SERVICE, "gs://PROJECT-partbook-backups/production", "/data/backups", "PARTBOOK_BACKUP_DIR is no bucket"),
    (SERVICE, "partbook:" + VERSION, "partbook:latest", "is not the version of Cargo.toml"),
    (JOB, "PROJECT:REGION:INSTANCE", "PROJECT:REGION:OTHER", "PROJECT:REGION:OTHER is not that of service.yaml"),
    (JOB, "partbook@PROJECT", "other@PROJECT", "is not that of service.yaml"),
    (JOB, "backups/production", "backups/staging", "is not that of service.yaml"),
    (JOB, "partbook:" + VERSION, "partbook:0.0.9", "is not the version of Cargo.toml"),
]


class CloudRun(Edited):
    checker = "cloud_run.py"
    edits = EDITS

    def test_they_fit_and_each_edit_is_found(self):
        self.they_fit_and_each_edit_is_found()


if __name__ == "__main__":
    unittest.main()
