# Verifies what is to be deployed: the one place where a file or an image is found good; sourced.
# shellcheck disable=SC2154 # the settings and `dry_run` are the caller's

# The commit that `partbook --version` names: partbook 0.1.0 (COMMIT).
commit_in() { # TEXT
    if [[ $1 =~ ^partbook\ [^\ ]+\ \(([0-9a-z]+)\)$ ]]; then printf '%s' "${BASH_REMATCH[1]}"; fi
}

# What a program says of itself: the beginning of it, in a bounded time, without what could steer a terminal.
version_of() { # FILE
    timeout 10 "$1" --version 2>&1 </dev/null | head -c 300 | tr -cd '[:print:]\n' | head -n 1 || true
}

# The sum of a file that the SHA256SUMS beside it names.
named_sum() { # FILE
    local sums name=${1##*/} found
    sums=$(dirname "$1")/SHA256SUMS
    [[ -r $sums ]] || fail "there is no $sums. It comes with a release; of a file that you have built yourself: (cd $(dirname "$1") && sha256sum $name > SHA256SUMS)"
    found=$(awk -v name="$name" '{ sum = $1; sub(/^[^ ]+ [ *]/, ""); if ($0 == name) print sum }' "$sums" | sort -u)
    [[ $found =~ ^[0-9a-f]{64}$ ]] || fail "$sums does not name one sum of $name"
    printf '%s' "$found"
}

# Verifies a program: it is what SHA256SUMS says, runs on this machine, and names its commit. Keeps a copy below releases, which is
# what is verified and deployed, so that nobody can exchange the file in between. Keeps to_ref, to_commit and to_sha256.
verify_file() { # FILE
    local file=$1 expected sum commit version place
    [[ -f $file && -r $file ]] || fail "there is no file $file"
    file=$(realpath "$file")
    expected=$(named_sum "$file")
    if [[ ! $dry_run ]]; then
        mkdir -p "$DEPLOYMENTS_DIR/releases"
        place=$(mktemp -d "$DEPLOYMENTS_DIR/releases/.new.XXXXXX")
        install -m 755 "$file" "$place/partbook" || { rm -rf "$place" && fail "$file could not be copied to $DEPLOYMENTS_DIR/releases: is there room?"; }
        file=$place/partbook
    fi
    sum=$(sha256sum "$file" | cut -d ' ' -f 1)
    if [[ $sum != "$expected" ]]; then
        rm -rf "${place-}"
        fail "$1 is not what SHA256SUMS says: it has $sum, and should have $expected"
    fi
    version=$(version_of "$file")
    commit=$(commit_in "$version")
    if [[ ! $commit || $commit == unknown ]]; then
        rm -rf "${place-}"
        fail "$1 does not name its commit, so nobody could tell whether it runs: its --version says '$version'"
    fi
    if [[ ! $dry_run ]]; then
        file=$DEPLOYMENTS_DIR/releases/$commit-${sum:0:12}
        chmod 755 "$place"
        if [[ -e $file/partbook ]]; then rm -rf "$place"; else mv -T "$place" "$file"; fi
        touch "$file"
        file+=/partbook
    fi
    keep to_ref "$file"
    keep to_commit "$commit"
    keep to_sha256 "$sum"
}

# Verifies an image: what is deployed is its digest, since tags move, and its label names the commit. A digest that was asked for is
# the one that comes. Keeps to_ref, to_commit and to_sha256.
verify_image() { # IMAGE
    local digest commit
    if [[ $dry_run ]]; then
        keep to_ref "$1"
        keep to_commit 'not known before the image is pulled'
        keep to_sha256 ''
        return
    fi
    quietly docker pull --quiet "$1"
    # Of an image that was made on this machine and never pushed there is no digest; then it is its id.
    digest=$(docker image inspect --format '{{if .RepoDigests}}{{index .RepoDigests 0}}{{else}}{{.Id}}{{end}}' "$1")
    if [[ $1 == *@sha256:* && $digest != *"@${1##*@}" ]]; then fail "$1 is another image: $digest"; fi
    commit=$(docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.revision"}}' "$digest")
    [[ $commit =~ ^[0-9a-f]{7,40}$ ]] || fail "$1 does not name its commit in org.opencontainers.image.revision: build it with --build-arg PARTBOOK_COMMIT=…"
    keep to_ref "$digest"
    keep to_commit "$commit"
    keep to_sha256 "${digest##*:}"
}

# Production takes a commit that the log of staging shows as passed, and that was not rolled back afterwards.
verify_staging() {
    local file commit environment found='' ended
    if [[ ! $STAGING_DEPLOYMENTS_DIR ]]; then return; fi
    [[ -d $STAGING_DEPLOYMENTS_DIR ]] || { printf 'there is no directory %s' "$STAGING_DEPLOYMENTS_DIR" && return 1; }
    for file in "$STAGING_DEPLOYMENTS_DIR"/*.jsonl; do
        if [[ ! -e $file ]]; then break; fi
        commit=$(events "$file" 'map(select(.event == "deployment")) | last | .to // ""')
        environment=$(events "$file" 'map(select(.event == "begun")) | last | .environment // ""')
        if [[ $environment == "$ENVIRONMENT" ]] || ! same_commit "$commit" "$(kept to_commit)"; then continue; fi
        found=${file##*/}
        ended=$(result_of "$file")
    done
    if [[ $found && $ended == passed ]]; then
        printf '%s passed in %s' "$(kept to_commit)" "${found%.jsonl}"
    elif [[ $found ]]; then
        printf 'the last deployment of %s there, %s, ended: %s' "$(kept to_commit)" "${found%.jsonl}" "${ended:-not yet}"
        return 1
    else
        printf 'the log of staging in %s does not know %s' "$STAGING_DEPLOYMENTS_DIR" "$(kept to_commit)"
        return 1
    fi
}
