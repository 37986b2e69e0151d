//! Reading: one row, lists, counts, uses, custom fields, and whether the database answers.

pub(crate) mod batch;
pub(crate) mod count;
pub(crate) mod custom_fields;
mod filter;
pub(crate) mod health;
pub(crate) mod list;
mod narrow;
mod portion;
pub(crate) mod row;
mod selection;
pub(crate) mod usage;
