//! What is done again: a write that another transaction was in the way of, and what the loss of a connection kept from happening.

use std::time::{Duration, Instant};

use crate::error::Error;

/// How often a write is tried again that met another one.
const MAX_RETRIES: usize = 2;

/// For how long after its begin something is done again whose connection was lost: as long as it waits for a connection.
const RECONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The retries that a request has left.
#[derive(Debug)]
pub struct Retries {
    left: usize,
    has_reconnected: bool,
    since: Instant,
    /// Whether doing it twice is doing it once.
    is_repeatable: bool,
}

impl Retries {
    /// Those of a write; of one that finds what was done before, also where it is not known whether that was done.
    #[must_use]
    pub fn of_write(is_repeatable: bool) -> Self {
        Self { left: MAX_RETRIES, has_reconnected: false, since: Instant::now(), is_repeatable }
    }

    /// Those of a read, which nobody is in the way of.
    #[must_use]
    pub fn of_read() -> Self {
        Self { left: 0, ..Self::of_write(true) }
    }

    /// Whether it is to be tried again: another one was in its way, or its connection was lost and nothing has happened; and it
    /// has not been tried often enough.
    pub fn allow(&mut self, error: &Error) -> bool {
        if error.is_contention() && self.left > 0 {
            self.left -= 1;
        } else if self.is_lost(error) && !self.has_reconnected && self.since.elapsed() < RECONNECT_LIMIT {
            self.has_reconnected = true;
        } else {
            return false;
        }
        metrics::counter!("partbook_db_retries_total").increment(1);
        true
    }

    fn is_lost(&self, error: &Error) -> bool {
        error.is_of_connection() || (self.is_repeatable && error.is_outcome_unknown())
    }
}
