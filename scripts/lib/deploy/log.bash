# The log of a deployment: DEPLOYMENTS_DIR/ID.jsonl, a line of JSON for each thing that happened; sourced. Beside it
# the folder `state` holds what the steps of each deployment leave for one another, so that the next run can go on after one that
# was killed.
# shellcheck disable=SC2154 # the settings, `program` and `dry_run` are the caller's

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
say() { printf '%s\n' "$*"; }
complain() { printf '%s: %s\n' "$program" "$*" >&2; }

# Only one run at a time. The kernel gives the lock up when its last holder ends, so it is never stale; what a killed run started
# holds it until that has ended as well. The service does not: drivers close descriptor 9.
take_lock() {
    exec 9>>"$DEPLOYMENTS_DIR/lock"
    if ! flock --nonblock 9; then
        complain "another deployment of $ENVIRONMENT is at work, or something that one started: see $DEPLOYMENTS_DIR/lock (fuser shows who holds it)"
        exit 5
    fi
}

state_directory() { printf '%s/state' "$DEPLOYMENTS_DIR"; }
# What the steps of the deployment with this LOG-FILE have left.
state_of() { printf '%s/%s' "$(state_directory)" "$(basename "$1" .jsonl)"; }
# Makes the deployment with this LOG-FILE the one that is worked on.
take_up() { deployment=$(basename "$1" .jsonl) work=$(state_of "$1"); }

log_file() { printf '%s/%s.jsonl' "$DEPLOYMENTS_DIR" "$deployment"; }

# Adds an event: NAME VALUE pairs after it, values as text; --json NAME JSON for others.
record() { # EVENT [NAME VALUE]...
    local -a arguments=(--arg time "$(now)" --arg event "$1")
    local names='time: $time, event: $event'
    shift
    while (($#)); do
        if [[ $1 == --json ]]; then
            arguments+=(--argjson "$2" "$3")
            names+=", $2: \$$2"
            shift 3
        else
            arguments+=(--arg "$1" "$2")
            names+=", $1: \$$1"
            shift 2
        fi
    done
    local line
    line=$(jq -nc "${arguments[@]}" "{$names}")
    printf '%s\n' "$line" >>"$(log_file)"
    sync "$(log_file)"
}

# What a JQ-EXPRESSION makes of the events of a FILE, as an array; a line that was cut off is left out.
events() { # FILE JQ-EXPRESSION
    jq -Rnr "[inputs | fromjson? | objects] | $2" "$1"
}

# The file of the latest deployment; nothing where there was none.
latest_log() {
    local file latest=''
    # Names begin with the time, so the last of them is the latest.
    for file in "$DEPLOYMENTS_DIR"/*.jsonl; do
        if [[ -e $file ]]; then latest=$file; fi
    done
    printf '%s' "$latest"
}

# Not empty where the first step that changes something has begun.
has_changed() { # FILE
    events "$1" "map(select(.event == \"step\" and .step == \"$first_change\")) | if . == [] then empty else \"yes\" end"
}

# The file of the latest deployment that has changed anything, or may have.
latest_change() {
    local file latest=''
    for file in "$DEPLOYMENTS_DIR"/*.jsonl; do
        if [[ -e $file && $(result_of "$file") != refused && $(has_changed "$file") && -d $(state_of "$file") ]]; then latest=$file; fi
    done
    printf '%s' "$latest"
}

# How a deployment ended: passed, failed, rolled back, undecided; nothing where it has not.
result_of() { # FILE
    events "$1" 'map(select(.event == "finished" or .event == "rollback")) | last | select(.event == "finished").result // ""'
}

# A value that the steps leave for one another, and for the next run.
keep() { # NAME VALUE
    printf '%s' "$2" >"$work/$1.new"
    mv "$work/$1.new" "$work/$1"
}
kept() { # NAME
    if [[ -e $work/$1 ]]; then cat "$work/$1"; fi
}
is_kept() { [[ -e $work/$1 ]]; }

# A figure of the step that runs, which goes into its line of the log.
figure() { # NAME JSON
    jq -nc --arg name "$1" --argjson value "$2" '{($name): $value}' >>"$work/figures"
}

# Ends the step that runs, since something is not as it should be.
fail() { # TEXT
    printf '%s\n' "$*" >"$work/reason"
    exit 1
}

# Runs a command whose output is shown only when it fails, and its last lines are the reason then.
quietly() { # COMMAND...
    local status=0
    "$@" >"$work/output" 2>&1 </dev/null || status=$?
    if ((status)); then
        sed 's/^/    /' "$work/output"
        printf '%s\n' "$(tail -n 3 "$work/output" | cut -c -600)" >"$work/reason"
    fi
    return "$status"
}

# Runs a command of a driver; where a dry run shows the steps, says which that would be.
act() { # COMMAND...
    if [[ $rendering ]]; then
        printf '    $'
        printf ' %q' "$@"
        printf '\n'
    else
        "$@"
    fi
}

# Runs the function of a step in a shell of its own, in which an error ends it, and sets `step_status`. It is never to be called in a
# condition (`if`, `||`): the shell would go on after errors within.
run_step() { # NAME FUNCTION
    local start=$EPOCHREALTIME end seconds figures reason=''
    : >"$work/figures"
    rm -f "$work/reason"
    keep step "$1"
    record step step "$1" result begun
    say "$1 ..."
    set +e
    (
        set -e
        "$2"
    )
    step_status=$?
    set -e
    end=$EPOCHREALTIME
    seconds=$(awk -v start="$start" -v end="$end" 'BEGIN { printf "%.3f", end - start }')
    figures=$(jq -nc '[inputs] | add // {}' "$work/figures")
    if ((step_status)); then
        if [[ -e $work/reason ]]; then reason=$(<"$work/reason"); fi
        reason=${reason:-"exit status $step_status"}
        reason=${reason//$'\n'/; }
        printf '%s\n' "$reason" >"$work/reason"
        record step step "$1" result failed --json seconds "$seconds" reason "$reason" --json figures "$figures"
        say "$1: FAILED after $seconds s: $reason"
        return
    fi
    record step step "$1" result passed --json seconds "$seconds" --json figures "$figures"
    # What the checks found stands above already.
    if [[ $1 == *flight ]]; then figures='{}'; fi
    say "$1: done in $seconds s$(jq -r 'to_entries | map(select(.value | type != "object") | " \(.key)=\(.value | tostring)") | join("") | if . == "" then "" else "," + . end' <<<"$figures")"
}
