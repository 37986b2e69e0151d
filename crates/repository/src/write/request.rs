//! Changes as values: what a client asks for, from the body to the database as one thing.

use partbook_domain::access::Actor;
use partbook_domain::edit::EditMode;
use partbook_domain::precondition::Precondition;
use partbook_domain::{Entity, FieldErrors, Json, Refusal, Representation, Row, Tag};

use crate::compute::compute;
use crate::error::Error;

/// Creates a row; where a natural key of several columns is known already, the row that has it is the answer, unchanged.
#[derive(Clone, Debug)]
pub struct Create {
    /// What is created.
    pub entity: &'static Entity,
    /// The body.
    pub body: Json,
    /// The shape of the body, and of the answer.
    pub representation: &'static dyn Representation,
    /// Whether members that nothing is made of are errors.
    pub strict: bool,
    /// Who asks for it.
    pub actor: Actor,
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
    /// Whether members that nothing is made of are errors.
    pub strict: bool,
    /// Who asks for it.
    pub actor: Actor,
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
    /// Who asks for it.
    pub actor: Actor,
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
    /// Whether it was there before, and nothing was written.
    pub is_existing: bool,
}

impl Written {
    pub(crate) fn of(row: &Row, representation: &dyn Representation) -> Self {
        compute(row.text_length(), || {
            let body = representation.to_bytes(row);
            Self { id: row.id, tag: Tag::of(&body), body, is_existing: false }
        })
    }
}

/// What a request says of its body beside the members: how it is read, and which of them nothing is made of.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) representation: &'static dyn Representation,
    /// The errors of unknown members, at their places in the body; none where the client does not care.
    pub(crate) unknown: FieldErrors,
}

impl Reading {
    pub(crate) fn new(entity: &Entity, body: &Json, representation: &'static dyn Representation, strict: bool) -> Self {
        let unknown = if strict { representation.unknown(entity, body) } else { FieldErrors::default() };
        Self { representation, unknown }
    }

    /// Refuses a body with errors of the entity's own shape, and those of unknown members.
    ///
    /// # Errors
    /// There are some.
    pub(crate) fn check(&self, errors: FieldErrors) -> Result<(), Refusal> {
        let mut errors = self.placed_errors(errors);
        errors.extend(self.unknown.clone());
        errors.into_result(()).map_err(Refusal::Invalid)
    }

    /// Has a refusal speak of places in the body that the client sent.
    pub(crate) fn placed(&self, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Invalid(errors) => Refusal::Invalid(self.placed_errors(errors)),
            refusal => refusal,
        }
    }

    fn placed_errors(&self, mut errors: FieldErrors) -> FieldErrors {
        for error in errors.shown_mut() {
            error.pointer = self.representation.place(std::mem::take(&mut error.pointer));
        }
        errors
    }

    /// The same for an error of an operation.
    pub(crate) fn placed_error(&self, error: Error) -> Error {
        match error {
            Error::Refused(refusal) => self.placed(refusal).into(),
            error @ Error::Database(_) => error,
        }
    }
}
