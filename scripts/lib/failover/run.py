"""One scenario on one way: what happens, and the figures of it."""

import collections
import os
import signal
import threading
import time

import psycopg2

from .cluster import ADDRESS, CUTTING, KEEPING, NODES, POOLER, connected, wait_for
from .load import Probe, Reader, Writer, longest_gap

PORTS = (8001, 8002)
CLIENTS = 16
# Seconds: load before it happens; without a failure at the end; at most after it happened; without etcd.
BEFORE, AFTER, LIMIT, ETCD_GONE = 4, 8, 75, 30
LATE, LEAST = 2, 1


class Pair:
    """Two Partbooks that reach the primary in one way, and are never restarted."""

    def __init__(self, cluster, way, scenario):
        self.cluster = cluster
        self.names = [f"partbook-{way}-{scenario}-{port}" for port in PORTS]
        nodes = ADDRESS.values()
        self.places = {
            "cutting": [("127.0.0.1", CUTTING)], "keeping": [("127.0.0.1", KEEPING)], "pooler": [("127.0.0.1", POOLER)],
            "hosts": [(address, 5432) for address in nodes], "poolers": [(address, POOLER) for address in nodes],
        }[way]

    def start(self, program):
        hosts = ",".join(f"{host}:{port}" for host, port in self.places)
        url = f"postgres://partbook@{hosts}/partbook" + ("?target_session_attrs=read-write" if len(self.places) > 1 else "")
        ours = ("PARTBOOK", "DATABASE_URL", "OTEL_", "PG")
        environment = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        for name, port in zip(self.names, PORTS):
            listen = f"127.0.0.1:{port}"
            self.cluster.run(name, [program, "serve"], environment | {"DATABASE_URL": url, "PARTBOOK_LISTEN": listen})
            log, process = self.cluster.directory / f"{name}.log", self.cluster.processes[name]
            wait_for("Partbook", lambda log=log, process=process: "listening" in log.read_text() or process.poll() is not None)
            if process.poll() is not None:
                raise RuntimeError(f"Partbook did not start: {log.read_text()}")

    def stop(self):
        for name in self.names:
            if process := self.cluster.processes.pop(name, None):
                process.send_signal(signal.SIGTERM)
                process.wait()

    def probe(self):
        """A new connection to the primary, where Partbook would open it."""
        fault = psycopg2.OperationalError("no server is a primary")
        for host, port in self.places:
            try:
                connection = connected(host, port, "probe")
                cursor = connection.cursor()
                cursor.execute("select pg_is_in_recovery()")
                if len(self.places) == 1 or not cursor.fetchone()[0]:
                    return connection
                connection.close()
            except psycopg2.Error as error:
                fault = error
        raise fault


def happen(cluster, scenario):
    happenings = {"postmaster": cluster.kill_postmaster, "node": cluster.kill_node, "switchover": cluster.switch,
                  "standby": cluster.kill_standby, "etcd": cluster.lose_etcd, "silence": cluster.silence}
    happenings[scenario]()


def row(cluster, pair, scenario):
    over = threading.Event()
    writers = [Writer(number, number // 2 % 2, PORTS[number // 2 % 2], over) for number in range(CLIENTS)]
    readers = [Reader(number, number % 2, PORTS[number % 2], over) for number in range(CLIENTS)]
    nodes = [Probe(node, lambda node=node: cluster.connect(node, "probe"), True, over) for node in NODES]
    new = Probe(0, pair.probe, False, over)
    threads = [*writers, *readers, *nodes, new]
    for thread in threads:
        thread.start()
    time.sleep(BEFORE)
    before = cluster.leader()
    begin = time.monotonic()
    happen(cluster, scenario)
    restored = scenario != "etcd"
    while True:
        time.sleep(0.5)
        now = time.monotonic()
        if not restored and now - begin > ETCD_GONE:
            cluster.start_etcd()
            restored = True
        writes = [outcome for writer in writers for outcome in writer.outcomes if outcome.end > begin]
        last_failure = max((write.end for write in writes if not write.done), default=begin)
        are_written = all(any(write.done and write.place == place and write.end > now - 1 for write in writes) for place in (0, 1))
        least = 15 if scenario != "etcd" else ETCD_GONE + 15
        if restored and are_written and now - max(last_failure, begin) > AFTER and now - begin > least or now - begin > LIMIT:
            break
    over.set()
    end = time.monotonic()
    for thread in threads:
        thread.join()
    if scenario == "silence":
        cluster.heal()
    if scenario == "switchover" and cluster.leader() == before:
        raise RuntimeError("Patroni did not switch over")
    with cluster.leader_connection("partbook") as connection:
        cursor = connection.cursor()
        cursor.execute("select title, count(*) from listing where title like 'Thread%' group by 1")
        there = collections.Counter(dict(cursor.fetchall()))
    return figures(there, writers, readers, nodes, new, begin, end)


def figures(there, writers, readers, nodes, new, begin, end):
    def gaps(clients):
        outcomes = [outcome for client in clients for outcome in client.outcomes]
        return [longest_gap([outcome for outcome in outcomes if outcome.place == place], begin - 1, end) for place in (0, 1)]

    def told(gaps):
        lengths = [None if stop is None and end - start > 5 else (stop or end) - start for start, stop in gaps]
        return "for good" if None in lengths else f"{max(lengths):.1f}"

    out = longest_gap([outcome for probe in nodes for outcome in probe.outcomes], begin - 1, end)
    reached = longest_gap(new.outcomes, begin - 1, end)
    written = gaps(writers)
    # What is shorter says how busy the machine is.
    was_out = all(any((stop or end) - start > LEAST for start, stop in gaps) for gaps in ([out], written))
    if not was_out or reached[1] is None:
        after = "–"
    elif told(written) == "for good":
        after = "never"
    else:
        after = f"{max(0, max(stop or end for _, stop in written) - reached[1]):.1f}"
    writes = [outcome for writer in writers for outcome in writer.outcomes]
    late = [write for write in writes if not write.done and reached[1] and was_out and write.begin > reached[1] + LATE and write.end < end]
    requests = writes + [outcome for reader in readers for outcome in reader.outcomes]
    requests = [request for request in requests if request.end < end]
    server_errors = sum(request.what.startswith("5") for request in requests)
    broken = collections.Counter(request.what for request in requests if not request.what.isdigit())
    answered = {write.title for write in writes if write.done}
    lost = sum(title not in there for title in answered)
    surprises = [write for write in writes if write.title not in answered and write.title in there]
    said = sum(write.may_be_made for write in surprises)
    doubled = sum(count > 1 for count in there.values())
    return [told([out]), told(written), told(gaps(readers)), after, str(len(late)), str(server_errors), ", ".join(f"{count} {what}" for what, count in broken.items()) or "0", str(lost),
            f"{len(surprises)} ({said})", str(doubled)]
