//! The operations on the catalog, once for every entity and both databases.
//!
//! `statements` composes an entity's SQL at start; `read` and `write` are the operations, `idempotency` the one that is done
//! once however often it is sent. Every change goes through `write::transact`, which alone begins, retries and commits.
//! [`Repository`] is the way in, and the only one.

mod compute;
mod context;
mod error;
mod gathering;
mod idempotency;
mod observe;
mod read;
mod repository;
mod statements;
mod write;

pub use compute::compute;
pub use context::RepositoryLimits;
pub use error::Error;
pub use idempotency::{IdempotencyKey, RETENTION, StoredResponse, StoredTotal};
pub use read::custom_fields::field_usage;
pub use read::health::{Availability, WritesRefused};
pub use read::list::{Extent, Page, Rows};
pub use repository::Repository;
pub use statements::required_tables::required_tables;
pub use write::custom_field::RemoveField;
pub use write::request::{Create, Delete, Update, Written};

pub use partbook_database::{Consistency, Memory, NoPosition, Position, ReplicaState, Replicas};
