//! The shapes in which clients send and see a row.

mod record;
mod row;

pub(crate) use record::{Record, core};
pub use row::PlainRow;
