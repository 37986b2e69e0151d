//! The handlers: one file for each part of the URL space, and `write` for what two parts share.

pub(crate) mod collection;
pub(crate) mod custom_fields;
pub(crate) mod docs;
pub(crate) mod fields_data;
pub(crate) mod health;
pub(crate) mod metrics;
mod usage;
mod write;
