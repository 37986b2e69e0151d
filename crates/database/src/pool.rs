//! The connections to the database, on either of the two.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Postgres, Sqlite};

use crate::connections::Connections;
use crate::invalidation::Invalidation;
use crate::observe::DatabaseTarget;
use crate::opened_file::OpenedFile;
use crate::pulse::Pulse;

/// The connections to the database. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Pool {
    any: AnyPool,
    /// The database as statements see it.
    target: Arc<DatabaseTarget>,
    statement_cache: bool,
}

/// The pool of one of the two drivers.
#[derive(Clone, Debug)]
pub(crate) enum AnyPool {
    /// PostgreSQL.
    Postgres(Connections<Postgres>),
    /// A SQLite file.
    Sqlite(Connections<Sqlite>),
}

/// How many connections there are, and how they are used.
#[derive(Clone, Copy, Debug)]
pub struct PoolSettings {
    /// The greatest number of connections.
    pub size: u32,
    /// How long a request waits for a connection, and the start for the first one.
    pub acquire_timeout: Duration,
    /// Whether statements stay prepared between uses. Not behind `PgBouncer`: in transaction mode the next use may meet
    /// another server connection, and in either mode it refuses the time limits that come with the cache.
    pub statement_cache: bool,
    /// Whether a server that cannot be reached is tried again until the time is over.
    pub is_patient: bool,
}

/// How the connections are used at a moment.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    /// The greatest number of connections.
    pub max: u32,
    /// How many are open.
    pub open: u32,
    /// How many of those somebody works with.
    pub in_use: u32,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { size: 10, acquire_timeout: Duration::from_secs(5), statement_cache: true, is_patient: true }
    }
}

impl Pool {
    pub(crate) fn new(any: AnyPool, invalidation: Invalidation, statement_cache: bool) -> Self {
        let target = match &any {
            AnyPool::Postgres(pool) => {
                let hosts = &pool.opener().servers().hosts;
                let options = &hosts[0];
                let namespace = options.get_database().unwrap_or(options.get_username()).to_owned();
                // Of several, it is another one at other times.
                let address = (hosts.len() == 1).then(|| (options.get_host().to_owned(), options.get_port()));
                let pulse = Pulse::default();
                DatabaseTarget { system: "postgresql", namespace, address, file: None, invalidation, pulse }
            }
            AnyPool::Sqlite(pool) => {
                let path = pool.opener().get_filename();
                let (namespace, file) = (path.display().to_string(), OpenedFile::at(path).ok());
                let pulse = Pulse::default();
                DatabaseTarget { system: "sqlite", namespace, address: None, file, invalidation, pulse }
            }
        };
        Self { any, target: Arc::new(target), statement_cache }
    }

    /// The driver's own pool, for what only one of the two can do.
    #[must_use]
    pub(crate) fn any(&self) -> &AnyPool {
        &self.any
    }

    /// The SQLite file; none for PostgreSQL.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match &self.any {
            AnyPool::Postgres(_) => None,
            AnyPool::Sqlite(pool) => Some(pool.opener().get_filename().to_owned()),
        }
    }

    pub(crate) fn target(&self) -> &Arc<DatabaseTarget> {
        &self.target
    }

    /// Whether statements may stay prepared between uses. Where not, every statement is run unnamed and inside a
    /// transaction, since it is prepared and executed in two steps that a pooler could otherwise give to two server
    /// connections.
    #[must_use]
    pub fn has_statement_cache(&self) -> bool {
        self.statement_cache
    }

    /// The greatest number of connections.
    #[must_use]
    pub fn size(&self) -> u32 {
        match &self.any {
            AnyPool::Postgres(pool) => pool.size(),
            AnyPool::Sqlite(pool) => pool.size(),
        }
    }

    /// How the connections are used now.
    #[must_use]
    pub fn state(&self) -> PoolState {
        let (open, idle) = match &self.any {
            AnyPool::Postgres(pool) => pool.state(),
            AnyPool::Sqlite(pool) => pool.state(),
        };
        PoolState { max: self.size(), open, in_use: open.saturating_sub(idle) }
    }

    /// Whether every connection there may be is open and in use. Without connections because the server is away, this
    /// is false.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        let PoolState { max, open, in_use } = self.state();
        open >= max && in_use >= open
    }

    /// Has all the connections replaced that are open now, each before its next use; at most once a second.
    pub fn replace_connections(&self, reason: &'static str) {
        self.target.invalidation.replace_all(reason);
    }

    /// Closes every connection, as soon as each is given back. A SQLite file is then complete without its `-wal` file.
    pub async fn close(&self) {
        match &self.any {
            AnyPool::Postgres(pool) => pool.close().await,
            AnyPool::Sqlite(pool) => pool.close().await,
        }
    }
}
