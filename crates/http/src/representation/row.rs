//! The shape of a row in the catalog: the entity's members side by side.

use partbook_domain::edit::unknown_members;
use partbook_domain::{Entity, FieldError, FieldErrors, Json, Object, Representation, Row};

/// The entity's own shape: a body's members are its fields.
#[derive(Debug)]
pub struct PlainRow;

impl Representation for PlainRow {
    fn read(&self, _: &Entity, body: Json) -> Result<Object, FieldErrors> {
        members(body)
    }

    fn unknown(&self, entity: &Entity, body: &Json) -> FieldErrors {
        body.as_object().map(|members| unknown_members(entity, members)).unwrap_or_default()
    }

    fn write(&self, row: &Row, out: &mut Vec<u8>) {
        row.write_json(out);
    }
}

/// The members of a body, which must be an object.
pub(super) fn members(body: Json) -> Result<Object, FieldErrors> {
    match body {
        Json::Object(members) => Ok(members),
        other => {
            let detail = format!("The body must be a JSON object, not {}", other.type_name());
            Err(FieldError::whole("type", detail).into())
        }
    }
}
