//! References that point nowhere.

use partbook_database::{Session, Statement, int};
use partbook_domain::edit::Draft;
use partbook_domain::{Entity, FieldError, FieldErrors, Kind, Pointer, Value};

use crate::error::Error;

/// The errors of a draft's references that point nowhere.
pub(super) async fn missing_references(
    session: &mut Session,
    entity: &Entity,
    draft: &Draft,
) -> Result<FieldErrors, Error> {
    let mut errors = FieldErrors::default();
    let given = entity.references.iter().filter_map(|reference| {
        let (index, field) = entity.field(reference.field)?;
        Some((reference.target, field, draft.values[index].as_int().filter(|_| draft.changed[index])?))
    });
    let given: Vec<_> = given.collect();
    if !given.is_empty() {
        let exists = given
            .iter()
            .enumerate()
            .map(|(index, (target, ..))| format!("(select count(*) from {} where id = ${})", target.name, index + 1));
        let sql = format!("select {}", exists.collect::<Vec<_>>().join(", "));
        let ids = given.iter().map(|(_, _, id)| int(*id)).collect();
        let rows = session.rows(&Statement::control("SELECT", sql), ids, &vec![Kind::Int; given.len()]).await?;
        for ((target, field, id), count) in given.iter().zip(rows.into_iter().flatten()) {
            if count == Value::Int(0) {
                let detail = format!("refers to a {} that does not exist (id {id})", target.label);
                errors.push(FieldError::new(Pointer::field(field.name), "reference", detail));
            }
        }
    }
    Ok(errors)
}
