"""Writes the dashboards of deploy/grafana, or with --check sees whether they are up to date; scripts/dashboards runs it."""

import json
import pathlib
import sys

from catalog import CATALOG
from conform import faults
from service import SERVICE

FOLDER = pathlib.Path(__file__).parents[2] / "deploy/grafana/dashboards"


def main():
    failed = False
    for document in (SERVICE, CATALOG):
        path = FOLDER / f"{document['uid']}.json"
        for fault in faults(document):
            print(f"{path.name}: {fault}")
            failed = True
        text = json.dumps(document, indent=2) + "\n"
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path.name} is not what tools/dashboards makes: scripts/dashboards writes it")
            failed = True
    sys.exit(failed)


main()
