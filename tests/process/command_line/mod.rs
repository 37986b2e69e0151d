//! The command line: what can be set and how, what each subcommand prints, how a call ends.

mod databases;
mod demo;
mod drift;
mod healthcheck;
mod help;
mod if_match;
mod legacy_urls;
mod migrate;
mod openapi;
mod settings;
mod signals;
mod takeover;

use partbook_test_support::process::{Call, Finished};
use partbook_test_support::{Database, random_word};

/// `partbook serve` on any free port, with settings of the environment.
fn serve(environment: &[(&str, &str)]) -> Call {
    let call = partbook_test_support::partbook(&["serve", "--listen", "127.0.0.1:0"]);
    environment.iter().fold(call, |call, (name, value)| call.env(name, value))
}

/// A path that nothing is at, in a directory of its own that goes when the value does.
fn vacant() -> (tempfile::TempDir, String) {
    let directory = tempfile::TempDir::with_prefix("partbook-test-").expect("a temporary directory");
    let path = directory.path().join(format!("{}.db", random_word()));
    let path = path.to_str().expect("a path in UTF-8").to_owned();
    (directory, path)
}

/// A file beside nothing else, with this content.
fn file(content: &[u8]) -> (tempfile::TempDir, String) {
    let (directory, path) = vacant();
    std::fs::write(&path, content).expect("a file can be written");
    (directory, path)
}

/// The path of a SQLite database.
fn path_of(database: &Database) -> String {
    database.url().strip_prefix("sqlite://").expect("a SQLite URL").to_owned()
}

/// Demands one clear line on standard error and this exit code.
#[track_caller]
fn refused(finished: &Finished, code: i32) -> &str {
    assert_eq!(finished.stdout, "");
    failed(finished, code)
}

/// The same of a command that prints what it found.
#[track_caller]
fn failed(finished: &Finished, code: i32) -> &str {
    assert_eq!(finished.status.code(), Some(code), "{finished:?}");
    let text = finished.stderr.trim_end();
    assert!(!text.is_empty() && text.lines().count() == 1, "one clear line: {finished:?}");
    assert!(!text.contains("panicked") && !text.contains("Error {") && !text.contains("Os {"), "{text}");
    text
}
