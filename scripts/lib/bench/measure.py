"""One turn of a load, and what came of it."""

import dataclasses
import pathlib
import re
import subprocess
import sys

CONNECTIONS, THREADS = 32, 2
UNITS = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}


@dataclasses.dataclass
class Turn:
    """Requests a second; milliseconds; microseconds of the processor for a request."""

    rate: float
    p50: float | None = None
    p99: float | None = None
    cost: float | None = None


def wrk(server, lua, directory, seconds, seed):
    """wrk's load on a server; an answer that is no success ends everything."""
    script = pathlib.Path(directory, "load.lua")
    script.write_text(lua.replace("SEED", str(seed)))
    before = server.processor_seconds()
    command = ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script, f"http://127.0.0.1:{server.port}"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    said = finished.stdout
    if "Non-2xx" in said or "Socket errors" in said or not re.search(r"[1-9]\d* requests in", said):
        sys.exit(f"scripts/bench: not every request succeeded:\n{said}")
    spent = server.processor_seconds() - before
    requests = int(re.search(r"(\d+) requests in", said)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return Turn(rate, percentile(said, 50), percentile(said, 99), spent / requests * 1e6)


def percentile(said, part):
    found = re.search(rf"^\s+{part}%\s+([\d.]+)(us|ms|s|m)\s*$", said, re.MULTILINE)
    if not found:
        sys.exit(f"scripts/bench: wrk told no percentile:\n{said}")
    return float(found[1]) * UNITS[found[2]]


def pgbench(server, programs, sql, directory, seconds, clients=CONNECTIONS):
    """The same statement by pgbench over TCP, prepared."""
    script = pathlib.Path(directory, "load.sql")
    script.write_text(f"{sql}\n")
    before = server.processor_seconds()
    command = [f"{programs}/pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(THREADS), "-T", str(seconds), "-f", script,
               "-h", "127.0.0.1", "-p", str(server.port), "-U", "partbook", "partbook"]
    finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode:
        sys.exit(f"scripts/bench: pgbench: {finished.stderr}")
    said = finished.stdout
    done = int(re.search(r"number of transactions actually processed: (\d+)", said)[1])
    # Of backends that have ended, the server knows by having waited for them.
    spent = server.processor_seconds() - before
    return Turn(float(re.search(r"tps = ([\d.]+)", said)[1]), cost=spent / done * 1e6)
