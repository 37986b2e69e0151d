#!/usr/bin/env bash
# SQLite 3.51.3: a virtual column that costs much to compute has an index, which holds its values. A query that asks a function of
# the column (instr(column, …) > 0) does not read the values from the index; it reads the table and computes the column anew for
# each row. A range that says nothing beside it (column >= '') makes the same query walk the index, and nothing is computed.
# Expected: the index, which holds all that the query asks for, is read in both.
#
# Needs python3 with its module venv, and PyPI. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check apsw==3.51.3.0
cat >query.py <<'PYTHON'
import apsw

db = apsw.Connection(":memory:")
print("SQLite", apsw.sqlite_lib_version())
calls = 0


def fold(text):
    global calls
    calls += 1
    return text.lower()


db.create_scalar_function("fold", fold, 1, deterministic=True)
db.execute("create table part (id integer primary key, name text, folded text generated always as (fold(name)) virtual)")
db.execute("create index by_folded on part (folded)")
for number in range(1000):
    db.execute("insert into part (name) values (?)", (f"Part {number}",))
for where in ("instr(folded, 'part 7') > 0", "folded >= '' and instr(folded, 'part 7') > 0"):
    calls = 0
    found = len(list(db.execute(f"select id from part where {where}")))
    plan = list(db.execute(f"explain query plan select id from part where {where}"))[0][3]
    print(f"{where}: {found} rows, computed {calls} times, {plan}")
PYTHON
timeout 60 environment/bin/python query.py | tee output
# Seen: without the range "computed 1000 times" and SCAN part; with it "computed 0 times" and SEARCH part USING INDEX
grep --quiet "^instr.*: 111 rows, computed 1000 times, SCAN part$" output
grep --quiet "^folded.*: 111 rows, computed 0 times, SEARCH part USING INDEX by_folded" output
