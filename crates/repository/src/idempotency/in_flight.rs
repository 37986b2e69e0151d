//! The requests with an idempotency key that run in this process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use partbook_domain::Refusal;

/// The scopes of the requests that run.
#[derive(Debug, Default)]
pub(crate) struct InFlight(Mutex<HashSet<String>>);

/// Keeps others with the same scope out until it is dropped.
pub(super) struct InFlightGuard {
    in_flight: Arc<InFlight>,
    scope: String,
}

impl InFlight {
    /// Lets a request in.
    ///
    /// # Errors
    /// One with the same scope runs.
    pub(super) fn enter(self: &Arc<Self>, scope: String) -> Result<InFlightGuard, Refusal> {
        let mut scopes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if scopes.insert(scope.clone()) {
            Ok(InFlightGuard { in_flight: self.clone(), scope })
        } else {
            Err(Refusal::IdempotencyKeyInUse)
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.in_flight.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.scope);
    }
}
