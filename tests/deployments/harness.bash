# Environments to deploy to, and what is asked of them; sourced by scripts/check-deployments.
# shellcheck disable=SC2154 # `directory`, `root` and `wanted` are the caller's

passed=0 faults=0 case_name='' here='' out='' shown=''
environments=()
# In the settings of the service: it must turn up nowhere else.
secret=sesame-that-nobody-may-see

fault() { # TEXT
    faults=$((faults + 1))
    printf 'FAILED   %s: %s\n' "$case_name" "$1"
}

# Judges a command; what the last call printed is shown when it fails.
that() { # TEXT COMMAND...
    local text=$1
    shift
    if "$@" >"$directory/that" 2>&1; then
        passed=$((passed + 1))
    else
        fault "$text"
        sed 's/^/    | /' "$directory/that"
        if [[ -s $out && $out != "$shown" ]]; then tail -n 25 "$out" | sed 's/^/    > /'; fi
        shown=$out
    fi
}

# Runs deploy.sh or rollback.sh, which must end with STATUS. The lines are in $out.
ends() { # STATUS SCRIPT ARGUMENT...
    local expected=$1 status=0
    shift
    out=$here/out.$((++calls))
    "$root/scripts/$1" "${@:2}" >"$out" 2>&1 </dev/null || status=$?
    that "$* ends with $expected, and not $status" test "$status" = "$expected"
}
calls=0

says() { that "it says: $1" grep -qE -- "$1" "$out"; } # REGULAR-EXPRESSION

log_of_latest() { find "$here/deployments" -maxdepth 1 -name '*.jsonl' | sort | tail -n 1; }

# A JQ-EXPRESSION over all events of the latest deployment has to be true.
logged() { # JQ-EXPRESSION
    that "the log: $1" jq -ne "[inputs] | $1" "$(log_of_latest)"
}

free_port() {
    python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Makes an environment in which VERSION serves, with rows and a verified backup. Sets `here`, `settings`, `url`, `database_url`.
environment() { # BACKEND VERSION INSTANCES [NAME]
    local backend=$1 version=$2 instances=$3 name=${4-staging} ports=() number
    here=$directory/${case_name}.$backend.$name
    settings=$here/settings.env
    mkdir -p "$here"/{bin,work}
    for ((number = 0; number < instances; number++)); do ports+=("127.0.0.1:$(free_port)"); done
    url=http://${ports[0]}
    if [[ $backend == sqlite ]]; then
        database_url=sqlite://$here/work/partbook.db
    else
        "$programs/createdb" -h "$directory/postgres" -U partbook "${case_name}_$name"
        database_url="postgres://partbook:$secret@localhost/${case_name}_$name?host=$directory/postgres"
    fi
    printf '%s\n' '# The settings of the service' "DATABASE_URL=$database_url" "PARTBOOK_ENVIRONMENT=$name" \
        "AWS_SECRET_ACCESS_KEY='$secret'" >"$here/service.env"
    cat >"$settings" <<TEXT
ENVIRONMENT=$name
DRIVER=process
BINARY=$here/bin/partbook
SERVICE_ENV=$here/service.env
WORK_DIR=$here/work
RUN_DIR=$here/run
LISTEN="${ports[*]}"
URLS="${ports[*]/#/http://}"
DEPLOYMENTS_DIR=$here/deployments
READY_TIMEOUT=30
MIN_DISK_MB=1
MIN_MEMORY_MB=1
MAX_LOAD_PER_CPU=1000
SMOKE_REQUESTS=3
BUDGET_LIST_MS=${list_budget:-2000}
BUDGET_UPDATE_MS=5000
BUDGET_DELETE_MS=5000
ERROR_WINDOW=1
TEXT
    if [[ $name == production ]]; then echo "STAGING_DEPLOYMENTS_DIR=$here" >>"$settings"; fi
    install -m 755 "$(version "$version")" "$here/bin/partbook"
    if [[ ${legacy-} ]]; then
        psql -q -h "$directory/postgres" -U partbook -d "${case_name}_$name" -f "$root/tests/fixtures/legacy.sql" >/dev/null
    else
        partbook migrate up --yes
    fi
    environments+=("$settings")
    with_driver driver_start
    until curl -sf "$url/readyz" >/dev/null; do sleep 0.1; done
    create 'Ryzen 5 7600'
    create 'Core i5-12400'
    partbook backup create
}

set_to() { # NAME VALUE
    sed -i "/^$1=/d" "$settings"
    printf '%s=%s\n' "$1" "$2" >>"$settings"
}

# Runs a function of the driver.
with_driver() ( # COMMAND...
    set -euo pipefail
    # shellcheck disable=SC2034 # read by the parts
    program=check-deployments scripts=$root/scripts library=$root/scripts/lib/deploy rendering='' work=$here
    # shellcheck source=/dev/null
    for part in settings log service verify; do . "$library/$part.bash"; done
    read_settings "$settings"
    "$@"
)

# Runs the program that is installed, with the settings of the service.
partbook() (
    cd "$here/work"
    DATABASE_URL=$database_url PARTBOOK_LOG_LEVEL=warn "$here/bin/partbook" "$@" >"$here/partbook.out" 2>&1 || { cat "$here/partbook.out" && exit 1; }
    if [[ ${1-} == migrate && ${2-} == status ]]; then cat "$here/partbook.out"; fi
)

create() { # NAME
    curl -sf -o /dev/null -H 'Content-Type: application/json' -d "{\"name\":\"$1\",\"manufacturer\":\"AMD\"}" "$url/v1/catalog/cpus"
}

cpus() { curl -sf "$url/v1/catalog/cpus" | jq -c 'map(.name) | sort'; }

schema_version() { (cd "$here/work" && DATABASE_URL=$database_url PARTBOOK_LOG_LEVEL=off "$(version lasting)" migrate status --json 2>/dev/null || true) | jq .version; }

pids() { cut -d ' ' -f 1 "$here"/run/*.pid | tr '\n' ' '; }

# The version runs on every instance, and is what is installed.
runs() { # VERSION
    local commit address
    commit=$(commit_of_version "$1")
    for address in $(sed -n 's/^URLS="\(.*\)"/\1/p' "$settings"); do
        that "$1 ($commit) runs at $address" test "$(curl -s "$address/health" | jq -r .commit)" = "$commit"
    done
    that "$1 is installed" cmp "$(version "$1")" "$here/bin/partbook"
}

# Everything that a deployment could change, but for what the database writes as it is read.
everything() {
    find "$here" -type f ! -name 'out.*' ! -name '*-shm' ! -name '*-wal' ! -name 'partbook.out' ! -path '*/run/*.log' -exec sha256sum {} + | sort -k 2
    pids
}

version() { printf '%s/%s/partbook' "$versions" "$1"; }
commit_of_version() { "$(version "$1")" --version | sed 's/.*(\(.*\))/\1/'; }

keeps_secret() {
    that 'the secret is in no log and nothing that was printed' \
        bash -c '! grep -rlF "$1" "$2/deployments" "$2"/out.* "$2/run"' _ "$secret" "$here"
}

run_cases() { # BACKEND CASE...
    local backend=$1 name one
    shift
    for name; do
        if ((${#wanted[@]})); then
            for one in "${wanted[@]}"; do if [[ $name == "$one"* ]]; then break; fi; one=''; done
            if [[ ! $one ]]; then continue; fi
        fi
        case_name=$name out=''
        local before=$faults start=$SECONDS
        "$name" "$backend"
        if ((faults == before)); then printf 'ok       %s on %s, %d s\n' "$name" "$backend" $((SECONDS - start)); fi
        stop_everything
    done
}

stop_everything() {
    local one
    for one in "${environments[@]}"; do settings=$one with_driver driver_stop || true; done
    environments=()
}
