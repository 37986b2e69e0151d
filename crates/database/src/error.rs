//! What a statement can end in, and how a driver's error is read.

use std::io;

use sqlx::error::ErrorKind;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is away, busy or stopping, or a lock could not be had: the same may succeed later.
    #[error("the database cannot answer now")]
    Unavailable(#[source] sqlx::Error),
    /// The connection was lost between a commit and its answer: the change was made, or it was not.
    #[error("the connection was lost while a change was committed")]
    OutcomeUnknown(#[source] sqlx::Error),
    /// This process only reads.
    #[error("this instance is read-only")]
    ReadOnly,
    /// Other writers held the one write permit for too long: the same may succeed later.
    #[error("other writers did not finish in time")]
    Contended,
    /// The file of a SQLite database is not where it was: what would be written is lost. Moved back, it is served again.
    #[error("the file of the database was moved, replaced or deleted")]
    FileReplaced,
    /// It refuses what was sent by a rule of its own: text that its encoding lacks, a constraint, a trigger.
    #[error("the database refuses what was sent")]
    Rejected(#[source] sqlx::Error),
    /// Something is wrong that waiting does not cure.
    #[error("the database gave an unexpected answer")]
    Internal(#[source] sqlx::Error),
}

/// What a write ran into, before its meaning for the entity is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What kind of constraint it is.
    pub kind: ViolationKind,
    /// The constraint's name, where the database says it.
    pub constraint: Option<String>,
}

/// The kinds of constraint that a write may run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViolationKind {
    /// A unique index already holds the key.
    Unique,
    /// A reference points at nothing, or something still points here.
    ForeignKey,
}

impl Error {
    /// The violation of a constraint, when that is what a driver reports.
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        let Self::Internal(sqlx::Error::Database(error)) = self else { return None };
        let kind = match error.kind() {
            ErrorKind::UniqueViolation => ViolationKind::Unique,
            ErrorKind::ForeignKeyViolation => ViolationKind::ForeignKey,
            _ => return None,
        };
        Some(Violation { kind, constraint: error.constraint().map(str::to_owned) })
    }

    /// The same, as something that may be gone when the request comes again: a key that another program takes and lets go.
    #[must_use]
    pub fn may_pass(self) -> Self {
        match self {
            Self::Internal(source) => Self::Unavailable(source),
            error => error,
        }
    }

    /// A violation that nothing explains: the database refuses the row by a rule of its own.
    #[must_use]
    pub fn into_rejected(self) -> Self {
        match self {
            Self::Internal(source) => Self::Rejected(source),
            error => error,
        }
    }

    /// Whether the encoding of the database lacks a character: of what was sent, or of what a client can read.
    #[must_use]
    pub fn is_untranslatable(&self) -> bool {
        // untranslatable_character
        matches!(self, Self::Rejected(_)) && self.code().as_deref() == Some("22P05")
    }

    /// The same of a statement that only reads: there is nothing in it that the client could mend.
    #[must_use]
    pub fn of_read(self) -> Self {
        match self {
            Self::Rejected(source) => Self::Internal(source),
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

    /// Why a connection goes on failing so when what was wrong is right again; none where it does not.
    pub(crate) fn poisons_connection(&self) -> Option<&'static str> {
        let Self::Unavailable(sqlx::Error::Database(error)) = self else { return None };
        match &*error.code()? {
            // feature_not_supported: a statement that was prepared before a column changed its type
            "0A000" => Some("schema changed"),
            // read_only_sql_transaction: a role's setting from before, or a primary that has become a standby
            "25006" => Some("read-only"),
            // READONLY
            code => (primary(code) == Some(8)).then_some("read-only"),
        }
    }

    /// Whether it is the connection that failed, or the server that it leads to, which goes away or takes no writes: nothing of a
    /// transaction has happened that was not committed, and another connection may do better.
    #[must_use]
    pub fn is_of_connection(&self) -> bool {
        let Self::Unavailable(error) = self else { return false };
        // read_only_sql_transaction
        is_of_connection(error)
            || error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("25006"))
    }

    /// Whether a standby was asked where a primary is.
    pub(crate) fn is_of_standby(&self) -> bool {
        // object_not_in_prerequisite_state
        self.code().as_deref() == Some("55000")
    }

    /// The same of an error that a commit ended in: where it was sent and not answered, nobody knows whether it was done.
    pub(crate) fn of_commit(self) -> Self {
        match self {
            Self::Unavailable(source) if is_of_connection(&source) => Self::OutcomeUnknown(source),
            error => error,
        }
    }

    /// Whether nobody knows if the change was made.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown(_))
    }

    /// Whether the role lacks a right on a table that the statement names.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        // insufficient_privilege
        self.code().as_deref() == Some("42501")
    }

    /// Whether the same may succeed later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::OutcomeUnknown(_) | Self::ReadOnly | Self::Contended | Self::FileReplaced
        )
    }

    /// Whether the file of the database is not where it was.
    #[must_use]
    pub fn is_file_replaced(&self) -> bool {
        matches!(self, Self::FileReplaced)
    }

    /// Whether the database itself reported it, rather than the connection or the driver.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        matches!(self.driver(), Some(sqlx::Error::Database(_)))
    }

    /// Whether it says nothing of what was sent, so that the same may succeed later: another writer was in the way, the server
    /// goes away, has no room for another connection, or somebody has the statement stopped.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        if self.is_contention() || !self.is_reported() {
            return true;
        }
        // Those of PostgreSQL; SQLite's are numbers of their own.
        self.code().is_some_and(|code| code.len() == 5 && (code == "53300" || ["08", "40", "57"].contains(&&code[..2])))
    }

    /// The code that the database or the driver gave it; none where there is none.
    #[must_use]
    pub(crate) fn code(&self) -> Option<String> {
        Some(self.driver()?.as_database_error()?.code()?.into_owned())
    }

    /// The constraint that it is about, where the database says it.
    pub(crate) fn constraint(&self) -> Option<&str> {
        self.driver()?.as_database_error()?.constraint()
    }

    /// The same for another one who waited for the same work; none of what the database itself reported of a statement.
    #[must_use]
    pub fn repeated(&self) -> Option<Self> {
        Some(match self {
            Self::Unavailable(sqlx::Error::PoolTimedOut) => Self::Unavailable(sqlx::Error::PoolTimedOut),
            Self::Unavailable(sqlx::Error::PoolClosed) => Self::Unavailable(sqlx::Error::PoolClosed),
            Self::Unavailable(sqlx::Error::Io(error)) => {
                Self::Unavailable(sqlx::Error::Io(io::Error::new(error.kind(), error.to_string())))
            }
            Self::OutcomeUnknown(error) => Self::OutcomeUnknown(sqlx::Error::Io(io::Error::other(reason(error)))),
            Self::ReadOnly => Self::ReadOnly,
            Self::Contended => Self::Contended,
            Self::FileReplaced => Self::FileReplaced,
            _ => return None,
        })
    }

    /// A statement that must answer a row answered none.
    #[must_use]
    pub fn no_row() -> Self {
        Self::Internal(sqlx::Error::RowNotFound)
    }

    /// What the driver reports, in one line.
    #[must_use]
    pub fn reason(&self) -> String {
        self.driver().map_or_else(|| self.to_string(), reason)
    }

    fn driver(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Unavailable(source)
            | Self::OutcomeUnknown(source)
            | Self::Rejected(source)
            | Self::Internal(source) => Some(source),
            Self::ReadOnly | Self::Contended | Self::FileReplaced => None,
        }
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
                Class::Data => Self::Rejected(error),
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
            // CONSTRAINT_CHECK, CONSTRAINT_NOTNULL, CONSTRAINT_TRIGGER, CONSTRAINT_DATATYPE
            Some(19) if matches!(code, "275" | "1299" | "1811" | "3091") => Self::Data,
            // BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN
            Some(5 | 6 | 8 | 10 | 13 | 14) => Self::Transient,
            // TOOBIG; other kinds of CONSTRAINT are told apart by what they are
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
            // character_not_in_repertoire: bytes that are stored and are no text. What is sent is UTF-8.
            "22021" => Self::Other,
            // connection exceptions; insufficient resources
            _ if code.starts_with("08") || code.starts_with("53") => Self::Transient,
            // data exceptions; violations of not-null, check and exclusion constraints and of a view's check option; what a
            // trigger raises
            _ if code.starts_with("22") || matches!(code, "23502" | "23514" | "23P01" | "44000" | "P0001") => {
                Self::Data
            }
            _ => Self::Other,
        }
    }
}

/// Whether a connection was lost or could not be had, since the server is away, begins or stops.
pub(crate) fn is_of_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        // admin_shutdown, crash_shutdown, cannot_connect_now; connection exceptions
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.len() == 5 && (matches!(&*code, "57P01" | "57P02" | "57P03") || code.starts_with("08"))
        }),
        _ => false,
    }
}

/// What a driver reports, in one line.
#[must_use]
pub fn reason(error: &sqlx::Error) -> String {
    let text = match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    };
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
