# A PostgreSQL primary and a standby, which live as long as this script's standard input stays open.
#
#   sh -c "$(cat owner.sh replicas.sh)" replicas BINARIES PRIMARY_PORT STANDBY_PORT
#
# On success prints `ready DIRECTORY`, otherwise what went wrong. Then it takes commands, a line each, and answers `done`:
#   promote        the standby becomes a primary
#   stop           the primary stops as at a planned switch
#   follow         the stopped primary becomes a standby of the new one
#   kill           the standby stops at once
#   start          the standby starts again
binaries=$1 primary=$2 standby=$3
server() {
    node=$1 && shift
    as_owner "$binaries/pg_ctl" -s -w -D "$directory/$node" -l "$directory/$node.log" "$@" >>log 2>&1
}

directory=$(mktemp -d "${TMPDIR:-/tmp}/partbook-replicas.XXXXXX") || exit 1
cd "$directory" || exit 1
finish() {
    for node in primary standby; do
        if [ -e "$directory/$node/postmaster.pid" ]; then server "$node" stop -m immediate; fi
    done
    cd / && rm -rf "$directory"
}
trap finish EXIT
fail() {
    echo "$1"
    cat "$directory"/*log
    exit 1
}

: >log
if [ -n "$owner" ]; then chown -R "$owner" "$directory" || exit 1; fi
as_owner "$binaries/initdb" -D primary -E UTF8 --locale=C --username=postgres --auth=trust --no-sync >>log 2>&1 || fail 'initdb failed:'
cat >>primary/postgresql.conf <<CONF || exit 1
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 50
fsync = off
wal_keep_size = '64MB'
CONF
server primary start -o "-p $primary" || fail 'The primary did not start:'
# Beside the server's programs, which may be links.
basebackup=$(dirname "$(readlink -f "$binaries/pg_ctl")")/pg_basebackup
as_owner "$basebackup" -D standby -R -h 127.0.0.1 -p "$primary" -U postgres --checkpoint=fast --no-sync >>log 2>&1 || fail 'No base backup:'
server standby start -o "-p $standby" || fail 'The standby did not start:'
echo "ready $directory"
while read -r command; do
    case $command in
        promote) server standby promote || fail 'No promotion:' ;;
        stop) server primary stop -m fast || fail 'No stop:' ;;
        kill) server standby stop -m immediate || fail 'No kill:' ;;
        start) server standby start -o "-p $standby" || fail 'The standby did not start again:' ;;
        follow)
            as_owner sh -c ": >primary/standby.signal; echo \"primary_conninfo = 'host=127.0.0.1 port=$standby user=postgres'\" >>primary/postgresql.auto.conf"
            server primary start -o "-p $primary" || fail 'The former primary did not start:'
            ;;
    esac
    echo 'done'
done
