//! How a database of either kind is copied while it is used, and how a copy becomes a database again.

mod dump;
mod programs;
mod scratch;
mod sqlite;

use std::path::Path;

use partbook_database::DatabaseUrl;

use crate::content::Content;
use crate::error::BackupError;
use crate::kind::DatabaseKind;

pub(crate) use dump::restore_into;
pub(crate) use scratch::{ScratchDatabase, create_like, own_name};
pub(crate) use sqlite::version as sqlite_version;

/// A copy that was made.
pub(crate) struct Copied {
    /// What was in the database at that moment.
    pub(crate) content: Content,
    pub(crate) server_version: String,
    pub(crate) client_version: String,
}

pub(crate) fn kind(url: &DatabaseUrl) -> DatabaseKind {
    if url.file().is_some() { DatabaseKind::Sqlite } else { DatabaseKind::Postgres }
}

/// What a database is known by in manifests: of a file the path from the root, wherever it is looked at from.
#[must_use]
pub fn known_as(url: &DatabaseUrl) -> String {
    match url.file().map(std::fs::canonicalize) {
        Some(Ok(path)) => format!("sqlite://{}", path.display()),
        _ => url.to_string(),
    }
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
