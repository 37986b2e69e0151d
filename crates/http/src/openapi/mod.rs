//! The API document (OpenAPI 3.1), made from the definitions that serve: an operation is described where it is routed.

mod builder;
pub(crate) mod collection;
pub(crate) mod custom_fields;
mod entity_schema;
mod example;
mod field_schema;
pub(crate) mod fields_data;
mod info;
mod operation;
mod problem_schema;
mod request;
mod response;
mod security;
pub(crate) mod service;
pub(crate) mod vocabulary;

pub(crate) use builder::routed;
pub(crate) use info::base;
pub(crate) use security::{needed_scope, restrict};
