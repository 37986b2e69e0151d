# What the drivers process and systemd have in common: the service is a program, installed as BINARY; sourced by them.
# shellcheck disable=SC2154 # the settings are the caller's

driver_verify() { verify_file "$1"; }

# The commit of the program that is installed; nothing where there is none.
driver_installed() {
    if [[ -x $BINARY ]]; then commit_in "$(version_of "$BINARY")"; fi
}

# Keeps a copy of the program that is installed, to go back to, and prints where it is.
driver_keep() { # COMMIT
    local sum place
    sum=$(sha256sum "$BINARY" | cut -d ' ' -f 1)
    place=$DEPLOYMENTS_DIR/releases/$1-${sum:0:12}
    if [[ ! -e $place/partbook ]]; then
        mkdir -p "$place"
        install -m 755 "$BINARY" "$place/.partbook"
        mv "$place/.partbook" "$place/partbook"
    fi
    touch "$place"
    printf '%s' "$place/partbook"
}

# A rename, so that there is the one program or the other at any moment, and one that runs goes on with its own.
driver_install() { # REFERENCE
    act install -m 755 "$1" "$BINARY.new"
    act mv "$BINARY.new" "$BINARY"
}
