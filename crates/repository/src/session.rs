//! Statements on either database: parameters and columns go in and come out as domain values, typed by their kind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use partbook_domain::Kind;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Executor, Postgres, SqlSafeStr, SqlStr, Sqlite, Transaction, query_with};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::columns::{Argument, Columns, from_postgres, from_sqlite, to_postgres, to_sqlite};
use crate::dialect::Dialect;
use crate::pool::BUSY_TIMEOUT;
use crate::watch::Peer;
use crate::{Error, Pool};

/// How long a request waits for its turn to take a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database, as statements are sent to it.
#[derive(Debug)]
pub(crate) struct Connections {
    pool: Pool,
    /// What traces call it.
    peer: Arc<Peer>,
    /// How many more whole lists may be read at once: their readers may be slow, and must not take every connection.
    lists: Semaphore,
    /// How many more may write at once: they may have to wait for what others hold, and must not take every connection
    /// meanwhile. One, where there is one writer: who waited in SQLite's own way would poll, and out of turn.
    writers: Arc<Semaphore>,
}

impl Connections {
    pub(crate) fn new(pool: Pool) -> Self {
        // The rest is for those that are quick.
        let most = (pool.size() as usize * 3 / 4).max(1);
        let writers = match pool {
            Pool::Postgres(..) => most,
            Pool::Sqlite(..) => 1,
        };
        let (lists, writers) = (Semaphore::new(most), Arc::new(Semaphore::new(writers)));
        Self { peer: Arc::new(pool.peer()), pool, lists, writers }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Waits for the turn to read a whole list.
    pub(crate) async fn turn_to_list(&self) -> Result<SemaphorePermit<'_>, Error> {
        let turn = timeout(PATIENCE, self.lists.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or_else(no_connection)
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Session, Error> {
        let (begin, since) = (Dialect::of(&self.pool).begin(), Instant::now());
        let turn = self.turn_to_write().await?;
        let (transaction, turn) = match &self.pool {
            Pool::Postgres(pool, ..) => {
                let (transaction, turn) = self.begin_on(pool, begin, since, turn).await?;
                (Either::Postgres(transaction), turn)
            }
            Pool::Sqlite(pool, _) => {
                let (transaction, turn) = self.begin_on(pool, begin, since, turn).await?;
                (Either::Sqlite(transaction), turn)
            }
        };
        let keeps_statements = self.pool.has_statement_cache();
        Ok(Session { transaction, peer: self.peer.clone(), keeps_statements, _turn: turn })
    }

    /// Waits for the turn to write.
    async fn turn_to_write(&self) -> Result<OwnedSemaphorePermit, Error> {
        let (patience, too_late): (_, fn() -> Error) = match self.pool {
            Pool::Postgres(..) => (PATIENCE, no_connection),
            Pool::Sqlite(..) => (BUSY_TIMEOUT, || Error::Contended),
        };
        let turn = timeout(patience, self.writers.clone().acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or_else(too_late)
    }

    /// Begins a transaction that has something to hold as long as it lasts.
    async fn begin_on<DB: Database, Held: Send + 'static>(
        &self,
        pool: &sqlx::Pool<DB>,
        sql: &'static str,
        since: Instant,
        held: Held,
    ) -> Result<(Transaction<'static, DB>, Held), Error> {
        let connection = acquire(pool, since).await?;
        let sql = sql.into_sql_str();
        // `Pool::begin_with` in two steps, so that waiting for a connection and for a lock are told apart. And by a task of
        // its own, which ends even if the request is given up: the driver would take a connection whose `begin` was cut
        // short for one without a transaction, and hand it on inside of it.
        let begin = Transaction::begin(connection, Some(sql.clone()));
        let begin = tokio::spawn(async move { Ok((begin.await?, held)) });
        let outcome = async { begin.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)) };
        self.peer.statement(sql).run(outcome).await
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
        async_stream::try_stream! {
            match &self.pool {
                Pool::Postgres(pool, _, true) => {
                    let mut connection = acquire(pool, Instant::now()).await?;
                    let watch = self.peer.statement(sql.clone());
                    let mut rows = watch.rows(postgres(&mut *connection, sql, arguments, kinds, true));
                    while let Some(row) = rows.try_next().await? {
                        yield row;
                    }
                }
                // Prepared anew, in a transaction: see `Pool::has_statement_cache`.
                Pool::Postgres(pool, _, false) => {
                    let (mut transaction, ()) = self.begin_on(pool, Dialect::Postgres.begin(), Instant::now(), ()).await?;
                    let watch = self.peer.statement(sql.clone());
                    let mut rows = watch.rows(postgres(&mut *transaction, sql, arguments, kinds, false));
                    while let Some(row) = rows.try_next().await? {
                        yield row;
                    }
                }
                Pool::Sqlite(pool, _) => {
                    let mut connection = acquire(pool, Instant::now()).await?;
                    let watch = self.peer.statement(sql.clone());
                    let mut rows = watch.rows(sqlite(&mut *connection, sql, arguments, kinds));
                    while let Some(row) = rows.try_next().await? {
                        yield row;
                    }
                }
            }
        }
        .boxed()
    }
}

/// Takes a connection from the pool, and tells how long that took since somebody wanted it.
async fn acquire<DB: Database>(pool: &sqlx::Pool<DB>, since: Instant) -> Result<PoolConnection<DB>, Error> {
    let acquired = pool.acquire().await;
    metrics::histogram!("partbook_db_pool_wait_seconds").record(since.elapsed());
    match acquired {
        Err(sqlx::Error::PoolTimedOut) => Err(no_connection()),
        acquired => Ok(acquired?),
    }
}

/// Notes that somebody got no connection in time.
fn no_connection() -> Error {
    metrics::counter!("partbook_db_pool_timeouts_total").increment(1);
    Error::Unavailable(sqlx::Error::PoolTimedOut)
}

/// A transaction that writes. Dropped without [`Session::commit`], it is rolled back.
pub(crate) struct Session {
    transaction: Either,
    peer: Arc<Peer>,
    keeps_statements: bool,
    _turn: OwnedSemaphorePermit,
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
        let watch = self.peer.statement(sql.clone());
        let rows = match &mut self.transaction {
            Either::Postgres(transaction) => postgres(&mut **transaction, sql, arguments, kinds, keep),
            Either::Sqlite(transaction) => sqlite(&mut **transaction, sql, arguments, kinds),
        };
        watch.rows(rows).try_collect().await
    }

    /// Runs a statement that answers no rows.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, arguments: Vec<Argument>) -> Result<(), Error> {
        self.rows(sql, arguments, &[]).await.map(drop)
    }

    /// Gives up what was done, and waits until the locks are free: a session that is only dropped holds them for a while.
    pub(crate) async fn rollback(self) -> Result<(), Error> {
        let watch = self.peer.statement("rollback".into_sql_str());
        match self.transaction {
            Either::Postgres(transaction) => watch.run(transaction.rollback()).await,
            Either::Sqlite(transaction) => watch.run(transaction.rollback()).await,
        }
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        let watch = self.peer.statement("commit".into_sql_str());
        match self.transaction {
            Either::Postgres(transaction) => watch.run(transaction.commit()).await,
            Either::Sqlite(transaction) => watch.run(transaction.commit()).await,
        }
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
