//! `partbook backup`: copies are restored and compared, and what is restored is whole.

mod broken;
mod create;
mod killed;
mod kinds;
mod leftovers;
mod migrations;
mod other;
mod restore;
mod search_trigrams;
mod unusual;

use std::fs;
use std::path::{Path, PathBuf};

use partbook_test_support::process::{Call, Finished};
use partbook_test_support::{Database, partbook};
use serde_json::Value;
use tempfile::TempDir;

/// A directory of backups, which goes with the value.
struct Store(TempDir);

impl Store {
    fn new() -> Self {
        Self(TempDir::with_prefix("partbook-test-").expect("a temporary directory"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("backups")
    }

    fn text(&self) -> String {
        self.path().to_str().expect("a path in UTF-8").to_owned()
    }

    /// A call of `partbook backup` on a database.
    fn call(&self, database: &Database, arguments: &[&str]) -> Call {
        let arguments: Vec<&str> = ["backup"].iter().chain(arguments).copied().collect();
        partbook(&arguments).env("DATABASE_URL", &database.url()).env("PARTBOOK_BACKUP_DIR", &self.text())
    }

    async fn run(&self, database: &Database, arguments: &[&str]) -> Finished {
        self.call(database, arguments).run().await
    }

    /// The same, which must succeed; what it prints.
    async fn succeed(&self, database: &Database, arguments: &[&str]) -> String {
        let finished = self.run(database, arguments).await;
        assert!(finished.status.success(), "{finished:?}");
        finished.stdout
    }

    /// Makes a backup; its manifest.
    async fn create(&self, database: &Database) -> Value {
        let text = self.succeed(database, &["create", "--json"]).await;
        serde_json::from_str(&text).expect("JSON")
    }

    /// The backups, the oldest first.
    async fn list(&self, database: &Database) -> Vec<Value> {
        let finished = self.run(database, &["list", "--json"]).await;
        let list: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
        list["backups"].as_array().expect("an array").clone()
    }

    /// The file of a manifest.
    fn file(&self, manifest: &Value) -> PathBuf {
        self.path().join(manifest["file"].as_str().expect("a file"))
    }
}

/// Demands this exit code and these words on standard error, in one line.
#[track_caller]
fn failed(finished: &Finished, code: i32, words: &str) {
    assert_eq!(finished.status.code(), Some(code), "{finished:?}");
    let line = finished.stderr.trim_end().lines().last().unwrap_or_default();
    assert!(line.starts_with("partbook: ") && line.contains(words), "{words}: {finished:?}");
}

/// Everything in a database, so that two moments can be compared.
async fn everything(database: &Database) -> Vec<Vec<Vec<Option<String>>>> {
    let mut all = Vec::new();
    for table in ["cpu", "gpu", "profile", "ports_profile", "port", "ram_spec", "storage_profile", "listing"] {
        all.push(database.rows(&format!("select * from {table} order by id")).await);
    }
    all
}

/// A few rows, where the database has none.
async fn fill(database: &Database) {
    database
        .sql(
            "insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{\"a\": 1}'), ('Core', 'Intel', '{}');
             insert into gpu (name, manufacturer, attributes_json) values ('Arc', 'Intel', '{}')",
        )
        .await;
}

/// The names of files in a directory that are no manifests.
fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let names = entries.map(|entry| entry.expect("a file").file_name().into_string().expect("a name in UTF-8"));
    names.filter(|name| Path::new(name).extension().is_none_or(|extension| extension != "json")).collect()
}
