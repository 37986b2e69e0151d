#!/usr/bin/env bash
# Alembic 1.20.1 with SQLAlchemy 2.1.9 on PostgreSQL: an index on a column with a collation of its own (name COLLATE "C"), made by
# SQLAlchemy from the models, is found different from the models at once: autogenerate proposes to drop it and to make it anew, and
# after that was done proposes it again, so that `alembic check` never passes. Reflection leaves the collation of an index's
# column out; within an expression, lower(name COLLATE "C"), it is kept. The other way round, an index that has a collation which
# the models do not know is found equal.
# Expected: what was made from the models is equal to them.
#
# Needs python3 with its module venv, PyPI, and PostgreSQL's server programs. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
# shellcheck source=scripts/lib/services.bash
source "$(dirname "$0")/../scripts/lib/services.bash"
trap 'stop_services; rm -rf "$directory"' EXIT
find_postgresql
start_postgresql
cd "$directory"
python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check alembic==1.20.1 SQLAlchemy==2.1.9 'psycopg[binary]==3.3.9'
cat >compare.py <<'PYTHON'
import sys

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

engine = sa.create_engine(f"postgresql+psycopg://partbook@/partbook?host={sys.argv[1]}")


def models(*columns):
    metadata = sa.MetaData()
    table = sa.Table("part", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    sa.Index("by_name", *(column(table.c.name) for column in columns))
    return metadata


def collated(name):
    return sa.collate(name, "C")


def folded(name):
    return sa.func.lower(collated(name))


def plain(name):
    return name


def compare(what, made, compared):
    with engine.begin() as connection:
        connection.execute(sa.text("drop table if exists part"))
        made.create_all(connection)
        rounds = []
        for _ in range(3):
            proposals = compare_metadata(MigrationContext.configure(connection), compared)
            rounds.append("+".join(proposal[0] for proposal in proposals) or "equal")
            for name, index in proposals:
                index.drop(connection) if name == "remove_index" else index.create(connection)
        print(f"{what}: {', '.join(rounds)}")


with engine.connect() as connection:
    print("PostgreSQL", connection.execute(sa.text("show server_version")).scalar())
compare("collated column", models(collated), models(collated))
compare("collated in an expression", models(folded), models(folded))
compare("collated column, models without", models(collated), models(plain))
PYTHON
timeout 120 environment/bin/python compare.py "$directory/postgres" | tee output
# Seen, on PostgreSQL 15.20, three rounds each:
grep --quiet '^collated column: remove_index+add_index, remove_index+add_index, remove_index+add_index$' output
grep --quiet '^collated in an expression: equal, equal, equal$' output
grep --quiet '^collated column, models without: equal, equal, equal$' output
