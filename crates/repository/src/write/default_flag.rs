//! The flag that one row of an entity carries: at most one row has it, and one goes on having it once one did.

use partbook_database::{Session, Statement, int};
use partbook_domain::edit::Draft;
use partbook_domain::{Entity, FieldError, Kind, Pointer, Refusal, Row, Timestamp, Value};

use crate::error::Error;

/// A write of one row, within its transaction.
pub(super) struct RowWrite<'a> {
    pub(super) entity: &'static Entity,
    pub(super) id: i64,
    /// The row as it was; none for a new one.
    pub(super) stored: Option<&'a Row>,
    pub(super) draft: &'a Draft,
    pub(super) now: Timestamp,
}

/// Keeps the flag that one row carries with exactly one row (contract section 2, Profiles).
pub(super) async fn move_flag(session: &mut Session, write: &RowWrite<'_>) -> Result<(), Error> {
    let RowWrite { entity, id, stored, draft, now } = write;
    let Some((index, field)) = entity.exclusive_flag.and_then(|flag| entity.field(flag)) else { return Ok(()) };
    let set = Value::Bool(true);
    let had = stored.is_some_and(|row| row.values[index] == set);
    let has = draft.values[index] == set;
    // A body that does not speak of the flag leaves the others alone, even where old data has two.
    let claims = has && draft.present[index];
    let gives_up = had && !has;
    if !claims && !gives_up {
        return Ok(());
    }
    let others = others_with_flag(session, entity, field.name, *id).await?;
    if gives_up && others.is_empty() {
        let detail = format!("Cannot unset {} from the only default {}", field.name, entity.name);
        return Err(Refusal::Invalid(FieldError::new(Pointer::field(field.name), "sole", detail).into()).into());
    }
    for (other, updated_at) in others.into_iter().filter(|_| claims) {
        let sql = format!("update {} set {} = $2, updated_at = $3 where id = $1", entity.name, field.name);
        let flag = (Kind::Bool, Value::Bool(false));
        let time = (Kind::Time, Value::Time((*now).max(updated_at.next())));
        session.execute(&Statement::update(entity.name, sql), vec![int(other), flag, time]).await?;
    }
    Ok(())
}

/// The other rows that carry a flag, and when each was last changed.
pub(super) async fn others_with_flag(
    session: &mut Session,
    entity: &'static Entity,
    flag: &str,
    id: i64,
) -> Result<Vec<(i64, Timestamp)>, Error> {
    let sql = format!("select id, updated_at from {} where {flag} = $2 and id <> $1 order by id", entity.name);
    let values = vec![int(id), (Kind::Bool, Value::Bool(true))];
    let rows = session.rows(&Statement::select(entity.name, sql), values, &[Kind::Int, Kind::Time]).await?;
    let pair = |row: Vec<Value>| match row.as_slice() {
        [Value::Int(id), Value::Time(time)] => Some((*id, *time)),
        [Value::Int(id), _] => Some((*id, Timestamp::default())),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(pair).collect())
}

/// Refuses when the row, which `session` holds locked, is the only one with the flag that one row must carry.
pub(super) async fn refuse_if_only_flagged(session: &mut Session, row: &Row) -> Result<(), Error> {
    let entity = row.entity;
    let Some(flag) = entity.exclusive_flag else { return Ok(()) };
    let carries = row.value(flag) == Some(&Value::Bool(true));
    if carries && others_with_flag(session, entity, flag, row.id).await?.is_empty() {
        return Err(Refusal::must_stay(format!("Cannot delete the only default {}", entity.name)).into());
    }
    Ok(())
}
