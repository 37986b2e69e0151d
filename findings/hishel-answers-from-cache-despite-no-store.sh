#!/usr/bin/env bash
# hishel 2.0.0, a cache for httpx, keeps every answer and uses it again without asking, `Cache-Control: no-store` and `no-cache`
# included. Only `rfc=True` makes it follow RFC 9111, which its releases before 2 did as they came. Expected: no-store is never
# kept, and no-cache is asked about before it is used.
#
# Needs python3 with its module venv, and PyPI. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check 'hishel[httpx]==2.0.0' httpx==0.28.1
cat >client.py <<'PYTHON'
import http.server
import sys
import threading

import hishel
import hishel.httpx


class Handler(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Handler.asked += 1
        self.send_response(200)
        self.send_header("Cache-Control", self.path[1:])
        self.end_headers()
        self.wfile.write(str(Handler.asked).encode())

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for options in ({}, {"rfc": True}):
    for directive in ("no-store", "no-cache"):
        Handler.asked = 0
        storage = hishel.SqliteStorage(database_path=f"{directive}-{bool(options)}.db")
        with hishel.httpx.CacheClient(storage=storage, **options) as client:
            for _ in range(3):
                client.get(f"http://127.0.0.1:{server.server_port}/{directive}")
        print(f"{options} {directive}: 3 requests, the server was asked {Handler.asked} times")
PYTHON
timeout 60 environment/bin/python client.py | tee output
# Seen: {} no-store and {} no-cache: asked 1 times; {'rfc': True}: asked 3 times
grep --quiet '^{} no-store: .* asked 1 times' output
grep --quiet '^{} no-cache: .* asked 1 times' output
grep --quiet "^{'rfc': True} no-store: .* asked 3 times" output
