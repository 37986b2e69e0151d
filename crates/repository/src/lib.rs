//! The catalog on PostgreSQL and SQLite: the operations once, for every entity and both databases.
//!
//! `dialect` holds everything in which the two differ; `statements` composes an entity's SQL at start; `session` and
//! `columns` carry values to and from a driver, and `watch` sees every statement pass. The rest reads like one database.
//! [`Repository`] is the way in, and the only one.

mod children;
mod columns;
mod contention;
mod dialect;
mod error;
mod idempotency;
mod list;
pub mod migrations;
mod pool;
mod remove;
mod renewal;
mod repository;
mod schema;
mod session;
mod settle;
mod statements;
mod store;
#[cfg(test)]
mod temporary;
mod url;
mod usage;
mod watch;
mod write;

pub use error::Error;
pub use idempotency::{Answer, IdempotencyKey, KEPT};
pub use list::Rows;
pub use pool::{Pool, PoolSettings, PoolState};
pub use repository::Repository;
pub use schema::{SchemaKind, StartError, prepare};
pub use store::{Availability, CustomField, needed_columns};
pub use url::{DatabaseUrl, UrlError};
