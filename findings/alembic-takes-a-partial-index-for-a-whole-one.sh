#!/usr/bin/env bash
# Alembic 1.20.1 with SQLAlchemy 2.1.9 on PostgreSQL: the condition (WHERE) and the access method (USING) of an index are not
# compared. Where the models say that names are unique among the rows that are not deleted, and the database has them unique among
# all rows, or the reverse, autogenerate proposes nothing and `alembic check` passes. Reflection does tell the condition, and a
# migration that autogenerate writes for a new index has it. Expected: the indexes differ, as they do when one is unique, or descends.
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
not_deleted = sa.text("not deleted")


def models(**options):
    metadata = sa.MetaData()
    table = sa.Table("part", metadata, sa.Column("name", sa.Text), sa.Column("deleted", sa.Boolean))
    sa.Index("by_name", table.c.name, **options)
    return metadata


def compare(what, made, compared):
    with engine.begin() as connection:
        connection.execute(sa.text("drop table if exists part"))
        made.create_all(connection)
        reflected = sa.inspect(connection).get_indexes("part")[0]["dialect_options"].get("postgresql_where")
        proposals = compare_metadata(MigrationContext.configure(connection), compared)
        print(f"{what}: {'+'.join(proposal[0] for proposal in proposals) or 'equal'}, reflected where: {reflected}")


with engine.connect() as connection:
    print("PostgreSQL", connection.execute(sa.text("show server_version")).scalar())
part = models(unique=True, postgresql_where=not_deleted)
compare("unique among some, models among all", part, models(unique=True))
compare("unique among all, models among some", models(unique=True), part)
compare("btree, models hash", models(), models(postgresql_using="hash"))
compare("not unique, models unique", models(), models(unique=True))
PYTHON
timeout 120 environment/bin/python compare.py "$directory/postgres" | tee output
# Seen, on PostgreSQL 15.20:
grep --quiet '^unique among some, models among all: equal, reflected where: (NOT deleted)$' output
grep --quiet '^unique among all, models among some: equal, reflected where: None$' output
grep --quiet '^btree, models hash: equal' output
grep --quiet '^not unique, models unique: remove_index+add_index' output
