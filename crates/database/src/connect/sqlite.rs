//! Connections to a SQLite file, and a clear line when it cannot be opened.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Sqlite};

use crate::admission::BUSY_TIMEOUT;
use crate::connections::{Connections, Keeping};
use crate::error::reason;
use crate::invalidation::Invalidation;
use crate::pool::{AnyPool, Pool, PoolSettings};
use crate::start_error::StartError;
use crate::url::DatabaseUrl;

/// What a SQLite file begins with (its file format, section 1.3).
const SQLITE_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// How large the write-ahead log stays when all that is in it is in the file, bytes.
const JOURNAL_SIZE_LIMIT: &str = "16777216";

pub(super) async fn connect(
    options: &SqliteConnectOptions,
    settings: &PoolSettings,
    invalidation: Invalidation,
) -> Result<Connections<Sqlite>, String> {
    check_file(options.get_filename())?;
    let options = options
        .clone()
        .foreign_keys(true)
        // An answered write survives a power failure.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        // What a burst of writes has made of the write-ahead log is given back.
        .pragma("journal_size_limit", JOURNAL_SIZE_LIMIT)
        .disable_statement_logging();
    let mut probe = options.connect().await.map_err(|error| unusable(&error))?;
    #[expect(clippy::disallowed_methods, reason = "a connection is tried before there is a pool to send statements to")]
    let tried = sqlx::raw_sql("select count(*) from sqlite_schema").execute(&mut probe).await;
    tried.map_err(|error| unusable(&error))?;
    drop(probe.close().await);
    let PoolSettings { size, acquire_timeout, .. } = *settings;
    let keeping = Keeping { size, acquire_timeout, remote: None, is_patient: false };
    // A file that is lost while the service runs is not replaced by an empty one.
    Ok(Connections::new(options.create_if_missing(false), keeping, invalidation))
}

fn unusable(error: &sqlx::Error) -> String {
    format!("{}; the file and its directory must be writable", reason(error))
}

/// Refuses what SQLite would refuse in fewer words, and a file that is no database.
fn check_file(path: &Path) -> Result<(), String> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
        return Err(format!("there is no directory `{}`; create it first", directory.display()));
    }
    if path.is_dir() {
        return Err("this is a directory; name a file in it".to_owned());
    }
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let mut start = Vec::new();
    file.by_ref().take(SQLITE_HEADER.len() as u64).read_to_end(&mut start).map_err(|error| error.to_string())?;
    if start.is_empty() || start == SQLITE_HEADER {
        return Ok(());
    }
    Err("the file is there, but it is not a SQLite database".to_owned())
}

/// The write-ahead log beside a SQLite file, when something is in it. After the last connection is closed, it is empty or
/// gone; unless another program has the file open, and then the file alone is not the whole database.
#[must_use]
pub fn remaining_log(url: &DatabaseUrl) -> Option<PathBuf> {
    let mut path = url.file()?.as_os_str().to_owned();
    path.push("-wal");
    fs::metadata(&path).is_ok_and(|log| log.len() > 0).then(|| path.into())
}

/// How long the switch of a new SQLite file to its journal waits for another process that is starting on the same file.
const JOURNAL_SWITCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Switches a SQLite file that is known to be ours to write-ahead logging, where readers and the writer do not wait for
/// each other. The file remembers it.
///
/// # Errors
/// The file cannot be written, or another program keeps it locked.
pub async fn use_write_ahead_log(pool: &Pool) -> Result<(), StartError> {
    if !matches!(pool.any(), AnyPool::Sqlite(_)) {
        return Ok(());
    }
    let deadline = tokio::time::Instant::now() + JOURNAL_SWITCH_TIMEOUT;
    loop {
        match pool.text_rows("pragma journal_mode = wal").await {
            Ok(rows) => {
                if rows.first().and_then(|row| row.first()?.as_deref()) != Some("wal") {
                    tracing::warn!("the file system does not let SQLite write ahead; readers will wait for writers");
                }
                return Ok(());
            }
            // SQLITE_BUSY: the busy timeout does not hold for this statement.
            Err(error) if error.code().as_deref() == Some("5") && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}
