"""What is asked of a catalog of a size, and how long the answer takes."""

import dataclasses
import http.client
import itertools
import json
import random
import re
import statistics
import sys
import time
import urllib.parse

WARM = 60
COUNT = {"Prefer": "count=exact"}


@dataclasses.dataclass
class Request:
    """One request, and the status that its answer has."""

    path: str
    method: str = "GET"
    status: int = 200
    body: dict | None = None
    headers: dict = dataclasses.field(default_factory=dict)


class Client:
    """One connection that is kept."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def ask(self, request):
        """The milliseconds until the whole answer was there, and its headers."""
        body = json.dumps(request.body) if request.body is not None else None
        headers = request.headers | ({"Content-Type": "application/json"} if body else {})
        since = time.perf_counter()
        self.connection.request(request.method, request.path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        took = (time.perf_counter() - since) * 1e3
        if answer.status != request.status:
            sys.exit(f"scripts/growth: {request.method} {request.path}: {answer.status}: {text[:500].decode()}")
        return took, answer.headers

    def next_page(self, path):
        """The page that follows, where the answer names it by a cursor; None where it does not."""
        _, headers = self.ask(Request(path))
        found = re.search(r'<([^>]*[?&]cursor=[^>]*)>; *rel="?next', headers.get("Link") or "")
        return found and found[1]


def works(size, client, seed):
    """Each kind of request with an endless stream of them, by name."""
    drawn = random.Random(seed)
    cpus, listings = "/v1/catalog/cpus", "/v1/listings"
    some = lambda most: drawn.randint(1, most)  # noqa: E731
    unused = itertools.count(size.used + 2)
    fresh = itertools.count(1)

    def always(path, **how):
        return itertools.repeat(Request(path, **how))

    def each(request):
        return (request() for _ in itertools.count())

    def searched(collection, *words):
        return always(f"{collection}?limit=20&search={urllib.parse.quote(' '.join(words))}")

    middle = size.parts // 2
    yield "get", each(lambda: Request(f"{cpus}/{some(size.parts)}"))
    for collection in ("cpus", "gpus", "profiles", "ports-profiles", "ram-specs", "storage-profiles"):
        yield f"first page: {collection}", always(f"/v1/catalog/{collection}?limit=50")
    yield "first page: listings", always(f"{listings}?limit=50")
    yield "first page: listings, by -updated_at", always(f"{listings}?limit=50&sort=-updated_at")
    for name, path, most in (("cpus", cpus, size.parts), ("ram-specs", "/v1/catalog/ram-specs", size.specs), ("listings", listings, size.listings)):
        deep = f"{path}?limit=50&offset={most // 2}"
        yield f"page in the middle: {name}, by offset", always(deep)
        by_cursor = client.next_page(deep)
        if by_cursor:
            yield f"page in the middle: {name}, by cursor", always(by_cursor)
    yield "search: of one CPU", each(lambda: Request(f"{cpus}?limit=20&search={some(size.parts)}00X"))
    yield "search: of none", searched(cpus, "nothing")
    yield "search: of two in five, that come first", searched(cpus, "ryzen")
    yield "search: of one in five, that come last", searched(cpus, "xeon")
    yield "search: of two words that never meet", searched(cpus, "ryzen", "xeon")
    yield "search: of two characters", searched(cpus, "i5")
    yield "search: of one listing", each(lambda: Request(f"{listings}?limit=20&search=PC-{some(size.listings)}-with"))
    yield "search: of all listings", searched(listings, "mini")
    yield "search: counted", each(lambda: Request(f"{cpus}?limit=20&search={some(size.parts)}00X", headers=COUNT))
    yield "filter: by socket, one in forty", always(f"{cpus}?limit=50&socket=FCLGA1160")
    yield "filter: by a number that one has", each(lambda: Request(f"{cpus}?limit=50&passmark_id={some(size.parts)}"))
    yield "filter: by a range of cores", always(f"{cpus}?limit=50&min_cores=30")
    yield "listings of a CPU", each(lambda: Request(f"{cpus}/{some(size.used)}/listings?limit=50"))
    yield "count: cpus", always(f"{cpus}?limit=1", headers=COUNT)
    yield "count: listings", always(f"{listings}?limit=1", headers=COUNT)
    yield "delete: refused, in use", each(lambda: Request(f"{cpus}/{some(size.used)}", "DELETE", 409))
    yield "delete", (Request(f"{cpus}/{number}", "DELETE", 204) for number in unused)
    yield "patch", each(lambda: Request(f"{cpus}/{some(size.used)}", "PATCH", body={"cores": some(1000)}))
    yield "patch of a name", ((Request(f"{cpus}/{middle}", "PATCH", body={"name": f"Renamed {number} of {seed}"})) for number in fresh)
    yield "post", ((Request(cpus, "POST", 201, {"name": f"Growth 9000X3D {number} of {seed}", "manufacturer": "AMD"})) for number in fresh)


def median(client, requests, count, enough):
    """The median of warm requests, in milliseconds. What takes long is asked less often."""
    until = time.monotonic() + enough
    # PostgreSQL plans a statement five times on a connection before it keeps a plan, and Partbook has ten connections.
    for place, request in enumerate(itertools.islice(requests, WARM)):
        client.ask(request)
        if place >= 2 and time.monotonic() > until:
            break
    took = []
    until = time.monotonic() + enough
    while len(took) < 3 or (len(took) < count and time.monotonic() < until):
        took.append(client.ask(next(requests))[0])
    return statistics.median(took)
