//! Text that the database cannot store, since its encoding lacks characters of it.

use partbook_database::Error as DatabaseError;
use partbook_domain::edit::Draft;
use partbook_domain::{Entity, FieldError, FieldErrors, Json, Object, Pointer, Refusal, Value};

use crate::context::Context;
use crate::error::Error;

/// A text that a body gives for a field.
pub(crate) type Given = (&'static str, String);

/// The texts of a new row.
pub(super) fn given_for_new(entity: &'static Entity, draft: &Draft) -> Vec<Given> {
    let values = entity.fields.iter().zip(&draft.values);
    let given = values.filter_map(|(field, value)| match value {
        Value::Text(text) => Some((field.name, text.clone())),
        Value::Json(document) => Some((field.name, document.as_str().to_owned())),
        _ => None,
    });
    given.collect()
}

/// The texts of a change.
pub(super) fn given_for_change(entity: &'static Entity, members: &Object) -> Vec<Given> {
    let fields = entity.fields.iter().filter_map(|field| Some((field.name, members.get(field.name)?)));
    fields.map(|(name, json)| (name, json.as_str().map_or_else(|| Json::to_string(json), str::to_owned))).collect()
}

/// What it means that the encoding lacks a character: of what was given, or of what is stored.
pub(super) async fn explain(context: &Context, given: Vec<Given>, error: DatabaseError) -> Result<Refusal, Error> {
    let texts: Vec<Option<&str>> = given.iter().map(|(_, text)| Some(text.as_str())).collect();
    let lacking = context.database.untranslatable(&texts).await?;
    if lacking.is_empty() {
        return Err(error.of_read().into());
    }
    let encoding = context.database.encoding().await?;
    let mut errors = FieldErrors::default();
    for index in lacking {
        let detail = format!("holds a character that the encoding of the database, {encoding}, cannot store");
        errors.push(FieldError::new(Pointer::field(given[index].0), "encoding", detail));
    }
    Ok(Refusal::Invalid(errors))
}
