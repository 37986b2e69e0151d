# Rolling back to the version before: how far it goes, and why; sourced.
#
#   binary     the version before goes on with the schema as it is: there was no migration since, or only compatible ones
#   down       the others are taken back by the version that brought them
#   restore    one of them cannot be taken back: the backup from before it takes the place of the database
# shellcheck disable=SC2034,SC2154 # the settings are the caller's; what is set here is read by the other parts

# Sets `way`, `target` (the schema version that `down` ends at, or the first migration that a backup must lack) and `why`.
choose_way() { # [restore]
    local from missing first status lasting
    from=$(kept from_ref) way=binary target=''
    if [[ ${1-} == restore ]]; then
        way=restore why='a restore was asked for'
        target=$(($(kept schema_before) + 1)) # of none it is 1, and not used
        return
    fi
    if [[ $SCHEMA != partbook ]]; then
        why='the schema is the legacy service'"'"'s, and no version changes it'
        return
    fi
    status=$(driver_run "$from" migrate status --json 2>"$work/complaint") || true
    if [[ ! $status ]]; then
        say "    the database cannot be looked at: $(tail -n 2 "$work/complaint")"
        if is_kept migrating && [[ $(jq '.migrations | length' "$work/plan") != 0 ]]; then return 1; fi
        why='the deployment applied no migration'
        return
    fi
    missing=$(jq -c '[.migrations[] | select(.state == "missing")]' <<<"$status")
    if [[ $missing == '[]' ]]; then
        why="the database has no migration that $(kept from_commit) does not know"
        return
    fi
    first=$(jq -r '[.[] | select(.compatible | not).version] | min // ""' <<<"$missing")
    if [[ ! $first ]]; then
        why="migration(s) $(jq -r 'map(.version) | join(", ")' <<<"$missing") are compatible: $(kept from_commit) goes on with them"
        return
    fi
    target=$(jq -r --argjson first "$first" '[.migrations[] | select(.state == "applied" or .state == "missing").version | select(. < $first)] | max // 0' <<<"$status")
    lasting=$(driver_run "$(kept to_ref)" migrate up --dry-run --json --from "$target" --to "$(jq .version <<<"$status")" 2>"$work/complaint" |
        jq -r '[.migrations[] | select(.irreversible)] | map("\(.version) (\(.irreversible))") | join(", ")') ||
        { complain "$(kept to_commit) does not say what can be taken back: $(tail -n 2 "$work/complaint")" && return 1; }
    if [[ $lasting ]]; then
        way=restore target=$first why="migration $first is not compatible with $(kept from_commit), and migration(s) cannot be taken back: $lasting"
    else
        way=down why="migration $first is not compatible with $(kept from_commit), and all down to it can be taken back"
    fi
}

# The tables whose contents differ between two manifests of backups, a line each; ours, and SQLite's counters, aside.
differing_tables() { # MANIFEST MANIFEST
    jq -nr --slurpfile old "$1" --slurpfile now "$2" '
        ($old[0].content.tables) as $a | ($now[0].content.tables) as $b |
        ($a + $b | keys[]) | select(test("^(partbook[_.]|.*_partbook[.]|sqlite_)") | not) |
        select($a[.] != $b[.]) | "\(.): \($a[.].rows // "no") rows then, \($b[.].rows // "no") now\(if $a[.].rows == $b[.].rows then ", contents changed" else "" end)"'
}

# Names what would be lost: what has been written since the migration, or since the backup where no one looked after the migration.
# Sets `written`, `backup`, and `which`, what the restore is told.
find_written() {
    local since=$work/migrated.json reason='the migration'
    if [[ ! -e $since || $way_asked == restore ]]; then since=$work/backup.json reason='the backup'; fi
    asked "$(kept to_ref)" backup create --reason "before the roll-back of deployment $deployment" --json >"$work/now.json" ||
        { complain "what was written since cannot be found out: $(<"$work/reason")" && return 1; }
    written=$(differing_tables "$since" "$work/now.json")
    # The latest that lacks the migration; where none was applied, or nobody knows, the one that the deployment made.
    which=(--before-migration "$target")
    if [[ $way_asked == restore && ($(kept schema_after) == "" || $(kept schema_after) == "$(kept schema_before)") ]]; then which=("$(jq -r .file "$work/backup.json")"); fi
    backup=$(driver_run "$(kept to_ref)" backup restore --dry-run "${which[@]}" 2>"$work/complaint" | head -n 1) || backup=''
    [[ $backup ]] || { complain "there is no backup to restore: $(tail -n 2 "$work/complaint")" && return 1; }
    say "    the backup: $backup"
    if [[ $written ]]; then
        say "    written since $reason, and lost:"
        sed 's/^/      /' <<<"$written"
        if [[ $since == */backup.json && -s $work/plan && $(jq '.migrations | length' "$work/plan") != 0 ]]; then
            say '      (what the migrations themselves changed is among it)'
        fi
    else
        say "    nothing was written since $reason"
    fi
    record written since "$reason" backup "$backup" --json tables "$(jq -Rnc '[inputs | select(. != "")]' <<<"$written")"
}

step_back_down() {
    keep changed stopped
    driver_stop
    quietly driver_run "$(kept to_ref)" migrate down --to "$target" --yes
    figure schema "$target"
}

step_back_restore() {
    local -a arguments=(--yes "${which[@]}")
    local attempts=0
    keep changed stopped
    driver_stop
    if [[ ! $written ]]; then
        # In the moment before the stop as well.
        asked "$(kept to_ref)" backup create --reason "before the roll-back of deployment $deployment, stopped" --json >"$work/stopped.json"
        written=$(differing_tables "$work/now.json" "$work/stopped.json")
        if [[ $written ]]; then
            driver_start
            fail "something was written in the last moment, and nothing restored: $written"
        fi
    fi
    if [[ $terminate ]]; then arguments+=(--terminate); fi
    # On PostgreSQL a session of the service that has just ended may last a moment longer.
    until quietly driver_run "$(kept to_ref)" backup restore "${arguments[@]}"; do
        if ((++attempts >= 10)) || ! grep -q 'others work with' "$work/output"; then return 1; fi
        sleep 1
    done
    rm -f "$work/reason"
    figure backup "$(jq -Rn --arg backup "$backup" '$backup')"
}

step_back_binary() {
    local instance stopped=''
    if [[ $(kept changed) == stopped ]]; then stopped=yes; fi
    if [[ $stopped ]]; then driver_stop; fi
    if is_kept changed; then driver_install "$(kept from_ref)"; fi
    if [[ $stopped ]]; then driver_start; fi
    for ((instance = 0; instance < instances; instance++)); do
        # What was never touched goes on, whether the database is there or not.
        if ! is_kept changed; then continue; fi
        if [[ ! $stopped ]]; then driver_restart "$instance"; fi
        wait_until_ready "$instance"
    done
    compare_commits "$(kept from_commit)"
}

step_back_compare() { step_compare "$(kept from_ref)"; }

# Goes back to the version before, and sets `is_back` when that is what runs; otherwise a person has to decide or to help. Not to be
# called in a condition, as run_step is not.
roll_back() { # WHY
    is_back='' way='' target='' why='' written='' backup='' which=()
    say ''
    say "rolling back to $(kept from_commit): $1"
    if [[ ! $(kept from_ref) ]]; then
        complain 'there is no version before: what runs is left as it is'
        return
    fi
    choose_way "$way_asked" || return 0
    say "how far: $way${target:+ $target}: $why"
    record rollback way "$way" target "$target" why "$why" because "$1" by "$by"
    if [[ $way == restore ]]; then
        find_written || return 0
        if [[ $written && ! $accepts_loss ]] && ! ask_about_loss; then
            complain "nothing was restored, since what was written would be lost. To decide: scripts/rollback.sh $settings_file, or --accept-loss"
            return
        fi
        run_step back-restore step_back_restore
        if ((step_status)); then return; fi
    elif [[ $way == down ]]; then
        run_step back-down step_back_down
        if ((step_status)); then return; fi
    fi
    run_step back-binary step_back_binary
    if ((step_status)); then return; fi
    is_back=yes
    if ! is_kept before.json; then return; fi
    # Rows that the new version lost are in the backup; to bring them back is not decided here.
    run_step back-compare step_back_compare
    if ((step_status)); then
        complain "the version before runs again, and rows are missing: $(jq -r .file "$work/backup.json") has them; docs/rollback.md, \"Some rows of a backup\""
    fi
}

# Asks at a terminal; where there is none, the answer is no.
ask_about_loss() {
    local answer
    [[ -t 0 && -t 1 ]] || return 1
    read -rp "Type the name of the environment to lose that, or anything else to leave everything as it is: " answer
    [[ $answer == "$ENVIRONMENT" ]]
}
