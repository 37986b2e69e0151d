//! Requests that may be sent again (contract section 2; docs/api).

pub(crate) mod create_once;
mod in_flight;
mod key;
pub(crate) mod retention;
mod storage_limit;
mod stored_responses;

pub(crate) use in_flight::InFlight;
pub use key::IdempotencyKey;
pub use retention::{RETENTION, StoredTotal};
pub(crate) use storage_limit::StorageLimit;
pub use stored_responses::StoredResponse;
