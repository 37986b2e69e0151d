//! What a catalog of PC parts is: its entities, their fields and limits, and what an edit means.
//!
//! Nothing here does I/O. An entity is one struct declared with `resource!` and one [`Entity`] of constants
//! (see [`entity::gpu`] for a short one); validation, SQL, routes, the API document and the metadata screen
//! are derived from these by code that knows no entity by name. `docs/adding-an-entity.md` walks through a new one.

#[macro_use]
mod resource;

pub mod clock;
pub mod condition;
pub mod edit;
pub mod entity;
mod error;
mod fault;
mod field;
pub mod json;
mod kind;
pub mod merge;
pub mod query;
mod row;
mod timestamp;
mod value;
mod vocabulary;

pub use entity::{Children, Computed, Entity, FirstText, Identity, Order, Reference, Through, registry};
pub use error::{Error, InUse};
pub use fault::{CODES, Fault, Pointer, summary};
pub use field::{Field, FieldType, Limits};
pub use json::{Json, Object};
pub use kind::Kind;
pub use resource::Fields;
pub use row::Row;
pub use timestamp::Timestamp;
pub use value::Value;
pub use vocabulary::{Choice, OneOf, Vocabulary};
