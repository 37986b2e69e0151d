"""One scenario on one way: what happens, and the figures of it."""

import collections
import os
import signal
import threading
import time

import psycopg2

from .cluster import ADDRESS, CUTTING, IMPATIENT, KEEPING, NODES, wait_for
from .load import Probe, Reader, Writer, longest_gap

PORTS = (8001, 8002)
CLIENTS = 16
# Seconds: load before it happens; without a failure at the end; at most after it happened; without etcd.
BEFORE, AFTER, LIMIT, ETCD_GONE = 4, 8, 75, 30
LATE = 2


class Pair:
    """Two Partbooks that reach the primary in one way, and are never restarted."""

    def __init__(self, cluster, program, way, scenario):
        self.cluster, self.way = cluster, way
        self.names = [f"partbook-{way}-{scenario}-{port}" for port in PORTS]
        places = {"cutting": f"127.0.0.1:{CUTTING}", "keeping": f"127.0.0.1:{KEEPING}"}
        hosts = ",".join(f"{address}:5432" for address in ADDRESS.values())
        place = places.get(way, hosts)
        self.url = f"postgres://partbook@{place}/partbook" + ("" if way in places else "?target_session_attrs=read-write")
        ours = ("PARTBOOK", "DATABASE_URL", "OTEL_", "PG")
        environment = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        for name, port in zip(self.names, PORTS):
            listen = f"127.0.0.1:{port}"
            cluster.run(name, [program, "serve"], environment | {"DATABASE_URL": self.url, "PARTBOOK_LISTEN": listen})
            log, process = cluster.directory / f"{name}.log", cluster.processes[name]
            wait_for("Partbook", lambda log=log, process=process: "listening" in log.read_text() or process.poll() is not None)
            if process.poll() is not None:
                raise RuntimeError(f"Partbook did not start: {log.read_text()}")

    def stop(self):
        for name in self.names:
            self.cluster.processes[name].send_signal(signal.SIGTERM)
            self.cluster.processes[name].wait()

    def probe(self):
        """A new connection to the primary, as Partbook would open it."""
        url = self.url.replace("partbook@", "postgres@").replace("/partbook", "/probe")
        connection = psycopg2.connect(url, **IMPATIENT)
        connection.autocommit = True
        return connection


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
    was_out = (out[1] or end) - out[0] > 0.7
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
