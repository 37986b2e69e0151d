//! Connections that are of no use any more though the database is there, and are replaced.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnectionMetadata;

use crate::error::Error;

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
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Whether a connection was opened after the last such error.
    pub(crate) fn accepts(&self, connection: &PoolConnectionMetadata) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|last| last.elapsed() > connection.age)
    }
}
