#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12): `nginx -s reload`, which is said to be graceful, closes every connection that a client keeps and that rests,
# at once and whatever keepalive_timeout says. The answer before did not say `Connection: close`, so the client does not know, and a
# request that it sends in that moment meets a reset: a browser sends a GET again, and nobody sends a POST again. 16 clients that create
# and read over connections that they keep, with pauses of up to 50 ms, lost 171 of 2,280 requests in 16 reloads (scripts/take-over).
# Expected: the workers of before answer what comes on connections that they have, and say `Connection: close` with it. nginx 1.27.4
# and later can be told to wait (keepalive_min_timeout); the default is as it was.
#
# Needs nginx (on Debian: nginx-light) and python3. Fails when the behaviour is another.
set -euo pipefail

PATH+=:/usr/sbin
directory=$(mktemp -d)
trap 'kill "$(<"$directory/pid")" 2>/dev/null || true; rm -rf "$directory"' EXIT
cd "$directory"
{
    echo "pid $directory/pid; error_log $directory/log; events {}"
    echo "http { access_log off; keepalive_timeout 75s; server { listen unix:$directory/socket; location / { return 200 ok; } }"
    for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $directory/$kind;"; done
    echo '}'
} >nginx.conf
nginx -e "$directory/log" -c "$directory/nginx.conf"

python3 - "$directory" <<'PYTHON'
import os
import signal
import socket
import sys
import time

directory = sys.argv[1]
client = socket.socket(socket.AF_UNIX)
client.connect(f"{directory}/socket")
client.settimeout(10)
client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
answer = client.recv(4096)
assert b"200 OK" in answer and b"Connection: keep-alive" in answer, answer
with open(f"{directory}/pid") as file:
    os.kill(int(file.read()), signal.SIGHUP)
begin = time.monotonic()
end = client.recv(1)
assert end == b"", end
print(f"the connection was closed {1000 * (time.monotonic() - begin):.0f} ms after the reload, with 75 s left and no word")
PYTHON
