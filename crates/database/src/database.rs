//! The database, as statements are sent to it: parameters go in and rows come out as domain values, typed by their kind.

use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use partbook_domain::Kind;
use tokio::sync::{OwnedSemaphorePermit, SemaphorePermit};

use crate::admission::Admission;
use crate::codec::{BindValue, RowValues};
use crate::connections::{Connections, Which};
use crate::consistency::Consistency;
use crate::dialect::Dialect;
use crate::driver::Driver;
use crate::error::Error;
use crate::fetch;
use crate::lease::Lease;
use crate::pool::{AnyPool, Pool};
use crate::pulse::heard_rows;
use crate::replicas::Replicas;
use crate::retry::Retries;
use crate::session::{AnyTransaction, Session};
use crate::statement::Statement;

/// The rows of a query, as they arrive.
pub type RowStream<'a> = BoxStream<'a, Result<RowValues, Error>>;

/// The database, as statements are sent to it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    shared: Arc<Shared>,
    pub(crate) scope: Option<Scope>,
}

#[derive(Debug)]
struct Shared {
    pool: Pool,
    admission: Admission,
    replicas: Option<Replicas>,
}

/// For whom statements are sent.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) consistency: Arc<Consistency>,
    /// Whether a replica may answer.
    pub(crate) reads_replicas: bool,
}

impl Database {
    /// The database of a pool, and its replicas where there are.
    #[must_use]
    pub fn new(pool: Pool, replicas: Option<Replicas>) -> Self {
        let admission = Admission::new(&pool);
        Self { shared: Arc::new(Shared { pool, admission, replicas }), scope: None }
    }

    /// The same for one request, of which it is noted what it sees; `reads_replicas` where a replica may answer.
    #[must_use]
    pub fn within(&self, consistency: Arc<Consistency>, reads_replicas: bool) -> Self {
        Self { shared: self.shared.clone(), scope: Some(Scope { consistency, reads_replicas }) }
    }

    /// The same for several requests that are answered together: of each it is noted what they see.
    #[must_use]
    pub fn within_all(&self, requests: Vec<Arc<Consistency>>) -> Self {
        let Some(scope) = &self.scope else { return self.clone() };
        self.within(Arc::new(Consistency::of_all(requests)), scope.reads_replicas)
    }

    /// What its request must see and has seen, where that is noted.
    #[must_use]
    pub fn consistency(&self) -> Option<&Arc<Consistency>> {
        self.scope.as_ref().map(|scope| &scope.consistency)
    }

    /// The connections.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.shared.pool
    }

    /// Where reads may go beside the primary.
    #[must_use]
    pub fn replicas(&self) -> Option<&Replicas> {
        self.shared.replicas.as_ref()
    }

    /// Waits for the permit to read rows of a list.
    ///
    /// # Errors
    /// None was free in time.
    pub async fn list_permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.shared.admission.list_permit().await
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin(&self) -> Result<Session, Error> {
        self.begin_over(Which::Any).await
    }

    /// The same over a new connection, and not to a standby, after another one was of no use.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin_anew(&self) -> Result<Session, Error> {
        self.begin_over(Which::Writable).await
    }

    async fn begin_over(&self, which: Which) -> Result<Session, Error> {
        let since = Instant::now();
        let permit = Some(self.shared.admission.write_permit().await?);
        let transaction = match self.pool().any() {
            AnyPool::Postgres(pool) => AnyTransaction::Postgres(self.begin_on(pool, which, since, permit).await?),
            AnyPool::Sqlite(pool) => AnyTransaction::Sqlite(self.begin_on(pool, which, since, permit).await?),
        };
        let (target, statement_cache) = (self.pool().target().clone(), self.pool().has_statement_cache());
        let consistency = self.scope.as_ref().map(|scope| scope.consistency.clone());
        Ok(Session { transaction, target, statement_cache, consistency, has_failed: false })
    }

    /// Begins a transaction, with the permit that it needs for as long as it lasts.
    pub(crate) async fn begin_on<DB: Driver>(
        &self,
        pool: &Connections<DB>,
        which: Which,
        since: Instant,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Lease<DB>, Error> {
        let mut lease = Lease::take(pool, which, self.pool().target(), since).await?;
        let statement = Dialect::of(self.pool()).begin();
        // Apart from taking the connection, so that waiting for one and for a lock are told apart.
        let begin = lease.begin(statement.sql.clone(), permit);
        self.pool().target().observe(&statement).run(begin).await?;
        Ok(lease)
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

    /// Runs a query, and reads its rows until they take up so much memory, bytes; says whether these are all.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rows_up_to(
        &self,
        size: usize,
        statement: &Statement,
        values: Vec<BindValue>,
        kinds: &[Kind],
    ) -> Result<(Vec<RowValues>, bool), Error> {
        fetch::take_rows(size, self.stream(statement.clone(), values, kinds)).await
    }

    /// Sends a query and yields its rows as they arrive; once more where the connection was lost before the first.
    pub(crate) fn send<'a>(&'a self, statement: Statement, values: Vec<BindValue>, kinds: &'a [Kind]) -> RowStream<'a> {
        if let Some(scope) = &self.scope {
            return self.send_within(scope, statement, values, kinds);
        }
        async_stream::try_stream! {
            let mut retries = Retries::of_read();
            let (mut rows, first) = loop {
                let mut rows = self.send_once(statement.clone(), values.clone(), kinds);
                match rows.next().await {
                    Some(Err(error)) if retries.allow(&error) => {}
                    first => break (rows, first),
                }
            };
            if let Some(first) = first {
                yield first?;
            }
            while let Some(row) = rows.next().await {
                yield row?;
            }
        }
        .boxed()
    }

    fn send_once<'a>(&'a self, statement: Statement, values: Vec<BindValue>, kinds: &'a [Kind]) -> RowStream<'a> {
        let (keep, since) = (self.pool().has_statement_cache(), Instant::now());
        async_stream::try_stream! {
            let sql = statement.sql.clone();
            match self.pool().any() {
                AnyPool::Postgres(pool) if keep => {
                    let mut connection = Lease::take(pool, Which::Any, self.pool().target(), since).await?;
                    let observer = self.pool().target().observe(&statement);
                    let watch = connection.watch();
                    let rows = fetch::postgres(&mut *connection, sql, values, kinds, keep);
                    let mut rows = observer.rows(heard_rows(watch, rows));
                    while let Some(row) = rows.try_next().await? {
                        yield row;
                    }
                    drop(rows);
                    connection.note_answered();
                }
                // Prepared anew, in a transaction: see `Pool::has_statement_cache`.
                AnyPool::Postgres(pool) => {
                    let mut transaction = self.begin_on(pool, Which::Any, since, None).await?;
                    let observer = self.pool().target().observe(&statement);
                    let watch = transaction.watch();
                    let rows = fetch::postgres(&mut *transaction, sql, values, kinds, keep);
                    let mut rows = observer.rows(heard_rows(watch, rows));
                    while let Some(row) = rows.try_next().await? {
                        yield row;
                    }
                }
                AnyPool::Sqlite(pool) => {
                    let mut connection = Lease::take(pool, Which::Any, self.pool().target(), since).await?;
                    let observer = self.pool().target().observe(&statement);
                    let mut rows = observer.rows(fetch::sqlite(&mut *connection, sql, values, kinds));
                    while let Some(row) = rows.try_next().await? {
                        yield row;
                    }
                    drop(rows);
                    connection.note_answered();
                }
            }
        }
        .boxed()
    }
}
