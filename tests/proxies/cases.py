"""What a client meets behind a proxy. Each case answers "right", or says what came."""

import gzip
import hashlib
import http.client
import json
import os
import re
import socket
import time
from urllib.parse import urljoin

RIGHT = "right"


class Came(Exception):
    """Something else came than what is right."""


class Client:
    """One connection that is kept, as clients have it, to a proxy or to Partbook itself."""

    def __init__(self, port, compressed=False):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.compressed = compressed

    def ask(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        if self.compressed:
            headers["Accept-Encoding"] = "gzip"
        chunks = isinstance(body, (list, tuple))
        if body is not None and not isinstance(body, bytes) and not chunks:
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if chunks:
            headers.setdefault("Content-Type", "application/json")
        self.connection.request(method, path, iter(body) if chunks else body, headers, encode_chunked=chunks)
        answer = self.connection.getresponse()
        answer.body = answer.read()
        coding = answer.headers.get("Content-Encoding")
        if coding == "gzip" and self.compressed and answer.body:
            answer.body = gzip.decompress(answer.body)
        elif coding and answer.status != 304:
            raise Came(f"{method}: {answer.status} with Content-Encoding: {coding}, {len(answer.body)} bytes")
        return answer


def expect(answer, status, what):
    if answer.status != status:
        detail = ""
        if "problem+json" in (answer.headers.get("Content-Type") or ""):
            # A 412 that blames nobody's change on the proxy says so.
            detail = ", which says why" if "proxy" in json.loads(answer.body)["detail"] else ""
        raise Came(f"{what}: {answer.status}{detail}")
    return answer


def strong(answer, what):
    tag = answer.headers.get("ETag")
    if tag is None:
        raise Came(f"{what}: no ETag")
    if not (len(tag) == 34 and tag[0] == tag[-1] == '"'):
        raise Came(
            f'{what}: {"W/" if tag.startswith("W/") else ""}"…{tag.rpartition("-")[1] + tag.rpartition("-")[2] if "-" in tag else chr(34)}'
        )
    return tag


def cycle(client, path, strict):
    """Reads and changes a row by the tags as they are received."""
    look = strong if strict else lambda answer, what: answer.headers.get("ETag") or strong(answer, what)
    number = int.from_bytes(os.urandom(2))

    def change(tag, status, what):
        nonlocal number
        number += 1
        return expect(client.ask("PATCH", path, {"gpu_mark": number}, If_Match=tag), status, what)

    first = look(expect(client.ask("GET", path), 200, "GET"), "GET")
    unchanged = expect(client.ask("GET", path, If_None_Match=first), 304, "GET with If-None-Match")
    if unchanged.body:
        raise Came("304 with content")
    second = look(change(first, 200, "PATCH with the tag of GET"), "PATCH")
    third = look(change(second, 200, "PATCH with the tag of PATCH"), "PATCH")
    stale = change(second, 412, "stale PATCH")
    if json.loads(stale.body)["current"]["gpu_mark"] != number - 1:
        raise Came("412 with another row")
    current = look(stale, "412")
    last = change(current, 200, "PATCH with the tag of 412")
    if json.loads(last.body)["gpu_mark"] != number:
        raise Came("the last PATCH answers another row")
    return third


def tags(world, port, path):
    cycle(Client(port), path, strict=False)


def tags_gzip(world, port, path):
    cycle(Client(port, compressed=True), path, strict=False)


def strong_tags(world, port, path):
    cycle(Client(port), path, strict=True)
    cycle(Client(port, compressed=True), path, strict=True)


def fresh(world, port, path):
    """A change that came another way is seen at once."""
    client, direct = Client(port), Client(world.port)
    for number in (11, 12, 13):
        expect(client.ask("GET", path), 200, "GET")
        expect(direct.ask("PATCH", path, {"metal_score": number}), 200, "direct PATCH")
        seen = json.loads(expect(client.ask("GET", path), 200, "GET").body)["metal_score"]
        if seen != number:
            raise Came("the old row after a change")


def coding(world, port, path):
    """Each client gets what it can read, whoever asked before."""
    plain, packed = Client(port), Client(port, compressed=True)
    expected = Client(world.port).ask("GET", path).body
    for client in (packed, plain, packed, plain):
        answer = expect(client.ask("GET", path), 200, "GET")
        if answer.body != expected:
            raise Came("another body")


def lists(world, port, path):
    """A list of some megabytes, byte for byte."""
    for compressed in (False, True):
        body = expect(Client(port, compressed).ask("GET", "/v1/catalog/cpus"), 200, "list").body
        if hashlib.sha256(body).hexdigest() != world.list_hash:
            raise Came(f"{len(body)} bytes instead of {world.list_length}")


def link(world, port, path):
    """A query of 120 filters, whose Link repeats it."""
    query = "&".join(f"cpu_id={number}" for number in range(1, 121))
    expect(Client(port).ask("GET", f"/v1/listings?limit=2&offset=2&{query}"), 200, "GET")


def chunked(world, port, path):
    parts = [b'{"notes": "', b"x" * 5000, b'", "gpu_mark": ', b"77}"]
    row = json.loads(expect(Client(port).ask("PATCH", path, parts), 200, "PATCH").body)
    if row["gpu_mark"] != 77 or len(row["notes"]) != 5000:
        raise Came("another row")


def too_large(world, port, path):
    """A body of 1.5 MB, above the limit of 1 MiB: the problem says what the limit is."""
    answer = expect(Client(port).ask("PATCH", path, {"notes": "x" * 1_500_000}), 413, "PATCH")
    if answer.headers.get("Content-Type") != "application/problem+json":
        raise Came("413 of the proxy, HTML" if b"<html" in answer.body.lower() else "413 of the proxy")


def hundred_megabytes(world, port, path):
    """100 MB against the limit of 1 MiB, to a client that sends before it reads."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("PATCH", path)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "100000000")
    connection.endheaders()
    sent = 0
    try:
        for _ in range(1000):
            connection.send(b"x" * 100_000)
            sent += 100_000
    except OSError:
        pass
    try:
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Came(f"no answer ({type(error).__name__})") from error
    if status != 413:
        raise Came(str(status))


def options(world, port, path):
    """HAProxy's bare `option httpchk`."""
    answer = expect(Client(port).ask("OPTIONS", "/"), 204, "OPTIONS /")
    if not answer.headers.get("Allow"):
        raise Came("no Allow")


def expects(world, port, path):
    """`Expect: 100-continue`, as curl sends it with a larger body, where the answer is known before the body."""
    body = b"{" + b" " * 4000 + b"}"
    for target, kind, status in (("/v1/nothing", "application/json", 404), (path, "text/plain", 415)):
        with socket.create_connection(("127.0.0.1", port), timeout=15) as stream:
            head = (
                f"PATCH {target} HTTP/1.1\r\nHost: partbook.example\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
            )
            stream.sendall(head.encode())
            reader = stream.makefile("rb")
            sent = False
            # More than one interim answer may come: Caddy says 100 itself, and passes on Partbook's.
            while b" 100 " in (came := reader.readline()):
                while reader.readline().strip():
                    pass
                if not sent:
                    stream.sendall(body)
                    sent = True
            if f" {status} ".encode() not in came:
                raise Came(f"{came.decode().strip() or 'nothing'} instead of {status}")


def rested(world, port, path):
    """A client that asks again after 11 s, on its connection."""
    client = Client(port)
    expect(client.ask("GET", path), 200, "GET")
    # What the connection was made of must still be there.
    stream = client.connection.sock
    time.sleep(11)
    try:
        expect(client.ask("PATCH", path, {"gpu_mark": 5}), 200, "PATCH")
    except (http.client.RemoteDisconnected, ConnectionError) as error:
        raise Came("the connection is closed") from error
    if client.connection.sock is not stream:
        raise Came("another connection")


def under_a_path(world, port, path):
    """Whatever an answer names is found there, by a client outside of the proxy."""
    client = Client(port)

    def follow(target, what):
        if not target.startswith("/parts/"):
            raise Came(f"{what}: {target[:40]}")
        return expect(client.ask("GET", target), 200, what)

    body = {"name": f"Under a path {port}", "manufacturer": "Maker"}
    created = expect(client.ask("POST", "/parts/v1/catalog/gpus", body), 201, "POST")
    follow(created.headers["Location"], "Location")
    page = expect(client.ask("GET", "/parts/v1/catalog/gpus?limit=1"), 200, "page")
    follow(re.search('<([^>]*)>; rel="next"', page.headers["Link"])[1], "Link")
    used = expect(client.ask("DELETE", "/parts/v1/catalog/cpus/1"), 409, "DELETE")
    follow(json.loads(used.body)["usage"]["href"], "usage.href")
    missing = expect(client.ask("GET", "/parts/v1/nothing"), 404, "GET")
    if json.loads(missing.body)["instance"] != "/parts/v1/nothing":
        raise Came(f"instance: {json.loads(missing.body)['instance']}")
    if client.ask("GET", "/parts/").headers.get("Location") != "/parts/docs":
        raise Came("/parts/ leads elsewhere")
    documentation = expect(client.ask("GET", "/parts/docs"), 200, "/docs").body.decode()
    targets = re.findall('(?:src|href)="([^"#]+)"', documentation)
    if len(targets) < 2:
        raise Came(f"/docs names {targets}")
    for target in targets:
        if not target.startswith(("data:", "http")):
            follow(urljoin("/parts/docs", target), "/docs")
    follow("/parts/openapi.json", "/openapi.json")


CASES = {
    "tags": tags,
    "tags, gzip": tags_gzip,
    "tags stay strong": strong_tags,
    "fresh": fresh,
    "coding": coding,
    "lists": lists,
    "`Link`": link,
    "chunked": chunked,
    "1.5 MB": too_large,
    "100 MB": hundred_megabytes,
    "`OPTIONS /`": options,
    "`Expect`": expects,
    "pause": rested,
}


# Asked of a Partbook that is under a path, behind a proxy that takes the path away.
CASES_UNDER_A_PATH = {"under a path": under_a_path}


def outcome(case, world, port, path):
    try:
        case(world, port, path)
        return RIGHT
    except Came as came:
        return str(came)
    except TimeoutError:
        return "no answer"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"[:80]
