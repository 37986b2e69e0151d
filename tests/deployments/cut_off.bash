# Deployments that are killed at every step, at its beginning and at its end; sourced.
# shellcheck disable=SC2034,SC2154 # scripts/check-deployments and harness.bash read and set them
cut_off_cases=(cut_off_everywhere cut_off_on_the_way_back)

cut_off_everywhere() { # BACKEND
    local step place version=compatible
    environment "$1" before 2
    set_to SMOKE --read-only
    for step in verify preflight record check backup migrate restart ready smoke budget compare errors postflight; do
        for place in begin end; do
            cut_off "$place:$step" "$step" 0 "$settings" "$(version $version)"
            runs $version
            has_cpus "$both"
            if [[ $version == compatible ]]; then version=before; else version=compatible; fi
        done
    done
}

cut_off_on_the_way_back() { # BACKEND
    local place
    environment "$1" before 2
    set_to SMOKE_REQUESTS 1
    for place in begin:back_down end:back-down function:driver_install begin:back_binary end:back-binary begin:back_compare; do
        cut_off "$place" '.*' 1 "$settings" "$(version wrong)"
        runs before
        has_schema "$latest"
        has_cpus "$both"
    done
    for place in function:find_written begin:back_restore end:back-restore begin:back_binary; do
        cut_off "$place" '.*' 1 "$settings" "$(version dead)"
        runs before
        has_schema "$latest"
        has_cpus "$both"
    done
}
