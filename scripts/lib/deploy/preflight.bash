# Looks whether a deployment may begin, and at its end whether all is as it was; sourced. Each check prints what it found, and fails
# where that is not as it should be. --accept CHECK:REASON lets one pass, which goes into the log; but
# for `instances` at the end, which are what was deployed.
# shellcheck disable=SC2154 # the settings and `accepted` are the caller's

check_driver() { (driver_preflight) && printf '%s' "$DRIVER"; }

# All instances answer, as one version, and belong to this environment.
check_instances() {
    local instance commit environment first='' answer=0
    for ((instance = 0; instance < instances; instance++)); do
        commit=$(commit_of "$instance")
        if [[ ! $commit ]]; then
            printf '%s does not answer, or does not name its commit; ' "${urls[instance]}"
            answer=1
            continue
        fi
        environment=$(environment_of "$instance")
        if [[ $environment != "$ENVIRONMENT" ]]; then
            printf '%s calls itself %s, and the settings are those of %s; ' "${urls[instance]}" "${environment:-nothing}" "$ENVIRONMENT"
            answer=1
        fi
        if ! is_ready "$instance"; then
            printf '%s is not ready; ' "${urls[instance]}"
            answer=1
        fi
        first=${first:-$commit}
        if ! same_commit "$commit" "$first"; then
            printf '%s runs %s, and not %s; ' "${urls[instance]}" "$commit" "$first"
            answer=1
        fi
    done
    printf '%s of %s' "${first:-nothing}" "$instances"
    if [[ $stage == after ]] && ! same_commit "$first" "$(kept to_commit)"; then
        printf ', and %s was deployed' "$(kept to_commit)"
        answer=1
    fi
    return "$answer"
}

# What is installed is what runs: it is kept to go back to.
check_installed() {
    local installed running
    installed=$(driver_installed)
    running=$(commit_of 0)
    printf '%s' "${installed:-nothing is installed}"
    if [[ $installed && $running ]] && ! same_commit "$installed" "$running"; then
        printf ', and %s runs: somebody has put another one in its place' "$running"
        return 1
    fi
    [[ $installed ]]
}

check_disk() {
    local directory free answer=0
    for directory in "$DEPLOYMENTS_DIR" "${BINARY%/*}" "$WORK_DIR" "$BACKUPS_DIR" "$COMPOSE_DIR"; do
        if [[ ! $directory ]]; then continue; fi
        if [[ ! -d $directory ]]; then
            if [[ $directory == "$DEPLOYMENTS_DIR" && $dry_run ]]; then continue; fi
            printf 'there is no %s; ' "$directory"
            answer=1
            continue
        fi
        free=$(df -Pm "$directory" | awk 'NR == 2 { print $4 }')
        printf '%s MB at %s; ' "$free" "$directory"
        if ((free < MIN_DISK_MB)); then answer=1; fi
    done
    printf 'at least %s' "$MIN_DISK_MB"
    return "$answer"
}

check_memory() {
    local free
    free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo) || return 1
    printf '%s MB, at least %s' "$free" "$MIN_MEMORY_MB"
    ((free >= MIN_MEMORY_MB))
}

check_load() {
    local load processors
    load=$(cut -d ' ' -f 1 /proc/loadavg)
    processors=$(nproc)
    printf '%s on %s processor(s), at most %s each' "$load" "$processors" "$MAX_LOAD_PER_CPU"
    awk -v load="$load" -v most="$((MAX_LOAD_PER_CPU * processors))" 'BEGIN { exit !(load <= most) }'
}

# What the new version says of the database, kept for the step migrate. Of the migrations that it does not know, none may be one that
# the version before minds.
check_database() {
    local status unknown
    if ! status=$(driver_run "$(kept to_ref)" migrate status --json 2>"$work/complaint") && [[ ! $status ]]; then
        head -c 400 "$work/complaint"
        return 1
    fi
    printf '%s' "$status" >"$work/status"
    unknown=$(jq -r '[.migrations[] | select(.state == "missing" and (.compatible | not)).version] | join(", ")' "$work/status")
    jq -j '"version \(.version), \(.database)"' "$work/status"
    if [[ $unknown ]]; then
        printf ': migration(s) %s are of a later version than %s, which would not start: scripts/rollback.sh goes back' "$unknown" "$(kept to_commit)"
        return 1
    fi
}

# How many the version that is to be deployed finds pending; the one that runs should lack none.
check_pending() {
    local running count
    [[ -s $work/status ]] || { printf 'not known' && return 1; }
    if [[ $stage == after ]]; then
        count=$(driver_run "$(kept to_ref)" migrate status --json 2>/dev/null | jq .pending) || true
        printf '%s' "${count:-not known}"
        [[ $count == 0 ]]
        return
    fi
    jq -j '[.migrations[] | select(.state == "pending" or .state == "out of order" or .state == "failed")] |
        if . == [] then "none" else map("\(.version) \(.name)\(if .compatible then " (compatible)" else "" end)") | join(", ") end' "$work/status"
    if running=$(running_reference); [[ $running ]]; then
        count=$(driver_run "$running" migrate status --json 2>/dev/null | jq .pending) || true
        if [[ $count && $count != 0 ]]; then
            printf '; and the version that runs lacks %s' "$count"
            return 1
        fi
    fi
}

# The program to ask about the database as it is: before anything is changed the one that runs, afterwards the new one.
running_reference() {
    if [[ $stage == before && -x ${BINARY-} ]]; then printf '%s' "$BINARY"; elif [[ $stage == before && $DRIVER == compose ]]; then
        installed_image
    else
        kept to_ref
    fi
}

check_drift() {
    local drift count
    drift=$(driver_run "$(running_reference)" migrate drift --json 2>"$work/complaint") || true
    count=$(jq '.differences | length' <<<"$drift" 2>/dev/null) || count=''
    if [[ ! $count ]]; then
        head -c 400 "$work/complaint"
        return 1
    fi
    printf '%s difference(s)' "$count"
    ((count == 0))
}

check_backup() {
    local taken age
    taken=$(driver_run "$(kept to_ref)" backup list --json 2>"$work/complaint" |
        jq -r '[.backups[] | select(.verified)] | max_by(.taken_at) // {} | .taken_at // "" | sub("\\.[0-9]+Z$"; "Z") | if . == "" then "" else fromdate end') || true
    if [[ ! $taken ]]; then
        printf 'there is none that was verified: partbook backup create; %s' "$(head -c 300 "$work/complaint")"
        return 1
    fi
    age=$((($(date +%s) - taken) / 3600))
    printf '%s hour(s) old, at most %s' "$age" "$MAX_BACKUP_AGE_HOURS"
    ((age < MAX_BACKUP_AGE_HOURS))
}

# The names of the alerts that fire, of a list at URL; fails where the answer holds no such list, as an empty one does.
firing_at() { # URL PLACE-OF-THE-LIST
    curl --silent --fail --globoff --connect-timeout 3 --max-time 10 --url "$1" 2>/dev/null | jq -rs "
        if length == 1 then .[0] | $2 else null end | if type == \"array\" then .[] else error(\"no list\") end |
        select((.state // \"firing\") == \"firing\").labels.alertname | strings // error(\"no name\")" 2>/dev/null
}

check_alerts() {
    local firing='' found
    if [[ $PROMETHEUS_URL ]]; then
        found=$(firing_at "$PROMETHEUS_URL/api/v1/alerts" .data.alerts) || { printf '%s does not tell' "$PROMETHEUS_URL" && return 1; }
        firing+=$found$'\n'
    fi
    if [[ $ALERTMANAGER_URL ]]; then
        found=$(firing_at "$ALERTMANAGER_URL/api/v2/alerts?active=true&silenced=false&inhibited=false" .) ||
            { printf '%s does not tell' "$ALERTMANAGER_URL" && return 1; }
        firing+=$found$'\n'
    fi
    if [[ ! $PROMETHEUS_URL$ALERTMANAGER_URL ]]; then
        printf 'not asked: neither PROMETHEUS_URL nor ALERTMANAGER_URL is set'
        return
    fi
    firing=$(jq -Rnr --arg pattern "$ALERTS" '[inputs | select(. != "" and test($pattern))] | unique | join(", ")' <<<"$firing")
    printf '%s' "${firing:-none}"
    [[ ! $firing ]]
}

check_staging() { verify_staging; }

# Runs checks, prints a line for each, and fails when one failed that nobody accepted. A machine that is busy at the end is busy with
# what was just done: a warning.
run_checks() { # NAME...
    local name text verdict failed=''
    for name; do
        if text=$("check_$name" 2>&1); then
            verdict=ok
        elif [[ ${accepted[$name]-} && $stage$name != afterinstances ]]; then
            verdict=accepted
            text+=" (${accepted[$name]})"
        elif [[ $stage == after && $name =~ ^(disk|memory|load)$ ]]; then
            verdict=warning
        else
            verdict=FAILED
            if [[ ! $text && -e $work/reason ]]; then text=$(<"$work/reason"); fi
            failed+="${failed:+; }$name: ${text:-no answer}"
        fi
        printf '    %-9s %-10s %s\n' "$verdict" "$name" "$text"
        figure "$name" "$(jq -nc --arg verdict "$verdict" --arg text "$text" '"\($verdict): \($text)"')"
    done
    if [[ $failed ]]; then fail "$failed"; fi
}

step_preflight() {
    local stage=before
    local -a names=(driver)
    if [[ $STAGING_DEPLOYMENTS_DIR ]]; then names+=(staging); fi
    names+=(instances installed disk memory load)
    if [[ $SCHEMA == partbook ]]; then names+=(database pending drift); fi
    run_checks "${names[@]}" backup alerts
}

step_postflight() {
    local stage=after
    local -a names=(instances disk memory load)
    if [[ $SCHEMA == partbook ]]; then names+=(pending drift); fi
    run_checks "${names[@]}" backup alerts
}
