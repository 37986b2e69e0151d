//! SQL that no request sends: the questions asked at start, and the scripts of tools and tests. It is sent unprepared, so
//! that it works behind any pooler.

use std::time::Instant;

use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{
    AssertSqlSafe, ColumnIndex, ConnectOptions as _, Connection as _, Database, Decode, Executor, PgConnection,
    SqliteConnection, raw_sql,
};

use crate::connect::open::Opener;
use crate::connections::Which;
use crate::error::Error;
use crate::lease::Lease;
use crate::pool::{AnyPool, Pool};
use crate::url::{DatabaseUrl, Target};

/// The values of a row as the database's own text; none for null.
pub type TextRow = Vec<Option<String>>;

/// A connection of its own, on which a transaction or a lock can be held across scripts.
#[derive(Debug)]
pub struct Connection {
    connection: AnyConnection,
    /// How the server was reached, if it is one.
    reached: Option<Box<PgConnectOptions>>,
}

#[derive(Debug)]
enum AnyConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Connection {
    /// Connects to a database.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        Ok(match url.target() {
            Target::Postgres(servers) => {
                let opener = Opener::new(servers.map(PgConnectOptions::disable_statement_logging));
                let (connection, peer) = opener.open().await?;
                let connection = AnyConnection::Postgres(connection);
                Self { connection, reached: Some(Box::new(peer.options)) }
            }
            Target::Sqlite(options) => {
                let connection = (**options).clone().disable_statement_logging().connect().await?;
                Self { connection: AnyConnection::Sqlite(connection), reached: None }
            }
        })
    }

    /// A SQLite database in memory, which is gone when the connection is closed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn in_memory() -> Result<Self, Error> {
        let options = SqliteConnectOptions::new().in_memory(true).disable_statement_logging();
        Ok(Self { connection: AnyConnection::Sqlite(options.connect().await?), reached: None })
    }

    /// The URL of the database on the one server that was reached: what is done beside the connection meets no other server.
    #[must_use]
    pub fn place(&self, url: &DatabaseUrl) -> DatabaseUrl {
        self.reached.as_ref().map_or_else(|| url.clone(), |options| url.on_server((**options).clone()))
    }

    /// Executes one statement or several, separated by semicolons.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn execute(&mut self, script: &str) -> Result<(), Error> {
        match &mut self.connection {
            AnyConnection::Postgres(connection) => execute(connection, script).await,
            AnyConnection::Sqlite(connection) => execute(connection, script).await,
        }
    }

    /// The rows of a query, every value as text.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn text_rows(&mut self, query: &str) -> Result<Vec<TextRow>, Error> {
        match &mut self.connection {
            AnyConnection::Postgres(connection) => text_rows(connection, query).await,
            AnyConnection::Sqlite(connection) => text_rows(connection, query).await,
        }
    }

    /// The first value of a query's first row; none where there is no row, or it is null.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn text_value(&mut self, query: &str) -> Result<Option<String>, Error> {
        Ok(self.text_rows(query).await?.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
    }

    /// The first values of a query's rows, without those that are null.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn text_column(&mut self, query: &str) -> Result<Vec<String>, Error> {
        Ok(self.text_rows(query).await?.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// Hands over the rows of a query one by one, every value as text: there may be more than fit into memory.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn for_each_row(
        &mut self,
        query: &str,
        hand_over: &mut (dyn FnMut(TextRow) + Send),
    ) -> Result<(), Error> {
        match &mut self.connection {
            AnyConnection::Postgres(connection) => for_each_row(connection, query, hand_over).await,
            AnyConnection::Sqlite(connection) => for_each_row(connection, query, hand_over).await,
        }
    }

    /// Ends the connection, as the database expects it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn close(self) -> Result<(), Error> {
        match self.connection {
            AnyConnection::Postgres(connection) => connection.close().await?,
            AnyConnection::Sqlite(connection) => connection.close().await?,
        }
        Ok(())
    }
}

impl Pool {
    /// A connection that the pool gives away.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn connection(&self) -> Result<Connection, Error> {
        let connection = match self.any() {
            AnyPool::Postgres(pool) => AnyConnection::Postgres(pool.take(Which::Any).await?.detach()),
            AnyPool::Sqlite(pool) => AnyConnection::Sqlite(pool.take(Which::Any).await?.detach()),
        };
        Ok(Connection { connection, reached: None })
    }

    /// Executes one statement or several, separated by semicolons.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn execute(&self, script: &str) -> Result<(), Error> {
        let since = Instant::now();
        match self.any() {
            AnyPool::Postgres(pool) => {
                execute(&mut *Lease::take(pool, Which::Any, self.target(), since).await?, script).await
            }
            AnyPool::Sqlite(pool) => {
                execute(&mut *Lease::take(pool, Which::Any, self.target(), since).await?, script).await
            }
        }
    }

    /// The rows of a query, every value as text.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn text_rows(&self, query: &str) -> Result<Vec<TextRow>, Error> {
        let since = Instant::now();
        match self.any() {
            AnyPool::Postgres(pool) => {
                text_rows(&mut *Lease::take(pool, Which::Any, self.target(), since).await?, query).await
            }
            AnyPool::Sqlite(pool) => {
                text_rows(&mut *Lease::take(pool, Which::Any, self.target(), since).await?, query).await
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where SQL is sent that is no request's statement")]
fn execute<'c, E: Executor<'c> + 'c>(executor: E, script: &str) -> BoxFuture<'c, Result<(), Error>> {
    let script = raw_sql(AssertSqlSafe(script));
    Box::pin(async { Ok(script.execute(executor).await.map(drop)?) })
}

/// Rows of an unprepared query, whose values the drivers hand over as text whatever their type.
#[expect(clippy::disallowed_methods, reason = "the one place where SQL is sent that is no request's statement")]
pub(crate) fn text_rows<'c, E: Executor<'c> + 'c>(
    executor: E,
    query: &str,
) -> BoxFuture<'c, Result<Vec<TextRow>, Error>>
where
    usize: ColumnIndex<<E::Database as Database>::Row>,
    Option<String>: for<'r> Decode<'r, E::Database>,
    String: sqlx::Type<E::Database>,
{
    let query = raw_sql(AssertSqlSafe(query));
    Box::pin(async {
        let rows = query.fetch_all(executor).await?;
        Ok(rows.iter().map(texts).collect::<Result<_, _>>()?)
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place where SQL is sent that is no request's statement")]
fn for_each_row<'c, E: Executor<'c> + 'c>(
    executor: E,
    query: &'c str,
    hand_over: &'c mut (dyn FnMut(TextRow) + Send),
) -> BoxFuture<'c, Result<(), Error>>
where
    usize: ColumnIndex<<E::Database as Database>::Row>,
    Option<String>: for<'r> Decode<'r, E::Database>,
    String: sqlx::Type<E::Database>,
{
    Box::pin(async move {
        let mut rows = raw_sql(AssertSqlSafe(query)).fetch(executor);
        while let Some(row) = rows.try_next().await? {
            hand_over(texts(&row)?);
        }
        Ok(())
    })
}

/// The values of a row as text.
fn texts<R>(row: &R) -> Result<TextRow, sqlx::Error>
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
    Option<String>: for<'r> Decode<'r, R::Database>,
{
    (0..row.len()).map(|column| row.try_get_unchecked(column)).collect()
}
