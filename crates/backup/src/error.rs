//! Why a backup could not be made, or is not what it says.

use std::io;
use std::path::Path;

use partbook_database::{Error, StartError};

/// Why a backup could not be made, verified or restored. Every message is one line, says what to do where that is known, and
/// holds no password.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The live database, or the server of the scratch database, says so.
    #[error("{0}")]
    Database(String),
    /// A file or a directory.
    #[error("{0}")]
    Files(String),
    /// The object store of the backups.
    #[error("{0}")]
    Store(String),
    /// A program of PostgreSQL's is missing, too old, or failed.
    #[error("{0}")]
    Program(String),
    /// What was restored is not what was in the database: the backup is of no use.
    #[error("{0}")]
    Broken(String),
    /// It cannot be done here or now; nothing was changed.
    #[error("{0}")]
    Refused(String),
}

impl BackupError {
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::Files(format!("{}: {error}", path.display()))
    }
}

impl From<Error> for BackupError {
    fn from(error: Error) -> Self {
        Self::Database(format!("the database failed: {}", error.reason()))
    }
}

impl From<StartError> for BackupError {
    fn from(error: StartError) -> Self {
        Self::Database(error.to_string())
    }
}
