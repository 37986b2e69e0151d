//! Child rows that a body writes: matched with the stored ones by key, so that one that stays keeps its id.

use partbook_domain::{Children, Kind, Timestamp, Value};
use sqlx::AssertSqlSafe;

use crate::columns::{Argument, int};
use crate::dialect::Dialect;
use crate::session::Session;
use crate::{Error, statements};

/// Makes the stored children of `owner` those of the document `wanted`.
pub(crate) async fn write(
    session: &mut Session,
    dialect: Dialect,
    children: &'static Children,
    owner: i64,
    stored: Option<&Value>,
    wanted: &Value,
    now: Timestamp,
) -> Result<(), Error> {
    let table = children.table;
    let mut stored = children.rows(stored);
    let mut wanted: Vec<_> = children.rows(Some(wanted)).into_iter().map(|(_, values)| values).collect();
    // Those that are the same first: old rows may share a key.
    wanted.retain(|values| match stored.iter().position(|(_, known)| known == values) {
        Some(place) => {
            stored.remove(place);
            false
        }
        None => true,
    });
    let mut new = Vec::new();
    let mut changed = Vec::new();
    for values in wanted {
        match stored.iter().position(|(_, known)| children.key_of(known) == children.key_of(&values)) {
            Some(place) => {
                let (id, known) = stored.remove(place);
                changed.push((id, known, values));
            }
            None => new.push(values),
        }
    }
    // Those that go make way first, for a new one with a key that the index would call taken.
    for (id, _) in stored {
        let sql = AssertSqlSafe(format!("delete from {table} where id = $1"));
        session.execute(sql, vec![int(id.unwrap_or_default())]).await?;
    }
    for (id, known, values) in changed {
        let mut arguments = vec![int(id.unwrap_or_default()), (Kind::Time, Value::Time(now))];
        let mut sets = String::new();
        for ((field, value), _) in children.fields.iter().zip(values).zip(known).filter(|((_, new), old)| new != old) {
            arguments.push((field.kind, value));
            sets += &format!(", {} = {}", field.column(), dialect.placeholder(field.kind, arguments.len()));
        }
        let sql = format!("update {table} set updated_at = $2{sets} where id = $1");
        session.execute(AssertSqlSafe(sql), arguments).await?;
    }
    let insert = statements::insert(dialect, table, children.fields.iter(), &[children.parent]);
    for values in new {
        let fields = children.fields.iter().map(|field| field.kind).zip(values);
        let mut arguments: Vec<Argument> = fields.collect();
        arguments.push(int(owner));
        arguments.extend([(Kind::Time, Value::Time(now)), (Kind::Time, Value::Time(now))]);
        session.rows(AssertSqlSafe(insert.clone()), arguments, &[Kind::Int]).await?;
    }
    Ok(())
}
