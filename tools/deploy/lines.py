"""Compares the lines of docs/logs.md with those that the program writes: each is one of them, and none of an error is missing."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

sources = "\n".join(path.read_text() for path in sorted((ROOT / "crates").glob("*/src/**/*.rs")))
# A text may go on in the next line.
sources = re.sub(r"\\\n\s*", "", sources)
# The names of the crates too, of which there is no line.
errors = set(re.findall(r'(?:Failure::error\(|\berror!\([^;]*?)"([^"{}]+)"', sources))
rows = [row.split(" | ") for row in (ROOT / "docs/logs.md").read_text().splitlines() if re.search(r" \| (ERROR|WARN) \| ", row)]
told = {row[0].strip("| `"): row[1] for row in rows if "partbook: " not in row[0]}

faults = [f"no line is written that says: {message}" for message in told if f'"{message}"' not in sources]
faults += [f"a line of an error is not in the table: {message}" for message in errors if told.get(message) != "ERROR"]
print(*faults, sep="\n")
sys.exit(bool(faults) or not told or not errors)
