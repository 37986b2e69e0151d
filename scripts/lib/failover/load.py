"""Clients that write and read through Partbook over connections that they keep, and probes that write past it."""

import http.client
import json
import threading
import time
import typing
import uuid

import psycopg2

ANSWER_TIMEOUT = 30
PAUSE = 0.25
RETRY_PAUSE = 0.1
PROBE_INTERVAL = 0.1
HEADERS = {"Content-Type": "application/json"}


class Outcome(typing.NamedTuple):
    """What became of a request, or of a write of a probe."""
    begin: float
    end: float
    done: bool
    place: int
    what: str
    title: str = ""
    may_be_made: bool = False


class Client(threading.Thread):
    """Asks one Partbook until it is told to end."""

    def __init__(self, number, place, port, over):
        super().__init__(daemon=True)
        self.number, self.place, self.port, self.over = number, place, port, over
        self.outcomes, self.connection = [], None

    def ask(self, method, path, body=None, headers=None, title=""):
        begin = time.monotonic()
        text = ""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_TIMEOUT)
            self.connection.request(method, path, body and json.dumps(body), HEADERS | (headers or {}) if body else {})
            answer = self.connection.getresponse()
            text = answer.read().decode()
            what, done = str(answer.status), answer.status < 300
            if answer.will_close:
                self.connection.close()
                self.connection = None
        except (OSError, http.client.HTTPException) as error:
            what, done = type(error).__name__, False
            self.connection.close()
            self.connection = None
        self.outcomes.append(Outcome(begin, time.monotonic(), done, self.place, what, title, "may have been made" in text))
        return done


class Writer(Client):
    """Creates listings, whose titles need not differ. Every other writer sends a key and repeats what failed."""

    def run(self):
        count = 0
        while not self.over.is_set():
            count += 1
            title = f"{self.name} {count} {uuid.uuid4()}"
            headers = {"Idempotency-Key": title.replace(" ", "-")} if self.number % 2 else None
            while not self.ask("POST", "/v1/listings", {"title": title, "price_usd": 1}, headers, title):
                if not headers or self.over.is_set():
                    break
                time.sleep(RETRY_PAUSE)
            time.sleep(PAUSE)


class Reader(Client):
    def run(self):
        while not self.over.is_set():
            self.ask("GET", "/v1/listings?limit=5")
            time.sleep(PAUSE)


class Probe(threading.Thread):
    """Writes past Partbook: to a node over a connection that it keeps, or each time over a new one."""

    def __init__(self, place, connect, keeps, over):
        super().__init__(daemon=True)
        self.place, self.connect, self.keeps, self.over, self.outcomes = place, connect, keeps, over, []

    def run(self):
        connection = None
        while not self.over.is_set():
            begin, what = time.monotonic(), ""
            try:
                connection = connection or self.connect()
                connection.cursor().execute("insert into probe values (now())")
            except psycopg2.Error as error:
                what = str(error)
            self.outcomes.append(Outcome(begin, time.monotonic(), not what, self.place, what))
            if connection and (what or not self.keeps):
                connection.close()
                connection = None
            time.sleep(PROBE_INTERVAL)


def longest_gap(outcomes, begin, end):
    """The longest time without a success: when it began, and when it ended (none: not yet)."""
    times = sorted(outcome.end for outcome in outcomes if outcome.done and begin <= outcome.end <= end)
    edges = [begin, *times, None]
    return max(zip(edges, edges[1:]), key=lambda gap: (gap[1] or end) - gap[0])
