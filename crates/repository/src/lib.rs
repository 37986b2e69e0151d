//! The catalog on PostgreSQL and SQLite: the operations once, for every entity and both databases.
//!
//! `dialect` holds everything in which the two differ; `statements` composes an entity's SQL at start; `session` and
//! `columns` carry values to and from a driver. The rest reads like one database. [`Repository`] is the way in.

mod children;
mod columns;
mod dialect;
mod error;
mod list;
pub mod migrations;
mod pool;
mod remove;
mod repository;
mod schema;
mod session;
mod settle;
mod statements;
mod url;
mod usage;
mod write;

pub use error::Error;
pub use list::Rows;
pub use pool::{Pool, PoolSettings};
pub use repository::{Availability, CustomField, Repository, needed_columns};
pub use schema::{Mode, StartError, prepare};
pub use url::{DatabaseUrl, UrlError};
