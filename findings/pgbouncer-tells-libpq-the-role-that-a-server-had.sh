#!/usr/bin/env bash
# PgBouncer 1.18.0 (Debian 12), in either mode, before PostgreSQL 15.20 with clients of libpq 15.20: since PostgreSQL 14 libpq judges
# `target_session_attrs` by what the server reports as a session begins (`in_hot_standby`, `default_transaction_read_only`), and asks
# only older ones. PgBouncer keeps the report of the first server connection of a pool and gives it to every client after that, whatever
# became of the server: after a promotion `read-write` refuses the new primary, and after a demotion it takes the standby, also when all
# server connections have been opened anew. `show transaction_read_only`, sent over the same connection, tells the truth. Expected: what
# is reported is what the server is, or at least what it was when the pool's server connections were opened. RECONNECT on PgBouncer's
# console makes it look again. Who lists several PgBouncers for a driver that uses libpq has to look at each session by a query.
#
# Needs pgbouncer, psql and PostgreSQL's server programs. Fails when the behaviour is another.
set -euo pipefail

PATH+=:/usr/sbin
directory=$(mktemp -d)
# shellcheck source=scripts/lib/services.bash
source "$(dirname "$0")/../scripts/lib/services.bash"
trap 'stop_services; rm -rf "$directory"' EXIT
find_postgresql
start_postgresql
data=$directory/postgres/data
restart() { as_owner "$programs/pg_ctl" restart -s -w -l "$data/log" -D "$data"; }
port=$((RANDOM % 20000 + 20000))
cat >"$directory/pgbouncer.ini" <<INI
[databases]
partbook = host=$directory/postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = trust
auth_file = $directory/users
admin_users = partbook
pool_mode = transaction
server_login_retry = 0.1
INI
echo '"partbook" ""' >"$directory/users"
as_owner pgbouncer "$directory/pgbouncer.ini" >"$directory/log" 2>&1 &
services+=($!)

direct="host=$directory/postgres user=partbook dbname=partbook"
pooled="host=127.0.0.1 port=$port user=partbook dbname=partbook"
ask() { { "$programs/psql" -qAtX "$@" 2>&1 || true; } | tail -n 1 | sed 's/.*: //'; }
failures=0
try() {
    local what=$1 expected=$2 seen
    seen=$(ask "$3" -c 'show transaction_read_only')
    printf '%-60s %s\n' "$what" "$seen"
    [[ $seen = "$expected" ]] || failures=$((failures + 1))
}
until [[ $(ask "$pooled" -c 'select 1') = 1 ]]; do sleep 0.1; done
pgbouncer --version | head -1
try 'a primary, by PgBouncer, read-write' off "$pooled target_session_attrs=read-write"

as_owner touch "$data/standby.signal"
restart
until [[ $(ask "$pooled" -c 'select pg_is_in_recovery()') = t ]]; do sleep 0.1; done
try 'a standby, directly, read-write' 'session is read-only' "$direct target_session_attrs=read-write"
try 'a standby, by PgBouncer, read-write: it is taken' on "$pooled target_session_attrs=read-write"
try 'a standby, by PgBouncer, standby: it is refused' 'server is not in hot standby mode' "$pooled target_session_attrs=standby"
ask "${pooled/dbname=partbook/dbname=pgbouncer}" -c reconnect
until [[ $(ask "$pooled" -c 'select pg_is_in_recovery()') = t ]]; do sleep 0.1; done
try 'the same after RECONNECT' 'session is read-only' "$pooled target_session_attrs=read-write"

as_owner "$programs/pg_ctl" promote -s -w -D "$data"
try 'promoted, directly, read-write' off "$direct target_session_attrs=read-write"
try 'promoted, by PgBouncer, any' off "$pooled"
try 'promoted, by PgBouncer, read-write: it is refused' 'session is read-only' "$pooled target_session_attrs=read-write"
exit "$((failures > 0))"
