//! Statements on either database: parameters and columns go in and come out as domain values, typed by their kind.

use std::time::Duration;

use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use partbook_domain::Kind;
use sqlx::{Executor, Postgres, SqlSafeStr, SqlStr, Sqlite, Transaction, query_with};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::columns::{Argument, Columns, from_postgres, from_sqlite, to_postgres, to_sqlite};
use crate::dialect::Dialect;
use crate::{Error, Pool};

/// How long a request for a whole list waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database, as statements are sent to it.
#[derive(Debug)]
pub(crate) struct Connections {
    pool: Pool,
    /// How many more whole lists may be read at once: their readers may be slow, and must not take every connection.
    lists: Semaphore,
}

impl Connections {
    pub(crate) fn new(pool: Pool) -> Self {
        let lists = Semaphore::new((pool.size() as usize * 3 / 4).max(1));
        Self { pool, lists }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Waits for the turn to read a whole list.
    pub(crate) async fn turn_to_list(&self) -> Result<SemaphorePermit<'_>, Error> {
        let turn = timeout(PATIENCE, self.lists.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or(Error::Unavailable(sqlx::Error::PoolTimedOut))
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Session, Error> {
        let begin = Dialect::of(&self.pool).begin();
        let transaction = match &self.pool {
            Pool::Postgres(pool, _) => Either::Postgres(pool.begin_with(begin).await?),
            Pool::Sqlite(pool) => Either::Sqlite(pool.begin_with(begin).await?),
        };
        Ok(Session { transaction, keeps_statements: self.pool.has_statement_cache() })
    }

    /// Runs a query.
    pub(crate) async fn rows(
        &self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
        kinds: &[Kind],
    ) -> Result<Vec<Columns>, Error> {
        self.stream(sql.into_sql_str(), arguments, kinds).try_collect().await
    }

    /// Runs a query and yields its rows as they arrive.
    pub(crate) fn stream<'a>(
        &'a self,
        sql: SqlStr,
        arguments: Vec<Argument>,
        kinds: &'a [Kind],
    ) -> BoxStream<'a, Result<Columns, Error>> {
        match &self.pool {
            Pool::Postgres(pool, true) => postgres(pool, sql, arguments, kinds, true),
            Pool::Sqlite(pool) => sqlite(pool, sql, arguments, kinds),
            // Prepared anew, in a transaction: see `Pool::has_statement_cache`.
            Pool::Postgres(pool, false) => async_stream::try_stream! {
                let mut transaction = pool.begin_with(Dialect::Postgres.begin()).await?;
                let mut rows = postgres(&mut *transaction, sql, arguments, kinds, false);
                while let Some(row) = rows.try_next().await? {
                    yield row;
                }
            }
            .boxed(),
        }
    }
}

/// A transaction that writes. Dropped without [`Session::commit`], it is rolled back.
pub(crate) struct Session {
    transaction: Either,
    keeps_statements: bool,
}

enum Either {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Session {
    pub(crate) async fn rows(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
        kinds: &[Kind],
    ) -> Result<Vec<Columns>, Error> {
        let (sql, keep) = (sql.into_sql_str(), self.keeps_statements);
        match &mut self.transaction {
            Either::Postgres(transaction) => {
                postgres(&mut **transaction, sql, arguments, kinds, keep).try_collect().await
            }
            Either::Sqlite(transaction) => sqlite(&mut **transaction, sql, arguments, kinds).try_collect().await,
        }
    }

    /// Runs a statement that answers no rows.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, arguments: Vec<Argument>) -> Result<(), Error> {
        self.rows(sql, arguments, &[]).await.map(drop)
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self.transaction {
            Either::Postgres(transaction) => transaction.commit().await?,
            Either::Sqlite(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}

fn postgres<'e, E>(
    executor: E,
    sql: SqlStr,
    arguments: Vec<Argument>,
    kinds: &'e [Kind],
    keep: bool,
) -> BoxStream<'e, Result<Columns, Error>>
where
    E: Executor<'e, Database = Postgres> + 'e,
{
    match to_postgres(arguments) {
        Ok(arguments) => {
            let rows = executor.fetch(query_with(sql, arguments).persistent(keep));
            rows.map(|row| from_postgres(&row?, kinds).map_err(Error::from)).boxed()
        }
        Err(error) => futures_util::stream::once(async { Err(error.into()) }).boxed(),
    }
}

fn sqlite<'e, E>(
    executor: E,
    sql: SqlStr,
    arguments: Vec<Argument>,
    kinds: &'e [Kind],
) -> BoxStream<'e, Result<Columns, Error>>
where
    E: Executor<'e, Database = Sqlite> + 'e,
{
    match to_sqlite(arguments) {
        Ok(arguments) => {
            let rows = executor.fetch(query_with(sql, arguments));
            rows.map(|row| from_sqlite(&row?, kinds).map_err(Error::from)).boxed()
        }
        Err(error) => futures_util::stream::once(async { Err(error.into()) }).boxed(),
    }
}
