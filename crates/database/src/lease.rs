//! A connection on loan from the pool: how it is taken, and how it is given back.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{SqlSafeStr as _, SqlStr};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant as Deadline, timeout_at};

use crate::admission::no_connection;
use crate::connections::{Connections, Loan, Which};
use crate::driver::Driver;
use crate::error::Error;
use crate::heard::Heard;
use crate::observe::DatabaseTarget;
use crate::pulse::{Watch, heard};

/// How long a connection may take to end what a request has left unfinished, before it is cut.
const GIVE_BACK_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection on loan from the pool. Dropped, it goes back; a transaction that is still open is rolled back before.
pub(crate) struct Lease<DB: Driver> {
    /// None once it is given back.
    connection: Option<Loan<DB>>,
    /// Whether the server works on what is sent; none where there is no server.
    watch: Option<Watch>,
    /// Whether a transaction may be open.
    in_transaction: bool,
    /// Whether the answer to the last statement is read to its end: there is nothing to wait for before the next one.
    is_answered: bool,
    /// The permit to write, kept until nothing of the transaction is left.
    permit: Option<OwnedSemaphorePermit>,
}

impl<DB: Driver> Lease<DB> {
    /// Takes a connection, and records how long that took since a request
    /// wanted it. All of it within the pool's one time limit.
    pub(crate) async fn take(
        pool: &Connections<DB>,
        which: Which,
        target: &DatabaseTarget,
        since: Instant,
    ) -> Result<Self, Error> {
        target.check_place()?;
        let taken = pool.take(which).await;
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
        let watch = connection.peer().map(|peer| Watch::new(&target.pulse, peer));
        Ok(Self { connection: Some(connection), watch, in_transaction: false, is_answered: false, permit: None })
    }

    /// What the server was last heard to be at; none where there is no server.
    pub(crate) fn heard(&self) -> Option<Arc<Heard>> {
        Some(self.connection.as_ref()?.peer()?.heard.clone())
    }

    /// Who hears when the server works on a statement no more.
    pub(crate) fn watch(&self) -> Option<Watch> {
        self.watch.clone()
    }

    /// Begins a transaction. Where that is cut short, it is rolled back like one that has begun.
    pub(crate) async fn begin(&mut self, sql: SqlStr, permit: Option<OwnedSemaphorePermit>) -> Result<(), sqlx::Error> {
        self.in_transaction = true;
        self.permit = permit;
        let begun = heard(self.watch(), DB::run(self, sql)).await;
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
        heard(self.watch(), DB::run(self, sql)).await?;
        self.in_transaction = false;
        self.is_answered = true;
        Ok(())
    }

    /// Notes that the rows of a statement outside a transaction, the last, were read to their end.
    pub(crate) fn note_answered(&mut self) {
        self.is_answered = true;
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
        let (Some(mut connection), Ok(runtime)) = (self.connection.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        if self.watch.as_ref().is_some_and(Watch::is_useless) {
            // What is sent there is not heard, or refused.
            drop(connection);
            return;
        }
        if self.is_answered && !self.in_transaction {
            let Err(unwanted) = connection.give_back_answered() else { return };
            connection = unwanted;
        }
        let (in_transaction, permit) = (self.in_transaction, self.permit.take());
        runtime.spawn(give_back(connection, in_transaction, permit));
    }
}

async fn give_back<DB: Driver>(mut connection: Loan<DB>, in_transaction: bool, permit: Option<OwnedSemaphorePermit>) {
    let deadline = Deadline::now() + GIVE_BACK_TIMEOUT;
    if in_transaction {
        let rollback = DB::run(&mut connection, "rollback".into_sql_str());
        if !matches!(timeout_at(deadline, rollback).await, Ok(Ok(()))) {
            // Nobody knows what it would do in the next request.
            return;
        }
    }
    drop(permit);
    connection.give_back(deadline).await;
}
