//! Retries of writes that another transaction was in the way of: it holds what this one needs, or the two wait for each
//! other.

use crate::error::Error;

/// How often a write is tried again.
const MAX_RETRIES: usize = 2;

/// The retries that a write has left.
#[derive(Debug)]
pub struct Retries {
    left: usize,
}

impl Default for Retries {
    fn default() -> Self {
        Self { left: MAX_RETRIES }
    }
}

impl Retries {
    /// Whether a write is to be tried again: another one was in its way, and it has not been tried often enough.
    pub fn allow(&mut self, error: &Error) -> bool {
        if self.left == 0 || !error.is_contention() {
            return false;
        }
        self.left -= 1;
        metrics::counter!("partbook_db_retries_total").increment(1);
        true
    }
}
