# Kills the script that runs at KILL_AT; bash reads this first where BASH_ENV names it.
#
#   begin:STEP        before the first command of the step
#   end:STEP          when all of the step is done, and the log does not know yet
#   function:NAME     before the first command of a function
if [[ $0 == */deploy.sh || $0 == */rollback.sh ]]; then
    # The script runs programs with an environment of their own.
    place_of_death=$KILL_AT
    killer() { # FUNCTION COMMAND [ARGUMENT]
        case $place_of_death in
            begin:*) [[ $1 == "step_${place_of_death#begin:}" ]] || return 0 ;;
            end:*) [[ $1 == run_step && $2 == 'step_status=$?' && $3 == "${place_of_death#end:}" ]] || return 0 ;;
            function:*) [[ $1 == "${place_of_death#function:}" ]] || return 0 ;;
        esac
        kill -KILL $$ $BASHPID
    }
    set -o functrace
    trap 'killer "${FUNCNAME[0]-}" "$BASH_COMMAND" "${1-}"' DEBUG
fi
