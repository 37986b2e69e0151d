"""Runs the cases, and compares what comes with the tables of a document: run.py PARTBOOK DOCUMENT --check|--write [WORD]..."""

import http.client
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import databases
from cases import CASES, CASES_UNDER_A_PATH, RIGHT, Client, outcome
from setups import setups
from tables import Tables
from world import World, free_port, wait_for


def running(setup, directory, upstream, work):
    """What `work` makes of the port of the proxy, while it runs."""
    port = free_port()
    process = setup.start(directory, port, upstream)
    try:
        if not wait_for(port, process):
            sys.exit(f"{setup.name} does not start: " + (directory / "log").read_text()[-2000:])
        return work(port)
    finally:
        process.terminate()
        process.wait()


def cases_behind(setup, world, directory, cases):
    """The outcome of each case behind a proxy."""
    path = world.gpu(f"{setup.name} {setup.version}")
    return running(
        setup, directory, world.port, lambda port: {name: outcome(case, world, port, path) for name, case in cases.items()}
    )


def restart(program, setup, directory):
    """Whether requests fail while Partbook restarts behind a proxy."""
    own = directory / "restart"
    own.mkdir()
    world = World(program, own)
    world.start("--demo")
    answers = []
    stopped = threading.Event()

    def ask(port):
        while not stopped.is_set():
            try:
                answers.append(Client(port).ask("GET", "/v1/catalog/gpus/1").status)
            except (OSError, http.client.HTTPException) as error:
                answers.append(type(error).__name__)
            time.sleep(0.01)

    def work(port):
        for _ in range(200):
            if Client(port).ask("GET", "/readyz").status == 200:
                break
            time.sleep(0.05)
        asking = threading.Thread(target=ask, args=(port,))
        asking.start()
        for _ in range(2):
            seen = len(answers)
            while len(answers) < seen + 20:
                time.sleep(0.01)
            world.stop()
            world.start()
        seen = len(answers)
        while len(answers) < seen + 20:
            time.sleep(0.01)
        stopped.set()
        asking.join()
        others = sorted({str(answer) for answer in answers if answer != 200})
        return f"some requests get {', '.join(others)}" if others else RIGHT

    try:
        return running(setup, directory / "proxy", world.port, work)
    finally:
        stopped.set()
        world.stop()


def told(outcomes):
    return "; ".join(f"{case}: {came}" for case, came in outcomes.items() if came != RIGHT) or RIGHT


def behind(program, directory, chosen):
    """The rows of the table of proxies."""
    world = World(program, directory)
    world.start("--demo")
    world.fill()

    under = World(program, directory, f"sqlite://{directory}/under.db")
    under.start("--demo", PARTBOOK_BASE_PATH="/parts")

    def outcomes(pair):
        number, setup = pair
        own = directory / str(number)
        own.mkdir()
        own.chmod(0o755)
        if setup.under_a_path:
            return cases_behind(setup, under, own / "cases", CASES_UNDER_A_PATH)
        found = cases_behind(setup, world, own / "cases", CASES)
        if setup.documented:
            found["restart"] = restart(program, setup, own)
        return found

    try:
        path = world.gpu("asked directly")
        yield "nothing", "", told({name: outcome(case, world, world.port, path) for name, case in CASES.items()})
        # Most of the time is spent on waiting for a pause to pass.
        with ThreadPoolExecutor(6) as pool:
            for setup, found in zip(chosen, pool.map(outcomes, enumerate(chosen))):
                yield setup.name, setup.version, told(found)
    finally:
        world.stop()
        under.stop()


def main():
    program, document, mode, words = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:]
    tables = Tables(document)

    def asked(name):
        return not words or any(word.lower() in name.lower() for word in words)

    chosen = [setup for setup in setups() if asked(setup.name)]
    for setup in chosen:
        if not setup.program:
            print(f"skipped  {setup.name}: the program is not here")
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        directory.chmod(0o755)
        present = [setup for setup in chosen if setup.program]
        if present:
            for row in behind(program, directory, present):
                tables.see("behind", *row)
        for row in databases.rows(program, directory, asked):
            tables.see("beside", *row)
    if mode == "--write":
        tables.write()
    sys.exit(tables.differ and mode != "--write")


main()
