# A throwaway PostgreSQL server that lives as long as this script's standard input stays open.
#
# The test process holds the other end of that pipe. However it ends (tests pass, fail, are killed), the pipe closes,
# and the server is stopped and its files are removed.
#
#   PGPASSWORD=... sh -c "$(cat owner.sh cluster.sh)" cluster BINARIES PORT
#
# On success prints `ready DIRECTORY`, otherwise what went wrong.
binaries=$1 port=$2

directory=$(mktemp -d "${TMPDIR:-/tmp}/partbook-postgres.XXXXXX") || exit 1
cd "$directory" || exit 1
finish() {
    as_owner "$binaries/pg_ctl" -D "$directory/data" -m immediate stop >/dev/null 2>&1
    cd / && rm -rf "$directory"
}
trap finish EXIT
fail() {
    echo "$1"
    cat "$directory/log"
    exit 1
}

printf '%s\n' "$PGPASSWORD" >password
: >log
mkdir data socket
if [ -n "$owner" ]; then chown -R "$owner" "$directory" || exit 1; fi

make_cluster() {
    as_owner "$binaries/initdb" -D data -E UTF8 --locale=C "$@" --username=postgres --pwfile=password \
        --auth-local=trust --auth-host=password --no-sync >>log 2>&1
}
# The linguistic collation and the time zone are there to be in the way: no answer may depend on either. Not every build of
# PostgreSQL has such a collation.
case $("$binaries/postgres" --version) in
    *' '9.* | *' '1[0-4].*) make_cluster || fail 'initdb failed:' ;;
    *)
        make_cluster --locale-provider=icu --icu-locale=en-US || {
            grep -q 'ICU is not supported' log && make_cluster
        } || fail 'initdb failed:'
        ;;
esac
cat >>data/postgresql.conf <<CONF || exit 1
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$directory/socket'
max_connections = 500
timezone = 'Asia/Kathmandu'
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
log_statement = ddl
CONF
as_owner "$binaries/pg_ctl" -D data -l log -w start >/dev/null 2>&1 || fail 'The PostgreSQL server did not start:'
echo "ready $directory"
while read -r _; do :; done
