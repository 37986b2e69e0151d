//! SQL that no request sends: the questions asked at start, and the scripts of tools and tests. It is sent unprepared, so
//! that it works behind any pooler.

use sqlx::{
    AssertSqlSafe, ColumnIndex, ConnectOptions as _, Connection as _, Database, Decode, PgConnection, Row,
    SqliteConnection, raw_sql,
};

use crate::error::Error;
use crate::pool::{AnyPool, Pool};
use crate::url::{DatabaseUrl, Target};

/// The values of a row as the database's own text; none for null.
pub type TextRow = Vec<Option<String>>;

/// A connection of its own, on which a transaction or a lock can be held across scripts.
#[derive(Debug)]
pub struct Connection(AnyConnection);

#[derive(Debug)]
enum AnyConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

#[expect(clippy::disallowed_methods, reason = "the one place where SQL is sent that is no request's statement")]
impl Connection {
    /// Connects to a database.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        Ok(Self(match url.target() {
            Target::Postgres(options) => {
                AnyConnection::Postgres((**options).clone().disable_statement_logging().connect().await?)
            }
            Target::Sqlite(options) => {
                AnyConnection::Sqlite((**options).clone().disable_statement_logging().connect().await?)
            }
        }))
    }

    /// Executes one statement or several, separated by semicolons.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn execute(&mut self, script: &str) -> Result<(), Error> {
        let script = raw_sql(AssertSqlSafe(script));
        match &mut self.0 {
            AnyConnection::Postgres(connection) => script.execute(connection).await.map(drop)?,
            AnyConnection::Sqlite(connection) => script.execute(connection).await.map(drop)?,
        }
        Ok(())
    }

    /// The rows of a query, every value as text.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn text_rows(&mut self, query: &str) -> Result<Vec<TextRow>, Error> {
        let query = raw_sql(AssertSqlSafe(query));
        Ok(match &mut self.0 {
            AnyConnection::Postgres(connection) => texts(&query.fetch_all(connection).await?)?,
            AnyConnection::Sqlite(connection) => texts(&query.fetch_all(connection).await?)?,
        })
    }

    /// Ends the connection, as the database expects it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn close(self) -> Result<(), Error> {
        match self.0 {
            AnyConnection::Postgres(connection) => connection.close().await?,
            AnyConnection::Sqlite(connection) => connection.close().await?,
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where SQL is sent that is no request's statement")]
impl Pool {
    /// Executes one statement or several, separated by semicolons.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn execute(&self, script: &str) -> Result<(), Error> {
        let script = raw_sql(AssertSqlSafe(script));
        match self.any() {
            AnyPool::Postgres(pool) => script.execute(pool).await.map(drop)?,
            AnyPool::Sqlite(pool) => script.execute(pool).await.map(drop)?,
        }
        Ok(())
    }

    /// The rows of a query, every value as text.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn text_rows(&self, query: &str) -> Result<Vec<TextRow>, Error> {
        let query = raw_sql(AssertSqlSafe(query));
        Ok(match self.any() {
            AnyPool::Postgres(pool) => texts(&query.fetch_all(pool).await?)?,
            AnyPool::Sqlite(pool) => texts(&query.fetch_all(pool).await?)?,
        })
    }
}

/// Rows of an unprepared query, whose values the drivers hand over as text whatever their type.
fn texts<R: Row>(rows: &[R]) -> Result<Vec<TextRow>, sqlx::Error>
where
    usize: ColumnIndex<R>,
    Option<String>: for<'r> Decode<'r, R::Database>,
    String: sqlx::Type<R::Database>,
    R::Database: Database,
{
    rows.iter().map(|row| (0..row.len()).map(|column| row.try_get_unchecked(column)).collect()).collect()
}
