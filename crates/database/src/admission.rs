//! Permits to take a connection. Lists may take long to read and writers wait for locks: neither may have every connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::error::Error;
use crate::pool::{AnyPool, Pool};

/// How long a request waits for its permit to take a connection.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a writer waits for another one of the same SQLite file, of this process or of another program.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The permits to take a connection for something that may last.
#[derive(Debug)]
pub(crate) struct Admission {
    /// How many more lists may be read from at once.
    lists: Semaphore,
    /// How many more may write at once. One, where there is one writer: SQLite's own way of waiting is polling, and serves
    /// the last that came as soon as the first.
    writers: Arc<Semaphore>,
    has_one_writer: bool,
}

impl Admission {
    pub(crate) fn new(pool: &Pool) -> Self {
        // The rest is for requests that are quick.
        let most = (pool.size() as usize * 3 / 4).max(1);
        let has_one_writer = matches!(pool.any(), AnyPool::Sqlite(_));
        let writers = if has_one_writer { 1 } else { most };
        Self { lists: Semaphore::new(most), writers: Arc::new(Semaphore::new(writers)), has_one_writer }
    }

    /// Waits for the permit to read rows of a list.
    pub(crate) async fn list_permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        let permit = timeout(PERMIT_TIMEOUT, self.lists.acquire()).await;
        permit.ok().and_then(Result::ok).ok_or_else(no_connection)
    }

    /// Waits for the permit to write.
    pub(crate) async fn write_permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        let (limit, too_late): (_, fn() -> Error) =
            if self.has_one_writer { (BUSY_TIMEOUT, || Error::Contended) } else { (PERMIT_TIMEOUT, no_connection) };
        let permit = timeout(limit, self.writers.clone().acquire_owned()).await;
        permit.ok().and_then(Result::ok).ok_or_else(too_late)
    }
}

/// Notes that a request got no connection in time.
pub(crate) fn no_connection() -> Error {
    metrics::counter!("partbook_db_pool_timeouts_total").increment(1);
    Error::Unavailable(sqlx::Error::PoolTimedOut)
}
