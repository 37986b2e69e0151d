//! The two kinds of databases.

use serde::{Deserialize, Serialize};

/// Which kind of database a backup is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseKind {
    /// A SQLite file; the backup is one, too.
    Sqlite,
    /// A PostgreSQL database; the backup is what `pg_dump --format=custom` writes.
    Postgres,
}
