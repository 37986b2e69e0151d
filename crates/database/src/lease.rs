//! A connection on loan from the pool: how it is taken, and how it is given back.

use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Postgres, SqlSafeStr as _, SqlStr, Sqlite, raw_sql};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant as Deadline, sleep, timeout, timeout_at};

use crate::admission::no_connection;
use crate::error::Error;
use crate::invalidation::Invalidation;
use crate::observe::DatabaseTarget;

/// How often a request that waits for a new connection looks for one that was given back meanwhile.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// How long a connection that is tried before its use has to answer: one whose packets go nowhere would take the whole time that
/// a request has.
pub(crate) const PING_TIMEOUT: Duration = Duration::from_millis(500);

/// How long a connection may take to end what a request has left unfinished, before it is cut.
const GIVE_BACK_TIMEOUT: Duration = Duration::from_secs(5);

/// One of the two drivers.
pub(crate) trait Driver: sqlx::Database {
    /// Whether a `begin` that the database refused may have begun a transaction.
    const MAY_HAVE_BEGUN: bool;

    /// Executes a statement that answers nothing.
    fn run(connection: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>>;
}

impl Driver for Postgres {
    /// It comes with a setting, which may be what is refused.
    const MAY_HAVE_BEGUN: bool = true;

    #[expect(clippy::disallowed_methods, reason = "the control of transactions")]
    fn run(connection: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async { raw_sql(sql).execute(connection).await.map(drop) })
    }
}

impl Driver for Sqlite {
    const MAY_HAVE_BEGUN: bool = false;

    #[expect(clippy::disallowed_methods, reason = "the control of transactions")]
    fn run(connection: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async { raw_sql(sql).execute(connection).await.map(drop) })
    }
}

/// A connection on loan from the pool. Dropped, it goes back; a transaction that is still open is rolled back before.
pub(crate) struct Lease<DB: Driver> {
    /// None once it is given back.
    connection: Option<PoolConnection<DB>>,
    /// Whether a transaction may be open.
    in_transaction: bool,
    /// The permit to write, kept until nothing of the transaction is left.
    permit: Option<OwnedSemaphorePermit>,
}

impl<DB: Driver> Lease<DB> {
    /// Takes a connection, an idle one or a new one, whichever is there first; and records how long that took since a request
    /// wanted it. All of it within the pool's one time limit.
    pub(crate) async fn take(pool: &sqlx::Pool<DB>, target: &DatabaseTarget, since: Instant) -> Result<Self, Error> {
        target.check_place()?;
        let invalidation = &target.invalidation;
        close_stale(pool, invalidation);
        // Once the driver has begun to open a connection, it goes on trying until the time is over: in vain, where the server
        // has no room for another one.
        let mut opened = pin!(pool.acquire());
        let taken = loop {
            tokio::select! {
                biased;
                taken = &mut opened => break taken,
                () = sleep(LOOK_INTERVAL) => if let Some(connection) = try_take(pool, invalidation).await {
                    break Ok(connection);
                }
            }
        };
        metrics::histogram!("partbook_db_pool_wait_seconds").record(since.elapsed());
        let connection = match taken {
            Err(sqlx::Error::PoolTimedOut) => return Err(no_connection()),
            taken => taken?,
        };
        if let Err(replaced) = target.check_place() {
            // It may have been opened on what is there instead.
            drop(connection.detach());
            return Err(replaced);
        }
        Ok(Self { connection: Some(connection), in_transaction: false, permit: None })
    }

    /// Begins a transaction. Where that is cut short, it is rolled back like one that has begun.
    pub(crate) async fn begin(&mut self, sql: SqlStr, permit: Option<OwnedSemaphorePermit>) -> Result<(), sqlx::Error> {
        self.in_transaction = true;
        self.permit = permit;
        let begun = DB::run(self, sql).await;
        if matches!(begun, Err(sqlx::Error::Database(_))) {
            self.in_transaction = DB::MAY_HAVE_BEGUN;
        }
        begun
    }

    /// Makes what was done in the transaction last.
    pub(crate) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.end("commit".into_sql_str()).await
    }

    /// Gives up what was done in the transaction, and waits until its locks are free.
    pub(crate) async fn rollback(&mut self) -> Result<(), sqlx::Error> {
        self.end("rollback".into_sql_str()).await
    }

    async fn end(&mut self, sql: SqlStr) -> Result<(), sqlx::Error> {
        DB::run(self, sql).await?;
        self.in_transaction = false;
        Ok(())
    }
}

/// An idle connection that answers; one that was not looked at, since the driver had begun to open a new one.
async fn try_take<DB: Driver>(pool: &sqlx::Pool<DB>, invalidation: &Invalidation) -> Option<PoolConnection<DB>> {
    close_stale(pool, invalidation);
    while let Some(mut connection) = pool.try_acquire() {
        match timeout(PING_TIMEOUT, connection.ping()).await {
            Ok(Ok(())) => return Some(connection),
            Ok(Err(_)) => connection.close_on_drop(),
            Err(_) => {
                connection.close_on_drop();
                invalidation.replace_all();
                return None;
            }
        }
    }
    None
}

/// Closes the idle connections that were opened before the last invalidation. Those at work are looked at when they are given
/// back.
fn close_stale<DB: Driver>(pool: &sqlx::Pool<DB>, invalidation: &Invalidation) {
    if invalidation.take_stale() {
        while let Some(mut connection) = pool.try_acquire() {
            connection.close_on_drop();
        }
    }
}

impl<DB: Driver> Deref for Lease<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        self.connection.as_ref().expect("a connection that is not given back")
    }
}

impl<DB: Driver> DerefMut for Lease<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        self.connection.as_mut().expect("a connection that is not given back")
    }
}

impl<DB: Driver> Drop for Lease<DB> {
    /// By a task with a time limit of its own, so that a connection that is not heard of again does not keep its place in the
    /// pool.
    fn drop(&mut self) {
        let (Some(connection), Ok(runtime)) = (self.connection.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let (in_transaction, permit) = (self.in_transaction, self.permit.take());
        runtime.spawn(give_back(connection, in_transaction, permit));
    }
}

async fn give_back<DB: Driver>(
    mut connection: PoolConnection<DB>,
    in_transaction: bool,
    permit: Option<OwnedSemaphorePermit>,
) {
    let deadline = Deadline::now() + GIVE_BACK_TIMEOUT;
    if in_transaction {
        let rollback = DB::run(&mut connection, "rollback".into_sql_str());
        if !matches!(timeout_at(deadline, rollback).await, Ok(Ok(()))) {
            // Nobody knows what it would do in the next request.
            drop(connection.detach());
            return;
        }
    }
    drop(permit);
    let _ = timeout_at(deadline, connection.return_to_pool()).await;
}
