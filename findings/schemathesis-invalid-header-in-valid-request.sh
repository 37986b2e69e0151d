#!/usr/bin/env bash
# schemathesis 4.32.5 draws no value of an optional header whose pattern has a character other than letters and digits, such as
# the quotes of an entity tag. Its coverage phase then sends a value of the wrong type (If-Match: 0), takes the request for a
# valid one all the same, and reports that a valid request was refused. Expected: a value that matches the pattern, or none.
#
# Needs python3 with its module venv, and PyPI. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
server=
trap 'if [[ $server ]]; then kill "$server"; fi; rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.5
cat >document.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": {"title": "One row", "version": "1"},
  "paths": {"/row": {"delete": {
    "parameters": [{"name": "If-Match", "in": "header", "schema": {"type": "string", "pattern": "^\"[a-z]*\"$"}}],
    "responses": {"204": {"description": "Deleted"}, "400": {"description": "If-Match is malformed"}}
  }}}
}
JSON
cat >server.py <<'PYTHON'
import http.server
import re


class Handler(http.server.BaseHTTPRequestHandler):
    def do_DELETE(self):
        tag = self.headers.get("If-Match")
        self.send_response(204 if tag is None or re.fullmatch('"[a-z]*"', tag) else 400)
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 server.py >port &
server=$!
until [[ -s port ]]; do sleep 0.1; done
if environment/bin/schemathesis run document.json --url "http://127.0.0.1:$(<port)" --phases coverage --seed 1 \
    --checks positive_data_acceptance --max-examples 5 >report 2>&1; then
    echo "schemathesis reports nothing"
    exit 1
fi
# Seen: Schema-valid request rejected … curl -X DELETE -H 'If-Match: 0' http://127.0.0.1:…/row
grep --max-count=1 'Schema-valid request rejected' report
grep --max-count=1 "If-Match: 0'" report
