# The steps of a deployment, in their order. Each can be done again after it was cut off anywhere; sourced.
# shellcheck disable=SC2034,SC2154 # the settings are the caller's; what is set here is read by the other parts

step_names=(verify preflight record check backup migrate restart ready smoke budget compare errors postflight)
# Up to here nothing has been changed that anybody would notice.
first_change=migrate

step_verify() {
    driver_verify "$(kept what)"
    figure commit "\"$(kept to_commit)\""
    figure sha256 "\"$(kept to_sha256)\""
}

# The version that runs is kept, to go back to.
step_record() {
    local commit reference='' instance running=()
    commit=$(driver_installed)
    if [[ $commit ]]; then reference=$(driver_keep "$commit"); fi
    for ((instance = 0; instance < instances; instance++)); do running+=("$(commit_of "$instance")"); done
    keep from_commit "${commit:-none}"
    keep from_ref "$reference"
    # The same version once more: what was before it is still the version before.
    if [[ $reference && $reference == "$(kept to_ref)" ]]; then take_earlier "$reference"; fi
    figure running "$(jq -nc '$ARGS.positional' --args "${running[@]}")"
    record deployment from "$(kept from_commit)" to "$(kept to_commit)" sha256 "$(kept to_sha256)" from_reference "$reference" to_reference "$(kept to_ref)"
}

# Keeps as the version before what the deployment that brought REFERENCE had; what was kept stays where no log knows.
take_earlier() { # REFERENCE
    local earlier files=("$DEPLOYMENTS_DIR"/*.jsonl) number
    for ((number = ${#files[@]} - 1; number >= 0; number--)); do
        earlier=$(state_of "${files[number]}")
        if [[ ! -s $earlier/from_ref || ! -e $earlier/to_ref || $(<"$earlier/to_ref") != "$1" || $(<"$earlier/from_ref") == "$1" ]]; then continue; fi
        if [[ $(result_of "${files[number]}") != passed ]]; then continue; fi
        keep from_ref "$(<"$earlier/from_ref")"
        keep from_commit "$(<"$earlier/from_commit")"
        return
    done
}

# The version that knows the database as it is.
known_reference() {
    if [[ $(kept from_ref) ]]; then kept from_ref; else kept to_ref; fi
}

# Runs a command of the service, whose answer is JSON. The complaint of one that fails is the reason.
asked() { # REFERENCE ARGUMENT...
    local status=0
    driver_run "$@" 2>"$work/complaint" </dev/null || status=$?
    if ((status)); then tail -n 3 "$work/complaint" | cut -c -600 >"$work/reason"; fi
    return "$status"
}

# partbook check: what it counts is what `check --save` writes, and its findings are there to be told from new ones.
step_check() {
    local findings
    asked "$(known_reference)" check --json >"$work/before.json.new" || [[ -s $work/before.json.new ]]
    findings=$(jq -r '.findings | map("\(.kind) \(.table)") | join(", ")' "$work/before.json.new")
    mv "$work/before.json.new" "$work/before.json"
    figure rows "$(jq '.tables | add' "$work/before.json")"
    figure findings "$(jq '.findings | length' "$work/before.json")"
    if [[ $findings && ! ${accepted[check]-} ]]; then
        fail "partbook check has findings before anything was changed: $findings. See to them, or --accept 'check:REASON'"
    fi
    rm -f "$work/reason"
}

step_backup() {
    asked "$(known_reference)" backup create --reason "before deployment $deployment" --json >"$work/backup.json.new"
    mv "$work/backup.json.new" "$work/backup.json"
    figure file "$(jq .file "$work/backup.json")"
    figure bytes "$(jq .size "$work/backup.json")"
}

# Where a pending migration is not compatible, the version before is stopped first. Where it cannot be taken back either, a backup of
# what it made tells later what has been written since.
step_migrate() {
    local to before pending after
    if [[ $SCHEMA != partbook ]]; then
        figure schema '"legacy: nothing is migrated"'
        return
    fi
    to=$(kept to_ref)
    asked "$to" migrate status --json >"$work/status" || [[ -s $work/status ]]
    rm -f "$work/reason"
    before=$(jq .version "$work/status")
    # A run that was cut off may have applied some.
    if ! is_kept schema_before; then keep schema_before "$before"; fi
    pending=$(jq -c '[.migrations[] | select((.state == "pending" or .state == "out of order" or .state == "failed") and (.optional | not))]' "$work/status")
    if ! is_kept plan; then
        asked "$to" migrate up --dry-run --json >"$work/plan.new"
        mv "$work/plan.new" "$work/plan"
    fi
    if [[ $(jq -r '[.migrations[] | select(.compatible | not)] | length' "$work/plan") != 0 ]] && [[ $pending != '[]' ]]; then
        say "    not compatible with the version before: it is stopped first"
        keep changed stopped
        driver_stop
    fi
    keep migrating yes
    quietly driver_run "$to" migrate up --yes
    after=$(driver_run "$to" migrate status --json 2>/dev/null | jq .version)
    keep schema_after "$after"
    figure from "$(kept schema_before)"
    figure to "$after"
    figure applied "$(jq '[.migrations[].version]' "$work/plan")"
    if [[ $(jq '[.migrations[] | select(.irreversible and (.compatible | not))] | length' "$work/plan") != 0 ]]; then
        asked "$to" backup create --reason "after the migration of deployment $deployment" --json >"$work/migrated.json.new"
        mv "$work/migrated.json.new" "$work/migrated.json"
    fi
}

# One instance after the other, so that the others serve meanwhile; all at once where they were stopped.
step_restart() {
    local instance stopped=''
    if [[ $(kept changed) == stopped ]]; then stopped=yes; fi
    keep changed "${stopped:+stopped}${stopped:-restarted}"
    driver_install "$(kept to_ref)"
    if [[ $stopped ]]; then
        driver_start
        return
    fi
    for ((instance = 0; instance < instances; instance++)); do
        driver_restart "$instance"
        wait_until_ready "$instance"
    done
}

step_ready() {
    local instance
    for ((instance = 0; instance < instances; instance++)); do wait_until_ready "$instance"; done
    compare_commits "$(kept to_commit)"
}

smoke() { # ARGUMENT...
    local status=0
    env -u WAIT -u CLEANUP -u VERBOSE no_proxy='*' API_URL="${urls[0]}" METRICS_URL="${metrics_urls[0]}" NO_COLOR=1 REQUESTS="$SMOKE_REQUESTS" \
        BUDGET_LIST_MS="$BUDGET_LIST_MS" BUDGET_UPDATE_MS="$BUDGET_UPDATE_MS" BUDGET_DELETE_MS="$BUDGET_DELETE_MS" \
        "$scripts/smoke.sh" "$@" >"$work/output" 2>&1 </dev/null || status=$?
    figure result "$(tail -n 1 "$work/output" | jq -R .)"
    if ((status)); then
        grep -E 'FAIL|EXCEEDED|skip |over|scripts/smoke.sh' "$work/output" | sed 's/^/    /' || true
        fail "scripts/smoke.sh $*: $(tail -n 1 "$work/output")"
    fi
}

step_smoke() {
    # shellcheck disable=SC2086 # words
    smoke $SMOKE
}

step_budget() {
    # shellcheck disable=SC2086 # words
    smoke --budget $SMOKE
    figure p95_ms "$(awk '$4 == "ms" { print $1 "." $2, $5 }' "$work/output" | jq -Rn '[inputs | split(" ") | {(.[0]): (.[1] | tonumber? // null)}] | add // {}')"
}

# Rows that are missing, and whatever was not found before.
step_compare() {
    local reference=${1:-$(kept to_ref)} new
    driver_run "$reference" check --json --compare /dev/stdin <"$work/before.json" >"$work/after.json" 2>"$work/complaint" || [[ -s $work/after.json ]] ||
        fail "partbook check: $(tail -n 2 "$work/complaint")"
    figure rows "$(jq '.tables | add' "$work/after.json")"
    new=$(jq -r --slurpfile before "$work/before.json" '
        ($before[0].findings // [] | map([.kind, .table, .columns, .count])) as $known |
        [.findings[] | select([.kind, .table, .columns, .count] as $it | $known | index([$it]) | not) | "\(.kind) \(.table): \(.what)"] | join("; ")' "$work/after.json")
    [[ ! $new ]] || fail "partbook check --compare: $new"
}

# The share of requests to the API that fail (5xx), of all instances together, over ERROR_WINDOW seconds.
step_errors() {
    local deadline=$((SECONDS + ERROR_WINDOW)) instance requests errors n e start before
    local -a begun=()
    for ((instance = 0; instance < instances; instance++)); do
        begun[instance]=$(counted "$instance") || fail "${metrics_urls[instance]} does not tell"
    done
    while true; do
        requests=0 errors=0
        for ((instance = 0; instance < instances; instance++)); do
            read -r n e start < <(counted "$instance") || start=''
            [[ $start ]] || fail "${metrics_urls[instance]} does not tell any more: $(driver_last_words "$instance")"
            read -ra before <<<"${begun[instance]}"
            [[ $start == "${before[2]}" ]] || fail "${urls[instance]} has started again by itself"
            requests=$((requests + n - before[0])) errors=$((errors + e - before[1]))
        done
        # Of a handful of requests one failure says little; the end of the window decides about those.
        if ((requests >= ERROR_LEAST_REQUESTS && errors * 100 > requests * ERROR_ROLL_BACK_PERCENT)); then
            tell_errors
            fail "$errors of $requests requests failed after $((SECONDS - deadline + ERROR_WINDOW)) s: more than $ERROR_ROLL_BACK_PERCENT %"
        fi
        if ((SECONDS >= deadline)); then break; fi
        sleep 1
    done
    tell_errors
    if ((errors * 100 > requests * ERROR_GATE_PERCENT)); then
        fail "$errors of $requests requests failed in $ERROR_WINDOW s: more than $ERROR_GATE_PERCENT %, the release gate"
    fi
}

tell_errors() {
    figure window_seconds "$ERROR_WINDOW"
    figure requests "$requests"
    figure errors "$errors"
    if ((!requests)); then say '    nobody sent a request in that time, so this says nothing'; fi
}
