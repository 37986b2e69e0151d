# Real builds, good and bad; sourced.
# shellcheck disable=SC2034,SC2154 # scripts/check-deployments and harness.bash read and set them
version_cases=(a_compatible_migration too_slow a_migration_taken_back a_restore what_was_written_since requests_that_fail rows_that_are_lost a_legacy_database)

# Builds each version from a commit of its own, in a clone below the target folder, whose path stays the same so that it is built at one
# place; the program that cargo has put into the target folder is put back.
build_versions() {
    local target=${CARGO_TARGET_DIR:-$root/target} number
    target=$(mkdir -p "$target" && realpath "$target")
    source=$target/deployments/source
    number=$(find migrations/sqlite -name '[0-9]*.sql' ! -name '*.down.sql' ! -name '*.check.sql' | wc -l)
    # What a start applies, and what comes after all that there is.
    latest=$(grep -L '^-- partbook: optional: ' migrations/sqlite/[0-9]*.sql | grep -v '\.down\.sql$\|\.check\.sql$' | sort | tail -n 1)
    latest=$((10#$(basename "$latest" | cut -c 1-4)))
    added=$((number + 1))
    next=$(printf '%04d' "$added")
    if [[ -e $(version lasting) ]]; then return; fi
    rm -rf "$source"
    git clone --quiet --shared "$root" "$source"
    if [[ -e $target/debug/partbook ]]; then ln "$target/debug/partbook" "$directory/ours"; fi
    build before
    add_migration codenames 'alter table cpu add column codename text;' '+ column cpu.codename text' \
        'compatible: the version before does not know the column' 'alter table cpu drop column codename;'
    build compatible
    build slow
    add_migration shelves 'create table shelf (id integer);' $'+ table shelf\n+ column shelf.id integer' '' 'drop table shelf;'
    build wrong
    add_migration boxes 'create table box (id integer);' $'+ table box\n+ column box.id integer' 'irreversible: nobody knows what was in the boxes' ''
    build dead
    add_migration boxes 'create table box (id integer);' $'+ table box\n+ column box.id integer' 'irreversible: nobody knows what was in the boxes' ''
    build lasting
    if [[ -e $directory/ours ]]; then ln -f "$directory/ours" "$target/debug/partbook"; fi
}

add_migration() { # NAME SQL SCHEMA DIRECTIVE DOWN
    local backend file
    for backend in sqlite postgres; do
        file=$source/migrations/$backend/${next}_$1
        printf '%s%s\n' "${4:+-- partbook: $4$'\n'}" "$2" >"$file.sql"
        printf '%s\n' "$3" >"$file.schema"
        if [[ $5 ]]; then printf '%s\n' "$5" >"$file.down.sql"; fi
    done
}

build() { # VERSION
    local patch=$root/tests/deployments/builds/$1.patch start=$SECONDS
    if [[ -e $patch ]]; then git -C "$source" apply "$patch"; fi
    git -C "$source" add --all
    git -C "$source" -c user.name='Partbook' -c user.email='checks@partbook.invalid' commit --quiet --allow-empty --message "Version: $1"
    (cd "$source" && CARGO_TARGET_DIR=$target CARGO_INCREMENTAL=0 cargo build --quiet --locked)
    mkdir -p "$versions/$1"
    strip -o "$(version "$1")" "$target/debug/partbook"
    (cd "$versions/$1" && sha256sum partbook >SHA256SUMS)
    git -C "$source" reset --quiet --hard "$(git -C "$root" rev-parse HEAD)"
    printf 'built    %s: %s, %d s\n' "$1" "$(commit_of_version "$1")" $((SECONDS - start))
}

has_schema() { that "the schema is of version $1" test "$(schema_version)" = "$1"; } # VERSION
has_cpus() { that "the rows are those: $1" test "$(cpus)" = "$1"; }                 # JSON
both='["Core i5-12400","Ryzen 5 7600"]'

a_compatible_migration() { # BACKEND
    environment "$1" before 2
    ends 0 deploy.sh "$settings" "$(version compatible)"
    runs compatible
    has_schema $added
    logged "map(select(.event == \"step\" and .step == \"migrate\" and .result == \"passed\"))[0].figures | .from == $latest and .to == $added and .applied == [$added]"
    ends 0 rollback.sh "$settings"
    says "how far: binary: migration\(s\) $added are compatible"
    runs before
    has_schema $added
    has_cpus "$both"
    ends 0 deploy.sh "$settings" "$(version compatible)"
    # Once more the same, by somebody who tries again: the version before is not the same one.
    ends 0 deploy.sh "$settings" "$(version compatible)"
    runs compatible
    ends 0 rollback.sh "$settings"
    runs before
    keeps_secret
}

too_slow() { # BACKEND
    list_budget=100 environment "$1" before 1
    ends 1 deploy.sh "$settings" "$(version slow)"
    says '^budget: FAILED .*--budget'
    says 'how far: binary'
    runs before
    logged 'last | .event == "finished" and .result == "rolled back" and .exit == 1'
}

a_migration_taken_back() { # BACKEND
    environment "$1" before 2
    ends 1 deploy.sh "$settings" "$(version wrong)"
    says 'it is stopped first'
    says '^smoke: FAILED'
    says "how far: down $latest: migration $added is not compatible"
    runs before
    has_schema "$latest"
    has_cpus "$both"
}

a_restore() { # BACKEND
    environment "$1" before 1
    ends 1 deploy.sh "$settings" "$(version dead)"
    says 'has ended: .*this build does not start'
    says "how far: restore $added: .*cannot be taken back: $added \(nobody knows what was in the boxes\)"
    says 'nothing was written since the migration'
    runs before
    has_schema "$latest"
    has_cpus "$both"
}

what_was_written_since() { # BACKEND
    environment "$1" before 1
    ends 0 deploy.sh "$settings" "$(version lasting)"
    create 'Ryzen 9 9950X'
    ends 4 rollback.sh "$settings"
    says 'written since the migration, and lost'
    says 'cpu: 2 rows then, 3 now'
    says '--accept-loss'
    runs lasting
    has_cpus '["Core i5-12400","Ryzen 5 7600","Ryzen 9 9950X"]'
    # At a terminal it asks.
    at_terminal 'anything else' 4
    says 'Type the name of the environment'
    runs lasting
    ends 0 rollback.sh "$settings" --accept-loss --note 'the shop knows'
    runs before
    has_schema "$latest"
    has_cpus "$both"
    logged 'map(select(.event == "written"))[-1].tables | length == 1 and (.[0] | test("^(public[.])?cpu: 2 rows then, 3 now$"))'
    that 'what was replaced is a backup' test "$(cd "$here/work" && DATABASE_URL=$database_url "$here/bin/partbook" backup list --json 2>/dev/null | jq '[.backups[] | select(.content.tables | to_entries | any((.key | test("(^|[.])cpu$")) and .value.rows == 3))] | length > 0')" = true
}

# rollback.sh at a terminal, where somebody types an ANSWER; it ends with STATUS.
at_terminal() { # ANSWER STATUS
    local status=0
    out=$here/out.terminal
    printf '%s\n' "$1" | script --quiet --return --command "$root/scripts/rollback.sh $settings" /dev/null >"$out" 2>&1 || status=$?
    that "with the answer '$1' it ends with $2, and not $status" test "$status" = "$2"
}

requests_that_fail() { # BACKEND
    local asking
    environment "$1" before 1
    set_to ERROR_WINDOW 60
    while true; do curl -s "$url/v1/catalog/cpus?search=a+fault" "$url/v1/catalog/cpus" "$url/v1/catalog/gpus" >/dev/null || true; sleep 0.1; done &
    asking=$!
    services+=("$asking")
    ends 1 deploy.sh "$settings" "$(version lasting)"
    says '^errors: FAILED .*requests failed after [0-9]+ s: more than 10 %'
    runs before
    has_cpus "$both"
    logged 'map(select(.event == "step" and .step == "errors" and .result == "failed"))[0].figures | .errors * 10 > .requests'

    # Fewer than that fail at the end of the window, and more than the gate.
    set_to ERROR_ROLL_BACK_PERCENT 100
    set_to ERROR_WINDOW 2
    ends 1 deploy.sh "$settings" "$(version lasting)"
    says 'the release gate'
    runs before

    # Somebody writes meanwhile: what to lose is for a person to decide.
    while true; do create "CPU $RANDOM$RANDOM" || true; sleep 0.2; done &
    services+=($!)
    ends 4 deploy.sh "$settings" "$(version lasting)"
    says 'written since the migration, and lost'
    runs lasting
    kill "${services[-1]}" "$asking"
    ends 0 rollback.sh "$settings" --accept-loss
    runs before
}

# Served as it is, and never migrated.
a_legacy_database() { # BACKEND
    if [[ $1 != postgresql ]]; then return; fi
    legacy=yes environment "$1" before 1
    set_to SCHEMA legacy
    set_to SMOKE '"--read-only"'
    ends 0 deploy.sh "$settings" "$(version compatible)"
    runs compatible
    logged 'map(select(.event == "step" and .step == "migrate" and .result == "passed"))[0].figures.schema | startswith("legacy")'
    ends 0 rollback.sh "$settings"
    says 'how far: binary: the schema is the legacy service'
    runs before
    has_cpus "$both"
}

rows_that_are_lost() { # BACKEND
    environment "$1" before 1
    cut_off_only begin:smoke "$settings" "$(version compatible)"
    curl -sf -X DELETE "$url/v1/catalog/cpus/$(curl -sf "$url/v1/catalog/cpus?name=Core+i5-12400" | jq '.[0].id')"
    ends 1 deploy.sh "$settings" --resume
    says '^compare: FAILED .*shrunk cpu'
    says 'how far: binary'
    says 'rows are missing: .* has them'
    runs before
    has_cpus '["Ryzen 5 7600"]'
    # Then the whole database, if that is what one wants: nothing was written since but what was deleted.
    ends 4 rollback.sh "$settings" --restore
    says 'cpu: 2 rows then, 1 now'
    ends 0 rollback.sh "$settings" --restore --accept-loss
    runs before
    has_cpus "$both"
}
