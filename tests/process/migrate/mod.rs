//! `partbook migrate` beyond up and down: adoption, stamps, repairs, optional migrations, what an older version does with a newer
//! database.

mod adopt;
mod books;
mod optional;
mod own;
mod rehearse;
mod trouble;

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use partbook_test_support::process::Finished;
use partbook_test_support::{Database, partbook};
use serde_json::Value;
use tempfile::TempDir;

/// Runs a verb of `partbook migrate` on a database.
async fn migrate(database: &Database, arguments: &[&str]) -> Finished {
    let arguments: Vec<&str> = ["migrate"].iter().chain(arguments).copied().collect();
    partbook(&arguments).env("DATABASE_URL", &database.url()).run().await
}

/// The same, which must succeed; what it prints.
#[track_caller]
fn succeeded(finished: Finished) -> String {
    assert!(finished.status.success(), "{finished:?}");
    finished.stdout
}

/// Demands this exit code and these words on standard error.
#[track_caller]
fn failed(finished: &Finished, code: i32, words: &str) {
    assert_eq!(finished.status.code(), Some(code), "{finished:?}");
    let last = finished.stderr.trim_end().lines().last().unwrap_or_default();
    assert!(last.starts_with("partbook: ") && last.contains(words), "{words}: {finished:?}");
}

/// What `status --json` says of each migration, by its number.
async fn states(database: &Database, arguments: &[&str]) -> Vec<(i64, String)> {
    let arguments: Vec<&str> = ["status", "--json"].iter().chain(arguments).copied().collect();
    let finished = migrate(database, &arguments).await;
    let status: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
    let migrations = status["migrations"].as_array().expect("migrations");
    let state =
        |it: &Value| (it["version"].as_i64().expect("a number"), it["state"].as_str().expect("a word").to_owned());
    migrations.iter().map(state).collect()
}

/// Takes migrations back out of a database and leaves it those that come after them: what further entities need.
pub(crate) async fn without(database: &Database, versions: RangeInclusive<i64>) {
    succeeded(migrate(database, &["down", "--to", &(versions.start() - 1).to_string(), "--yes"]).await);
    let others = Directory::new();
    for version in versions {
        others.remove(version);
    }
    succeeded(migrate(database, &["up", "--yes", "--directory", others.path()]).await);
}

/// Our own migrations that a database of ours gets unasked.
pub(crate) fn unasked() -> BTreeSet<i64> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let paths = fs::read_dir(folder).expect("our migrations").map(|entry| entry.expect("a file").path());
    let is_asked_for = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let script = path.with_file_name(name.replace(".down.sql", ".sql").replace(".schema", ".sql"));
        fs::read_to_string(script).is_ok_and(|script| script.contains("-- partbook: optional: "))
    };
    let version = |path: PathBuf| path.file_name()?.to_str()?.get(..4)?.parse().ok();
    paths.filter(|path| !is_asked_for(path)).map(|path| version(path).expect("a number")).collect()
}

/// The newest of them.
fn newest() -> String {
    format!("{:04}", unasked().last().expect("one"))
}

/// Our migrations, and more.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        let directory = TempDir::with_prefix("partbook-test-").expect("a temporary directory");
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        for database in ["postgres", "sqlite"] {
            fs::create_dir(directory.path().join(database)).expect("a folder");
            for entry in fs::read_dir(ours.join(database)).expect("our migrations") {
                let path = entry.expect("a file").path();
                let name = path.file_name().expect("a name");
                fs::copy(&path, directory.path().join(database).join(name)).expect("a copy");
            }
        }
        Self(directory)
    }

    fn path(&self) -> &str {
        self.0.path().to_str().expect("a path in UTF-8")
    }

    /// A file for either database; the numbers of our own migrations end far below 9000.
    fn write(&self, file: &str, text: &str) {
        for database in ["postgres", "sqlite"] {
            fs::write(self.0.path().join(database).join(file), text).expect("a file");
        }
    }

    /// Removes the files of one of our own.
    fn remove(&self, version: i64) {
        for database in ["postgres", "sqlite"] {
            let files = fs::read_dir(self.0.path().join(database))
                .expect("a folder")
                .map(|entry| entry.expect("a file").path());
            let start = format!("{version:04}_");
            let is_of_it =
                |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start));
            for file in files.filter(is_of_it) {
                fs::remove_file(file).expect("a file");
            }
        }
    }

    /// A migration that makes a table.
    fn add_table(&self, number: &str, table: &str, directives: &str) {
        self.write(&format!("{number}_{table}.sql"), &format!("{directives}create table {table} (id integer);"));
        self.write(&format!("{number}_{table}.down.sql"), &format!("drop table {table};"));
        self.write(&format!("{number}_{table}.schema"), &format!("+ table {table}\n+ column {table}.id integer\n"));
    }

    fn file(&self, database: &Database, file: &str) -> PathBuf {
        let folder = if database.url().starts_with("sqlite") { "sqlite" } else { "postgres" };
        self.0.path().join(folder).join(file)
    }
}
