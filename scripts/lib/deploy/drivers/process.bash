# The driver `process`: each instance is a process of its own that nobody watches, started here in the background; Linux. Sourced.
#
# BINARY is the program, SERVICE_ENV the file of its settings (the form of deploy/partbook.env), WORK_DIR its working directory,
# LISTEN the address of each instance, RUN_DIR where process ids and logs are.
# shellcheck disable=SC2154 # the settings are the caller's
# shellcheck source=scripts/lib/deploy/drivers/binary.bash
. "$library/drivers/binary.bash"

# Becomes a command, with the settings of the service and no others. They go by the environment: a command line is public.
become() { # COMMAND...
    local name path=$PATH home=${HOME-/} temporary=${TMPDIR-}
    export_setting() { export "$1=$2"; }
    set +x # what is traced would show them
    cd "$WORK_DIR" || exit 1
    for name in $(compgen -e); do unset "$name"; done
    export PATH=$path HOME=$home
    if [[ $temporary ]]; then export TMPDIR=$temporary; fi
    each_assignment "$SERVICE_ENV" export_setting
    exec "$@"
}

driver_preflight() {
    local instance host port
    [[ -d /proc/self ]] || fail 'the driver process needs /proc'
    [[ -r $SERVICE_ENV ]] || fail "$SERVICE_ENV cannot be read"
    [[ -d $WORK_DIR && -d $(dirname "$BINARY") ]] || fail "there is no $WORK_DIR, or no $(dirname "$BINARY")"
    for ((instance = 0; instance < instances; instance++)); do
        if driver_is_alive "$instance"; then continue; fi
        host=${listens[instance]%:*} port=${listens[instance]##*:}
        if (exec 3<>"/dev/tcp/${host//[][]/}/$port") 2>/dev/null; then
            fail "something else listens on ${listens[instance]}: $RUN_DIR/$instance.pid names no running instance"
        fi
    done
}

driver_run() ( # REFERENCE ARGUMENT...
    if [[ $rendering ]]; then act cd "$WORK_DIR" && act "$@" && exit; fi
    become "$@"
)

# The process of an instance, and when it started, by the kernel's clock: a number may be another process's by now.
started_at() { # PID
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # After the name, which may hold anything: the state, then 18 more, then the start.
    read -ra stat <<<"${stat##*) }"
    [[ ${stat[0]} != [ZX] ]] && printf '%s' "${stat[19]}"
}

driver_is_alive() { # INSTANCE
    local pid start
    read -r pid start 2>/dev/null <"$RUN_DIR/$1.pid" && [[ $(started_at "$pid") == "$start" ]]
}

start_instance() { # INSTANCE
    local pid
    if [[ $rendering ]]; then act setsid "$BINARY" serve --listen "${listens[$1]}" && return; fi
    mkdir -p "$RUN_DIR"
    # setsid, so that neither the end of this script nor an interrupt at the terminal reaches it.
    rm -f "$RUN_DIR/$1.pid"
    # It says itself which process it is, before it becomes the service: should this script be killed, nothing runs that nobody knows.
    (
        pid=$BASHPID
        printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$RUN_DIR/$1.pid.new"
        mv "$RUN_DIR/$1.pid.new" "$RUN_DIR/$1.pid"
        become setsid "$BINARY" serve --listen "${listens[$1]}"
    ) 9>&- </dev/null >>"$RUN_DIR/$1.log" 2>&1 &
    pid=$!
    until [[ -e $RUN_DIR/$1.pid ]] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
}

stop_instance() { # INSTANCE
    local pid deadline=$((SECONDS + STOP_TIMEOUT))
    if [[ $rendering ]]; then act kill -TERM "$(cut -d ' ' -f 1 "$RUN_DIR/$1.pid" 2>/dev/null)" && return; fi
    if ! driver_is_alive "$1"; then return; fi
    read -r pid _ <"$RUN_DIR/$1.pid"
    kill -TERM "$pid" 2>/dev/null || true
    while driver_is_alive "$1"; do
        if ((SECONDS >= deadline)); then
            say "    instance $1 did not stop within $STOP_TIMEOUT s, and is killed"
            kill -KILL "$pid" 2>/dev/null || true
            deadline=$((SECONDS + STOP_TIMEOUT))
        fi
        sleep 0.1
    done
}

driver_start() {
    local instance
    for ((instance = 0; instance < instances; instance++)); do
        if ! driver_is_alive "$instance"; then start_instance "$instance"; fi
    done
}

driver_stop() {
    local instance
    for ((instance = 0; instance < instances; instance++)); do stop_instance "$instance"; done
}

driver_restart() { # INSTANCE
    stop_instance "$1"
    start_instance "$1"
}

driver_last_words() { # INSTANCE
    tail -n 2 "$RUN_DIR/$1.log" 2>/dev/null | cut -c -400
}
