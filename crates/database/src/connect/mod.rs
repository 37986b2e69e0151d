//! Opening the database: connections set up for the catalog, and a clear line when there is no connecting.

#[cfg(test)]
pub(crate) mod empty_pooler;
pub(crate) mod open;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

pub use sqlite::{remaining_log, use_write_ahead_log};

use crate::invalidation::Invalidation;
use crate::pool::{AnyPool, Pool, PoolSettings};
use crate::start_error::StartError;
use crate::url::{DatabaseUrl, Target};

impl Pool {
    /// Connects to the database. A SQLite file that is not there is created, empty; one that is there is not changed: whose
    /// it is has to be found out first.
    ///
    /// # Errors
    /// One line that says why there is no connecting: the server is away, the password is wrong, the database, the
    /// directory or the file is missing or not writable, the file is no database.
    pub async fn connect(url: &DatabaseUrl, settings: &PoolSettings) -> Result<Self, StartError> {
        let failed = |reason| StartError::Connect { database: url.to_string(), reason };
        let invalidation = Invalidation::default();
        let (any, statement_cache) = match url.target() {
            Target::Postgres(servers) => {
                let statement_cache = settings.statement_cache && url.statement_cache();
                let connected = postgres::connect(servers, settings, invalidation.clone(), statement_cache).await;
                let (pool, statement_cache) = connected.map_err(failed)?;
                (AnyPool::Postgres(pool), statement_cache)
            }
            Target::Sqlite(options) => {
                let pool = sqlite::connect(options, settings, invalidation.clone()).await;
                (AnyPool::Sqlite(pool.map_err(failed)?), true)
            }
        };
        Ok(Self::new(any, invalidation, statement_cache))
    }
}
