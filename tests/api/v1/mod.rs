//! Everything under `/v1`.

mod catalog;
mod conditions;
mod custom_fields;
mod fields_data;
mod grouped;
mod idempotency;
mod listings;
mod retries;
mod usage;
