//! The shape of a row in the catalog: the entity's members side by side.

use std::borrow::Cow;

use partbook_domain::{Entity, FieldError, FieldErrors, Json, Object, Representation, Row};

/// The entity's own shape: a body's members are its fields.
#[derive(Debug)]
pub struct PlainRow;

impl Representation for PlainRow {
    fn read<'b>(&self, _: &Entity, body: &'b Json) -> Result<Cow<'b, Object>, FieldErrors> {
        members(body).map(Cow::Borrowed)
    }

    fn write(&self, row: &Row, out: &mut Vec<u8>) {
        row.write_json(out);
    }
}

/// The members of a body, which must be an object.
pub(super) fn members(body: &Json) -> Result<&Object, FieldErrors> {
    body.as_object().ok_or_else(|| {
        let detail = format!("The body must be a JSON object, not {}", body.type_name());
        FieldError::whole("type", detail).into()
    })
}
