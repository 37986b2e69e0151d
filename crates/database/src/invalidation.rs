//! Connections that are of no use any more though the database is there, and are replaced.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnectionMetadata;

use crate::error::Error;

/// How far apart two replacements of all connections are at least.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// Which connections may still be used. Cloning shares it.
///
/// A connection remembers what the database was like: `PostgreSQL` refuses a statement that was prepared before another
/// program changed the type of a column, SQLite writes nothing to a file that was not writable when it was opened. No later
/// request would do better on such a connection, and there may be more of its kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Invalidation(Arc<Mutex<Option<Instant>>>);

impl Invalidation {
    /// Has all the connections replaced that are open now, when that is what an error asks for.
    pub(crate) fn note(&self, error: &Error) {
        if error.poisons_connection() {
            self.replace_all();
        }
    }

    /// Has all the connections replaced that are open now; at most once a second, since a database that goes on refusing
    /// would have every request open one.
    pub(crate) fn replace_all(&self) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() > MIN_INTERVAL) {
            *last = Some(Instant::now());
        }
    }

    /// Whether a connection was opened after the last such error.
    pub(crate) fn accepts(&self, connection: &PoolConnectionMetadata) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|last| last.elapsed() > connection.age)
    }
}
