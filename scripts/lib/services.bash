#!/usr/bin/env bash
# For scripts that ask a running service: sourced, with `directory` set to a temporary folder that the script removes.
# shellcheck disable=SC2154 # `directory` is the caller's

# Settings of the caller's own would show in the answers.
for name in "${!DATABASE_@}" "${!PARTBOOK_@}" "${!OTEL_@}"; do unset "$name"; done

services=()

# Starts Partbook as $1, with the arguments that follow, on a free port, and sets `address`. Its log is $directory/$1.log.
start_partbook() {
    local name=$1 log=$directory/$1.log
    shift
    address=
    "$PARTBOOK" serve --listen 127.0.0.1:0 --log-format json "$@" 2>"$log" &
    services+=($!)
    for _ in {1..300}; do
        address=$(jq -rR 'fromjson? | select(.message == "listening").address' "$log")
        if [[ $address ]] || ! kill -0 "${services[-1]}" 2>/dev/null; then break; fi
        sleep 0.1
    done
    if [[ -z $address ]]; then
        printf '%s: Partbook did not start (%s):\n' "$0" "$name" >&2
        cat "$log" >&2
        exit 1
    fi
}

# PostgreSQL's server does not run as root.
as_owner() (
    cd "$directory" || exit
    if ((EUID == 0)); then setpriv --reuid nobody --clear-groups "$@"; else "$@"; fi
)

# Sets `programs` to the folder of PostgreSQL's server programs.
find_postgresql() {
    local -a found=(/usr/lib/postgresql/*/bin)
    programs=${found[-1]}
    if [[ ! -x $programs/initdb ]]; then programs=$(dirname "$(command -v initdb)"); fi
    [[ -x $programs/initdb && -x $programs/pg_ctl ]]
}

# Starts a PostgreSQL server of our own without durability, on a socket in $directory/postgres, with the database `partbook`;
# sets `postgres_url`.
start_postgresql() {
    local data=$directory/postgres/data
    mkdir "$directory/postgres"
    if ((EUID == 0)); then chmod 755 "$directory" && chown nobody "$directory/postgres"; fi
    as_owner "$programs/initdb" --no-sync --auth=trust --username=partbook -D "$data" >/dev/null
    as_owner "$programs/pg_ctl" start -s -w -l "$data/log" -D "$data" \
        -o "-k $directory/postgres -c listen_addresses= -c fsync=off -c full_page_writes=off"
    "$programs/createdb" -h "$directory/postgres" -U partbook partbook
    # shellcheck disable=SC2034 # read by who sources this
    postgres_url="postgres://partbook@localhost/partbook?host=$directory/postgres"
}

# Ends everything that was started here.
stop_services() {
    local service
    for service in "${services[@]}"; do kill "$service" 2>/dev/null && wait "$service" || true; done
    services=()
    if [[ -e $directory/postgres/data/postmaster.pid ]]; then
        as_owner "$programs/pg_ctl" stop -s -m immediate -D "$directory/postgres/data"
    fi
}
