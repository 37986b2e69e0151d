# Asks the instances of the service; sourced.
# shellcheck disable=SC2154 # the settings are the caller's

# The token, where there is one, as curl reads it: on its command line everybody would see it.
credentials() {
    if [[ ${API_TOKEN-} ]]; then printf 'header = "Authorization: Bearer %s"\n' "${API_TOKEN//[!A-Za-z0-9._~+\/=-]/}"; fi
}

# Directly, whatever http_proxy says.
ask() { # URL
    curl --silent --show-error --globoff --noproxy '*' --connect-timeout 3 --max-time 10 --config <(credentials) --url "$1"
}

# The commit that an instance runs, as /health names it; versions that do not are asked for their metrics. Nothing where it does not
# answer, or does not say.
commit_of() { # INSTANCE
    local commit
    commit=$(ask "${urls[$1]}/health" 2>/dev/null | jq -r '.commit // "" | strings' 2>/dev/null) || commit=''
    if [[ ! $commit ]]; then
        commit=$(ask "${metrics_urls[$1]}" 2>/dev/null | sed -nE 's/^partbook_build_info\{.*commit="([^"]*)".*/\1/p') || commit=''
    fi
    printf '%s' "$commit"
}

environment_of() { # INSTANCE
    ask "${urls[$1]}/health" 2>/dev/null | jq -r '.environment // "" | strings' 2>/dev/null || true
}

# One commit may be written shorter than the other.
same_commit() { # COMMIT COMMIT
    local short=$1 long=$2
    if ((${#short} > ${#long})); then short=$2 long=$1; fi
    ((${#short} >= 7)) && [[ $long == "$short"* ]]
}

is_ready() { # INSTANCE
    [[ $(curl --silent --globoff --noproxy '*' --connect-timeout 3 --max-time 10 -o /dev/null -w '%{http_code}' --url "${urls[$1]}/readyz") == 200 ]]
}

# Waits until an instance is ready; gives up when its process has ended, or after READY_TIMEOUT.
wait_until_ready() { # INSTANCE
    local deadline=$((SECONDS + READY_TIMEOUT)) reason
    until is_ready "$1"; do
        if ! driver_is_alive "$1"; then
            fail "instance ${urls[$1]} has ended: $(driver_last_words "$1")"
        fi
        if ((SECONDS >= deadline)); then
            reason=$(ask "${urls[$1]}/readyz" 2>&1) || true
            fail "${urls[$1]}/readyz did not say yes within $READY_TIMEOUT s: ${reason:0:300}"
        fi
        sleep 0.2
    done
    # It may be another one that answers there.
    driver_is_alive "$1" || fail "something answers at ${urls[$1]}, and the instance has ended: $(driver_last_words "$1")"
}

# Every instance has to run this commit.
compare_commits() { # COMMIT
    local instance commit
    for ((instance = 0; instance < instances; instance++)); do
        commit=$(commit_of "$instance")
        same_commit "$commit" "$1" || fail "${urls[instance]} runs '${commit:-unknown}', and not $1"
    done
    figure instances "$instances"
    figure commit "\"$1\""
}

# Requests to the API, those answered 5xx, and the start of the process, of an instance.
counted() { # INSTANCE
    ask "${metrics_urls[$1]}" | awk '
        /^http_requests_total\{/ && /path="\/v1\// { requests += $NF; if (/status="5/) errors += $NF }
        /^process_start_time_seconds / { start = $NF }
        END { if (start == "") exit 1; printf "%d %d %s\n", requests, errors, start }'
}
