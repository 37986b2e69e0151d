# The beginning of the scripts that run servers of PostgreSQL for as long as their standard input stays open.
set -u
trap '' HUP INT TERM # the end of the pipe decides, not a Ctrl-C meant for the tests

# PostgreSQL refuses to run as root.
owner=
if [ "$(id -u)" = 0 ]; then
    if id postgres >/dev/null 2>&1; then owner=postgres; else owner=nobody; fi
fi
as_owner() {
    if [ -z "$owner" ]; then "$@"
    elif command -v setpriv >/dev/null; then
        setpriv --reuid="$(id -u "$owner")" --regid="$(id -g "$owner")" --clear-groups "$@"
    else runuser -u "$owner" -- "$@"
    fi
}

