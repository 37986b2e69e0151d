//! Changes as values: what a client asks for, from the body to the database as one thing.

use partbook_domain::edit::EditMode;
use partbook_domain::precondition::Precondition;
use partbook_domain::{Entity, Json, Refusal, Representation, Row, Tag};

/// Creates a row; where a natural key of several columns is known already, the row that has it is the answer, unchanged.
#[derive(Clone, Debug)]
pub struct Create {
    /// What is created.
    pub entity: &'static Entity,
    /// The body.
    pub body: Json,
    /// The shape of the body, and of the answer.
    pub representation: &'static dyn Representation,
}

/// Changes a row.
#[derive(Clone, Debug)]
pub struct Update {
    /// What it is.
    pub entity: &'static Entity,
    /// Its id.
    pub id: i64,
    /// The body.
    pub body: Json,
    /// How the body relates to the row.
    pub mode: EditMode,
    /// Which version of the row is meant.
    pub precondition: Precondition,
    /// The shape of the body, of the version that is meant, and of the answer.
    pub representation: &'static dyn Representation,
}

/// Deletes a row that nothing uses.
#[derive(Clone, Debug)]
pub struct Delete {
    /// What it is.
    pub entity: &'static Entity,
    /// Its id.
    pub id: i64,
    /// Which version of the row is meant.
    pub precondition: Precondition,
    /// The shape of the version that is meant.
    pub representation: &'static dyn Representation,
}

/// A row as it was written, in the bytes that its tag is the hash of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub id: i64,
    /// How answers show it.
    pub body: Vec<u8>,
    /// Which version it is.
    pub tag: Tag,
}

impl Written {
    pub(crate) fn new(row: &Row, representation: &dyn Representation) -> Self {
        let body = representation.to_bytes(row);
        Self { id: row.id, tag: Tag::of(&body), body }
    }
}

/// Has a refusal speak of places in the body that the client sent.
pub(crate) fn placed(refusal: Refusal, representation: &dyn Representation) -> Refusal {
    let Refusal::Invalid(mut errors) = refusal else { return refusal };
    for error in errors.shown_mut() {
        error.pointer = representation.place(std::mem::take(&mut error.pointer));
    }
    Refusal::Invalid(errors)
}
