# The driver `systemd`: BINARY is what deploy/partbook.service starts, UNITS names a service for each instance, SOCKET the sockets
# that start them (deploy/partbook.socket), if there are any. Run as root. Sourced.
# shellcheck disable=SC2154 # the settings are the caller's
# shellcheck source=scripts/lib/deploy/drivers/binary.bash
. "$library/drivers/binary.bash"

# A command gets what partbook.service gets: user, directory, settings, and the URL of the database as a credential.
command_unit=partbook-deploy
command_properties=(
    'Type=exec'
    'DynamicUser=yes' 'User=partbook' 'StateDirectory=partbook' 'StateDirectoryMode=0700' 'WorkingDirectory=/var/lib/partbook' 'UMask=0077'
    'EnvironmentFile=-/etc/partbook/partbook.env' 'EnvironmentFile=-/etc/partbook/store.env'
    'LoadCredential=database-url:/etc/partbook/database-url' 'SetCredential=database-url:sqlite:///var/lib/partbook/partbook.db'
    "Environment=DATABASE_URL_FILE=/run/credentials/$command_unit.service/database-url" 'Environment=TMPDIR=/var/lib/partbook'
    'NoNewPrivileges=yes' 'ProtectHome=yes' 'PrivateTmp=yes'
)

driver_preflight() {
    command -v systemctl >/dev/null && command -v systemd-run >/dev/null || fail 'systemctl or systemd-run is missing'
    if [[ ! $dry_run ]] && ((EUID != 0)); then fail 'the driver systemd has to be run as root'; fi
}

driver_run() { # REFERENCE ARGUMENT...
    act systemd-run --quiet --wait --pipe --collect --unit="$command_unit" "${command_properties[@]/#/--property=}" "$@"
}

driver_is_alive() { # INSTANCE
    # While it is started again and again, there is no process now and then.
    [[ $(systemctl show --property=ActiveState --value "${units[$1]}" 2>/dev/null) =~ ^(active|activating|reloading)$ ]]
}

# The socket goes first: a client would start the service again.
driver_stop() {
    # shellcheck disable=SC2086 # words
    act systemctl stop $SOCKET "${units[@]}"
}

driver_start() {
    # shellcheck disable=SC2086 # words
    act systemctl start $SOCKET "${units[@]}"
}

driver_restart() { # INSTANCE
    act systemctl restart "${units[$1]}"
}

driver_last_words() { # INSTANCE
    journalctl --unit "${units[$1]}" --lines 2 --no-pager --output cat 2>/dev/null | cut -c -400
}
