#!/usr/bin/env bash
# PostgreSQL 15.20: where a record ends with its page of the write-ahead log, `pg_current_wal_insert_lsn()` answers the place behind the
# header of the next page (…018), though nothing is written there. `pg_current_wal_flush_lsn()` stays at the end of the page (…000) for as
# long as nothing else is written, and no standby replays more. Expected: what has been inserted is flushed and replayed in a moment.
# Who takes the insert position after a commit, and waits until `pg_last_wal_replay_lsn()` has reached it ("read what I wrote"), waits
# without end on a quiet server; of ends at multiples of 8 bytes, as they are, one in 1,024 is such. `pg_current_wal_flush_lsn()` after the commit is reached.
#
# Needs PostgreSQL's server programs and psql. Fails when the behaviour is another.
set -euo pipefail

directory=$(mktemp -d)
# shellcheck source=scripts/lib/services.bash
source "$(dirname "$0")/../scripts/lib/services.bash"
trap 'stop_services; rm -rf "$directory"' EXIT
find_postgresql
start_postgresql
ask() { "$programs/psql" -qAtX "host=$directory/postgres user=partbook dbname=partbook" -c "$1"; }
ask 'show server_version'
# Records of every length, until one ends where its page does. They are written by the server's own writer, within a second.
ask "do \$\$ begin
    loop
        perform pg_logical_emit_message(false, '', repeat('x', (random() * 8000)::int));
        exit when (pg_current_wal_insert_lsn() - '0/0'::pg_lsn) % 8192 = 24;
    end loop;
end \$\$"
seen=
for _ in 1 2 3 4 5; do
    sleep 1
    seen=$(ask 'select pg_current_wal_insert_lsn() - pg_current_wal_flush_lsn()')
    printf 'inserted beyond what is flushed: %s bytes\n' "$seen"
done
# Seen: 24 bytes, each time
[[ $seen = 24 ]]
# One more record, and all of it is flushed.
ask 'create table something ()'
seen=$(ask 'select pg_current_wal_insert_lsn() - pg_current_wal_flush_lsn()')
printf 'after another transaction: %s bytes\n' "$seen"
[[ $seen = 0 ]]
