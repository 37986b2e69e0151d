//! Two drivers behind one face: a database URL, a pool of connections, statements in and rows of domain values out.
//!
//! Nothing here knows an operation on the catalog. `dialect` holds everything in which the SQL of the two databases differs;
//! `codec` carries values to and from a driver, `observe` sees every statement pass, `catalogue` reads what is there, `own` knows
//! what is ours and no part of the catalog.
//! sqlx is named here and nowhere else.

mod admission;
pub mod catalogue;
mod codec;
mod connect;
mod connections;
mod consistency;
mod database;
mod dialect;
mod driver;
mod encoding;
mod error;
mod fetch;
mod heard;
mod invalidation;
mod lease;
mod names;
mod observe;
mod opened_file;
mod own;
mod pool;
mod position;
mod positioned;
mod prepared;
mod pulse;
mod replicas;
mod replication;
mod retry;
mod scoped;
mod script;
mod search;
mod session;
mod start_error;
mod statement;
mod text;
mod trigram;
mod url;

pub use codec::{BindValue, RowValues, first_int, ids, int, size_of_row};
pub use connect::{remaining_log, use_write_ahead_log};
pub use consistency::{Consistency, Memory};
pub use database::{Database, RowStream};
pub use dialect::Dialect;
pub use error::{Error, Violation, ViolationKind, reason};
pub use observe::InstrumentedRows;
pub use own::OwnTables;
pub use pool::{Pool, PoolSettings, PoolState};
pub use position::{NoPosition, Position};
pub use prepared::{Prepared, SchemaKind};
pub use replicas::{ReplicaSettings, ReplicaState, Replicas};
pub use replication::Replication;
pub use retry::Retries;
pub use script::{Connection, TextRow};
pub use session::Session;
pub use start_error::StartError;
pub use statement::Statement;
pub use text::TextDialect;
pub use url::{DatabaseUrl, UrlError};
