"""Partbook, to be asked behind the proxies."""

import hashlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time

from cases import Client, expect


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port, process=None, seconds=30):
    for _ in range(seconds * 20):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            if process and process.poll() is not None:
                return False
            time.sleep(0.05)
    return False


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARTBOOK_", "OTEL_", "DATABASE_URL"))}
    return kept | more


class World:
    """A Partbook on a SQLite file, with a list of some megabytes."""

    def __init__(self, program, directory, database_url=None):
        self.program, self.directory = program, directory
        self.url = database_url or f"sqlite://{directory}/partbook.db"
        self.port = free_port()
        self.process = None

    def start(self, *arguments, **variables):
        self.log = open(self.directory / f"partbook-{self.port}.log", "a")
        self.process = subprocess.Popen(
            [self.program, "serve", "--listen", f"127.0.0.1:{self.port}", "--log-level", "warn", *arguments],
            env=environment(DATABASE_URL=self.url, PARTBOOK_HOSTS="partbook.example", **variables), stderr=self.log,
        )  # fmt: skip
        if not wait_for(self.port, self.process):
            raise SystemExit("Partbook did not start: " + open(self.log.name).read())

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
            self.process = None

    def fill(self, rows=20_000):
        """A list that is longer than any buffer on its way."""
        database = sqlite3.connect(f"{self.directory}/partbook.db")
        with database:
            database.execute("pragma foreign_keys = on")
            columns = [row[1] for row in database.execute("pragma table_info(cpu)")]
            own = "name, " + ", ".join(column for column in columns if column not in ("id", "name"))
            rest = ", ".join(column for column in columns if column not in ("id", "name"))
            database.execute(
                f"with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows}) "
                f"insert into cpu ({own}) select 'Part ' || i, {rest} from n, (select * from cpu limit 1)"
            )
        database.close()
        body = expect(Client(self.port).ask("GET", "/v1/catalog/cpus"), 200, "list").body
        self.list_length, self.list_hash = len(body), hashlib.sha256(body).hexdigest()

    def gpu(self, name):
        """The path of a row of one's own."""
        body = {"name": name, "manufacturer": "Maker", "attributes": {"text": "long enough to be compressed. " * 20}}
        row = json.loads(expect(Client(self.port).ask("POST", "/v1/catalog/gpus", body), 201, "POST").body)
        return f"/v1/catalog/gpus/{row['id']}"
