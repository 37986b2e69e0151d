"""Three PostgreSQL nodes under Patroni, etcd and HAProxy, on the loopback of a network namespace of their own, so that ports are
fixed and a node can fall silent."""

import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import psycopg2
import psycopg2.extensions

ROOT = pathlib.Path(__file__).resolve().parents[3]
NODES = (1, 2, 3)
ADDRESS = {node: f"127.0.0.{node + 1}" for node in NODES}
# Patroni's own defaults are 30, 10 and 10 seconds; HAProxy below is as Patroni's manual sets it up.
TTL, LOOP_WAIT, RETRY_TIMEOUT = 20, 5, 5
CUTTING, KEEPING, POOLER = 5000, 5001, 6432
START_TIMEOUT = 120
# For a connection of ours to give a server up.
PATIENCE = 2

PATRONI = """
scope: partbook
name: n{node}
restapi: {{listen: "{address}:8008", connect_address: "{address}:8008"}}
etcd3: {{hosts: ["{address}:2379"], use_proxies: true}}
bootstrap:
  dcs:
    ttl: {ttl}
    loop_wait: {loop_wait}
    retry_timeout: {retry_timeout}
    maximum_lag_on_failover: 1048576
    synchronous_mode: {synchronous}
    postgresql:
      use_pg_rewind: true
      parameters: {{wal_log_hints: "on", fsync: "off", max_connections: 100, synchronous_commit: "on", wal_keep_size: "256MB"}}
  initdb: [{{auth: trust}}, {{encoding: UTF8}}, {{locale: C}}, no-sync]
postgresql:
  listen: "{address}:5432"
  connect_address: "{address}:5432"
  data_dir: {directory}/n{node}/data
  bin_dir: {programs}
  pgpass: {directory}/n{node}/pgpass
  use_unix_socket: true
  authentication:
    superuser: {{username: postgres}}
    replication: {{username: replicator}}
    rewind: {{username: postgres}}
  parameters: {{unix_socket_directories: "{directory}/n{node}"}}
  pg_hba: ["local all all trust", "host all all 127.0.0.0/8 trust", "host replication all 127.0.0.0/8 trust"]
"""

HAPROXY = """
defaults
    mode tcp
    timeout connect 2s
    timeout check 2s
    timeout client 30m
    timeout server 30m
"""

PROXY = """
listen {name}
    bind 127.0.0.1:{port}
    option httpchk GET /primary
    http-check expect status 200
    default-server inter 3s fall 3 rise 2 {cut}
"""


def wait_for(what, condition, limit=START_TIMEOUT):
    end = time.monotonic() + limit
    while True:
        with contextlib.suppress(OSError, psycopg2.Error, json.JSONDecodeError):
            found = condition()
            if found:
                return found
        if time.monotonic() > end:
            raise TimeoutError(f"{what} is not there after {limit} s")
        time.sleep(0.2)


def wait_patiently(connection):
    """Waits for a server's answer, which a pooler can keep from coming without a sign."""
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        reads, writes = ([connection], []) if state == psycopg2.extensions.POLL_READ else ([], [connection])
        if not any(select.select(reads, writes, [], PATIENCE)):
            raise psycopg2.OperationalError(f"no answer within {PATIENCE} s")


psycopg2.extensions.set_wait_callback(wait_patiently)


def connected(host, port, database, user="postgres"):
    connection = psycopg2.connect(host=host, port=port, user=user, dbname=database)
    connection.autocommit = True
    return connection


def as_owner(command):
    """PostgreSQL's server and PgBouncer do not run as root."""
    return ["setpriv", "--reuid", "nobody", "--clear-groups", *command] if os.geteuid() == 0 else command


class Cluster:
    def __init__(self, directory, programs, synchronous):
        self.directory, self.programs = pathlib.Path(directory), programs
        self.processes, self.silent = {}, None
        for node in NODES:
            home = self.directory / f"n{node}"
            home.mkdir()
            if os.geteuid() == 0:
                shutil.chown(home, "nobody")
            values = {"node": node, "address": ADDRESS[node], "directory": directory, "programs": programs}
            values |= {"ttl": TTL, "loop_wait": LOOP_WAIT, "retry_timeout": RETRY_TIMEOUT, "synchronous": str(synchronous).lower()}
            self.file(f"n{node}.yml", PATRONI.format(**values))
        proxies = HAPROXY
        for name, port, cut in (("cutting", CUTTING, "on-marked-down shutdown-sessions"), ("keeping", KEEPING, "")):
            proxies += PROXY.format(name=name, port=port, cut=cut)
            proxies += "".join(f"    server n{node} {ADDRESS[node]}:5432 check port 8008\n" for node in NODES)
        self.file("haproxy.cfg", proxies)

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o644)

    def run(self, name, command, environment=None):
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.directory,
                                                    start_new_session=True)

    def start(self):
        self.start_etcd()
        for node in NODES:
            self.start_node(node)
        self.run("haproxy", ["haproxy", "-db", "-f", str(self.directory / "haproxy.cfg")])
        self.file("users", '"partbook" ""\n"postgres" ""\n')
        self.start_pooler("127.0.0.1", "127.0.0.1", CUTTING)
        for address in ADDRESS.values():
            self.start_pooler(address, address, 5432)
        self.settle()
        for port in (CUTTING, KEEPING):
            wait_for("HAProxy", lambda port=port: connected("127.0.0.1", port, "postgres"))
        with self.leader_connection("postgres") as connection:
            for statement in ("create role partbook login", "create database partbook owner partbook", "create database probe"):
                connection.cursor().execute(statement)
        with self.leader_connection("probe") as connection:
            connection.cursor().execute("create table probe (at timestamptz)")

    def start_etcd(self):
        addresses = ["127.0.0.1", *ADDRESS.values()]
        clients = ",".join(f"http://{address}:2379" for address in addresses)
        self.run("etcd", ["etcd", "--data-dir", str(self.directory / "etcd"), "--listen-client-urls", clients,
                          "--advertise-client-urls", "http://127.0.0.1:2379", "--unsafe-no-fsync"])

        # Patroni 3.0 ends where it finds an etcd that has not agreed on its version yet.
        def agreed():
            with urllib.request.urlopen("http://127.0.0.1:2379/version", timeout=2) as answer:
                return json.load(answer)["etcdcluster"] != "not_decided"
        wait_for("etcd", agreed)

    def start_pooler(self, address, server, port):
        """PgBouncer as it is documented."""
        text = (ROOT / "deploy/proxies/pgbouncer.ini").read_text()
        for documented, ours in (("partbook = host=127.0.0.1 port=5432 dbname=partbook", f"* = host={server} port={port}"),
                                 ("listen_addr = 127.0.0.1", f"listen_addr = {address}\nunix_socket_dir ="), ("scram-sha-256", "trust"),
                                 ("/etc/pgbouncer/userlist.txt", f"{self.directory}/users")):
            text = text.replace(documented, ours)
        name = f"pgbouncer-{address}"
        self.file(f"{name}.ini", text)
        self.run(name, as_owner(["pgbouncer", str(self.directory / f"{name}.ini")]))

    def start_node(self, node):
        self.run(f"n{node}", as_owner(["patroni", str(self.directory / f"n{node}.yml")]))

    def api(self, node, path, body=None):
        data = body and json.dumps(body).encode()
        request = urllib.request.Request(f"http://{ADDRESS[node]}:8008{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20 if body else 2) as answer:
            return answer.read().decode()

    def members(self):
        for node in NODES:
            if node != self.silent:
                with contextlib.suppress(OSError):
                    return json.loads(self.api(node, "/cluster"))["members"]
        return []

    def leader(self):
        """The node that Patroni says is the primary, and that takes writes."""
        def found():
            names = [member["name"] for member in self.members() if member["role"] == "leader" and member["state"] == "running"]
            node = int(names[0][1:]) if names else None
            if node:
                self.connect(node, "postgres").cursor().execute("create temporary table leader ()")
            return node
        return wait_for("a primary", found)

    def settle(self):
        """Waits for a primary with two standbys that follow it."""
        def settled():
            states = sorted(member["role"] for member in self.members() if member["state"] in ("running", "streaming"))
            if len(states) < 3 or "leader" not in states:
                return False
            connection = self.connect(self.leader(), "postgres")
            cursor = connection.cursor()
            cursor.execute("select count(*) from pg_stat_replication where state = 'streaming' and replay_lag < '1 s' or "
                           "state = 'streaming' and replay_lag is null")
            return cursor.fetchone()[0] == 2
        try:
            wait_for("a primary with two standbys", settled)
        except TimeoutError:
            for node in NODES:
                print((self.directory / f"n{node}.log").read_text()[-1500:], file=sys.stderr)
            raise

    def connect(self, node, database):
        return connected(ADDRESS[node], 5432, database)

    @contextlib.contextmanager
    def leader_connection(self, database):
        with contextlib.closing(self.connect(self.leader(), database)) as connection:
            yield connection

    def postmaster(self, node):
        return int((self.directory / f"n{node}/data/postmaster.pid").read_text().split("\n")[0])

    # What happens to the cluster.

    def kill_postmaster(self):
        os.kill(self.postmaster(self.leader()), signal.SIGKILL)

    def kill_node(self, node=None):
        node = node or self.leader()
        postmaster = self.postmaster(node)
        os.killpg(self.processes[f"n{node}"].pid, signal.SIGKILL)
        os.kill(postmaster, signal.SIGKILL)
        self.processes[f"n{node}"].wait()

    def kill_standby(self):
        self.kill_node(next(node for node in NODES if node != self.leader()))

    def switch(self):
        leader = self.leader()
        standbys = [member for member in self.members() if member["role"] != "leader"]
        # Patroni refuses one that is not synchronous where another one is.
        candidate = max(standbys, key=lambda member: (member["role"] == "sync_standby", member.get("lag") == 0))
        # The answer comes when it is done.
        subprocess.Popen([sys.executable, "-c", "import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], sys.argv[2].encode()))",
                          f"http://{ADDRESS[leader]}:8008/switchover",
                          json.dumps({"leader": f"n{leader}", "candidate": candidate["name"]})], stderr=subprocess.DEVNULL)

    def lose_etcd(self):
        self.processes["etcd"].kill()
        self.processes["etcd"].wait()

    def silence(self):
        """Nothing reaches the primary's node or leaves it, and nobody is told."""
        self.silent = self.leader()
        address = ADDRESS[self.silent]
        rules = f"type filter hook input priority 0\nip daddr {address} drop\nip saddr {address} drop"
        subprocess.run(["nft", "-f", "-"], input=f"table ip cut {{\nchain cut {{\n{rules}\n}}\n}}\n".encode(), check=True)

    def heal(self):
        if self.silent:
            subprocess.run(["nft", "delete", "table", "ip", "cut"], check=True)
            self.silent = None
        if self.processes["etcd"].poll() is not None:
            self.start_etcd()
        for node in NODES:
            if self.processes[f"n{node}"].poll() is not None:
                self.start_node(node)
        self.settle()
