//! The shapes in which clients write and see a row.

mod record;
mod row;

pub(crate) use record::{Record, form_fields};
pub use row::PlainRow;
