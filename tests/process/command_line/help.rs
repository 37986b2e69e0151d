//! `--help`, `--version`, and what is no call at all.

use std::process::Command;

use super::refused;
use partbook_test_support::partbook;

const SETTINGS: [&str; 24] = [
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "DATABASE_READ_URL",
    "DATABASE_READ_URL_FILE",
    "PARTBOOK_READ_MAX_LAG",
    "PARTBOOK_LISTEN",
    "PARTBOOK_ADMIN_LISTEN",
    "PARTBOOK_ANONYMOUS",
    "PARTBOOK_TOKENS_FILE",
    "PARTBOOK_READ_ONLY",
    "PARTBOOK_REQUIRE_IF_MATCH",
    "PARTBOOK_DRAIN_DELAY",
    "PARTBOOK_SHUTDOWN_TIMEOUT",
    "PARTBOOK_ENVIRONMENT",
    "PARTBOOK_NO_MIGRATE",
    "PARTBOOK_CORS_ORIGINS",
    "PARTBOOK_LOG_LEVEL",
    "PARTBOOK_LOG_FORMAT",
    "PARTBOOK_POOL_SIZE",
    "PARTBOOK_IDEMPOTENCY_SIZE",
    "PARTBOOK_ANSWER_TIMEOUT",
    "PARTBOOK_ANSWER_MEMORY",
    "PARTBOOK_BODY_MEMORY",
    "PARTBOOK_STATEMENT_CACHE",
];

const DEFAULTS: [&str; 4] = ["sqlite://partbook.db", "127.0.0.1:8000", "development", "http://localhost:3000"];

#[tokio::test]
async fn help_names_every_setting_and_default() {
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let finished = partbook(arguments).run().await;
        assert!(finished.status.success() && finished.stderr.is_empty(), "{finished:?}");
        // Lines may be broken anywhere between words.
        let text = finished.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in SETTINGS.iter().chain(&DEFAULTS) {
            assert!(text.contains(word), "{word} in {arguments:?}");
        }
        assert!(text.contains("--demo"));
    }
    let text = partbook(&["--help"]).run().await.stdout;
    assert!(
        ["serve", "migrate", "backup", "check", "token", "openapi", "healthcheck"]
            .iter()
            .all(|command| text.contains(command)),
        "{text}"
    );
    for arguments in [
        &["migrate", "--help"][..],
        &["migrate", "up", "--help"],
        &["check", "--help"],
        &["openapi", "--help"],
        &["healthcheck", "--help"],
        &["-h"],
        &["serve", "-h"],
    ] {
        let finished = partbook(arguments).run().await;
        assert!(finished.status.success() && finished.stdout.len() > 100, "{finished:?}");
    }
}

#[tokio::test]
async fn help_never_prints_what_is_set() {
    for arguments in [&["--help"][..], &["serve", "--help"], &["-h"], &["migrate", "up", "--help"], &["--version"]] {
        let call = SETTINGS.iter().fold(partbook(arguments), |call, name| call.env(name, "postgres://u:s3cret@h/d"));
        let finished = call.run().await;
        assert!(!format!("{finished:?}").contains("s3cret"), "{arguments:?}");
    }
}

#[tokio::test]
async fn the_version_names_a_commit() {
    for arguments in [&["--version"][..], &["-V"]] {
        let finished = partbook(arguments).run().await;
        assert!(finished.status.success(), "{finished:?}");
        let text = finished.stdout.trim_end();
        let rest = text.strip_prefix(concat!("partbook ", env!("CARGO_PKG_VERSION"), " (")).expect(text);
        let commit = rest.strip_suffix(')').expect(text);
        let in_git = Command::new("git")
            .args(["-C", env!("CARGO_MANIFEST_DIR"), "rev-parse", "--verify", "--quiet", "HEAD"])
            .output()
            .is_ok_and(|output| output.status.success());
        let hash = commit.split('-').next().expect("a first part");
        let named = (7..=40).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        // Built from an archive there is no commit to name.
        assert!(named || !in_git, "{text}");
        assert!(!commit.is_empty());
    }
}

#[tokio::test]
async fn what_is_not_understood_is_one_line() {
    for arguments in [
        &["--warp"][..],
        &["warp"],
        &["serve", "--warp", "9"],
        &["serve", "extra"],
        &["serve", "--listen"],
        &["migrate"],
        &["migrate", "sideways"],
        &["migrate", "up", "--demo"],
        &["openapi", "extra"],
    ] {
        let finished = partbook(arguments).run().await;
        let text = refused(&finished, 2);
        assert!(text.contains("--help"), "where to read on: {text}");
    }
}
