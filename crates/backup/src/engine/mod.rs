//! How a database of either kind is copied while it is used, and how a copy becomes a database again.

mod beside;
mod dump;
mod names;
mod programs;
mod scratch;
mod sqlite;

use std::path::{Path, PathBuf};

use partbook_database::DatabaseUrl;

use crate::content::Content;
use crate::definition::Definition;
use crate::error::BackupError;
use crate::kind::DatabaseKind;

pub(crate) use beside::Beside;
pub(crate) use dump::{may_create, restore_into};
pub(crate) use names::{drop_database, drop_left, own_name, replaced};
pub(crate) use scratch::{ScratchDatabase, create_like};
pub(crate) use sqlite::version as sqlite_version;

/// A copy that was made.
pub(crate) struct Copied {
    /// What was in the database at that moment.
    pub(crate) content: Content,
    pub(crate) server_version: String,
    pub(crate) client_version: String,
    /// What the database is beside its content, on PostgreSQL.
    pub(crate) definition: Option<Definition>,
    /// How the file keeps its journal, on SQLite.
    pub(crate) journal_mode: Option<String>,
}

pub(crate) fn kind(url: &DatabaseUrl) -> DatabaseKind {
    if url.file().is_some() { DatabaseKind::Sqlite } else { DatabaseKind::Postgres }
}

/// What a database is known by in manifests: of a file the path from the root, wherever it is looked at from.
#[must_use]
pub fn known_as(url: &DatabaseUrl) -> String {
    match url.file().map(absolute) {
        Some(path) => format!("sqlite://{}", path.display()),
        None => url.to_string(),
    }
}

/// The path of a file from the root, whether it is there or not.
fn absolute(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::canonicalize(file)
        .or_else(|_| std::fs::canonicalize(parent).map(|parent| parent.join(file.file_name().unwrap_or_default())))
        .unwrap_or_else(|_| file.to_owned())
}

/// Copies a database into a file while others work with it, and says what was in it.
pub(crate) async fn copy(url: &DatabaseUrl, to: &Path) -> Result<Copied, BackupError> {
    match kind(url) {
        DatabaseKind::Sqlite => sqlite::copy(url, to).await,
        DatabaseKind::Postgres => dump::copy(url, to).await,
    }
}

/// What is in a database now, definitions included.
pub(crate) async fn content(url: &DatabaseUrl) -> Result<Content, BackupError> {
    match kind(url) {
        DatabaseKind::Sqlite => sqlite::content(url).await,
        DatabaseKind::Postgres => dump::content(url).await,
    }
}
