//! What an operation on the catalog can end in.

use partbook_database as database;
use partbook_domain::{FieldError, Refusal};

/// Why an operation did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The catalog refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database did not do what it was asked.
    #[error(transparent)]
    Database(database::Error),
}

impl From<database::Error> for Error {
    fn from(error: database::Error) -> Self {
        match error {
            // By whom, is found out after the transaction.
            error if error.is_untranslatable() => Self::Database(error),
            // The log has the rule: a constraint or a trigger of another program.
            database::Error::Rejected(_) => Self::Refused(Refusal::Invalid(
                FieldError::whole("value", "The database refuses this by a rule of its own; the log says which").into(),
            )),
            error => Self::Database(error),
        }
    }
}

impl Error {
    /// Whether the same may succeed later: the database is away, busy or stopping, or a lock could not be had.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_unavailable())
    }

    /// Whether the role lacks a right on a table.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_denied())
    }

    /// Whether the file of a SQLite database is not where it was.
    #[must_use]
    pub fn is_file_replaced(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_file_replaced())
    }

    /// Whether waiting for a connection from the pool took too long.
    #[must_use]
    pub fn is_saturation(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_saturation())
    }
}
