"""Runs the cases: each on each store."""

import argparse
import pathlib
import sys
import time
import traceback

from cases import CASES, Partbook
from stores import S3, Azure


def main():
    parser = argparse.ArgumentParser()
    for name in ("program", "directory", "moto", "azurite", "postgres"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    directory = pathlib.Path(given.directory)
    stores, faults, passed = [], 0, 0
    try:
        with open(directory / "stores.log", "w") as log:
            stores.append(S3(given.moto, log))
            if given.azurite:
                stores.append(Azure(given.azurite, log))
        for store in stores:
            for case in CASES:
                name = f"{store.name}: {case.__name__.replace('_', ' ')}"
                if given.words and not any(word in name for word in given.words):
                    continue
                for left in store.names():
                    store.delete(left)
                since = time.monotonic()
                place = directory / f"{store.name}-{case.__name__}"
                place.mkdir()
                try:
                    case(Partbook(given.program, place, store, given.postgres), store)
                    print(f"ok       {name} ({time.monotonic() - since:.1f} s)", flush=True)
                    passed += 1
                except Exception:
                    print(f"FAILED   {name}\n{traceback.format_exc()}", flush=True)
                    faults += 1
    finally:
        for store in stores:
            store.process.kill()
            store.process.wait()
    print(f"{passed} passed, {faults} failed")
    sys.exit(faults > 0)


main()
