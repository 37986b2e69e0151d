//! The shapes in which clients write and see a row.

use std::fmt::Debug;

use super::json::{Json, Object};
use super::row::Row;
use crate::entity::Entity;
use crate::refusal::field_error::FieldErrors;
use crate::refusal::pointer::Pointer;

/// How long the text of a row mostly is, bytes.
const USUAL_LENGTH: usize = 512;

/// From which length on the text of a row takes up no more memory than it needs, bytes: it may wait long for its reader.
const LARGE: usize = 16 * 1024;

/// A shape of a row on the wire: how a body of it is read, how an answer shows it, and where in a body an error stands.
///
/// The version of a row is the hash of what is shown, so each shape has versions of its own.
pub trait Representation: Debug + Send + Sync {
    /// The members in the entity's own shape that a body gives.
    ///
    /// # Errors
    /// The body has another shape; the places are those of the body.
    fn read(&self, entity: &Entity, body: Json) -> Result<Object, FieldErrors>;

    /// The same for a body that makes a new row.
    ///
    /// # Errors
    /// The same.
    fn read_new(&self, entity: &Entity, body: Json) -> Result<Object, FieldErrors> {
        self.read(entity, body)
    }

    /// The members of a body that neither this shape nor the entity has, and that are passed over; the places are those of
    /// the body.
    fn unknown(&self, entity: &Entity, body: &Json) -> FieldErrors;

    /// Appends the row as answers show it.
    fn write(&self, row: &Row, out: &mut Vec<u8>);

    /// Where an error of the entity's own shape stands in a body of this one.
    fn place(&self, pointer: Pointer) -> Pointer {
        pointer
    }

    /// The row as answers show it.
    fn to_bytes(&self, row: &Row) -> Vec<u8> {
        let mut out = Vec::with_capacity(USUAL_LENGTH);
        self.write(row, &mut out);
        if out.len() > LARGE {
            out.shrink_to_fit();
        }
        out
    }
}
