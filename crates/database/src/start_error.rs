//! Why the service cannot start on a database.

use crate::error::Error;

/// Why the service cannot start on this database. Every message is one line and holds no password.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no connection to be had.
    #[error("cannot open {database}: {reason}")]
    Connect {
        /// The database, without its password.
        database: String,
        /// What happened, and what to do where that is known.
        reason: String,
    },
    /// The database is not one that can be served. The text says what was found and what to do.
    #[error("{0}")]
    Unfit(String),
    /// Something has failed before, and would fail again until somebody has mended it.
    #[error("{0}")]
    Stuck(String),
    /// A migration failed. Nothing of it remains but an entry in the history.
    #[error("{0}")]
    Migration(String),
    /// The database went away, or gave an answer that makes no sense.
    #[error("the database failed at start: {}", .0.reason())]
    Database(#[from] Error),
}
