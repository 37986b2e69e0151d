//! The database, as statements are sent to it: parameters go in and rows come out as domain values, typed by their kind.

use std::time::Instant;

use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use partbook_domain::Kind;
use sqlx::Transaction;
use sqlx::pool::PoolConnection;
use tokio::sync::SemaphorePermit;

use crate::admission::{Admission, no_connection};
use crate::codec::{BindValue, RowValues};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::fetch;
use crate::pool::{AnyPool, Pool};
use crate::session::{AnyTransaction, Session};
use crate::statement::Statement;

/// The rows of a query, as they arrive.
pub type RowStream<'a> = BoxStream<'a, Result<RowValues, Error>>;

/// The database, as statements are sent to it.
#[derive(Debug)]
pub struct Database {
    pool: Pool,
    admission: Admission,
}

impl Database {
    /// The database of a pool.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { admission: Admission::new(&pool), pool }
    }

    /// The connections.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Waits for the permit to read rows of a list.
    ///
    /// # Errors
    /// None was free in time.
    pub async fn list_permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.admission.list_permit().await
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin(&self) -> Result<Session, Error> {
        let since = Instant::now();
        let permit = self.admission.write_permit().await?;
        let (transaction, permit) = match self.pool.any() {
            AnyPool::Postgres(pool) => {
                let (transaction, permit) = self.begin_on(pool, since, permit).await?;
                (AnyTransaction::Postgres(transaction), permit)
            }
            AnyPool::Sqlite(pool) => {
                let (transaction, permit) = self.begin_on(pool, since, permit).await?;
                (AnyTransaction::Sqlite(transaction), permit)
            }
        };
        let (target, statement_cache) = (self.pool.target().clone(), self.pool.has_statement_cache());
        Ok(Session { transaction, target, statement_cache, _permit: permit })
    }

    /// Begins a transaction that has something to hold as long as it lasts.
    async fn begin_on<DB: sqlx::Database, Held: Send + 'static>(
        &self,
        pool: &sqlx::Pool<DB>,
        since: Instant,
        held: Held,
    ) -> Result<(Transaction<'static, DB>, Held), Error> {
        let connection = acquire(pool, since).await?;
        let statement = Dialect::of(&self.pool).begin();
        // `Pool::begin_with` in two steps, so that waiting for a connection and for a lock are told apart. And by a task of
        // its own, which ends even if the request is given up: the driver would take a connection whose `begin` was cut
        // short for one without a transaction, and hand it on inside of it.
        let begin = Transaction::begin(connection, Some(statement.sql.clone()));
        let begin = tokio::spawn(async move { Ok((begin.await?, held)) });
        let outcome = async { begin.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)) };
        self.pool.target().observe(&statement).run(outcome).await
    }

    /// Runs a query.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rows(
        &self,
        statement: &Statement,
        values: Vec<BindValue>,
        kinds: &[Kind],
    ) -> Result<Vec<RowValues>, Error> {
        self.stream(statement.clone(), values, kinds).try_collect().await
    }

    /// Runs a query and yields its rows as they arrive.
    pub fn stream<'a>(&'a self, statement: Statement, values: Vec<BindValue>, kinds: &'a [Kind]) -> RowStream<'a> {
        let (keep, since) = (self.pool.has_statement_cache(), Instant::now());
        async_stream::try_stream! {
            let sql = statement.sql.clone();
            match self.pool.any() {
                AnyPool::Postgres(pool) if keep => {
                    let mut connection = acquire(pool, since).await?;
                    let observer = self.pool.target().observe(&statement);
                    let mut rows = observer.rows(fetch::postgres(&mut *connection, sql, values, kinds, keep));
                    while let Some(row) = rows.try_next().await? {
                        yield row;
                    }
                }
                // Prepared anew, in a transaction: see `Pool::has_statement_cache`.
                AnyPool::Postgres(pool) => {
                    let (mut transaction, ()) = self.begin_on(pool, since, ()).await?;
                    let observer = self.pool.target().observe(&statement);
                    let mut rows = observer.rows(fetch::postgres(&mut *transaction, sql, values, kinds, keep));
                    while let Some(row) = rows.try_next().await? {
                        yield row;
                    }
                }
                AnyPool::Sqlite(pool) => {
                    let mut connection = acquire(pool, since).await?;
                    let observer = self.pool.target().observe(&statement);
                    let mut rows = observer.rows(fetch::sqlite(&mut *connection, sql, values, kinds));
                    while let Some(row) = rows.try_next().await? {
                        yield row;
                    }
                }
            }
        }
        .boxed()
    }
}

/// Takes a connection from the pool, and records how long that took since a request wanted it.
async fn acquire<DB: sqlx::Database>(pool: &sqlx::Pool<DB>, since: Instant) -> Result<PoolConnection<DB>, Error> {
    let acquired = pool.acquire().await;
    metrics::histogram!("partbook_db_pool_wait_seconds").record(since.elapsed());
    match acquired {
        Err(sqlx::Error::PoolTimedOut) => Err(no_connection()),
        acquired => Ok(acquired?),
    }
}
