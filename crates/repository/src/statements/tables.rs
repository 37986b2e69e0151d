//! The tables that not every database has.

/// The responses to requests with an idempotency key. A legacy schema has none, and gets none.
pub(crate) const STORED_RESPONSES: &str = "idempotency_key";
