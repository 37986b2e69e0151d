//! One runner works at a time on a database.
//!
//! On PostgreSQL it holds an advisory lock in a transaction of its own, since a pooler that hands server connections on would
//! lose the lock of a session. On SQLite it holds a lock on the directory of the file, which leaves nothing behind, and which
//! the system takes away from a process that dies. The file itself must not be opened for that: to close it again would drop
//! the locks that SQLite has on it.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use partbook_database::{Connection, Pool, StartError};

/// The key of the advisory lock that two runners on one PostgreSQL database take one after the other.
const MIGRATION_LOCK: i64 = 0x7061_7274_626f_6f6b;

/// How long a runner waits for another one.
const RUNNER_TIMEOUT: Duration = Duration::from_mins(10);

/// How often it looks whether the other one on a SQLite file has gone.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// What keeps other runners waiting until it is released.
pub(crate) enum RunnerLock {
    Postgres(Connection),
    /// None where the file system has no locks: the transactions of the scripts are then what keeps runners apart.
    Sqlite(Option<File>),
}

impl RunnerLock {
    /// Waits until no other runner works.
    ///
    /// # Errors
    /// Another one does, for too long.
    pub(crate) async fn take(pool: &Pool) -> Result<Self, StartError> {
        match pool.file() {
            Some(file) => Ok(Self::Sqlite(lock_directory(&file).await?)),
            None => lock_postgres(pool).await.map(Self::Postgres),
        }
    }

    /// Whether somebody works now. Waits for nobody.
    pub(crate) async fn is_held(pool: &Pool) -> Result<bool, StartError> {
        let Some(file) = pool.file() else {
            // As `pg_locks` shows a key of 64 bits.
            let held = format!(
                "select 'yes' from pg_locks where locktype = 'advisory' and granted and objsubid = 1
                    and database = (select oid from pg_database where datname = current_database())
                    and classid::bigint = {} and objid::bigint = {}",
                MIGRATION_LOCK >> 32,
                MIGRATION_LOCK & 0xffff_ffff
            );
            return Ok(!pool.text_rows(&held).await?.is_empty());
        };
        let Ok(directory) = File::open(directory_of(&file)) else { return Ok(false) };
        Ok(matches!(directory.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Lets the next runner work.
    pub(crate) async fn release(self) -> Result<(), StartError> {
        match self {
            Self::Postgres(connection) => Ok(connection.close().await?),
            Self::Sqlite(directory) => {
                drop(directory);
                Ok(())
            }
        }
    }
}

async fn lock_postgres(pool: &Pool) -> Result<Connection, StartError> {
    let mut connection = pool.connection().await?;
    // It waits for longer than statements may run, and rests in its transaction until the last migration is done.
    let take = format!(
        "begin; set local lock_timeout = '{}s'; set local statement_timeout = 0; \
         set local idle_in_transaction_session_timeout = 0; select pg_advisory_xact_lock({MIGRATION_LOCK})",
        RUNNER_TIMEOUT.as_secs()
    );
    let is_taken = format!("select case when pg_try_advisory_xact_lock({MIGRATION_LOCK}) then 'yes' end");
    connection.execute("begin").await?;
    let is_free = connection.text_rows(&is_taken).await?.into_iter().flatten().next().flatten().is_some();
    connection.execute("rollback").await?;
    if !is_free {
        tracing::info!("another runner is at work on the database; this one waits");
    }
    connection.execute(&take).await.map_err(|error| if error.is_contention() { too_long() } else { error.into() })?;
    Ok(connection)
}

/// The directory that a file is in.
pub(crate) fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

async fn lock_directory(file: &Path) -> Result<Option<File>, StartError> {
    let Ok(directory) = File::open(directory_of(file)) else { return Ok(None) };
    let since = Instant::now();
    let mut is_told = false;
    loop {
        match directory.try_lock() {
            Ok(()) => return Ok(Some(directory)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if since.elapsed() > RUNNER_TIMEOUT => return Err(too_long()),
            Err(TryLockError::WouldBlock) => {
                if !is_told {
                    tracing::info!("another runner is at work in the directory of the file; this one waits");
                    is_told = true;
                }
                tokio::time::sleep(LOCK_PAUSE).await;
            }
        }
    }
}

fn too_long() -> StartError {
    StartError::Migration(format!(
        "another runner has been at work on the database for {} minutes; `partbook migrate status` says who",
        RUNNER_TIMEOUT.as_secs() / 60
    ))
}
