# The driver `compose`: COMPOSE_DIR holds docker-compose.yml and its .env, in which PARTBOOK_IMAGE names the image; COMPOSE_SERVICES
# are those that run it, COMPOSE_API the one that serves. Sourced.
# shellcheck disable=SC2154 # the settings are the caller's

driver_verify() { verify_image "$1"; }

compose() { # ARGUMENT...
    act docker compose --project-directory "$COMPOSE_DIR" "$@"
}

driver_preflight() {
    [[ -r $COMPOSE_DIR/docker-compose.yml && -r $COMPOSE_DIR/.env ]] || fail "there is no docker-compose.yml or no .env in $COMPOSE_DIR"
    if [[ ! $dry_run ]] && ! docker compose version >/dev/null 2>&1; then fail 'docker compose is missing'; fi
}

# As docker-compose.yml has it where .env does not say.
installed_image() {
    local image
    image=$(sed -nE "s/^PARTBOOK_IMAGE=['\"]?([^'\"]*)['\"]?\$/\1/p" "$COMPOSE_DIR/.env" | tail -n 1)
    printf '%s' "${image:-partbook}"
}

# The commit of the image that is installed, by its label.
driver_installed() {
    local image
    image=$(installed_image)
    if [[ $image ]]; then docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.revision"}}' "$image" 2>/dev/null || true; fi
}

# An image stays where it is; its digest is what to go back to.
driver_keep() { # COMMIT
    docker image inspect --format '{{if .RepoDigests}}{{index .RepoDigests 0}}{{else}}{{.Id}}{{end}}' "$(installed_image)"
}

driver_run() { # REFERENCE ARGUMENT...
    local image=$1
    shift
    act env PARTBOOK_IMAGE="$image" docker compose --project-directory "$COMPOSE_DIR" run --rm --no-deps --no-TTY "$COMPOSE_API" "$@"
}

# Names the image in .env, which keeps its mode, and all at once.
write_image() { # IMAGE
    local env=$COMPOSE_DIR/.env
    cp --preserve=mode "$env" "$env.new"
    awk -v line="PARTBOOK_IMAGE=$1" '/^PARTBOOK_IMAGE=/ { if (!done) print line; done = 1; next } { print } END { if (!done) print line }' \
        "$env" >"$env.new"
    mv "$env.new" "$env"
}

driver_install() { # REFERENCE
    act write_image "$1"
}

driver_is_alive() { # INSTANCE
    [[ $(compose ps --status running --status restarting --quiet "$COMPOSE_API") ]]
}

driver_stop() {
    # shellcheck disable=SC2086 # words
    compose stop $COMPOSE_SERVICES
}

driver_start() {
    # shellcheck disable=SC2086 # words
    compose up --detach --no-deps $COMPOSE_SERVICES
}

# Compose makes containers anew whose image is another one.
driver_restart() { # INSTANCE
    driver_start
}

driver_last_words() { # INSTANCE
    compose logs --no-log-prefix --tail 2 "$COMPOSE_API" 2>/dev/null | cut -c -400
}
