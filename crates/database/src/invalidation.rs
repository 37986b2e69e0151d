//! Connections that are of no use any more though the database is there, and are replaced.

use std::sync::atomic::{AtomicBool, Ordering};
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
pub(crate) struct Invalidation(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// When the last such error was.
    last: Mutex<Option<Instant>>,
    /// Whether connections from before it may lie idle.
    has_stale: AtomicBool,
}

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
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() > MIN_INTERVAL) {
            *last = Some(Instant::now());
            self.0.has_stale.store(true, Ordering::Release);
        }
    }

    /// Whether a connection was opened after the last such error.
    pub(crate) fn accepts(&self, connection: &PoolConnectionMetadata) -> bool {
        let last = *self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|last| last.elapsed() > connection.age)
    }

    /// Whether connections lie idle that have to be closed; who is told so closes them.
    pub(crate) fn take_stale(&self) -> bool {
        self.0.has_stale.load(Ordering::Acquire) && self.0.has_stale.swap(false, Ordering::AcqRel)
    }
}
