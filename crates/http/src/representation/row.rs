//! A row in the entity's own shape: its members side by side.

use partbook_domain::{FieldError, Json, Object};

/// The members of a body, which must be an object.
pub(crate) fn members(body: &Json) -> Result<&Object, Vec<FieldError>> {
    body.as_object().ok_or_else(|| {
        let detail = format!("The body must be a JSON object, not {}", body.type_name());
        vec![FieldError::whole("type", detail)]
    })
}
