#!/usr/bin/env bash
# SQLite 3.54.1: a trigger `after update of COLUMN` fires where the statement names the column as the trigger does, and not where the
# column changes. `update part set rowid = 2` (or `oid`, `_rowid_`) changes the column `id integer primary key`, of which rowid is another name,
# and a trigger of `id` does not fire; nor does a trigger of a generated column where the column that it is made of is set. Expected:
# it fires, as PostgreSQL documents for generated columns. A copy that such triggers keep (an index for search, an audit) misses the change.
# `after update` without columns fires each time; `after update of id, rowid, oid, _rowid_` does for the key.
#
# Needs python3 with its module venv, and PyPI. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check apsw==3.54.1.0
cat >triggers.py <<'PYTHON'
import apsw

db = apsw.Connection(":memory:")
print("SQLite", apsw.sqlite_lib_version())
db.execute("create table part (id integer primary key, name text, folded text generated always as (lower(name)) stored)")
db.execute("create table fired (by text)")
db.execute("insert into part (id, name) values (1, 'Part')")
for by, columns in (("any", ""), ("id", "of id"), ("each name of the key", "of id, rowid, oid, _rowid_"), ("folded", "of folded")):
    db.execute(f"create trigger [{by}] after update {columns} on part begin insert into fired values ('{by}'); end")
for change in ("id = id + 1", "rowid = rowid + 1", "oid = oid + 1", "name = name || 'X'"):
    before = db.execute("select id, folded from part").fetchone()
    db.execute("delete from fired")
    db.execute(f"update part set {change}")
    after = db.execute("select id, folded from part").fetchone()
    changed = [name for name, old, new in zip(("id", "folded"), before, after) if old != new]
    fired = sorted(by for (by,) in db.execute("select by from fired"))
    print(f"set {change}: changes {', '.join(changed)}; fires {', '.join(fired)}")
PYTHON
timeout 60 environment/bin/python triggers.py | tee output
# Seen:
diff output - <<'SEEN'
SQLite 3.54.1
set id = id + 1: changes id; fires any, each name of the key, id
set rowid = rowid + 1: changes id; fires any, each name of the key
set oid = oid + 1: changes id; fires any, each name of the key
set name = name || 'X': changes folded; fires any
SEEN
