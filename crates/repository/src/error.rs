//! What an operation on the repository can end in, and how a driver's error is read.

use partbook_domain::{self as domain, FieldError};
use sqlx::error::ErrorKind;

/// Why an operation did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The catalog refuses it.
    #[error(transparent)]
    Refused(#[from] domain::Refusal),
    /// The database is away, busy or stopping, or a lock could not be had: the same may succeed later.
    #[error("the database cannot answer now")]
    Unavailable(#[source] sqlx::Error),
    /// Other writers had the one turn to write for too long: the same may succeed later.
    #[error("other writers did not come to an end in time")]
    Contended,
    /// Something is wrong that waiting does not cure.
    #[error("the database gave an unexpected answer")]
    Internal(#[source] sqlx::Error),
}

/// What a write ran into, before its meaning for the entity is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    /// A unique index already holds the key.
    Unique,
    /// A reference points at nothing, or something still points here.
    ForeignKey,
}

impl Error {
    /// The violation of a constraint, when that is what a driver reports.
    pub(crate) fn violation(&self) -> Option<Violation> {
        let Self::Internal(sqlx::Error::Database(error)) = self else { return None };
        match error.kind() {
            ErrorKind::UniqueViolation => Some(Violation::Unique),
            ErrorKind::ForeignKeyViolation => Some(Violation::ForeignKey),
            _ => None,
        }
    }

    /// The same, as something that may be gone when the request comes again: a key that another program takes and lets go.
    pub(crate) fn may_pass(self) -> Self {
        match self {
            Self::Internal(source) => Self::Unavailable(source),
            error => error,
        }
    }

    /// Whether another transaction was in the way: a deadlock, a lock that could not be had, a busy file.
    #[must_use]
    pub fn is_contention(&self) -> bool {
        match self {
            Self::Contended => true,
            Self::Unavailable(sqlx::Error::Database(error)) => error.code().is_some_and(|code| match &*code {
                // serialization_failure, deadlock_detected, lock_not_available
                "40001" | "40P01" | "55P03" => true,
                // BUSY, LOCKED
                code => matches!(primary(code), Some(5 | 6)),
            }),
            _ => false,
        }
    }

    /// Whether a connection goes on failing so when what was wrong is right again.
    pub(crate) fn outlives_its_cause(&self) -> bool {
        let Self::Unavailable(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| match &*code {
            // feature_not_supported: a statement that was prepared before a column changed its type
            "0A000" => true,
            // READONLY
            code => primary(code) == Some(8),
        })
    }

    /// Whether waiting for a connection from the pool took too long.
    #[must_use]
    pub fn is_saturation(&self) -> bool {
        matches!(self, Self::Unavailable(sqlx::Error::PoolTimedOut))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::InvalidSavePointStatement
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_) => Self::Unavailable(error),
            sqlx::Error::Database(database) => match database.code().as_deref().map_or(Class::Other, Class::of) {
                Class::Transient => Self::Unavailable(error),
                // Such as text that the database's encoding lacks, or a rule that another program added to a column.
                Class::Data => Self::Refused(domain::Refusal::Invalid(vec![FieldError::whole(
                    "value",
                    "The database does not accept one of the values",
                )])),
                Class::Other => Self::Internal(error),
            },
            _ => Self::Internal(error),
        }
    }
}

/// The primary code of an error of SQLite's: the low eight bits of a number of at most four digits. PostgreSQL's codes have
/// five characters (its manual, appendix A).
fn primary(code: &str) -> Option<u32> {
    if code.len() == 5 {
        return None;
    }
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

/// What an error code says of trying again.
#[derive(Debug, PartialEq, Eq)]
enum Class {
    Transient,
    Data,
    Other,
}

impl Class {
    fn of(code: &str) -> Self {
        match primary(code) {
            // BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN
            Some(5 | 6 | 8 | 10 | 13 | 14) => Self::Transient,
            // TOOBIG; CONSTRAINT is told apart by its kind
            Some(18) => Self::Data,
            Some(_) => Self::Other,
            None => Self::of_postgres(code),
        }
    }

    fn of_postgres(code: &str) -> Self {
        match code {
            // lock_not_available, serialization_failure, deadlock_detected, query_canceled, admin_shutdown,
            // crash_shutdown, cannot_connect_now, read_only_sql_transaction, insufficient_privilege, feature_not_supported (a
            // statement prepared before a column changed its type); and where a new
            // connection is refused, since the database is closed or missing, or the password has changed
            "0A000" | "55P03" | "40001" | "40P01" | "57014" | "57P01" | "57P02" | "57P03" | "25006" | "42501"
            | "55000" | "3D000" | "28000" | "28P01" => Self::Transient,
            // connection exceptions; insufficient resources
            _ if code.starts_with("08") || code.starts_with("53") => Self::Transient,
            // data exceptions; not-null and check violations
            _ if code.starts_with("22") || matches!(code, "23502" | "23514") => Self::Data,
            _ => Self::Other,
        }
    }
}
