//! Reads a request: who asks, its path, query string, headers and body.

pub(crate) mod body_memory;
pub(crate) mod client_address;
pub(crate) mod collection;
pub(crate) mod entity_name;
pub(crate) mod forwarded;
pub(crate) mod host;
pub(crate) mod idempotency_key;
pub(crate) mod json_body;
pub(crate) mod page_cursor;
mod path_parameter;
pub(crate) mod preconditions;
pub(crate) mod preferences;
pub(crate) mod principal;
pub(crate) mod query_string;
pub(crate) mod row_id;
