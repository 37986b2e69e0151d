#!/usr/bin/env bash
# Deploys a version of Partbook to an environment, and goes back by itself when it is not as it should be.
# shellcheck disable=SC2034,SC2154 # the parts below scripts/lib/deploy set and read the rest
set -euo pipefail
export LC_ALL=C

usage() {
    cat <<'TEXT'
Usage: scripts/deploy.sh [OPTION]... SETTINGS WHAT
       scripts/deploy.sh [OPTION]... SETTINGS --resume

SETTINGS is the file of an environment (deploy/environments/*.env.example). WHAT is a program with a SHA256SUMS beside it, or, with
the driver compose, an image by tag or digest. The steps:

  verify      what is deployed is what SHA256SUMS or the digest says, and names its commit
  preflight   driver, staging, instances, installed, disk, memory, load, database, pending, drift, backup, alerts
  record      the version that runs; it is kept to go back to
  check       partbook check --save: rows of each table, and findings
  backup      partbook backup create, verified
  migrate     partbook migrate up; before a migration that is not compatible, the version before is stopped
  restart     the new version, one instance after the other
  ready       /readyz of every instance says yes, and its /health names the commit that was deployed
  smoke       scripts/smoke.sh
  budget      scripts/smoke.sh --budget
  compare     partbook check --compare: no row is missing, nothing is found that was not found before
  errors      the share of requests to the API that fail (5xx), from /metrics, over ERROR_WINDOW seconds
  postflight  instances, disk, memory, load, pending, drift, backup, alerts

When a step before migrate fails, nothing was changed. When a later one fails, the version before comes back, as far as that goes
without losing what was written: scripts/rollback.sh --help says how far. A run that was cut off is gone on with by the next one,
after it has said where the other stood; where nothing was changed yet and WHAT is another, it is given up.

  --dry-run               looks (verify, preflight), shows each step with its commands, and changes nothing
  --resume                goes on with the deployment that was cut off; the same as naming WHAT once more
  --accept CHECK:REASON   lets a check of the preflight fail, or findings of `check`; may be given several times. For emergencies,
                          and of what is known: --accept 'staging:the shop is down'. The log tells it
  --by NAME               who deploys ($SUDO_USER or $USER)
  --note TEXT             why; for the log

Each deployment has a file in DEPLOYMENTS_DIR, TIME.jsonl: a line of JSON for each thing that happened, with time, duration, result and
figures. Nothing secret is in it, or on a command line.

Exit status: 0 it was deployed and passed, or the dry run found nothing; 1 it failed, and the version before is back; 2 the call or the
settings are wrong; 3 refused before anything was changed; 4 a person is needed: it failed, and the version before is not back;
5 another deployment is at work, or has to be finished first; 129, 130, 143 interrupted.

Settings (NAME=VALUE; paths are absolute; ! must be there):
  ENVIRONMENT !                what /health calls the installation; production needs STAGING_DEPLOYMENTS_DIR
  DRIVER !                     process, systemd or compose
  URLS !                       of each instance, asked directly and not through a proxy; METRICS_URLS where /metrics is elsewhere
  DEPLOYMENTS_DIR !            the log, and the versions that are kept (KEEP_RELEASES, 5)
  STAGING_DEPLOYMENTS_DIR      the log of staging, or a copy: only a commit that passed there is taken
  SCHEMA                       legacy where the database is the legacy service's, and nothing is migrated (partbook)
  BINARY                       process, systemd: where the program is installed
  SERVICE_ENV, WORK_DIR, RUN_DIR, LISTEN    process: the service's settings, working directory, place for logs and process ids,
                               and an address for each instance
  UNITS, SOCKET                systemd: a service for each instance; the sockets that start them
  COMPOSE_DIR, COMPOSE_SERVICES, COMPOSE_API    compose: the folder; the services that run the image (api backup); the one that serves (api)
  READY_TIMEOUT, STOP_TIMEOUT  seconds (60, 45)
  MIN_DISK_MB, MIN_MEMORY_MB, MAX_LOAD_PER_CPU, MAX_BACKUP_AGE_HOURS    limits of the preflight (1024, 256, 2, 26)
  BACKUPS_DIR                  a directory of backups on this machine, whose room is looked at
  PROMETHEUS_URL, ALERTMANAGER_URL, ALERTS    who is asked for firing alerts, and which count, a regular expression (^Partbook)
  SMOKE                        arguments for scripts/smoke.sh, such as --read-only or --no-listings
  SMOKE_REQUESTS, BUDGET_LIST_MS, BUDGET_UPDATE_MS, BUDGET_DELETE_MS    as there (50, 100, 200, 500)
  ERROR_WINDOW                 seconds (300)
  ERROR_GATE_PERCENT, ERROR_ROLL_BACK_PERCENT    more at the end of the window fails (1); more at any time fails at once (10), from
                               ERROR_LEAST_REQUESTS on (20)

Where PARTBOOK_ANONYMOUS keeps those without a token from reading or writing, API_TOKEN in the environment is sent to the service and its
metrics, by scripts/smoke.sh as well: a token with the scopes write and metrics.

Needs bash 5, curl, jq, flock, and for smoke.sh nothing else.
TEXT
}

program=scripts/deploy.sh
scripts=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/lib/deploy/all.bash
. "$scripts/lib/deploy/all.bash"

resume=''
while (($#)); do
    case $1 in
        --dry-run) dry_run=yes ;;
        --resume) resume=yes ;;
        --accept)
            [[ ${2-} =~ ^([a-z]+):(.*[^[:space:]].*)$ ]] || { complain '--accept needs CHECK:REASON' && exit 2; }
            check_is_known "${BASH_REMATCH[1]}" || { complain "--accept: no check is called ${BASH_REMATCH[1]}" && exit 2; }
            accepted[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
            shift
            ;;
        --by | --note) take_words "$@" && shift ;;
        --help | -h) usage && exit 0 ;;
        -*) usage >&2 && exit 2 ;;
        *) words+=("$1") ;;
    esac
    shift
done
if ((${#words[@]} != (${resume:+1} + 0 ? 1 : 2))); then usage >&2 && exit 2; fi
need_programs
read_settings "${words[0]}"
what=${words[1]-}
# So that a run that goes on from another directory means the same.
if [[ $DRIVER != compose && -e $what ]]; then what=$(realpath "$what"); fi

if [[ $dry_run ]]; then
    [[ $what ]] || { complain '--dry-run needs WHAT' && exit 2; }
    dry_run
    exit
fi
open_log 3
take_lock
trap_ends

unfinished=$(latest_log)
refuse_other_environment "$unfinished"
if [[ $unfinished && ! $(result_of "$unfinished") && $what && ! $(has_changed "$unfinished") ]] && give_up_other "$unfinished"; then
    unfinished=''
fi
if [[ $unfinished && ! $(result_of "$unfinished") ]]; then
    take_up "$unfinished"
    accept_as_before
    tell_where_it_stood
    if [[ $what && $what != "$(kept what)" ]]; then
        is_over=yes
        complain "finish that one first: $program ${words[0]} --resume, or scripts/rollback.sh ${words[0]}"
        exit 5
    fi
    record resumed by "$by" step "$(kept step)"
    if is_kept rolling_back; then
        way_asked=$(kept way_asked)
        go_back "$(kept rolling_back)"
    fi
    run_steps_from "$(where_to_go_on)"
elif [[ $resume ]]; then
    is_over=yes
    complain 'there is nothing to go on with'
    exit 5
else
    begin_deployment
    run_steps_from verify
fi
