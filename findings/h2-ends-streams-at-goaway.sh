#!/usr/bin/env bash
# The Python package h2 4.4.1, on which HTTP/2 of httpx rests, takes a connection for closed when a GOAWAY comes, though that names
# the stream that is under way as one that will be answered: the answer's HEADERS raise ProtocolError. A server that shuts down
# gracefully finishes its answers so (RFC 9113, section 6.8), and sends a PING behind the first GOAWAY, which raises as well.
# Expected: the stream ends as usual; only new ones are refused.
#
# Needs python3 with its module venv, and PyPI. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check h2==4.4.1
cat >client.py <<'PYTHON'
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError

request = [(":method", "GET"), (":scheme", "http"), (":authority", "example"), (":path", "/")]


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


goaway = frame(7, 0, 0, (1).to_bytes(4, "big") + bytes(4))  # last stream: 1; NO_ERROR
answer = frame(1, 4 | 1, 1, b"\x89")  # HEADERS, END_HEADERS and END_STREAM: `:status: 204`, entry 9 of the static table
ping = frame(6, 0, 0, b"12345678")

for before, after in ((b"", b""), (goaway, b""), (goaway, ping)):
    connection = H2Connection(H2Configuration(client_side=True))
    connection.initiate_connection()
    connection.send_headers(1, request, end_stream=True)
    connection.receive_data(frame(4, 0, 0, b""))  # SETTINGS
    try:
        if before:
            connection.receive_data(before)
        events = connection.receive_data(after or answer)
        print("received:", ", ".join(type(event).__name__ for event in events))
    except ProtocolError as error:
        print("ProtocolError:", error)
PYTHON
environment/bin/python client.py | tee output
# Seen: without a GOAWAY the answer is received; behind one its HEADERS, and a PING, are
# ProtocolError: Invalid input ConnectionInputs.RECV_… in state ConnectionState.CLOSED
grep --quiet '^received: ResponseReceived, StreamEnded' output
grep --quiet 'RECV_HEADERS in state ConnectionState.CLOSED' output
grep --quiet 'RECV_PING in state ConnectionState.CLOSED' output
