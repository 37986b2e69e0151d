#!/usr/bin/env bash
# Checks a running service from outside, as operators do after a deployment. Runs on bash 3.2 (macOS) and later.
set -euo pipefail
export LC_ALL=C

usage() {
    cat <<'TEXT'
Usage: scripts/smoke.sh [--read-only] [--no-listings] [--budget]

Asks a running service whether it does what it promises: health, metrics, and for each of the six kinds of parts create,
read, list, patch, replace, who uses it, and delete. It works on rows of its own, named `smoke-…`, and deletes them at
the end, also when it is interrupted. Rows that it did not make are never changed, and no profile becomes the default.

  --read-only      only reads, where nothing may be written
  --no-listings    leaves out what needs a listing: where /v1/listings is another service's, or may not be written
  --budget         measures instead: median and 95th percentile of each operation, some of them against a limit
                   (with --read-only: only lists and reads)

Needs curl and jq. The exit status is 0 when all is well, 1 when a check failed, 2 when the call was wrong. A check that
fails shows the X-Request-ID under which the service's log says more. What curl needs on the way to the service
(credentials for a proxy, a certificate) goes into ~/.curlrc.

Environment:
  API_URL        the service (http://localhost:8000)
  API_TOKEN      a token with the scope write, and metrics where the metrics need one, which is sent to both (none)
  METRICS_URL    its metrics ($API_URL/metrics)
  WAIT           seconds to wait at most until /readyz says yes (0)
  CLEANUP        0 leaves the rows that were made, and lists them (1)
  VERBOSE        1 shows each request and its answer on standard error (0)
  NO_COLOR       set to anything: no colours on a terminal either

  With --budget, limits in milliseconds, which a figure has to stay below:
  REQUESTS             requests per operation and kind, 1 to 1000 (50)
  BUDGET_LIST_MS       of a list of up to 50, median and 95th percentile (100)
  BUDGET_UPDATE_MS     of a PATCH, 95th percentile (200)
  BUDGET_DELETE_MS     of a DELETE, 95th percentile (500)
TEXT
}

give_up() { # TEXT [STATUS]
    printf 'scripts/smoke.sh: %s\n' "$1" >&2
    exit "${2-1}"
}

number() { # NAME VALUE LEAST GREATEST
    if ! [[ $2 =~ ^(0|[1-9][0-9]{0,8})$ ]] || (($2 < $3 || $2 > $4)); then
        give_up "$1 must be a whole number from $3 to $4, not '$2'" 2
    fi
}

read_only='' with_listings=yes budget=''
for argument in "$@"; do
    case $argument in
        --read-only) read_only=yes ;;
        --no-listings) with_listings='' ;;
        --budget) budget=yes ;;
        --help | -h) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
api=${API_URL:-http://localhost:8000}
while [[ $api == */ ]]; do api=${api%/}; done
credentials='//*@' slashes=// place=$api
place=${place/$credentials/$slashes} # to be shown
metrics=${METRICS_URL:-$api/metrics}
wait=${WAIT:-0} cleanup=${CLEANUP:-1} verbose=${VERBOSE:-0} requests=${REQUESTS:-50}
list_ms=${BUDGET_LIST_MS:-100} update_ms=${BUDGET_UPDATE_MS:-200} delete_ms=${BUDGET_DELETE_MS:-500}
number WAIT "$wait" 0 86400
number CLEANUP "$cleanup" 0 1
number VERBOSE "$verbose" 0 1
number REQUESTS "$requests" 1 1000
number BUDGET_LIST_MS "$list_ms" 0 999999999
number BUDGET_UPDATE_MS "$update_ms" 0 999999999
number BUDGET_DELETE_MS "$delete_ms" 0 999999999
token=${API_TOKEN-}
unset API_TOKEN
if [[ $token == *[!A-Za-z0-9._~+/=-]* ]]; then give_up "API_TOKEN is not a token" 2; fi
for program in curl jq; do
    command -v "$program" >/dev/null || give_up "$program is missing. Install it, then run this again."
done

ok='' bad='' dim='' plain=''
if [[ -t 1 && ! ${NO_COLOR-} ]]; then ok=$'\e[32m' bad=$'\e[31m' dim=$'\e[33m' plain=$'\e[0m'; fi

# In the name of every row and in every X-Request-ID. A hyphen follows, so no run's is the beginning of another's.
marker=smoke-$(date +%s)-$$-$RANDOM
collections=(cpus gpus profiles ports-profiles ram-specs storage-profiles)
entities='listing cpu gpu ram_spec storage_profile ports_profile profile' # of /v1/fields-data
passed=0 failed=0 skipped=0 unanswered=0 asked=0
about='' cleaning='' no_listing=''
written='' # the collections that may hold rows of ours
made=' '   # the paths of those known, each between spaces

scratch=$(mktemp -d "${TMPDIR:-/tmp}/smoke.XXXXXX")
authorization=()
if [[ $token ]]; then
    # In a file: what stands on a command line is seen by others.
    (umask 077 && printf 'header = "Authorization: Bearer %s"\n' "$token" >"$scratch/credentials")
    authorization=(--config "$scratch/credentials")
fi
finish() {
    local code=$?
    trap '' INT TERM HUP PIPE
    set +e
    # Not where a command that was interrupted wrote to, and nowhere when nobody reads any more.
    if ((code == 141)); then exec >/dev/null; else exec >&3; fi
    if [[ $written ]]; then clean_up; fi
    rm -rf "$scratch"
    exit "$code"
}
exec 3>&1
trap finish EXIT
trap 'printf "\ninterrupted\n" >&3; exit 130' INT
trap 'printf "\nasked to stop\n" >&3; exit 143' TERM
trap 'exit 129' HUP
trap 'exit 141' PIPE

# --- Requests -------------------------------------------------------------------------------------------------------

patience=15
# A signal to the terminal's processes must not tear a request, or a row might be made that nobody hears of; the shell
# acts on the signal when the answer is there. A service may insist on If-Match.
send() ( # METHOD CURL-ARGUMENT...
    trap '' INT TERM HUP
    local method=$1
    shift
    case $method in PUT | PATCH | DELETE) set -- -H 'If-Match: *' "$@" ;; esac
    exec curl --silent --show-error --globoff --connect-timeout 5 --max-time "$patience" -X "$method" \
        -H "X-Request-ID: $marker-$asked" ${authorization[@]+"${authorization[@]}"} "$@"
)

# Sends METHOD PATH-OR-URL [BODY]. Leaves the answer in $status (000: none came), $scratch/body and $scratch/headers.
ask() {
    local url=$2
    if [[ $url == /* ]]; then url=$api$url; fi
    asked=$((asked + 1))
    : >"$scratch/headers"
    : >"$scratch/body"
    status=$(send "$1" ${3+-H 'Content-Type: application/json' --data-raw "$3"} -D "$scratch/headers" \
        -o "$scratch/body" -w '%{http_code}' --url "$url" 2>"$scratch/error") || true
    status=${status:-000}
    if ((verbose)); then
        printf '> %s %s %s\n< %s %s\n' "$1" "${2/#\//$place/}" "${3-}" "$status" "$(printable "$scratch/body" 2000)" >&2
    fi
}

header() { # NAME
    local value
    value=$(grep -i "^$1:" "$scratch/headers" | tail -n 1) || true
    value=${value#*:}
    printf '%s' "$value" | tr -cd '[:graph:]'
}

# The beginning of a FILE, or of what JQ-EXPRESSION makes of its text, without what could steer a terminal.
printable() { # FILE CHARACTERS [JQ-EXPRESSION]
    jq -Rrsj --argjson most "$2" "${3-.}"' | .[:$most] | gsub("[\\s\\p{Cc}\\p{Cf}]+"; " ") | gsub("^ | $"; "")' "$1"
}

# The last answer in words; of a problem, those for people.
answered() {
    local words
    if [[ $status == 000 ]]; then
        printf 'no answer: %s' "$(printable "$scratch/error" 300)"
    else
        words=$(printable "$scratch/body" 300 '(fromjson? | objects | .detail | strings) // .')
        printf '%s%s' "$status" "${words:+: $words}"
    fi
}

# Values of the last answer, one per line as JSON in ASCII; nothing when it is not JSON.
shown() { # JQ-EXPRESSION
    jq -ac "$1" "$scratch/body" 2>/dev/null || true
}

# --- Checks ---------------------------------------------------------------------------------------------------------

line() { # COLOUR WORD TEXT
    printf '%s%-4s%s %s\n' "$1" "$2" "$plain" "$3"
}

pass() { # [NOTE]
    passed=$((passed + 1)) unanswered=0 good=yes
    line "$ok" ok "$what${1:+: $1}"
}

fail() { # WHY
    failed=$((failed + 1))
    line "$bad" FAIL "$what: $1"
    if [[ $cleaning || $status != 000 ]]; then return; fi
    unanswered=$((unanswered + 1))
    if ((unanswered == 3)); then give_up 'three requests in a row had no answer; the other checks were not tried'; fi
}

# The answer is not what it should be.
wrong() { # WHY
    local id
    id=$(header x-request-id)
    id=${id:0:128}
    fail "$1 (X-Request-ID ${id:-$marker-$asked})"
}

# Names the next check. False, and the check is skipped, when what it NEEDS is empty.
begin() { # TEXT NEED
    what=$about$1 note='' good=''
    if [[ $2 ]]; then return; fi
    skipped=$((skipped + 1))
    line "$dim" skip "$what: an earlier check failed"
    return 1
}

# The last answer must have this STATUS, and each EXPRESSION in it the VALUE, as `jq -ac` writes it.
check() { # STATUS [JQ-EXPRESSION VALUE]...
    local values=''
    if [[ $status != "$1" ]]; then
        wrong "expected $1, got $(answered)"
        return
    fi
    shift
    if (($#)); then values=$(shown "empty $(printf ', (%s)%.0s' "$@")")$'\n'; fi
    while (($#)); do
        if [[ ${values%%$'\n'*} != "$2" ]]; then
            values=${values%%$'\n'*}
            values=${values:-$(printable "$scratch/body" 200)}
            wrong "expected $1 to be ${2:0:200}, got ${values:0:200}"
            return
        fi
        values=${values#*$'\n'}
        shift 2
    done
    pass "$note"
}

# A whole check: a request (BODY may be empty), and what its answer must be. Skipped when what it NEEDS is empty.
expect() { # TEXT NEED METHOD PATH BODY STATUS [JQ-EXPRESSION VALUE]...
    begin "$1 ($6)" "$2" || return 0
    ask "$3" "$4" ${5:+"$5"}
    shift 5
    check "$@"
}

# --- Rows -----------------------------------------------------------------------------------------------------------

# What there is to say of a kind of parts: the field that names a row, one for free text, and a listing's reference.
describe() { # COLLECTION
    collection=$1 path=/v1/catalog/$1 names=name remarks=notes
    case $1 in
        cpus) uses=cpu_id ;;
        gpus) uses=gpu_id ;;
        profiles) uses=active_profile_id remarks=description ;;
        ports-profiles) uses=ports_profile_id remarks=description ;;
        ram-specs) uses=ram_spec_id names=label ;;
        storage-profiles) uses=primary_storage_profile_id names=label ;;
    esac
}

# The body of row NUMBER. LABEL is for the kinds that have one beside their natural key.
row() { # NUMBER [LABEL]
    local name=$marker-$1
    case $collection in
        cpus) printf '{"name":"%s","manufacturer":"Smoke","cores":7,"attributes":{"smoke":1}}' "$name" ;;
        gpus) printf '{"name":"%s","manufacturer":"Smoke","gpu_mark":7,"attributes":{"smoke":1}}' "$name" ;;
        profiles) printf '{"name":"%s","weights_json":{"cpu_mark_multi":1},"is_default":false}' "$name" ;;
        ports-profiles) printf '{"name":"%s","ports":[{"type":"usb_a","count":7}]}' "$name" ;;
        ram-specs)
            printf '{"label":"%s","ddr_generation":"hbm3","speed_mhz":%s,' "${2:-$name}" "$speed"
            printf '"module_count":7,"capacity_per_module_gb":251,"total_capacity_gb":%s}' "$1"
            ;;
        storage-profiles)
            printf '{"label":"%s","medium":"ufs","interface":"smoke",' "${2:-$name}"
            printf '"form_factor":"smoke","capacity_gb":99991,"performance_tier":"%s"}' "$name"
            ;;
    esac
}

# Takes the row of the last answer as ours, if it bears the NAME that was sent: get-or-create may answer another's.
# Leaves its id in $created.
claim() { # COLLECTION-PATH NAME
    created=$(jq -r --arg name "$2" 'select((.title? // .name? // .label?) == $name).id | numbers' \
        "$scratch/body" 2>/dev/null) || created=''
    if [[ $created ]]; then made+="$1/$created "; fi
}

forget() { # PATH
    made=${made/ $1 / }
}

# RAM is named by what it is, and a real row may be the same: looks for a speed that nobody has in an odd combination,
# for all RAM of this run.
find_speed() {
    local attempt
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        speed=$((RANDOM % 9999 + 1))
        ask GET "$path?ddr_generation=hbm3&speed_mhz=$speed&module_count=7&limit=1"
        if [[ $status != 200 ]]; then
            wrong "looking for a free natural key: expected 200, got $(answered)"
            return 1
        fi
        if [[ $(shown .) == '[]' ]]; then return; fi
    done
    fail "rows that were there before have all $attempt natural keys that were tried; they were left alone"
    return 1
}

# Posts row NUMBER.
create() { # NUMBER
    created=''
    if [[ $collection == ram-specs && $1 == 1 ]] && ! find_speed; then return; fi
    if [[ $1 == 1 ]]; then written+=" $path"; fi
    ask POST "$path" "$(row "$1")"
    claim "$path" "$marker-$1"
    if [[ $created && $(header location) != *"$path/$created" ]]; then
        wrong "expected Location to end in $path/$created, got '$(header location)'"
    else
        check 201 ".$names" "\"$marker-$1\""
    fi
}

# Looks for rows of ours by name as well, since an answer may have been lost, and deletes: listings first, then parts.
# False when something is left, or may be: $unseen then names the collections that could not be searched.
sweep() {
    local target limit
    unseen=''
    for target in $written; do
        limit=1000
        if [[ $target == /v1/listings ]]; then limit=200; fi
        ask GET "$target?limit=$limit&search=$marker-"
        if [[ $status != 200 ]]; then unseen+=" $target" refusal="$target: $(answered)"; fi
        if [[ $status == 000 ]]; then return 1; fi
        for created in $(jq -r --arg ours "$marker-" \
            '.[] | select(.title? // .name? // .label? // "" | startswith($ours)).id | numbers' \
            "$scratch/body" 2>/dev/null); do
            if [[ $made != *" $target/$created "* ]]; then made+="$target/$created "; fi
        done
    done
    for target in $(tr ' ' '\n' <<<"$made" | sort -r); do
        ask DELETE "$target"
        if [[ $status == 2?? || $status == 404 ]]; then forget "$target"; else refusal="$target: $(answered)"; fi
        if [[ $status == 000 ]]; then return 1; fi
    done
    [[ $made == ' ' && ! $unseen ]]
}

clean_up() {
    local refusal='' unseen
    what='cleanup: nothing is left' cleaning=yes
    printf '\n'
    if ((!cleanup)); then
        printf 'left where they are (CLEANUP=0), all named %s-…:\n' "$marker"
        tr ' ' '\n' <<<"$made" | sed -n "s|^/|  $place/|p"
    elif sweep || { sleep 1 && sweep; }; then
        pass
    elif [[ $made != ' ' ]]; then
        fail "could not delete$made($refusal)"
    else
        fail "could not look for rows named $marker-… in$unseen ($refusal)"
    fi
    written=''
}

# --- What is checked ------------------------------------------------------------------------------------------------

check_service() {
    local name words='"version \(.version), environment \(.environment), database \(.database)"'
    begin 'health: ok (200)' yes
    ask GET /health
    note=$(printable "$scratch/body" 200 "(fromjson? | objects | $words) // \"\"")
    check 200 .status '"ok"'
    healthy=$good
    expect 'readyz: ready' yes GET /readyz '' 200
    expect 'livez: alive' yes GET /livez '' 200
    begin 'metrics: text (200)' yes
    ask GET "$metrics"
    if [[ $status == 200 && $(header content-type) != text/plain* ]]; then
        wrong "expected text/plain, got '$(header content-type)'"
    else
        check 200
    fi
    local readable=$good
    for name in http_requests_total http_request_duration_seconds_bucket; do
        begin "metrics: $name" "$readable" || continue
        if grep -q "^$name{" "$scratch/body"; then pass; else wrong "no line begins with '$name{'"; fi
    done
    expect 'fields-data: all entities' yes GET /v1/fields-data/entities '' 200 \
        "(\"$entities\" / \" \") - [.entities[].entity]" '[]'
    for name in $entities; do
        expect "fields-data: schema of $name" yes GET "/v1/fields-data/$name/schema" '' \
            200 .entity "\"$name\"" '.fields | length > 0' true
    done
}

# The seven operations on rows of one kind, in an order in which each finds what it needs.
check_collection() {
    if ! begin 'all checks' "$healthy"; then return; fi
    local id='' other='' listing='' before='' unused=yes first method
    begin 'create (201, Location)' yes
    create 1
    if [[ $good ]]; then id=$created before=$(shown .); fi
    if begin 'create a second (201, Location)' "$id"; then
        create 2
        if [[ $good ]]; then other=$created; fi
    fi
    if [[ $names == name ]]; then
        expect 'duplicate is refused' "$id" POST "$path" "$(row 1)" 422
    else
        expect 'duplicate answers the row that is there' "$id" POST "$path" "$(row 1 "$marker-again")" 201 . "$before"
    fi
    for method in PATCH PUT; do
        expect "$method to a taken key is refused" "$other" "$method" "$path/$other" "$(row 1)" 422
    done
    check_list
    expect read "$id" GET "$path/$id" '' 200 . "$before"
    expect 'list finds it' "$id" GET "$path?search=$marker-1" '' 200 type '"array"' 'map(.id)' "[$id]"
    if [[ $with_listings ]] && begin 'create a listing that uses it (201)' "$id"; then
        if [[ $written != *listings* ]]; then written="/v1/listings$written"; fi
        ask POST /v1/listings \
            "{\"title\":\"$marker-$collection\",\"price_usd\":1,\"status\":\"archived\",\"$uses\":$id}"
        claim /v1/listings "$marker-$collection"
        if [[ $created ]]; then unused=''; fi
        check 201 ".$uses" "$id"
        if [[ $good ]]; then listing=$created; else no_listing=yes; fi
    fi
    expect patch "$id" PATCH "$path/$id" "{\"$remarks\":\"patched\"}" \
        200 ".$remarks" '"patched"' ".$names" "\"$marker-1\""
    if [[ $collection == ports-profiles ]]; then
        # The script that operators had sends this to every kind.
        expect 'patch of notes, which it has not' "$id" PATCH "$path/$id" '{"notes":"patched"}' 200 .id "$id"
    fi
    if [[ $with_listings ]]; then
        expect 'listing still uses it' "${good:+$listing}" GET "/v1/listings/$listing" '' 200 ".$uses" "$id"
    fi
    expect put "$id" PUT "$path/$id" "$(row 1)" 200 ".$remarks" null ".$names" "\"$marker-1\""
    if [[ $with_listings ]]; then
        expect 'its listings' "$listing" GET "$path/$id/listings?limit=10" '' 200 'map(.id)' "[$listing]"
        expect 'delete is refused while in use' "$listing" DELETE "$path/$id" '' \
            409 .usage.count 1 '[.usage.listings[].id]' "[$listing]"
        if [[ $listing && $status == 204 ]]; then forget "$path/$id" && id=''; fi
    else
        expect 'its listings: none' "$id" GET "$path/$id/listings?limit=10" '' 200 . '[]'
    fi
    if ((!cleanup)); then return; fi
    if [[ $with_listings ]]; then
        expect_deleted 'delete the listing' "$listing" "/v1/listings/$listing"
        unused=${unused:-$good}
    fi
    expect_deleted delete "${unused:+$id}" "$path/$id"
    expect 'gone then' "$good" GET "$path/$id" '' 404
    expect_deleted 'delete the second' "$other" "$path/$other"
}

expect_deleted() { # TEXT NEED PATH
    expect "$1" "$2" DELETE "$3" '' 204
    if [[ $good ]]; then forget "$3"; fi
}

# Old rows may hold JSON that is too deep for jq, so it is not asked to understand the answers. Leaves the id of the first
# row in $first.
check_list() {
    local body=$scratch/body
    first=''
    begin 'list (200)' yes
    ask GET "$path?limit=10"
    if [[ $status == 200 && $(head -c 1 "$body")$(tail -c 1 "$body") != '[]' ]]; then
        wrong "expected a JSON array, got $(printable "$body" 200)"
    else
        if [[ $(head -c 3 "$body") == '[]' ]]; then note='no rows'; else first=$(first_id); fi
        check 200
    fi
}

check_collection_read_only() {
    local first
    if ! begin 'all checks' "$healthy"; then return; fi
    check_list
    if [[ $note == 'no rows' ]]; then return; fi
    expect 'read the first' "$first" GET "$path/$first" '' 200
    expect 'its listings' "$first" GET "$path/$first/listings?limit=10" '' 200
}

# The id of a list's first row. Where jq gives up it is read as the first member.
first_id() {
    jq -r '.[0].id | numbers' "$scratch/body" 2>/dev/null ||
        head -c 100 "$scratch/body" | sed -n 's/^\[{"id":\(-\{0,1\}[0-9]*\),.*/\1/p'
}

# --- What is measured -----------------------------------------------------------------------------------------------

# Sends METHOD to each path on standard input, a POST with rows 1, 2 …: many per curl process, so that its start is in
# no figure, and that of a connection in few. Leaves a line `status seconds` per answer in $scratch/figures, the answers
# in $scratch/answer.NUMBER, and in $count how many there should be.
volley() { # METHOD [CURL-OPTION]...
    local method=$1 target
    shift
    count=0
    rm -f "$scratch"/batch.* "$scratch"/answer.*
    while IFS= read -r target; do
        count=$((count + 1))
        {
            printf 'url = "%s"\noutput = "%s"\n' "$api$target" "$scratch/answer.$count"
            if [[ $method == POST ]]; then
                row "$count" >"$scratch/row.$count"
                printf 'upload-file = "%s"\n' "$scratch/row.$count"
            fi
        } >>"$scratch/batch.$((count / 25))"
    done
    for target in "$scratch"/batch.*; do
        asked=$((asked + 1))
        send "$method" -K "$target" -H Expect: -w '%{http_code} %{time_total}\n' "$@" 2>/dev/null || true
    done >"$scratch/figures"
    if ((verbose)); then sed "s|^|< $method $path |" "$scratch/figures" >&2; fi
}

# Prints a line of the table from a volley to the paths on standard input. $complete: each answer had the STATUS.
measure() { # OPERATION METHOD STATUS LIMIT [CURL-OPTION]...
    local operation=$1 method=$2 expected=$3 limit=$4 colour='' p50 p95 verdict count
    shift 4
    volley "$method" "$@"
    read -r p50 p95 complete verdict < <(jq -Rnr --arg status "$expected" --argjson limit "${limit:-null}" \
        --arg operation "$operation" --argjson count "$count" --arg ids "X-Request-ID $marker-…" '
        [inputs / " "] as $all
        | [$all[] | select(.[0] == $status)[1] | tonumber * 1000] | sort as $times
        | def at($share): $times[($times | length * $share / 100 | ceil) - 1] // 0;
        def tenths: . * 10 | round / 10;
        "\(at(50) | tenths) \(at(95) | tenths) \($times | length == $count) " +
        if $times | length < $count then
            "FAIL: \($times | length) of \($count) answers were \($status), others " +
            "\([$all[][0] | select(. != $status)] | unique | join(", ")) (\($ids))"
        elif $limit == null then "-"
        elif at(95) >= $limit or ($operation == "list" and at(50) >= $limit) then "FAIL: too slow"
        else "ok" end' "$scratch/figures")
    case $verdict in
        ok) colour=$ok passed=$((passed + 1)) ;;
        FAIL*) colour=$bad failed=$((failed + 1)) ;;
    esac
    printf '%-18s %-8s %10s %10s %10s  %s%s%s\n' \
        "$collection" "$operation" "$p50 ms" "$p95 ms" "${limit:+$limit ms}" "$colour" "$verdict" "${colour:+$plain}"
}

repeated() { # PATH
    local count
    for ((count = 0; count < requests; count++)); do printf '%s\n' "$1"; done
}

measure_collection() {
    local id paths='' before=$made complete
    if [[ $read_only ]]; then
        measure list GET 200 "$list_ms" < <(repeated "$path?limit=50")
        ask GET "$path?limit=1"
        id=$(first_id)
        if [[ $id ]]; then measure read GET 200 '' < <(repeated "$path/$id"); fi
        return
    fi
    begin 'a free natural key' yes
    if [[ $collection == ram-specs ]] && ! find_speed; then return; fi
    written+=" $path"
    measure create POST 201 '' -H 'Content-Type: application/json' < <(repeated "$path")
    for id in $(cat "$scratch"/answer.* 2>/dev/null | jq -r --arg ours "$marker-" \
        'select(.name? // .label? // "" | startswith($ours)).id | numbers' 2>/dev/null); do
        made+="$path/$id " paths+="$path/$id"$'\n'
    done
    measure list GET 200 "$list_ms" < <(repeated "$path?limit=50")
    begin 'read, patch, delete' "$paths" || return 0
    measure read GET 200 '' < <(printf %s "$paths")
    measure patch PATCH 200 "$update_ms" -H 'Content-Type: application/json' -d "{\"$remarks\":\"patched\"}" \
        < <(printf %s "$paths")
    if ((!cleanup)); then return; fi
    measure delete DELETE 204 "$delete_ms" < <(printf %s "$paths")
    if [[ $complete == true ]]; then made=$before; fi
}

# --- The run --------------------------------------------------------------------------------------------------------

deadline=$((SECONDS + wait))
while ((wait)); do
    left=$((deadline - SECONDS))
    patience=$((left < 1 ? 1 : left < 15 ? left : 15))
    ask GET /readyz
    if [[ $status == 200 ]]; then break; fi
    if ((left <= 0)); then give_up "$place/readyz did not say yes within $wait s: $(answered)"; fi
    sleep 0.5
done
patience=15
ask GET /livez
if [[ $status == 000 ]]; then give_up "$place gives $(answered)"; fi

if [[ $budget ]]; then
    printf '%-18s %-8s %10s %10s %10s  %s\n' collection operation p50 p95 limit verdict
else
    check_service
fi
for collection in "${collections[@]}"; do
    describe "$collection"
    about="$collection: "
    if [[ $budget ]]; then
        measure_collection
        continue
    fi
    printf '\n'
    if [[ $read_only ]]; then check_collection_read_only; else check_collection; fi
done
if [[ $written ]]; then clean_up; fi

remark=''
if [[ ! $with_listings ]]; then remark='; what needs a listing was left out (--no-listings)'; fi
if [[ $no_listing ]]; then remark='; where listings cannot be created, leave out what needs them: --no-listings'; fi
printf '\n%s passed, %s failed, %s skipped%s\n' "$passed" "$failed" "$skipped" "$remark"
((!failed && !skipped))
