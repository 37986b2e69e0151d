"""compare.py OLD NEW CHANGELOG: fails where the new API document has less than the old one and the changelog does not say so."""

import json
import re
import sys
from pathlib import Path

import api
import changelog


def main(old_path, new_path, changelog_path):
    old, new = (json.loads(Path(path).read_text()) for path in (old_path, new_path))
    before, now = old["info"]["version"], new["info"]["version"]
    said = changelog.narrowed(changelog.since(changelog.sections(Path(changelog_path)), before))
    patterns = {name: re.compile(".*".join(map(re.escape, name.split("*")))) for name in said}
    faults, used = [], set()
    findings = api.compare(old, new)
    for (place, kind), text in findings:
        key = f"{place} {kind}"
        matching = [name for name, pattern in patterns.items() if pattern.fullmatch(key)]
        used.update(matching)
        if matching:
            print(f"named in the changelog: `{key}`: {text}")
        else:
            faults.append(f"`{key}`: {text}")
    for fault in faults:
        print(f"less than before: {fault}")
    for name in said:
        if name not in used:
            print(f"CHANGELOG.md names `{name}`, and nothing of the kind has changed since {before}")
    # Under 1.0.0 the second number says that something breaks, from then on the first.
    same = 1 if now.split(".")[0] != "0" else 2
    if findings and now != before and now.split(".")[:same] == before.split(".")[:same]:
        print(f"{now} has less than {before}, and is numbered as if it had not")
        return 1
    print(f"{len(findings)} removed or narrowed since {before}, {len(faults)} of them not in the changelog")
    return 1 if faults or set(said) - used else 0


try:
    sys.exit(main(*sys.argv[1:]))
except (OSError, ValueError) as fault:
    sys.exit(f"tools/release/compare.py: {type(fault).__name__}: {fault}")
except (AttributeError, IndexError, KeyError, RecursionError, TypeError) as fault:
    sys.exit(f"tools/release/compare.py: one of the two is no OpenAPI document: {type(fault).__name__}: {fault}")
