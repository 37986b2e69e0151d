//! What is known of a backup: a JSON file beside it.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::definition::Definition;
use crate::kind::DatabaseKind;

/// The form of the manifests that this version writes.
pub(crate) const FORMAT: u32 = 1;

/// What is known of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this manifest.
    pub format: u32,
    /// The name of the file, which is in the same directory.
    pub file: String,
    /// Its size, bytes.
    pub size: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The database, without a password.
    pub database: String,
    /// What people call the database.
    pub name: String,
    /// Which kind it is.
    pub kind: DatabaseKind,
    /// The version of the server, or of SQLite.
    pub server_version: String,
    /// The version of the program that copied it: `pg_dump`, or SQLite.
    pub client_version: String,
    /// The newest migration that was applied; none for a database that has no history of ours.
    pub schema_version: Option<i64>,
    /// Why it was taken: by hand, every night, before a migration, before a restore.
    pub reason: String,
    /// The version of Partbook.
    pub tool: String,
    /// The moment that the backup shows, RFC 3339, UTC.
    pub taken_at: String,
    /// How long it took, without its verification.
    pub milliseconds: u64,
    /// When it may be deleted, RFC 3339, UTC.
    pub expires_at: String,
    /// What the database is beside that, on PostgreSQL.
    #[serde(default)]
    pub definition: Option<Definition>,
    /// How the file keeps its journal, on SQLite: what a copy of it does not have.
    #[serde(default)]
    pub journal_mode: Option<String>,
    /// The database that it was copied from, where that went by another name for the moment.
    #[serde(default)]
    pub copied_from: Option<String>,
    /// What was in the database at that moment.
    pub content: Content,
    /// That it was restored and compared; none as long as it was not.
    pub verified: Option<Verification>,
}

impl Manifest {
    /// The name of the database that it was copied from.
    pub(crate) fn copied_from(&self) -> &str {
        self.copied_from.as_ref().unwrap_or(&self.name)
    }
}

/// That a backup was restored into a scratch database, and that this had everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// When, RFC 3339, UTC.
    pub at: String,
    /// How long it took.
    pub milliseconds: u64,
}

/// What became of the last attempt to make a backup, in `last-attempt.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began, RFC 3339, UTC.
    pub at: String,
    /// Why it was made.
    pub reason: String,
    /// The file, where it came to one.
    pub file: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}
