"""A load of clients that keep their connections, and what they ask: for scripts that count what a restart loses."""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = 16
# For a client to give an answer up; a start takes a fraction of it.
ANSWER_TIMEOUT = 20


class Partbook:
    """An instance on a database: on a socket of its own, on one that outlives it, or on a port that it shares."""

    def __init__(self, directory, database, drain_delay, sharing="its own", name="partbook"):
        self.directory, self.database, self.drain_delay, self.name = directory, database, drain_delay, name
        self.inherited, self.shared = sharing == "handed over", sharing == "shared"
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        if not self.inherited:
            self.socket.close()
        self.starts, self.process = 0, None

    def start(self, program):
        """Starts a process beside the one that there may be, and waits until it listens; the one before."""
        names = [name for name in os.environ if not name.startswith(("PARTBOOK_", "DATABASE_", "OTEL_", "LISTEN_"))]
        environment = {name: os.environ[name] for name in names}
        environment |= {"DATABASE_URL": self.database, "PARTBOOK_DRAIN_DELAY": str(self.drain_delay),
                        "PARTBOOK_LISTEN": f"127.0.0.1:{self.port}", "PARTBOOK_LOG_LEVEL": "info",
                        "PARTBOOK_REUSE_PORT": str(self.shared).lower()}
        descriptors = []
        if self.inherited:
            descriptors = [self.socket.fileno()]
            environment |= {"LISTEN_FDS": "1", "LISTEN_FDS_FIRST_FD": str(descriptors[0])}
        self.starts += 1
        log = pathlib.Path(self.directory, f"{self.name}-{self.starts}.log")
        before = self.process
        with log.open("wb") as stderr:
            self.process = subprocess.Popen([program, "serve"], env=environment, pass_fds=descriptors, stderr=stderr)
        while "listening" not in log.read_text():
            if self.process.poll() is not None:
                sys.exit(f"{sys.argv[0]}: Partbook did not start:\n{log.read_text()}")
            time.sleep(0.02)
        return before

    def stop(self, process=None):
        process = process or self.process
        process.send_signal(signal.SIGTERM)
        if process.wait() != 0:
            sys.exit(f"{sys.argv[0]}: Partbook ended with status {process.returncode}")

    def restart(self, program):
        """The way of the socket: where the port is shared the new process starts first, else the old one ends first."""
        if self.shared:
            self.stop(self.start(program))
        else:
            self.stop()
            self.start(program)


def program_of():
    """The program to try: the one that PARTBOOK names, or the one that cargo builds."""
    program = os.environ.get("PARTBOOK")
    if not program:
        subprocess.run(["cargo", "build", "--quiet", "--locked"], cwd=ROOT, check=True)
        program = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "debug", "partbook")
    return str(pathlib.Path(program).resolve())


@contextlib.contextmanager
def postgresql(directory):
    """The URL of a database on a PostgreSQL server of our own."""
    script = ('directory=$1; source scripts/lib/services.bash; trap stop_services EXIT; '
              'find_postgresql || exit 1; start_postgresql; echo "$postgres_url"; read -r || true')
    with subprocess.Popen(["bash", "-euc", script, "postgresql", directory], cwd=ROOT, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().strip()
        if not url:
            sys.exit(f"{sys.argv[0]}: PostgreSQL is missing (on Debian: apt-get install postgresql)")
        try:
            yield url
        finally:
            server.stdin.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def nginx_command(directory, site):
    """What runs nginx with this text for its `http` block, and everything that it writes in a directory."""
    pathlib.Path(directory, "site.conf").write_text(site)
    temporary = "".join(f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    main = f"daemon off; pid {directory}/nginx.pid; error_log {directory}/nginx.log; events {{ worker_connections 1024; }}"
    pathlib.Path(directory, "nginx.conf").write_text(f"{main} http {{ access_log off; {temporary} include {directory}/site.conf; }}")
    return ["nginx", "-e", f"{directory}/nginx.log", "-c", f"{directory}/nginx.conf"]


def ask_haproxy(path, command):
    """What HAProxy's runtime API answers at a socket; nothing to a change that was made."""
    with socket.socket(socket.AF_UNIX) as api:
        api.connect(str(path))
        api.sendall(f"{command}\n".encode())
        return api.makefile().read().strip()


def order_haproxy(path, command):
    """A change, which is answered only when it fails."""
    if answer := ask_haproxy(path, command):
        sys.exit(f"{sys.argv[0]}: HAProxy says of `{command}`: {answer}")


def wait_for(port, process, log):
    """Waits until a process listens."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            sys.exit(f"{sys.argv[0]}: {process.args[0]} did not start:\n" + pathlib.Path(log).read_text())
        time.sleep(0.02)


class Proxy:
    """nginx or HAProxy by a file of deploy/proxies, with other ports; or none."""

    def __init__(self, name, directory, ports, file=None):
        self.name, self.directory, self.process = name, directory, None
        if name == "none":
            self.port = ports[0]
            return
        self.port = free_port()
        text = (ROOT / "deploy/proxies" / (file or {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}[name])).read_text()
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}").replace("/run/haproxy", directory).replace("/etc/nginx", directory)
        for index, port in enumerate(ports):
            text = text.replace(f"127.0.0.1:{8000 + index}", f"127.0.0.1:{port}")
        if name == "nginx":
            self.command = nginx_command(directory, text)
        else:
            pathlib.Path(directory, "haproxy.cfg").write_text(text)
            self.command = ["haproxy", "-db", "-f", f"{directory}/haproxy.cfg"]

    def order(self, command):
        order_haproxy(f"{self.directory}/admin.sock", command)

    def wait_until_up(self, servers):
        """Until HAProxy sees as many servers up as there are."""
        def up():
            lines = ask_haproxy(f"{self.directory}/admin.sock", "show stat -1 4 -1").splitlines()[1:]
            return sum(line.split(",")[17].startswith("UP") for line in lines if line)

        while up() < servers:
            time.sleep(0.1)

    def __enter__(self):
        if self.name == "none":
            return self
        with open(f"{self.directory}/proxy.log", "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        wait_for(self.port, self.process, f"{self.directory}/proxy.log")
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait()


def rounds_and_proxies(arguments, rounds, known):
    """What a command line names, [ROUNDS [PROXY]...], with what stands for what it leaves out; ends with 2 where that makes no sense."""
    number, *names = arguments or [str(rounds)]
    if not (number.isascii() and number.isdecimal() and int(number)):
        print(f"{sys.argv[0]}: the number of rounds has to be a whole number from 1 on, not {number!r}", file=sys.stderr)
        sys.exit(2)
    for name in names:
        if name not in known:
            print(f"{sys.argv[0]}: there is no proxy {name}; there are {', '.join(known)}", file=sys.stderr)
            sys.exit(2)
    return int(number), names or known


def proxies_that_are_there(names):
    """Leaves out, by name, the proxies that the machine does not have; a way of using one is `PROXY-WAY`."""
    os.environ["PATH"] += ":/usr/sbin"
    for name in names:
        if name != "none" and not shutil.which(name.partition("-")[0]):
            print(f"{sys.argv[0]}: {name} is not there, and left out", file=sys.stderr)
            continue
        yield name


class Client(threading.Thread):
    """Creates and reads over a connection that it keeps, until it is told to end."""

    def __init__(self, number, port, longest_pause, is_over):
        super().__init__()
        self.number, self.port, self.longest_pause, self.is_over = number, port, longest_pause, is_over
        self.requests, self.created, self.failed = 0, [], collections.Counter()
        self.connection = None

    def ask(self, method, path, body=None):
        self.requests += 1
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_TIMEOUT)
        try:
            self.connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"} if body else {})
            answer = self.connection.getresponse()
            answer.read()
            if answer.will_close:
                self.close()
            if answer.status >= 400:
                self.failed[f"{method}: {answer.status}"] += 1
            return answer.status
        except (OSError, http.client.HTTPException) as error:
            self.failed[f"{method}: {type(error).__name__}"] += 1
            self.close()
            return None

    def close(self):
        self.connection.close()
        self.connection = None

    def run(self):
        pauses = random.Random(self.number)
        while not self.is_over.is_set():
            name = f"CPU {self.number} {self.requests}"
            if self.ask("POST", "/v1/catalog/cpus", {"name": name, "manufacturer": "AMD"}) == 201:
                self.created.append(name)
            time.sleep(pauses.uniform(0, self.longest_pause))
            self.ask("GET", "/v1/catalog/cpus?limit=5")
            time.sleep(pauses.uniform(0, self.longest_pause))


class Load:
    """The clients, while the context lasts; then what they have seen, against what is there."""

    def __init__(self, port, longest_pause, partbook):
        self.partbook, self.is_over = partbook, threading.Event()
        self.clients = [Client(number, port, longest_pause, self.is_over) for number in range(CLIENTS)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for client in self.clients:
            client.join()

    def figures(self):
        """Cells of a table: requests, failed ones, creations that were answered and are not there, names that are there twice."""
        connection = http.client.HTTPConnection("127.0.0.1", self.partbook.port, timeout=ANSWER_TIMEOUT)
        connection.request("GET", "/v1/catalog/cpus")
        there = collections.Counter(row["name"] for row in json.load(connection.getresponse()))
        created = [name for client in self.clients for name in client.created]
        failed = sum((client.failed for client in self.clients), collections.Counter())
        told = ", ".join(f"{count} {what}" for what, count in sorted(failed.items())) or "0"
        lost = sum(name not in there for name in created)
        twice = sum(count > 1 for count in there.values())
        return f"{sum(client.requests for client in self.clients):,} | {told} | {lost} | {twice}"
