//! Another program, which works on the database with plain SQL and knows nothing of the service's rules.

use std::time::Duration;

use sqlx::error::ErrorKind;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Error, PgConnection, query_scalar, raw_sql};

use crate::support::Database;

/// A connection of its own. On SQLite it asks for foreign keys to be checked, as such a program has to.
pub(super) enum Program {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Why a statement did not succeed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Breach {
    Unique,
    ForeignKey,
    /// PostgreSQL turned it away, since it and another transaction waited for each other.
    Deadlock,
}

impl Program {
    pub(super) async fn connect(database: &Database) -> Self {
        let url = database.url();
        match url.strip_prefix("sqlite://") {
            Some(file) => {
                let options = SqliteConnectOptions::new().filename(file).foreign_keys(true);
                let options = options.busy_timeout(Duration::from_secs(30));
                Self::Sqlite(options.connect().await.expect("SQLite opens"))
            }
            None => Self::Postgres(PgConnection::connect(&url).await.expect("PostgreSQL answers")),
        }
    }

    /// Begins a transaction that writes.
    pub(super) async fn begin(&mut self) {
        let begin = if matches!(self, Self::Sqlite(_)) { "begin immediate" } else { "begin" };
        self.run(begin).await;
    }

    /// Executes statements that must succeed.
    pub(super) async fn run(&mut self, sql: &str) {
        self.attempt(sql).await.unwrap_or_else(|breach| panic!("{breach:?} in: {sql}"));
    }

    /// Executes statements that may be turned away.
    pub(super) async fn attempt(&mut self, sql: &str) -> Result<(), Breach> {
        let statements = raw_sql(AssertSqlSafe(sql));
        let outcome = match self {
            Self::Sqlite(connection) => statements.execute(connection).await.map(drop),
            Self::Postgres(connection) => statements.execute(connection).await.map(drop),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(Error::Database(error)) if error.kind() == ErrorKind::UniqueViolation => Err(Breach::Unique),
            Err(Error::Database(error)) if error.kind() == ErrorKind::ForeignKeyViolation => Err(Breach::ForeignKey),
            Err(Error::Database(error)) if error.code().as_deref() == Some("40P01") => Err(Breach::Deadlock),
            Err(error) => panic!("{error}\nin: {sql}"),
        }
    }

    /// How many rows a table has that a condition is true of.
    pub(super) async fn count(&mut self, table: &str, condition: &str) -> i64 {
        self.number(&format!("select count(*) from {table} where {condition}")).await
    }

    /// The whole number that a query answers.
    pub(super) async fn number(&mut self, sql: &str) -> i64 {
        let query = AssertSqlSafe(sql);
        let number = match self {
            Self::Sqlite(connection) => query_scalar(query).persistent(false).fetch_one(connection).await,
            Self::Postgres(connection) => query_scalar(query).persistent(false).fetch_one(connection).await,
        };
        number.unwrap_or_else(|fault| panic!("{fault}\nin: {sql}"))
    }
}
