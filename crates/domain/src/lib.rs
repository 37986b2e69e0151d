//! What a catalog of PC parts is: its entities, their fields and limits, and what an edit means.
//!
//! Nothing here does I/O. An entity is one struct declared with `resource!` and one [`Entity`] of constants
//! (see [`entity::gpu`] for a short one); validation, SQL, routes, the API document and the metadata screen
//! are derived from these by code that knows no entity by name. `docs/adding-an-entity.md` walks through a new one.
//!
//! `value` is what a column, a document and a row hold; `refusal` is what is said of them; `model` is the vocabulary in
//! which `entity` describes the catalog; `edit` and `query` say what a request makes of it, and `access` who may make it.

#[macro_use]
mod model;

pub mod access;
pub mod clock;
pub mod edit;
pub mod entity;
pub mod precondition;
pub mod query;
mod refusal;
mod value;

pub use entity::{Entity, Reference, Through, registry};
pub use model::children::{Child, ChildChanges};
pub use model::computed::{Computed, FirstText, Source};
pub use model::declare::Fields;
pub use model::enumeration::{Choice, Enumeration, OneOf, Spellings, Unclear};
pub use model::field::{Children, Field, Kind};
pub use model::field_type::{AnyValue, Attributes, FieldType, Links, Texts, WebAddress, Weights};
pub use model::limits::Limits;
pub use model::order::{Identity, Order, total_order};
pub use model::vocabulary::Vocabulary;
pub use refusal::Refusal;
pub use refusal::errors::{Errors, MAX_SHOWN_ERRORS};
pub use refusal::field_error::{CODES, FieldError, FieldErrors, ParameterError, ParameterErrors};
pub use refusal::in_use::{FieldUsage, InUse, Uses};
pub use refusal::pointer::Pointer;
pub use value::Value;
pub use value::document::Document;
pub use value::json::{Json, Object};
pub use value::name::{clean_name, unclean_characters};
pub use value::representation::Representation;
pub use value::row::Row;
pub use value::tag::{Tag, digest};
pub use value::timestamp::Timestamp;

/// JSON that loses nothing, and the reader of it.
pub mod json {
    pub use crate::value::json::{Json, MAX_DEPTH, Object};
    pub use crate::value::json_reader::{SyntaxError, parse};
    pub use crate::value::json_values::Contents;
}
