# What scripts/deploy.sh and scripts/rollback.sh have in common; sourced, with `scripts` set to their folder.
# shellcheck disable=SC2034,SC2154 # the parts and the two scripts set and read the rest

library=$scripts/lib/deploy
for part in settings log service verify preflight steps back run; do
    # shellcheck source=/dev/null
    . "$library/$part.bash"
done

# What the call says.
dry_run='' note='' rendering='' way_asked='' accepts_loss='' terminate=''
by=${SUDO_USER:-${USER:-$(id -un)}}
declare -A accepted=()
words=()

# Takes the value of --by or --note.
take_words() { # OPTION [VALUE]...
    [[ ${2-} ]] || { complain "$1 needs a value" && exit 2; }
    if [[ $1 == --by ]]; then by=$2; else note=$2; fi
}

# From here on, an end that comes early is entered.
trap_ends() {
    trap 'interrupted 130' INT
    trap 'interrupted 143' TERM
    trap 'interrupted 129' HUP
    trap ended EXIT
}
