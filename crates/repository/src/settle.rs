//! What a write changes beside its own row: the one row that carries a flag, and child rows.

use partbook_domain::edit::Draft;
use partbook_domain::{Entity, FieldError, Kind, Pointer, Refusal, Row, Timestamp, Value};
use sqlx::AssertSqlSafe;

use crate::columns::int;
use crate::session::Session;
use crate::store::Store;
use crate::{Error, children};

/// A write of one row, within its transaction.
pub(crate) struct Change<'a> {
    pub(crate) entity: &'static Entity,
    pub(crate) id: i64,
    /// The row as it was; none for a new one.
    pub(crate) stored: Option<&'a Row>,
    pub(crate) draft: &'a Draft,
    pub(crate) now: Timestamp,
}

impl Store {
    /// Keeps the flag that one row carries with exactly one row (contract section 2, Profiles).
    pub(crate) async fn settle_flag(&self, session: &mut Session, change: &Change<'_>) -> Result<(), Error> {
        let Change { entity, id, stored, draft, now } = change;
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
        let others = self.others_with_flag(session, entity, field.name, *id).await?;
        if gives_up && others.is_empty() {
            let detail = format!("Cannot unset {} from the only default {}", field.name, entity.name);
            return Err(Refusal::Invalid(vec![FieldError::new(Pointer::field(field.name), "sole", detail)]).into());
        }
        for (other, updated_at) in others.into_iter().filter(|_| claims) {
            let sql = format!("update {} set {} = $2, updated_at = $3 where id = $1", entity.name, field.name);
            let flag = (Kind::Bool, Value::Bool(false));
            let time = (Kind::Time, Value::Time((*now).max(updated_at.next())));
            session.execute(AssertSqlSafe(sql), vec![int(other), flag, time]).await?;
        }
        Ok(())
    }

    /// The other rows that carry a flag, and when each was last changed.
    pub(crate) async fn others_with_flag(
        &self,
        session: &mut Session,
        entity: &Entity,
        flag: &str,
        id: i64,
    ) -> Result<Vec<(i64, Timestamp)>, Error> {
        let sql = format!("select id, updated_at from {} where {flag} = $2 and id <> $1 order by id", entity.name);
        let arguments = vec![int(id), (Kind::Bool, Value::Bool(true))];
        let rows = session.rows(AssertSqlSafe(sql), arguments, &[Kind::Int, Kind::Time]).await?;
        let pair = |row: Vec<Value>| match row.as_slice() {
            [Value::Int(id), Value::Time(time)] => Some((*id, *time)),
            [Value::Int(id), _] => Some((*id, Timestamp::default())),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }

    /// Makes the child rows those of the draft, where it changes them.
    pub(crate) async fn write_children(&self, session: &mut Session, change: &Change<'_>) -> Result<(), Error> {
        let Change { entity, id, stored, draft, now } = change;
        for (index, field) in entity.fields.iter().enumerate().filter(|(index, _)| draft.changed[*index]) {
            if let Kind::Children(table) = field.kind {
                let stored = stored.map(|row| &row.values[index]);
                children::write(session, self.dialect(), table, *id, stored, &draft.values[index], *now).await?;
            }
        }
        Ok(())
    }
}
