//! The tables that not every database has.

/// The fields that the legacy service's users defined; a database of ours has none.
pub(crate) const CUSTOM_FIELDS: &str = "custom_field_definition";

/// The responses to requests with an idempotency key. A legacy schema has none, and gets none.
pub(crate) const STORED_RESPONSES: &str = "idempotency_key";
