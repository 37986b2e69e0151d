# What does not depend on what a version does: one program, and the same with another commit written into it; sourced.
# shellcheck disable=SC2034,SC2154 # scripts/check-deployments and harness.bash read and set them
quick_cases=(a_dry_run other_drivers what_is_refused a_deployment with_a_token cut_off_twice)

name_versions() {
    local commit
    commit=$("$PARTBOOK" --version | sed 's/.*(\(.*\))/\1/')
    [[ $commit != unknown ]] || { echo 'scripts/check-deployments: the program names no commit: build it in a clone' >&2 && exit 1; }
    mkdir -p "$versions"/{before,lasting,after}
    # Smaller by far without what is for debuggers.
    strip -o "$(version before)" "$PARTBOOK"
    ln "$(version before)" "$(version lasting)"
    sed "s/$commit/$(tr '0-9a-f' 'a-f0-9' <<<"$commit")/g" "$(version before)" >"$(version after)"
    chmod +x "$(version after)"
    (cd "$versions/after" && sha256sum partbook >SHA256SUMS)
}

a_dry_run() { # BACKEND
    local before step
    environment "$1" before 2
    before=$(everything)
    ends 0 deploy.sh --dry-run "$settings" "$(version after)"
    that 'a dry run changes nothing' diff <(printf '%s\n' "$before") <(printf '%s\n' "$(everything)")
    says "partbook migrate up --yes"
    says "setsid $here/bin/partbook serve"
    says "would begin: $(commit_of_version before) -> $(commit_of_version after)"
    for step in verify preflight record check backup migrate restart ready smoke budget compare errors postflight; do says "^$step\$"; done
}

# What the drivers that are not run here would run.
other_drivers() { # BACKEND
    environment "$1" before 1
    kept_for_show() { if [[ $1 == to_ref ]]; then printf '%s' "$reference"; else printf 'a-commit'; fi; }
    show() {
        # shellcheck source=/dev/null
        . "$library/run.bash"
        kept() { kept_for_show "$@"; }
        show_steps
    }
    out=$here/out.systemd reference=/releases/partbook
    sed -i /^DRIVER=/d "$settings"
    printf '%s\n' DRIVER=systemd 'UNITS=partbook.service' SOCKET=partbook.socket >>"$settings"
    with_driver show >"$out" 2>&1
    says 'systemd-run --quiet --wait --pipe --collect .*--property=DynamicUser=yes .*--property=LoadCredential=database-url:.* /releases/partbook migrate up --yes$'
    says '\$ install -m 755 /releases/partbook .*/bin/partbook.new$'
    says '\$ systemctl restart partbook.service$'
    out=$here/out.compose reference=registry.example/partbook@sha256:0123
    sed -i 's/^DRIVER=.*/DRIVER=compose/' "$settings"
    printf '%s\n' "COMPOSE_DIR=$here" >>"$settings"
    printf '%s\n' PARTBOOK_IMAGE=partbook:1 'POSTGRES_PASSWORD=x y' >"$here/.env"
    chmod 640 "$here/.env"
    with_driver show >"$out" 2>&1
    says "docker compose --project-directory .* run --rm --no-deps --no-TTY api migrate up --yes\$"
    says "docker compose .* up --detach --no-deps api backup\$"
    that 'a dry run writes nothing' grep -qx 'PARTBOOK_IMAGE=partbook:1' "$here/.env"
    with_driver driver_install "$reference"
    that 'the image is named once, and the rest is as it was' diff "$here/.env" <(printf '%s\n' "PARTBOOK_IMAGE=$reference" 'POSTGRES_PASSWORD=x y')
    that 'others may not read it' test "$(stat -c %a "$here/.env")" = 640
    sed -i 's/^DRIVER=.*/DRIVER=process/' "$settings"
}

# Where nothing is told to those without a token.
with_a_token() { # BACKEND
    local token
    environment "$1" before 1
    token=$("$here/bin/partbook" token create deploy --scope write,metrics --to-file "$here/tokens")
    printf '%s\n' PARTBOOK_ANONYMOUS=none "PARTBOOK_TOKENS_FILE=$here/tokens" >>"$here/service.env"
    API_TOKEN=$token ends 0 deploy.sh "$settings" "$versions/after/partbook"
    logged 'last | .event == "finished" and .result == "passed"'
    that 'nothing is told without it' test "$(curl -s -o /dev/null -w '%{http_code}' "$url/v1/catalog/cpus")" = 401
    that 'the token is written nowhere' test -z "$(grep -rl "$token" "$here/deployments" "$here/run" "$out")"
}

# One refusal: what is SAID, and nothing is changed but the log.
refused() { # SAID ARGUMENT...
    local said=$1 before
    shift
    before=$(pids)
    ends 3 deploy.sh "$@"
    says "$said"
    says 'nothing was changed'
    logged 'last | .event == "finished" and .result == "refused" and .exit == 3'
    that 'what runs was left alone' test "$(pids)" = "$before"
}

what_is_refused() { # BACKEND
    local after=$versions/after bad server text
    environment "$1" before 1
    bad=$here/bad
    mkdir "$bad"

    cp "$after/partbook" "$bad"
    refused 'there is no .*SHA256SUMS' "$settings" "$bad/partbook"
    sed 's/^./x/' "$after/SHA256SUMS" >"$bad/SHA256SUMS"
    refused 'does not name one sum' "$settings" "$bad/partbook"
    (cd "$bad" && printf '%s  partbook\n' "$(sha256sum /dev/null | cut -d ' ' -f 1)" >SHA256SUMS)
    refused 'is not what SHA256SUMS says' "$settings" "$bad/partbook"
    (cd "$bad" && printf '#!/bin/sh\necho "partbook 0.1.0 (unknown)"\n' >partbook && sha256sum partbook >SHA256SUMS)
    refused 'does not name its commit' "$settings" "$bad/partbook"
    # One that never ends to print what could steer a terminal.
    (cd "$bad" && printf '#!/bin/sh\nexec yes "\033[31m"\n' >partbook && sha256sum partbook >SHA256SUMS)
    refused "its --version says '\[31m'" "$settings" "$bad/partbook"

    # All that the preflight looks at, at once.
    server=$(free_port)
    mkdir -p "$here/api/v1"
    echo '{"data":{"alerts":[{"state":"firing","labels":{"alertname":"PartbookErrors"}},{"state":"pending","labels":{"alertname":"PartbookDown"}},{"state":"firing","labels":{"alertname":"Watchdog"}}]}}' >"$here/api/v1/alerts"
    python3 -m http.server --bind 127.0.0.1 --directory "$here" "$server" >/dev/null 2>&1 &
    services+=($!)
    until curl -sf "http://127.0.0.1:$server/api/v1/alerts" >/dev/null; do sleep 0.1; done
    set_to PROMETHEUS_URL "http://127.0.0.1:$server"
    mkdir -p "$here/api/v2"
    set_to ALERTMANAGER_URL "http://127.0.0.1:$server"
    # An answer that holds no list of alerts is none.
    for text in '' '{}' '[{}]'; do
        printf '%s' "$text" >"$here/api/v2/alerts"
        refused 'FAILED    alerts +http://127.*does not tell' "$settings" "$after/partbook"
    done
    echo '[]' >"$here/api/v2/alerts"
    set_to MIN_DISK_MB 999999999
    set_to MIN_MEMORY_MB 999999999
    set_to MAX_BACKUP_AGE_HOURS 1
    set_to ENVIRONMENT other
    ends 2 deploy.sh "$settings" "$after/partbook"
    says 'holds the deployments of staging'
    mv "$here/deployments" "$here/of-staging"
    python3 - "$here/work" <<'PYTHON'
import json, pathlib, sqlite3, sys
work = pathlib.Path(sys.argv[1])
with sqlite3.connect(work / "partbook.db") as connection:
    connection.execute("create table diary (day text)")
for manifest in (work / "backups").glob("partbook-*.json"):
    content = json.loads(manifest.read_text())
    content["taken_at"] = "2020" + content["taken_at"][4:]
    manifest.write_text(json.dumps(content))
PYTHON
    refused 'FAILED    disk .*at least 999999999' "$settings" "$after/partbook"
    says 'FAILED    memory '
    says 'FAILED    instances .*calls itself staging, and the settings are those of other'
    says 'FAILED    drift +2 difference'
    says 'FAILED    backup +[0-9]+ hour'
    says 'FAILED    alerts +PartbookErrors$'
    rm -r "$here/deployments"
    mv "$here/of-staging" "$here/deployments"
    set_to ENVIRONMENT staging
    set_to MIN_DISK_MB 1
    set_to MIN_MEMORY_MB 1
    refused '^preflight: FAILED .*drift: 2 difference' "$settings" "$after/partbook" --accept 'backup:a new machine' --accept 'alerts:known'
    says 'accepted  alerts +PartbookErrors \(known\)'
    logged 'first.accepted == {"alerts": "known", "backup": "a new machine"}'

    # Somebody else's service where an instance should be.
    with_driver driver_stop
    python3 -m http.server --bind 127.0.0.1 --directory "$here" "${url##*:}" >/dev/null 2>&1 &
    services+=($!)
    until (exec 3<>"/dev/tcp/127.0.0.1/${url##*:}") 2>/dev/null; do sleep 0.1; done
    set_to BACKUPS_DIR "$here/no-such"
    # A file may begin with the mark that some editors put there.
    sed -i $'1s/^/\xef\xbb\xbf/' "$settings"
    refused 'something else listens on' "$settings" "$after/partbook"
    says 'FAILED    disk .*there is no .*/no-such'

    for line in 'NO_SUCH=1' 'URLS=http://name:word@127.0.0.1:1' 'ERROR_WINDOW=soon' 'DRIVER=magic' 'SMOKE=--help' "DEPLOYMENTS_DIR=$settings/deployments" 'BINARY=partbook' 'this is no setting' 'ENVIRONMENT=twice'; do
        cp "$settings" "$here/wrong.env"
        if [[ $line == *=* && $line != ENVIRONMENT* ]]; then sed -i "/^${line%%=*}=/d" "$here/wrong.env"; fi
        echo "$line" >>"$here/wrong.env"
        ends 2 deploy.sh "$here/wrong.env" "$after/partbook"
        that 'one line says why' test "$(wc -l <"$out")" = 1
    done
    ends 2 deploy.sh "$here/no-such.env" "$after/partbook"
    ends 2 deploy.sh "$settings"
    ends 2 deploy.sh "$settings" "$after/partbook" --accept 'magic:why not'
    ends 2 deploy.sh "$settings" "$after/partbook" --accept 'disk:'
    keeps_secret
}

# Passed, taken back, and what production makes of it.
a_deployment() { # BACKEND
    local staging
    environment "$1" before 2
    staging=$here/deployments
    set_to ERROR_WINDOW 3
    set_to SMOKE --read-only
    # Instances are asked directly.
    http_proxy=http://127.0.0.1:1 "$root/scripts/deploy.sh" "$settings" "$versions/after/partbook" --by Ada --note 'a try' >"$here/out.first" 2>&1 &
    local first=$!
    until grep -q '^errors' "$here/out.first"; do
        kill -0 $first 2>/dev/null || break
        sleep 0.1
    done
    ends 5 deploy.sh "$settings" "$versions/after/partbook"
    says 'another deployment of staging is at work'
    ends 5 rollback.sh "$settings"
    out=$here/out.first
    that 'it passed' wait $first
    runs after
    logged 'first | .event == "begun" and .by == "Ada" and .note == "a try" and .environment == "staging"'
    logged 'map(select(.event == "step" and .result == "passed").step) == ["verify", "preflight", "record", "check", "backup", "migrate", "restart", "ready", "smoke", "budget", "compare", "errors", "postflight"]'
    logged 'map(select(.event == "step" and .result == "passed")) | all(.seconds >= 0 and (.time | fromdate) > 0)'
    logged "map(select(.event == \"deployment\"))[0] | .from == \"$(commit_of_version before)\" and .to == \"$(commit_of_version after)\""
    logged 'map(select(.event == "step" and .step == "check" and .result == "passed"))[0].figures.rows == 2'
    logged 'map(select(.event == "step" and .step == "errors" and .result == "passed"))[0].figures | .window_seconds == 3 and .errors == 0'
    logged 'last | .event == "finished" and .result == "passed" and .exit == 0'
    that 'what was there is there' test "$(cpus)" = '["Core i5-12400","Ryzen 5 7600"]'
    keeps_secret

    # Production asks staging's log; the same program is on its way there.
    (
        environment "$1" before 1 production
        sed -i /^STAGING_DEPLOYMENTS_DIR=/d "$settings"
        ends 2 deploy.sh "$settings" "$versions/after/partbook"
        says 'STAGING_DEPLOYMENTS_DIR is missing'
        set_to STAGING_DEPLOYMENTS_DIR "$staging"
        ends 0 deploy.sh --dry-run "$settings" "$versions/after/partbook"
        says 'ok +staging +[0-9a-f]+ passed in '
        # Its own log is not staging's.
        mkdir "$here/own"
        sed 's/"environment":"staging"/"environment":"production"/' "$staging"/*.jsonl >"$here/own/1.jsonl"
        set_to STAGING_DEPLOYMENTS_DIR "$here/own"
        refused 'FAILED    staging +the log of staging in .* does not know' "$settings" "$versions/after/partbook"
        ends 0 deploy.sh --dry-run "$settings" "$versions/after/partbook" --accept 'staging:the shop is down'
        says 'accepted  staging .*\(the shop is down\)'
        with_driver driver_stop
        printf '%s %s\n' "$passed" "$faults" >"$directory/counts"
    )
    read -r passed faults <"$directory/counts"

    ends 0 rollback.sh --dry-run "$settings"
    runs after
    ends 0 rollback.sh "$settings" --note 'a try'
    says 'how far: binary: the database has no migration that'
    runs before
    logged 'last | .event == "finished" and .result == "rolled back"'
    ends 3 rollback.sh "$settings"
    says 'rolled back already'

    # What staging took back does not go to production.
    (
        environment "$1" before 1 production2
        set_to STAGING_DEPLOYMENTS_DIR "$staging"
        set_to ENVIRONMENT production
        sed -i 's/production2/production/' "$here/service.env"
        refused 'FAILED    staging .*ended: rolled back' "$settings" "$versions/after/partbook"
        printf '%s %s\n' "$passed" "$faults" >"$directory/counts"
        with_driver driver_stop
    )
    read -r passed faults <"$directory/counts"
}

# Kills deploy.sh at a place.
cut_off_only() { # PLACE ARGUMENT...
    local status=0
    out=$here/out.killed
    # The shell that waits for it tells of its end.
    (exec 2>/dev/null && BASH_ENV=$root/tests/deployments/kill.bash KILL_AT=$1 "$root/scripts/deploy.sh" "${@:2}" >"$out" 2>&1 </dev/null) || status=$?
    that "killed at $1, and not ended with $status" test "$status" = 137
}

# Kills it, and calls it again, which says where it stood and comes to its END with STATUS.
cut_off() { # PLACE STEP STATUS ARGUMENT...
    local place=$1 step=$2 status=$3
    shift 3
    cut_off_only "$place" "$@"
    ends "$status" deploy.sh "$@"
    says 'was cut off'
    says "it stood in the step: $step\$"
}

cut_off_twice() { # BACKEND
    local name before
    environment "$1" before 2
    set_to SMOKE --read-only
    (cd "$versions/before" && sha256sum partbook >SHA256SUMS)
    # What has changed nothing holds up neither another version nor the way back.
    cut_off_only begin:preflight "$settings" "$versions/before/partbook"
    ends 0 rollback.sh "$settings"
    says 'had changed nothing, and is given up'
    ends 3 rollback.sh "$settings"
    cut_off_only begin:preflight "$settings" "$versions/before/partbook"
    cut_off_only begin:backup "$settings" "$versions/after/partbook"
    says 'had changed nothing, and is given up'
    # The clock is put back in between.
    for name in "$here/deployments"/*.jsonl; do mv "$name" "$here/deployments/2${name##*/}"; done
    for name in "$here/deployments"/state/2*; do mv "$name" "$here/deployments/state/2${name##*/}"; done
    ends 0 deploy.sh "$settings" "$versions/after/partbook"
    says 'it stood in the step: backup$'
    says 'nothing was changed yet'
    runs after
    # Between the stop of an instance and its start. What was accepted stays so.
    python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("create table diary (day text)")' "$here/work/partbook.db"
    cut_off_only function:start_instance "$settings" "$versions/before/partbook" --accept 'drift:a table of somebody else'
    ends 0 deploy.sh "$settings" "$versions/before/partbook"
    says 'it stood in the step: restart$'
    says 'accepted  drift .*\(a table of somebody else\)'
    runs before
    cut_off_only begin:migrate "$settings" "$versions/after/partbook" --accept 'drift:a table of somebody else'
    ends 5 deploy.sh "$settings" "$versions/before/partbook"
    says 'finish that one first'
    that 'the clock that was put back is made up for' test "$(basename "$(log_of_latest)" .jsonl | grep -c _1_1)" = 1
    # A database that is away, and instances that nobody has touched.
    before=$(pids)
    mv "$here/work/partbook.db" "$here/work/away.db"
    ends 1 deploy.sh "$settings" --resume
    says '^migrate: FAILED .*does not exist'
    says 'is back, by binary: the deployment applied no migration'
    mv "$here/work/away.db" "$here/work/partbook.db"
    that 'nobody has touched them' test "$(pids)" = "$before"
    runs before
    ends 5 deploy.sh "$settings" --resume
    says 'there is nothing to go on with'
}
