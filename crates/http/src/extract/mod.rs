//! Reads what a request says: its path, query string, headers and body.

pub(crate) mod idempotency_key;
pub(crate) mod json_body;
pub(crate) mod query_string;
