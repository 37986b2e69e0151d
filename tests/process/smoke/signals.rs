//! A run that is stopped in the middle.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{Finished, SCRIPT, Smoke, contents};
use partbook_test_support::{Server, backends};

/// Stands before curl and sends the script a signal at the first request of a kind, which it then lets through.
const CURL: &str = r#"#!/bin/sh
case "$*" in
    *"$TRIGGER"*)
        if [ ! -e "$HOME/signalled" ]; then
            : >"$HOME/signalled"
            kill -s "$SIGNAL" "$(cat "$HOME/pid")"
        fi
        ;;
esac
PATH=$REAL_PATH
exec curl "$@"
"#;

/// Runs the script until it sends a request like `trigger`, of which it shall not see the answer before the signal.
fn stopped(service: &Server, signal: &str, trigger: &str, flags: &[&str]) -> Finished {
    let path = std::env::var("PATH").expect("a PATH");
    let smoke = Smoke::through("bash").arg("-c").arg("echo $$ >\"$HOME/pid\" && exec \"$0\" \"$@\"").arg(SCRIPT);
    let curl = smoke.directory().join("curl");
    fs::write(&curl, CURL).expect("a file can be written");
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).expect("a mode can be set");
    let before = format!("{}:{path}", smoke.directory().display());
    let smoke = smoke.env("API_URL", service.address()).env("PATH", &before).env("REAL_PATH", &path);
    let smoke = smoke.env("SIGNAL", signal).env("TRIGGER", trigger);
    let finished = flags.iter().fold(smoke, |smoke, flag| smoke.arg(flag)).run();
    assert!(!finished.stdout.contains("passed, "), "the run went on: {finished}");
    finished
}

/// Whether this process was started with a signal ignored, as shells start background jobs: a script cannot undo that.
fn is_ignored(number: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

backends!(a_run_that_is_stopped_cleans_up: Sqlite);
async fn a_run_that_is_stopped_cleans_up(service: Server) {
    let before = contents(service.database()).await;
    for (signal, number, code, trigger) in [
        // Before the first row is known, and the listing; then with a listing that is in the way of its part.
        ("TERM", 15, 143, "POST -H X-Request-ID"),
        ("TERM", 15, 143, "\"title\""),
        ("TERM", 15, 143, "patched"),
        ("INT", 2, 130, "patched"),
        ("HUP", 1, 129, "patched"),
    ] {
        if !is_ignored(number) {
            let finished = stopped(&service, signal, trigger, &[]).ended(code);
            assert!(finished.has("ok   cleanup: nothing is left"), "{finished}");
            assert_eq!(contents(service.database()).await, before, "{finished}");
        }
    }
}

backends!(a_measurement_that_is_stopped_cleans_up: Sqlite);
async fn a_measurement_that_is_stopped_cleans_up(service: Server) {
    let before = contents(service.database()).await;
    for trigger in ["-X POST", "-X PATCH", "-X DELETE"] {
        let finished = stopped(&service, "TERM", trigger, &["--budget"]).ended(143);
        assert!(finished.has("ok   cleanup: nothing is left"), "{finished}");
        assert_eq!(contents(service.database()).await, before, "{finished}");
    }
}
