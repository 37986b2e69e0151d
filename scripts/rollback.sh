#!/usr/bin/env bash
# Takes the latest deployment back.
# shellcheck disable=SC2034,SC2154 # the parts below scripts/lib/deploy set and read the rest
set -euo pipefail
export LC_ALL=C

usage() {
    cat <<'TEXT'
Usage: scripts/rollback.sh [OPTION]... SETTINGS

Goes back from the latest deployment that scripts/deploy.sh has made to the version before it, whether it passed or was cut off. It says
how far it goes and why; it takes the first of these ways that leads there:

  binary     the version before goes on with the schema as it is: there was no migration since, or only compatible ones. Nothing is lost
  down       migrations that are not compatible are taken back by the version that brought them (partbook migrate down). What was written
             into columns and tables that go is lost
  restore    one of them cannot be taken back: the backup from before it takes the place of the database. What was written since is lost:
             the tables are named, with the rows that they had then and have now, and the name of the environment is asked for

What is replaced or taken back becomes a backup first. The service is stopped for the last two ways.

  --dry-run        says how far it would go and why, and changes nothing
  --restore        goes as far as that in any case: the new version has damaged rows
  --accept-loss    does not ask, for where nobody can be asked
  --terminate      ends the sessions of others on a PostgreSQL database, for a restore
  --by NAME        who does it ($SUDO_USER or $USER)
  --note TEXT      why; for the log

The log of the deployment, TIME.jsonl in DEPLOYMENTS_DIR, goes on with what this does.

A deployment that was cut off before it changed anything is only given up; called once more, it goes back from the one before that.

Exit status: 0 the version before is back, or the dry run is done, or what was cut off is given up; 2 the call or the settings are wrong; 3 there is nothing to go back
from or to; 4 a person is needed: it is not back, or the question was answered with no; 5 another deployment is at work; 129, 130, 143 interrupted.

SETTINGS are those of scripts/deploy.sh, whose --help names them.
TEXT
}

program=scripts/rollback.sh
scripts=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/lib/deploy/all.bash
. "$scripts/lib/deploy/all.bash"

while (($#)); do
    case $1 in
        --dry-run) dry_run=yes ;;
        --restore) way_asked=restore ;;
        --accept-loss) accepts_loss=yes ;;
        --terminate) terminate=yes ;;
        --by | --note) take_words "$@" && shift ;;
        --help | -h) usage && exit 0 ;;
        -*) usage >&2 && exit 2 ;;
        *) words+=("$1") ;;
    esac
    shift
done
if ((${#words[@]} != 1)); then usage >&2 && exit 2; fi
need_programs
read_settings "${words[0]}"

if [[ ! -d $(state_directory) ]]; then
    complain "there is no deployment in $DEPLOYMENTS_DIR"
    exit 3
fi
open_log 4
take_lock
latest=$(latest_log)
if [[ $latest && ! $(result_of "$latest") && ! $(has_changed "$latest") ]]; then
    what=''
    if [[ $dry_run ]]; then
        say "the latest deployment, $(basename "$latest" .jsonl), was cut off before it changed anything: it would be given up"
    else
        give_up_other "$latest"
    fi
    exit
fi
latest=$(latest_change)
if [[ ! $latest ]]; then
    complain "there is no deployment in $DEPLOYMENTS_DIR that has changed anything"
    exit 3
fi
refuse_other_environment "$latest"
take_up "$latest"
result=$(result_of "$latest")
say "the latest deployment is $deployment: $(kept from_commit) -> $(kept to_commit), ${result:-cut off in the step $(kept step)}"
if [[ $result == 'rolled back' && ! $way_asked ]]; then
    complain "it is rolled back already: to go to an earlier version, deploy that"
    exit 3
fi
if [[ ! $(kept from_ref) || ($DRIVER != compose && ! -x $(kept from_ref)) ]]; then
    complain 'there is no version before: it was the first, or what was kept of it is gone (KEEP_RELEASES)'
    exit 3
fi
if [[ $(kept from_ref) == "$(kept to_ref)" ]]; then
    complain "it was of the version that ran already, and no log knows which was before: deploy that"
    exit 3
fi
running=$(commit_of 0)
if [[ $running ]] && ! same_commit "$running" "$(kept to_commit)" && ! same_commit "$running" "$(kept from_commit)"; then
    complain "${urls[0]} runs $running, which that deployment did not bring: somebody has deployed otherwise, or the log is not of this environment"
    exit 3
fi
if [[ $dry_run ]]; then
    choose_way "$way_asked" || exit 4
    say "it would go back to $(kept from_commit) by $way${target:+ $target}: $why"
    exit
fi
trap_ends
status_when_back=0
keep changed "$(kept changed || true)"
if [[ ! $(kept changed) ]]; then keep changed restarted; fi
record asked by "$by" note "$note" restore "${way_asked:-no}" --json accepts_loss "$([[ $accepts_loss ]] && echo true || echo false)"
go_back "asked for by $by${note:+: $note}"
