//! Writers that meet: another transaction holds what this one needs, or the two wait for each other. Whoever is turned
//! away tries again, a few times, and then says so.

use crate::Error;

/// How often more a write is tried.
const RETRIES: usize = 2;

/// The further attempts that a write has.
pub(crate) struct Attempts(usize);

impl Attempts {
    pub(crate) fn new() -> Self {
        Self(RETRIES)
    }

    /// Lets a write be tried again that another one was in the way of.
    ///
    /// # Errors
    /// It was something else, or has been tried often enough.
    pub(crate) fn again(&mut self, error: Error) -> Result<(), Error> {
        if self.0 == 0 || !error.is_contention() {
            return Err(error);
        }
        self.0 -= 1;
        metrics::counter!("partbook_db_retries_total").increment(1);
        Ok(())
    }
}
