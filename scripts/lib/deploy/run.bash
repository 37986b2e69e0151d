# A run of deploy.sh or rollback.sh from its beginning to its end; sourced.
# shellcheck disable=SC2034,SC2154 # the settings are the caller's; what is set here is read by the other parts

deployment='' work='' is_over='' status_when_back=1

need_programs() {
    local name
    for name in curl jq flock sha256sum; do
        command -v "$name" >/dev/null || { complain "$name is missing. Install it, then run this again." && exit 2; }
    done
    ((BASH_VERSINFO[0] >= 5)) || { complain 'this needs bash 5' && exit 2; }
}

# There is a directory for the log, which can be written to.
open_log() { # STATUS-WITHOUT-ROOM
    local state
    state=$(state_directory)
    if ! mkdir -p "$state" 2>/dev/null || [[ ! -w $DEPLOYMENTS_DIR || ! -w $state ]] ||
        { [[ -e $DEPLOYMENTS_DIR/lock ]] && [[ ! -w $DEPLOYMENTS_DIR/lock ]]; }; then
        complain "DEPLOYMENTS_DIR, $DEPLOYMENTS_DIR, cannot be made or written by $(id -un): make it, or call this as its owner"
        exit 2
    fi
    if ! head -c 262144 /dev/zero 2>/dev/null >"$state/.room"; then
        rm -f "$state/.room"
        complain "there is no room in $DEPLOYMENTS_DIR: free some. To go back without: docs/rollback.md, \"Emergency\""
        exit "$1"
    fi
    rm -f "$state/.room"
}

check_is_known() { [[ $1 == check ]] || declare -F "check_$1" >/dev/null; }

begin_deployment() {
    local latest
    deployment=$(date -u +%Y%m%dT%H%M%S%3NZ)
    # The latest is found by its name, also after the clock was put back.
    latest=$(basename "$(latest_log)" .jsonl)
    if [[ $latest && ! $deployment > $latest ]]; then deployment=${latest}_1; fi
    take_up "$deployment"
    mkdir -m 700 "$work"
    keep what "$what"
    keep step ''
    record begun deployment "$deployment" environment "$ENVIRONMENT" driver "$DRIVER" what "$what" by "$by" note "$note" \
        --json accepted "$(accepted_json)" host "$(uname -n)"
    say "deployment $deployment of $what to $ENVIRONMENT, by $by; the log is $(log_file)"
}

accepted_json() {
    local name
    for name in "${!accepted[@]}"; do jq -nc --arg name "$name" --arg reason "${accepted[$name]}" '{($name): $reason}'; done | jq -nc '[inputs] | add // {}'
}

# What was accepted when the deployment began holds for the rest of it.
accept_as_before() {
    local name reason
    while IFS=$'\t' read -r name reason; do
        if [[ $name ]]; then accepted[$name]=${accepted[$name]:-$reason}; fi
    done < <(events "$(log_file)" 'map(select(.event == "begun")) | first | .accepted // {} | to_entries[] | [.key, .value] | @tsv')
}

# The log of one environment only: which deployment was the latest would be a matter of chance.
refuse_other_environment() { # FILE
    local other
    if [[ ! $1 ]]; then return; fi
    other=$(events "$1" 'map(select(.event == "begun")) | first | .environment // ""')
    if [[ $other != "$ENVIRONMENT" ]]; then
        complain "DEPLOYMENTS_DIR holds the deployments of ${other:-nothing that is known}, and these are the settings of $ENVIRONMENT: name another directory"
        is_over=yes
        exit 2
    fi
}

# Ends a deployment that was cut off before it changed anything. False, and nothing is done, where it is of the same WHAT.
give_up_other() { # FILE
    take_up "$1"
    if [[ $(kept what) == "$what" ]]; then return 1; fi
    say "deployment $deployment of $(kept what) was cut off in the step $(kept step), had changed nothing, and is given up"
    record finished result refused --json exit 3 text "cut off in the step $(kept step), and given up by $by; nothing was changed"
    deployment='' work=''
}

index_of() { # STEP
    local index
    for index in "${!step_names[@]}"; do
        if [[ ${step_names[index]} == "$1" ]]; then printf '%s' "$index"; fi
    done
}

# Something was changed, or may have been, once the first step that does so has begun.
has_changed_something() {
    [[ $(has_changed "$(log_file)") ]]
}

run_steps_from() { # STEP
    local index name
    for ((index = $(index_of "$1"); index < ${#step_names[@]}; index++)); do
        name=${step_names[index]}
        run_step "$name" "step_$name"
        if ((!step_status)); then continue; fi
        if has_changed_something; then go_back "$name: $(<"$work/reason")"; fi
        finish refused 3 "$name: $(<"$work/reason"); nothing was changed"
    done
    prune
    finish passed 0 "$(kept to_commit) runs on $instances instance(s), and passed"
}

# Goes back, and ends.
go_back() { # WHY
    keep rolling_back "$1"
    keep way_asked "$way_asked"
    roll_back "$1"
    if [[ $is_back ]]; then
        finish 'rolled back' "$status_when_back" "$1. $(kept from_commit) is back, by $way: $why"
    fi
    finish undecided 4 "$1. $(kept from_commit) is not back: a person has to see to it"
}

finish() { # RESULT STATUS TEXT
    is_over=yes
    record finished result "$1" --json exit "$2" text "$3"
    say ''
    say "$1: $3"
    exit "$2"
}

# The step to go on with: nothing was changed before `migrate`, so all is looked at again; from `ready` on nothing is.
where_to_go_on() {
    local step
    step=$(kept step)
    if [[ ! $(index_of "$step") ]] || (($(index_of "$step") < $(index_of "$first_change"))); then
        printf 'verify'
    elif (($(index_of "$step") > $(index_of ready))); then
        printf 'ready'
    else
        printf '%s' "$step"
    fi
}

tell_where_it_stood() {
    local begun
    begun=$(events "$(log_file)" 'map(select(.event == "begun")) | first | "\(.what), begun at \(.time) by \(.by)"')
    say "deployment $deployment of $begun was cut off"
    say "  it stood in the step: $(kept step)"
    if is_kept rolling_back; then
        say "  it was rolling back: $(kept rolling_back)"
    elif has_changed_something; then
        say "  the schema may have been changed; the version before is $(kept from_commit)"
    else
        say '  nothing was changed yet'
    fi
}

interrupted() { # STATUS
    trap '' INT TERM HUP
    is_over=yes
    complain "interrupted in the step $(kept step). The same call goes on; scripts/rollback.sh $settings_file goes back"
    exit "$1"
}

# An end that nobody meant, such as a full disk.
ended() {
    local status=$?
    if [[ ! $is_over && $work ]]; then
        complain "ended with $status in the step $(kept step). See to the cause; the same call goes on, and scripts/rollback.sh $settings_file goes back"
        exit 4
    fi
}

# Versions that nothing goes back to any more, and what old deployments left for one another.
prune() {
    local -a all=()
    local number directory
    mapfile -t all < <(find "$DEPLOYMENTS_DIR/releases" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%T@ %p\n' 2>/dev/null | sort -rn | cut -d ' ' -f 2-)
    for ((number = KEEP_RELEASES; number < ${#all[@]}; number++)); do
        directory=${all[number]}
        if [[ $(kept to_ref) != "$directory"/* && $(kept from_ref) != "$directory"/* ]]; then rm -rf "$directory"; fi
    done
    rm -rf "$DEPLOYMENTS_DIR"/releases/.new.*
    mapfile -t all < <(find "$(state_directory)" -mindepth 1 -maxdepth 1 -type d | sort -r)
    for ((number = KEEP_RELEASES; number < ${#all[@]}; number++)); do rm -rf "${all[number]}"; done
}

# What would be done; only looks.
dry_run() {
    local refused='' name
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    deployment=dry-run
    keep what "$what"
    say "dry run of a deployment of $what to $ENVIRONMENT: nothing is changed"
    for name in verify preflight; do
        say "$name"
        rm -f "$work/reason"
        : >"$work/figures"
        set +e
        (
            set -e
            "step_$name"
        )
        # shellcheck disable=SC2181 # a condition would take the shell's eye off errors within
        if (($?)); then
            set -e
            say "    FAILED: $(cat "$work/reason" 2>/dev/null)"
            refused+=" $name"
            if [[ $name == verify ]]; then break; fi
        fi
        set -e
    done
    if is_kept to_ref; then show_steps; fi
    say ''
    if [[ $refused ]]; then
        say "it would be refused:$refused"
        return 3
    fi
    say "it would begin: $(driver_installed) -> $(kept to_commit)"
}

# The steps after the preflight, with the commands that the driver would run.
show_steps() {
    local to instance stops=''
    to=$(kept to_ref)
    if [[ -s $work/status ]] && [[ $(jq '[.migrations[] | select(.state == "pending" and (.compatible or .optional | not))] | length' "$work/status") != 0 ]]; then
        stops=yes
    fi
    rendering=yes
    say 'record'
    say "    the version that runs, $(rendering='' driver_installed), is kept"
    say 'check'
    driver_run "$to" check --json
    say 'backup'
    driver_run "$to" backup create --reason 'before deployment ID' --json
    say 'migrate'
    if [[ $SCHEMA == partbook ]]; then
        if [[ $stops ]]; then driver_stop; fi
        driver_run "$to" migrate up --yes
    fi
    say 'restart'
    driver_install "$to"
    if [[ $stops ]]; then driver_start; else
        for ((instance = 0; instance < instances; instance++)); do driver_restart "$instance"; done
    fi
    say 'ready'
    for ((instance = 0; instance < instances; instance++)); do say "    ${urls[instance]}/readyz, within $READY_TIMEOUT s; ${urls[instance]}/health names $(kept to_commit)"; done
    say 'smoke'
    say "    API_URL=${urls[0]} scripts/smoke.sh $SMOKE"
    say 'budget'
    say "    API_URL=${urls[0]} scripts/smoke.sh --budget $SMOKE"
    say 'compare'
    driver_run "$to" check --json --compare /dev/stdin
    say 'errors'
    say "    ${metrics_urls[*]} for $ERROR_WINDOW s: more than $ERROR_GATE_PERCENT % fails"
    say 'postflight'
    say '    instances, disk, memory, load, pending, drift, backup, alerts'
    rendering=''
}
