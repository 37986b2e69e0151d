//! The vocabulary in which entities are described: fields and their kinds, limits, enumerations, child tables, orders.
//!
//! Nothing here knows an entity by name, reads a body or touches a row.

#[macro_use]
pub(crate) mod declare;

pub(crate) mod children;
pub(crate) mod computed;
pub(crate) mod enumeration;
pub(crate) mod field;
pub(crate) mod field_type;
pub(crate) mod limits;
pub(crate) mod order;
pub(crate) mod stored_document;
pub(crate) mod vocabulary;
