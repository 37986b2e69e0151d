//! Connections that are of no use any more though the database is there, and are replaced.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;

/// How far apart two replacements of all connections are at least.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// Which connections may still be used. Cloning shares it.
///
/// A connection remembers what the database was like: `PostgreSQL` refuses a statement that was prepared before another
/// program changed the type of a column, and writes where it has become a standby; SQLite writes nothing to a file that was not
/// writable when it was opened. No later request would do better on such a connection, and there may be more of its kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Invalidation(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// When the last such error was.
    replaced: Option<Instant>,
    /// When a connection was lost last.
    doubted: Option<Instant>,
}

impl Invalidation {
    /// Has all the connections replaced or tried that are open now, when that is what an error asks for.
    pub(crate) fn note(&self, error: &Error) {
        if let Some(reason) = error.poisons_connection() {
            self.replace_all(reason);
        } else if error.is_of_connection() {
            self.change(|state| state.doubted = Some(Instant::now()));
        }
    }

    /// Has all the connections replaced that are open now, each before its next use; at most once a second, since a database
    /// that goes on refusing would have every request open one.
    pub(crate) fn replace_all(&self, reason: &'static str) {
        let is_replaced = self.change(|state| {
            let is_due = state.replaced.is_none_or(|last| last.elapsed() > MIN_INTERVAL);
            if is_due {
                state.replaced = Some(Instant::now());
            }
            is_due
        });
        if is_replaced {
            tracing::info!(reason, "database connections replaced");
        }
    }

    /// Has all the connections replaced that are open now, since they lead where they should not.
    pub(crate) fn renew(&self) {
        self.change(|state| state.replaced = Some(Instant::now()));
    }

    /// Whether a connection was opened after the last such error.
    pub(crate) fn accepts(&self, opened: Instant) -> bool {
        self.change(|state| state.replaced.is_none_or(|last| last < opened))
    }

    /// Whether a connection that was used last at a moment may have been lost since, as another one was.
    pub(crate) fn doubts(&self, used: Instant) -> bool {
        self.change(|state| state.doubted.is_some_and(|last| last >= used))
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
