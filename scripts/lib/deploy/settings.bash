# The settings of an environment. Their file is read and never run: NAME=VALUE, a line each; sourced.
# shellcheck disable=SC2154 # `program` and `library` are the caller's

# NAME, default, and what a value must be; ! is a setting that has to be there.
setting_rules=(
    'ENVIRONMENT ! name' 'DRIVER ! choice:process,systemd,compose' 'URLS ! urls' 'METRICS_URLS - urls'
    'DEPLOYMENTS_DIR ! directory' 'SCHEMA partbook choice:partbook,legacy' 'STAGING_DEPLOYMENTS_DIR - directory'
    'BINARY - file' 'SERVICE_ENV - file' 'WORK_DIR - directory' 'RUN_DIR - directory' 'LISTEN - words'
    'UNITS - words' 'SOCKET - words'
    'COMPOSE_DIR - directory' 'COMPOSE_SERVICES - words' 'COMPOSE_API - name'
    'READY_TIMEOUT 60 number:1:3600' 'STOP_TIMEOUT 45 number:1:3600'
    'MIN_DISK_MB 1024 number:0:999999999' 'MIN_MEMORY_MB 256 number:0:999999999' 'MAX_LOAD_PER_CPU 2 number:0:999999999'
    'MAX_BACKUP_AGE_HOURS 26 number:1:8760' 'BACKUPS_DIR - directory'
    'PROMETHEUS_URL - urls' 'ALERTMANAGER_URL - urls' 'ALERTS ^Partbook pattern'
    'SMOKE - flags:--read-only,--no-listings' 'SMOKE_REQUESTS 50 number:1:1000'
    'BUDGET_LIST_MS 100 number:0:999999999' 'BUDGET_UPDATE_MS 200 number:0:999999999' 'BUDGET_DELETE_MS 500 number:0:999999999'
    'ERROR_WINDOW 300 number:1:86400' 'ERROR_GATE_PERCENT 1 number:0:100' 'ERROR_ROLL_BACK_PERCENT 10 number:0:100'
    'ERROR_LEAST_REQUESTS 20 number:1:999999999'
    'KEEP_RELEASES 5 number:2:1000'
)

bad_setting() { # TEXT
    printf '%s: %s: %s\n' "$program" "$settings_file" "$1" >&2
    exit 2
}

# Dies unless the VALUE of the setting NAME is of the KIND.
judge_setting() { # NAME VALUE KIND
    local name=$1 value=$2 kind=$3 word
    case $kind in
        name) [[ $value =~ ^[A-Za-z0-9._-]+$ ]] || bad_setting "$name must be letters, digits, . _ and -, not '$value'" ;;
        choice:*)
            [[ ,${kind#choice:}, == *",$value,"* && $value != *,* ]] || bad_setting "$name must be one of ${kind#choice:}, not '$value'"
            ;;
        number:*)
            local least=${kind#number:}
            local greatest=${least#*:}
            least=${least%:*}
            if ! [[ $value =~ ^(0|[1-9][0-9]{0,8})$ ]] || ((value < least || value > greatest)); then
                bad_setting "$name must be a whole number from $least to $greatest, not '$value'"
            fi
            ;;
        flags:*)
            for word in $value; do [[ ,${kind#flags:}, == *",$word,"* ]] || bad_setting "$name may hold ${kind#flags:}, not '$word'"; done
            ;;
        directory | file) [[ $value == /* ]] || bad_setting "$name must be an absolute path, which begins with /" ;; # not shown: a URL with a password may stand there
        urls)
            for word in $value; do
                # They are on curl's command line, which everybody sees.
                [[ $word != *@* ]] || bad_setting "$name holds credentials: curl reads those from ~/.curlrc or ~/.netrc"
                [[ $word =~ ^https?://[^/]+ ]] || bad_setting "$name must be http:// or https:// URLs, not '$word'"
            done
            ;;
        pattern) jq -ne --arg value "$value" '"" | test($value) | true' >/dev/null 2>&1 || bad_setting "$name is no regular expression" ;;
    esac
}

# Reads the lines NAME=VALUE of FILE and calls COMMAND NAME VALUE for each. Quotes around a value go, as with systemd.
each_assignment() { # FILE COMMAND
    local line name value number=0
    while IFS= read -r line || [[ $line ]]; do
        number=$((number + 1))
        line=${line%$'\r'}
        if ((number == 1)); then line=${line#$'\xef\xbb\xbf'}; fi
        if [[ $line =~ ^[[:space:]]*([#;].*)?$ ]]; then continue; fi
        if ! [[ $line =~ ^([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]]; then
            printf '%s: %s: line %d is no NAME=VALUE\n' "$program" "$1" "$number" >&2
            exit 2
        fi
        name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
        value=${value%"${value##*[![:space:]]}"}
        if [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]]; then value=${BASH_REMATCH[1]}; fi
        "$2" "$name" "$value"
    done <"$1"
}

take_setting() { # NAME VALUE
    [[ ${setting_kind[$1]-} ]] || bad_setting "$1 is no setting: $program --help names them. What the service is told goes into its own file"
    [[ ! ${setting_seen[$1]-} ]] || bad_setting "$1 stands there twice"
    setting_seen[$1]=yes
    if [[ $2 ]]; then declare -g "$1=$2"; fi
}

needs() { # DRIVER NAME...
    local driver=$1 name
    shift
    for name; do [[ ${!name} ]] || bad_setting "$name is missing, which the driver $driver needs"; done
}

# Sets a variable for each setting, the arrays `urls`, `metrics_urls` and `listens`, and `instances`, their number.
read_settings() { # FILE
    declare -g settings_file=$1
    declare -gA setting_kind=() setting_seen=()
    local rule name default kind url
    [[ -f $1 && -r $1 ]] || bad_setting 'there is no such file, or it cannot be read'
    for rule in "${setting_rules[@]}"; do
        read -r name default kind <<<"$rule"
        setting_kind[$name]=$kind
        if [[ $default == [-!] ]]; then default=''; fi
        declare -g "$name=$default"
    done
    each_assignment "$1" take_setting
    for rule in "${setting_rules[@]}"; do
        read -r name default kind <<<"$rule"
        if [[ $default == '!' && ! ${!name} ]]; then bad_setting "$name is missing"; fi
        if [[ ${!name} ]]; then judge_setting "$name" "${!name}" "$kind"; fi
    done
    # shellcheck disable=SC2153 # a setting
    read -ra urls <<<"$URLS"
    urls=("${urls[@]%/}")
    instances=${#urls[@]}
    read -ra metrics_urls <<<"$METRICS_URLS"
    read -ra listens <<<"$LISTEN"
    read -ra units <<<"$UNITS"
    if ((!${#metrics_urls[@]})); then for url in "${urls[@]}"; do metrics_urls+=("$url/metrics"); done; fi
    ((${#metrics_urls[@]} == instances)) || bad_setting "METRICS_URLS must name as many as URLS: $instances"
    case $DRIVER in
        process)
            needs process BINARY SERVICE_ENV WORK_DIR RUN_DIR LISTEN
            ((${#listens[@]} == instances)) || bad_setting "LISTEN must name as many addresses as URLS: $instances"
            ;;
        systemd)
            needs systemd BINARY UNITS
            ((${#units[@]} == instances)) || bad_setting "UNITS must name as many as URLS: $instances"
            ;;
        compose)
            COMPOSE_SERVICES=${COMPOSE_SERVICES:-api backup}
            COMPOSE_API=${COMPOSE_API:-api}
            needs compose COMPOSE_DIR
            ;;
    esac
    if [[ $ENVIRONMENT == production && ! $STAGING_DEPLOYMENTS_DIR ]]; then
        bad_setting 'STAGING_DEPLOYMENTS_DIR is missing: production takes what the log of staging shows as passed'
    fi
    # shellcheck source=scripts/lib/deploy/drivers/process.bash
    . "$library/drivers/$DRIVER.bash"
}
