#!/usr/bin/env bash
# kubernetes-validate 1.37.0 (PyPI): with --strict, a manifest of a kind or version that does not exist ends with exit status 0: for want of a
# schema nothing is looked at, and only a line that --no-warn leaves out says so. A typo in `kind` or
# `apiVersion` turns the check of the whole file off. What it has a schema for is compared by names and types of fields alone:
# `restartPolicy: Sometimes`, `memory: 512MiB` and a port 80000 pass, as does a key that is there twice, of which the last counts.
# Expected: what cannot be validated is not valid, as with kubeconform unless it is told to ignore missing schemas.
#
# Needs python3 with its module venv, and PyPI. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check kubernetes-validate==1.37.0
cat >pod.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata:
  name: parts
spec:
  restartPolicy: Never
  containers:
    - name: parts
      image: registry.example/parts:1
      ports:
        - containerPort: 8000
      resources:
        limits:
          memory: 512Mi
YAML
try() {
    local status=0
    sed "$2" pod.yaml >edited.yaml
    environment/bin/kubernetes-validate --strict --quiet edited.yaml >said 2>&1 || status=$?
    printf '%s: exit status %d, %d line(s)\n' "$1" "$status" "$(wc -l <said)"
}
{
    try 'as it is' ''
    try 'a field that there is not' 's/restartPolicy/restartPolicies/'
    try 'a kind that there is not' 's/kind: Pod/kind: Pood/'
    try 'a version that there is not' 's/apiVersion: v1/apiVersion: v11/'
    try 'restartPolicy: Sometimes' 's/Never/Sometimes/'
    try 'memory: 512MiB' 's/512Mi/512MiB/'
    try 'containerPort: 80000' 's/8000/80000/'
    try 'a key twice' 's/^spec:/spec:\n  restartPolicy: Always/'
} | tee output
# Seen, with Python 3.11:
diff output - <<'SEEN'
as it is: exit status 0, 0 line(s)
a field that there is not: exit status 1, 1 line(s)
a kind that there is not: exit status 0, 1 line(s)
a version that there is not: exit status 0, 1 line(s)
restartPolicy: Sometimes: exit status 0, 0 line(s)
memory: 512MiB: exit status 0, 0 line(s)
containerPort: 80000: exit status 0, 0 line(s)
a key twice: exit status 0, 0 line(s)
SEEN
