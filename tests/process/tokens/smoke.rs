//! `scripts/smoke.sh` with a token.

use std::env;
use std::process::{Command, Output};

use super::guarded;
use partbook_test_support::{Backend, Server, Tokens, secret};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/smoke.sh");

/// The script, with a token.
fn smoke(server: &Server, token: &str) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(SCRIPT);
    command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default()).env("HOME", directory.path());
    command.env("TMPDIR", directory.path()).env("API_URL", server.address()).env("API_TOKEN", token);
    let output = command.output().expect("the script starts");
    let left = directory.path().read_dir().expect("a directory").count();
    assert_eq!(left, 0, "a temporary file stays: {output:?}");
    output
}

#[tokio::test]
async fn the_smoke_script_shows_its_token() {
    let tokens = Tokens::of(&[("smoke", "scope=write,metrics"), ("reader", "scope=read,metrics")]);
    let server = guarded(&tokens).start(Backend::Sqlite).await;
    let green = smoke(&server, &secret("smoke"));
    let text = String::from_utf8_lossy(&green.stdout);
    assert!(green.status.success() && text.contains(" 0 failed"), "{text}{}", String::from_utf8_lossy(&green.stderr));
    let red = smoke(&server, &secret("reader"));
    assert_eq!(red.status.code(), Some(1), "{red:?}");
    assert!(!format!("{red:?}").contains(&secret("reader")[4..20]), "{red:?}");
    let refused = smoke(&server, "a\"\nurl = \"b");
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}
