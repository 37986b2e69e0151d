//! The shapes in which clients send and see a row.

pub(crate) mod record;
pub(crate) mod row;
