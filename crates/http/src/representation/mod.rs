//! The shapes in which clients write and see a row, and see how a custom field is used.

mod field_usage;
mod record;
mod row;

pub(crate) use field_usage::usage_json;
pub(crate) use record::{Record, form_fields};
pub use row::PlainRow;
