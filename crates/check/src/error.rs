//! Why a database could not be looked at.

use partbook_database::{Error, StartError};

/// Why a database could not be looked at, or only in part. The message is one line and holds no password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CheckError(pub(crate) String);

impl CheckError {
    /// The database failed while something was looked at.
    pub(crate) fn at(what: &str, error: &Error) -> Self {
        Self(format!("{what} cannot be read: {}", error.reason()))
    }
}

impl From<Error> for CheckError {
    fn from(error: Error) -> Self {
        Self(format!("the database failed: {}", error.reason()))
    }
}

impl From<StartError> for CheckError {
    fn from(error: StartError) -> Self {
        Self(error.to_string())
    }
}
